//! One file a command.

pub(crate) mod allow_mail;
