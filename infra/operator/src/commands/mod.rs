//! One file a command.

pub(crate) mod allow_mail;
pub(crate) mod booking;
pub(crate) mod dead_letters;
pub(crate) mod doctor;
pub(crate) mod erase;
pub(crate) mod events;
pub(crate) mod import;
pub(crate) mod preview;
pub(crate) mod restore;
pub(crate) mod webhook_secret;
pub(crate) mod why;
