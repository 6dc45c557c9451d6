//! What SES answers instead.

/// An error that SES answers.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self { status: 400, code: "BadRequestException", message: message.into() }
    }

    pub(super) fn not_suppressed() -> Self {
        Self {
            status: 404,
            code: "NotFoundException",
            message: "Email address does not exist on your suppression list.".to_owned(),
        }
    }
}
