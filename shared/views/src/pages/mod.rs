//! The pages, written with maud: HTML, one inlined style, no script but on the page of a link.

mod booking;
mod dashboard;
mod icons;
mod inline;
mod link;
pub mod notices;
mod parts;
mod sign_in;
mod site;
mod step;
mod urls;

pub use booking::{booking, unreadable_booking};
pub use dashboard::{dashboard, past_rentals};
pub use link::{LinkPage, Opening, SCRIPT};
pub use sign_in::{Asked, SignInForm, link_sent, sign_in};
pub use site::{Localized, Page, Site};
