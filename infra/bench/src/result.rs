//! How everything here fails: with a text for whoever runs the benchmark.

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
