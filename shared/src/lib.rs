//! What the portal's functions share, in five rooms.
//!
//! The domain stands at the top: it does no I/O and is told what time it is. [`runtime`] is what every function does
//! around its work, [`views`] what customers see, [`aws`] talks to AWS, [`web`] to browsers.

pub mod booking;
pub mod color;
pub mod config;
pub mod confirmation;
mod contract;
pub mod customer;
pub mod dashboard;
mod encoding;
pub mod events;
mod hash;
pub mod letter;
pub mod limits;
pub mod link;
pub mod money;
pub mod randomness;
pub mod secret;
pub mod session;
pub mod sign_in;
pub mod suppression;
pub mod text;
pub mod time;

pub mod aws;
pub mod runtime;
pub mod views;
pub mod web;
