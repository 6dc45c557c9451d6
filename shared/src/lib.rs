//! What the portal's functions share.
//!
//! Read in this order: the domain ([`customer`], [`booking`], [`sign_in`], [`limits`], [`events`], [`confirmation`],
//! [`feedback`]) does no I/O and is told what time it is; [`store`], [`outbox`], [`asking`], [`mail`] and [`documents`]
//! talk to AWS; [`http`] and [`pages`] talk to the customer. [`config`], [`aws`] and [`logs`] are the wiring.

pub mod booking;
pub mod confirmation;
mod contract;
pub mod customer;
mod encoding;
pub mod events;
pub mod feedback;
pub mod limits;
pub mod sign_in;

pub mod asking;
pub mod documents;
pub mod mail;
pub mod outbox;
pub mod store;

pub mod http;
pub mod pages;
pub mod show;
pub mod words;
pub mod worker;

pub mod aws;
pub mod config;
pub mod logs;
pub mod metrics;
