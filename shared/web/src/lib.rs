//! HTTP as API Gateway hands it on: requests, cookies, the origin of a request, answers.

pub mod cookies;
mod event;
mod gzip;
pub mod origin;
mod png;
pub mod problems;
pub mod requests;
pub mod responses;
pub mod routes;
mod serve;

pub use serve::{serve, serve_programs};
