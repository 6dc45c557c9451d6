//! What customers see: pages, mails and calendar files, and every word and number on them. Knows no HTTP.

pub mod calendar;
pub mod formatting;
pub mod mails;
pub mod messages;
pub mod pages;
pub mod touch_icon;

mod greeting;
mod next_step;
