//! The actions of SES v2 that are known locally, by method and path.

use axum::http::{Method, Request};
use percent_encoding::percent_decode_str;

/// What a request asks for. The text is the address or identity in its path.
pub(in crate::aws) enum Action {
    SendEmail,
    GetAccount,
    PutAccountSendingAttributes,
    PutAccountDetails,
    GetEmailIdentity(String),
    PutSuppressedDestination,
    ListSuppressedDestinations,
    GetSuppressedDestination(String),
    DeleteSuppressedDestination(String),
}

impl Action {
    /// The action of a request; nothing for one that is not known.
    pub(in crate::aws) fn of<B>(request: &Request<B>) -> Option<Self> {
        let path = request.uri().path().strip_prefix("/v2/email/")?;
        let parts: Vec<&str> = path.split('/').collect();
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        Some(match (request.method(), parts.as_slice()) {
            (&Method::POST, ["outbound-emails"]) => Self::SendEmail,
            (&Method::GET, ["account"]) => Self::GetAccount,
            (&Method::PUT, ["account", "sending"]) => Self::PutAccountSendingAttributes,
            (&Method::POST, ["account", "details"]) => Self::PutAccountDetails,
            (&Method::GET, ["identities", identity]) => Self::GetEmailIdentity(decoded(identity)),
            (&Method::PUT, ["suppression", "addresses"]) => Self::PutSuppressedDestination,
            (&Method::GET, ["suppression", "addresses"]) => Self::ListSuppressedDestinations,
            (&Method::GET, ["suppression", "addresses", address]) => Self::GetSuppressedDestination(decoded(address)),
            (&Method::DELETE, ["suppression", "addresses", address]) => {
                Self::DeleteSuppressedDestination(decoded(address))
            }
            _ => return None,
        })
    }

    /// Its name in SES's API and in IAM.
    pub(in crate::aws) fn name(&self) -> &'static str {
        match self {
            Self::SendEmail => "SendEmail",
            Self::GetAccount => "GetAccount",
            Self::PutAccountSendingAttributes => "PutAccountSendingAttributes",
            Self::PutAccountDetails => "PutAccountDetails",
            Self::GetEmailIdentity(_) => "GetEmailIdentity",
            Self::PutSuppressedDestination => "PutSuppressedDestination",
            Self::ListSuppressedDestinations => "ListSuppressedDestinations",
            Self::GetSuppressedDestination(_) => "GetSuppressedDestination",
            Self::DeleteSuppressedDestination(_) => "DeleteSuppressedDestination",
        }
    }
}
