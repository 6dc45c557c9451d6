//! What starting a service or making a resource fails with.

/// Why a service did not start, or a resource could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The template asks for something the local services do not have; the text names it.
    #[error("{0}")]
    Unsupported(String),
    /// A folder or a socket failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The embedded database refused.
    #[error("DynamoDB: {0}")]
    Database(String),
}
