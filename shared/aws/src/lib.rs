//! What talks to AWS: the table, the queues, the documents, mail, and how a function connects.

pub mod booking_queue;
pub mod customer_ids;
pub mod dead_letters;
pub mod documents;
pub mod feedback;
pub mod link_requests;
pub mod mail_queue;
pub mod retry_backoff;
pub mod sdk;
pub mod send_rate_limiter;
pub mod sender;
pub mod store;
mod unquoted;
pub mod webhook_secrets;
