//! Addresses as they stand in mails, with or without a name.

use mail_parser::{Address, MessageParser};

use super::fault::Fault;

/// The bare address in `Name <address>` or `address`; `None` if there is not exactly one.
pub(in crate::aws) fn bare_address(text: &str) -> Option<String> {
    Mailbox::parse(text).ok().map(|mailbox| mailbox.address)
}

/// An address, and the decoded name in front of it.
pub(super) struct Mailbox {
    name: Option<String>,
    pub(super) address: String,
}

impl Mailbox {
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let illegal = || Fault::bad_request("Illegal address");
        // A name in other letters has to be an encoded word (RFC 2047).
        if text.chars().any(|c| !c.is_ascii() || c.is_ascii_control()) {
            return Err(Fault::bad_request("An address contains control or non-ASCII characters."));
        }
        let header = format!("From: {text}\r\n\r\n");
        let message = MessageParser::default().parse(header.as_bytes()).ok_or_else(illegal)?;
        let Some(Address::List(mailboxes)) = message.from() else {
            return Err(illegal());
        };
        let [mailbox] = mailboxes.as_slice() else {
            return Err(illegal());
        };
        let address = mailbox.address.as_deref().filter(|address| is_address(address)).ok_or_else(illegal)?;
        Ok(Self { name: mailbox.name.as_deref().map(str::to_owned), address: address.to_owned() })
    }

    /// As a mail program shows it.
    pub(super) fn shown(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} <{}>", self.address),
            None => self.address.clone(),
        }
    }
}

/// A dot-string at a domain of at least two labels (RFC 5321); SES takes nothing more exotic.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let atom = |atom: &str| {
        !atom.is_empty() && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    (1..=64).contains(&local.len())
        && address.len() <= 320
        && local.split('.').all(atom)
        && domain.contains('.')
        && domain.split('.').all(label)
}
