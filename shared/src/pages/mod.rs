//! The pages, written with maud: HTML, one inlined style, no script but on the page of a link.

mod booking;
mod calendar;
mod color;
mod dashboard;
mod link;
mod news;
mod notices;
mod parts;
mod sign_in;
mod site;

pub use booking::booking;
pub use calendar::calendar;
pub use color::Color;
pub use dashboard::{dashboard, past_rentals};
pub use link::{LinkPage, Opening};
pub use sign_in::{SignInForm, link_sent, sign_in};
pub use site::{Page, Site, secure};
