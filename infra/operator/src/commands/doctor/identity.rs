//! The identity in SES by which the portal's mails are sent.

use aws_sdk_sesv2::operation::get_email_identity::GetEmailIdentityOutput;

use super::{
    check::{Advice, Check, answer},
    context::Context,
};
use crate::terminal::Failure;

/// An identity that lets SES send as the sender's address.
pub(super) struct Identity {
    /// A domain, or the sender's address, which each mail shows and is printed as it is.
    pub(super) name: String,
    pub(super) output: GetEmailIdentityOutput,
}

impl Identity {
    pub(super) fn is_address(&self) -> bool {
        self.name.contains('@')
    }

    /// The domain whose keys sign.
    pub(super) fn domain(&self) -> &str {
        self.name.rsplit('@').next().unwrap_or_default()
    }
}

/// The domain of the parameter `SenderAddress`.
pub(super) fn sender_domain<'a>(context: &'a Context<'_>) -> Result<&'a str, Failure> {
    Ok(context.parameter("SenderAddress")?.split_once('@').map_or("", |(_, domain)| domain))
}

/// The identity, if the account has one: the sender's domain, a domain above it, whose identity is good for it, too, or the
/// address itself.
///
/// <https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html>
pub(super) async fn identity(context: &Context<'_>) -> Result<Option<Identity>, Failure> {
    let ses = context.stack.ses()?;
    let candidates = upwards(sender_domain(context)?).chain([context.parameter("SenderAddress")?]);
    for name in candidates {
        let question = ses.get_email_identity().email_identity(name);
        if let Some(output) = answer("ses:GetEmailIdentity", question.send()).await? {
            return Ok(Some(Identity { name: name.to_owned(), output }));
        }
    }
    Ok(None)
}

/// A domain, and those above it that have two labels or more.
pub(super) fn upwards(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, above)| above))
        .filter(move |name| *name == domain || name.contains('.'))
}

/// What the account lacks where there is no identity.
pub(super) fn no_identity(what: &str, domain: &str) -> Check {
    let create = Advice::new(
        "Create it, and set the records that this command names then",
        format!("aws sesv2 create-email-identity --email-identity {domain}"),
    );
    Check::failure(what, format!("SES in this account does not know {domain}"), create)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domains_above_a_domain_end_at_two_labels() {
        for (domain, all) in [
            ("a.b.example.com", &["a.b.example.com", "b.example.com", "example.com"][..]),
            ("example.com", &["example.com"]),
            ("localhost", &["localhost"]),
        ] {
            assert_eq!(upwards(domain).collect::<Vec<_>>(), all);
        }
    }
}
