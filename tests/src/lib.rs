//! What the tests share: a portal of their own each, and someone who uses it over HTTP or in a browser.
//!
//! Everything here panics when something is not as it should be: then a test has failed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "see above")]

mod binaries;
mod browser;
pub mod links;
pub mod mistakes;
mod person;
mod portal_under_test;
mod proxy;
pub mod samples;
mod sender;
mod tls;
mod waiting;

pub use binaries::functions_dir;
pub use browser::{Browser, Engine, Screen, Without, keeps_pictures};
pub use person::{Answer, Person, leaving, readable};
pub use portal_local::aws::{Need, idle, refused};
pub use portal_under_test::{Item, OPERATOR, Portal, edited, template};
pub use proxy::{Call, Fate, Proxy, Service, the_first};
pub use sender::{Reply, Sender, event};
pub use tls::{Certificate, TlsFront};
pub use waiting::{PATIENCE, soon, soon_or};
