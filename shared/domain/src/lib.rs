//! The domain: types that cannot hold nonsense, and the rules over them. It does no I/O and is told what time it is;
//! [`randomness`] is its one exception.
//!
//! Read in this order: who ([`customer`]), what ([`booking`], [`change`], [`progress`], [`filed`], [`dashboard`]), what
//! happens next ([`stage`]), how a customer signs in ([`link`], [`secret`], [`session`], [`sign_in`]), what limits mail
//! ([`rate_limit`], [`confirmation`], [`suppression`]), and how the booking system says it ([`events`], [`contract`]),
//! over HTTPS, too ([`webhook`], [`posted`], [`upload`], [`openapi`]).
//! [`config`] is what an operator sets.

pub mod customer;
pub mod customer_key;

pub mod booking;
pub mod change;
pub mod dashboard;
pub mod filed;
pub mod money;
pub mod phone;
pub mod progress;
pub mod stage;
pub mod text;
pub mod time;

pub mod link;
pub mod randomness;
pub mod secret;
pub mod session;
pub mod sign_in;

pub mod confirmation;
pub mod rate_limit;
pub mod suppression;

pub mod contract;
pub mod events;
pub mod openapi;
pub mod posted;
pub mod upload;
pub mod webhook;

pub mod color;
pub mod config;
pub mod language;
pub mod letter;

mod encoding;
mod hash;
