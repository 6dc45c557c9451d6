//! Documents that a booking system promises over HTTPS, and then puts without a key of AWS.

use jiff::{Timestamp, ToSpan};
use portal_aws::documents::Documents;
use portal_domain::upload::Upload;
use portal_tests::{OPERATOR, Portal, Sender, samples::confirmed};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::webhook::{ACCEPTED, is_for_programs};

fn promise_of(file: &[u8]) -> Value {
    json!({"booking_id": "bkg_1", "document_id": "doc_1", "size_bytes": file.len(), "sha256": sha256(file)})
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_that_was_promised_and_no_other_can_be_put() {
    const PDF: &[u8] = b"%PDF-1.4\n%%EOF\n";
    let portal = Portal::with_parameters(&ACCEPTED).await;
    let sender = Sender::of(&portal);
    let reply = sender.post("/events/documents", &promise_of(PDF)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(is_for_programs(&reply), "{reply:?}");
    let promise = reply.json();
    assert_eq!((&promise["method"], &promise["key"]), (&json!("PUT"), &json!("documents/bkg_1/doc_1.pdf")));
    let expires: Timestamp = promise["expires_at"].as_str().unwrap().parse().unwrap();
    let left = expires.duration_since(Timestamp::now()).as_secs();
    assert!((800..=900).contains(&left), "{left}");
    let signed: Vec<&str> = promise["headers"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(signed, ["content-length", "content-type", "x-amz-checksum-sha256"], "{promise}");

    let with = |pointer: &str, from: &str, to: &str| {
        let mut other = promise.clone();
        let value = other.pointer_mut(pointer).unwrap();
        let changed = value.as_str().unwrap().replace(from, to);
        assert_ne!(*value, changed, "{pointer}");
        *value = json!(changed);
        other
    };
    let without = |name: &str| {
        let mut other = promise.clone();
        other["headers"].as_object_mut().unwrap().remove(name);
        other
    };
    let other_pdf = b"%PDF-1.4\n%%FOE\n";
    assert_eq!(other_pdf.len(), PDF.len());
    let checksum = promise["headers"]["x-amz-checksum-sha256"].as_str().unwrap();
    for (what, promise, file) in [
        ("another file of that length", promise.clone(), &other_pdf[..]),
        ("a longer file", with("/headers/content-length", "15", "16"), b"%PDF-1.4\n%%EOF\n\n"),
        ("another type", with("/headers/content-type", "pdf", "html"), PDF),
        ("no type", without("content-type"), PDF),
        ("another checksum", with("/headers/x-amz-checksum-sha256", &checksum[..4], "AAAA"), PDF),
        ("no checksum", without("x-amz-checksum-sha256"), PDF),
        ("no checksum and another file", without("x-amz-checksum-sha256"), other_pdf),
        ("another key", with("/url", "doc_1.pdf", "doc_2.pdf"), PDF),
        ("another booking", with("/url", "bkg_1", "bkg_2"), PDF),
        ("a longer life", with("/url", "X-Amz-Expires=900", "X-Amz-Expires=90000"), PDF),
        ("another time", with("/url", "X-Amz-Date=20", "X-Amz-Date=19"), PDF),
        ("another signature", with("/url", "X-Amz-Signature=", "X-Amz-Signature=0"), PDF),
    ] {
        let reply = sender.put(&promise, file).await;
        assert!(reply.status.is_client_error(), "{what}: {reply:?}");
        assert_eq!(portal.document_versions().await, [""; 0], "{what}");
    }
    // Too late, by the signer's own clock; a minute before that is not.
    let documents = Documents::new(&portal.sdk(OPERATOR, &portal.stack.aws.endpoints.s3).await, portal.bucket());
    let upload = Upload::read(promise_of(PDF).to_string().as_bytes()).unwrap();
    for (age, status) in [(16, 403), (14, 200)] {
        let put = documents.presigned_put(&upload, Timestamp::now() - age.minutes()).await.unwrap();
        let headers: Map<String, Value> = put.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
        let reply = sender.put(&json!({"url": put.url, "headers": headers}), PDF).await;
        assert_eq!(reply.status, status, "{age}: {reply:?}");
    }
    // What it is for; and again, which puts the same once more.
    for _ in 0..2 {
        let reply = sender.put(&promise, PDF).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let mut detail = confirmed("bkg_1", "ana@example.com", 1, true);
    detail["booking"]["documents"] = json!([{
        "document_id": "doc_1", "kind": "agreement", "title": "Agreement", "issued_at": "2026-07-10T09:00:00-04:00",
        "file": {"key": promise["key"], "size_bytes": PDF.len()},
    }]);
    let reply = sender.event("booking.confirmed", &detail).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let ana = portal.person();
    ana.post(&portal.link_to("ana@example.com").await, &[]).await;
    let file = ana.get("/bookings/bkg_1/documents/doc_1").await;
    assert_eq!(ana.download(file.location()).await.bytes().await.unwrap(), PDF);
    assert_eq!(portal.counted("DocumentsMissing"), 0);
}
