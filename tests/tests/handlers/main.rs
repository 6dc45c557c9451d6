//! Tables of cases for each function's handler: what comes in, and what comes out. The handlers are called in this process,
//! against the local stack's AWS; what `web/serve.rs` and `main.rs` put around them is tested in `portal`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "tests")]

mod customers;
mod dashboard;
mod download_document;
mod http;
mod life;
mod mail_feedback;
mod mistakes;
mod project_bookings;
mod queues;
mod receive_events;
mod redeem_link;
mod request_link;
mod send_mail;
mod sign_out;
mod stack;
mod unreadable;
