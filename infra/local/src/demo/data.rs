//! What the demo business has to tell: events and the PDFs they name.

use aws_sdk_s3::{error::SdkError, operation::put_object::PutObjectError};
use jiff::Zoned;
use serde_json::{Value, json};

use super::booking::Time;

/// What the demo business has to tell.
#[derive(Default)]
pub struct Demo {
    /// The events in the order in which they occurred, with `Source`, `DetailType` and `Detail` (an object).
    pub events: Vec<Value>,
    /// The PDFs that the events name, and the one that the contract's sample `document.issued` names.
    pub documents: Vec<DemoDocument>,
}

/// A PDF and where it belongs.
pub struct DemoDocument {
    /// Its S3 key.
    pub key: String,
    /// The PDF itself.
    pub bytes: Vec<u8>,
}

/// Why the demo data could not be made or delivered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A demo time is out of range, or its zone is unknown.
    #[error("demo data: {0}")]
    Time(#[from] jiff::Error),
    /// A demo event is not JSON.
    #[error("demo data: {0}")]
    Json(#[from] serde_json::Error),
    /// S3 did not take a PDF.
    #[error("demo data: S3 did not take {key}")]
    Upload {
        /// Key of the PDF.
        key: String,
        /// What S3 answered.
        source: Box<SdkError<PutObjectError>>,
    },
    /// The bus did not take an event; holds its answer.
    #[error("demo data: the bus did not take an event: {0}")]
    Refused(String),
}

impl Demo {
    /// Adds an event about a booking or a customer, which is what its detail names beside the metadata.
    pub(super) fn tell(
        &mut self,
        detail_type: &str,
        event_id: &str,
        at: &Zoned,
        about: (&str, Value),
    ) -> Result<(), Error> {
        let (subject, subject_as_it_is) = about;
        self.events.push(json!({
            "Source": "golfcartops.bookings",
            "DetailType": detail_type,
            "Detail": {
                "metadata": {
                    "event_id": event_id,
                    "schema_version": "1.1",
                    "occurred_at": serde_json::to_value(Time(at.clone()))?,
                },
                subject: subject_as_it_is,
            },
        }));
        Ok(())
    }
}
