//! A PDF that the booking system wants to put beside a booking without any key of AWS: what it promises to put there.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    booking::{BookingId, DocumentId},
    contract::{
        self, Faults, Field, Needed, Shape,
        formats::{ID, SHA256},
    },
    encoding::unhex,
    hash::NotAHash,
};

/// The largest PDF, in bytes: 10 MiB.
pub const LARGEST: i64 = 10 * 1024 * 1024;

/// What a request says, with all of it needed.
pub(crate) const REQUEST: Shape = Shape::Object(&[
    needed("booking_id", Shape::Format(&ID), "The booking that the document belongs to."),
    needed("document_id", Shape::Format(&ID), "The document, as events name it."),
    needed("size_bytes", Shape::Whole { least: 1, most: LARGEST }, "How many bytes the PDF has."),
    needed("sha256", Shape::Format(&SHA256), "The SHA-256 of the PDF, in hexadecimal digits."),
]);

const fn needed(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, needed: Needed::Always, shape, about }
}

/// A PDF that is about to be put.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Upload {
    /// Which booking it belongs to.
    pub booking_id: BookingId,
    /// Its id there.
    pub document_id: DocumentId,
    /// How many bytes it has, from 1 to [`LARGEST`].
    pub size_bytes: i64,
    sha256: Sha256,
}

/// A SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Sha256([u8; 32]);

impl TryFrom<String> for Sha256 {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        unhex(&text).map(Self).ok_or(NotAHash)
    }
}

impl Upload {
    /// Reads a request; with every fault if there is one.
    pub fn read(json: &[u8]) -> Result<Self, Faults> {
        let mut request: Value = serde_json::from_slice(json).map_err(|error| Faults::not_json(&error))?;
        let mut faults = Faults::default();
        contract::take(&REQUEST, &mut request, "", &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        serde_json::from_value(request).map_err(|_| Faults::one("", "what this release of the portal can read"))
    }

    /// Where it is put, and the key by which an event names it.
    pub fn key(&self) -> String {
        format!("documents/{}/{}.pdf", self.booking_id, self.document_id)
    }

    /// Its SHA-256 as S3 writes checksums: in Base64.
    pub fn checksum(&self) -> String {
        STANDARD.encode(self.sha256.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `printf PDF | sha256sum`
    const OF_PDF: &str = "1d393b0081b632c54654eb08c345ff76b92ae4efe0768b4c0f64b9ebbe920492";

    fn request() -> Value {
        json!({"booking_id": "bkg_1", "document_id": "doc_1", "size_bytes": 3, "sha256": OF_PDF})
    }

    #[test]
    fn what_is_promised_has_a_key_by_its_ids_and_a_checksum_in_base64() {
        let upload = Upload::read(request().to_string().as_bytes()).unwrap();
        assert_eq!(upload.key(), "documents/bkg_1/doc_1.pdf");
        let hash: [u8; 32] = STANDARD.decode(upload.checksum()).unwrap().try_into().unwrap();
        assert_eq!(crate::encoding::hex(&hash), OF_PDF);
    }

    #[test]
    fn every_fault_of_a_request_is_told_and_no_value() {
        let all = "booking_id document_id size_bytes sha256";
        for (field, value, faulty) in [
            ("booking_id", json!("../bkg_1"), "booking_id"),
            ("document_id", json!("a/b"), "document_id"),
            ("document_id", json!(""), "document_id"),
            ("size_bytes", json!(0), "size_bytes"),
            ("size_bytes", json!(10_485_760), ""),
            ("size_bytes", json!(10_485_761), "size_bytes"),
            ("size_bytes", json!("3"), "size_bytes"),
            ("sha256", json!("secret"), "sha256"),
            ("sha256", json!(OF_PDF.to_uppercase()), "sha256"),
            ("sha256", json!(null), "sha256"),
            ("another", json!(1), ""),
        ] {
            let mut request = request();
            request[field] = value;
            let told = Upload::read(request.to_string().as_bytes()).err().unwrap_or_default();
            let fields: Vec<&str> = told.listed.iter().map(|fault| &*fault.field).collect();
            assert_eq!(fields.join(" "), faulty, "{request}");
            assert!(!told.to_string().contains("secret"), "{told}");
        }
        for (json, faulty) in [("{", ""), ("[]", ""), ("{}", all)] {
            let told = Upload::read(json.as_bytes()).unwrap_err();
            assert_eq!(told.listed.iter().map(|fault| &*fault.field).collect::<Vec<_>>().join(" "), faulty, "{json}");
        }
    }
}
