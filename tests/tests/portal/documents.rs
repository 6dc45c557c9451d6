//! Agreements, invoices and receipts: opened by their owner, and saved under a name people understand.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::{extract::Query, http::StatusCode};
use portal_aws::documents::{Documents, Error, Kept};
use portal_domain::{
    booking::{BookingId, DocumentKind},
    config::Environment,
};
use portal_tests::{OPERATOR, Person, Portal, readable};
use portal_views::messages::ENGLISH;
use reqwest::Method;
use serde_json::json;

use crate::states::{documents, rental};

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_document_opens_in_its_place_and_has_a_name_of_its_own_for_a_minute() {
    let portal = Portal::empty().await;
    let booking = rental("bkg_1", "ana@example.com", |booking| {
        booking["reference"] = json!("GCO-4821");
        booking["documents"] = documents("bkg_1", &["agreement", "invoice", "receipt"]);
    });
    let (s3, kinds) = (portal.s3().await, ["agreement", "invoice", "receipt"]);
    for kind in kinds {
        let put = s3.put_object().bucket(portal.bucket()).key(format!("documents/bkg_1/{kind}.pdf"));
        put.content_type("text/html").body(format!("%PDF-{kind}").into_bytes().into()).send().await.unwrap();
    }
    portal.publish("booking.confirmed", &booking).await;
    portal.rests().await;
    let ana = portal.signed_in("ana@example.com").await;
    for kind in kinds {
        let redirect = ana.get(&format!("/bookings/bkg_1/documents/doc_{kind}")).await;
        assert_eq!(redirect.status, 303, "{redirect:?}");
        assert!(redirect.location().contains("X-Amz-Expires=300&"), "{}", redirect.location());
        let file = ana.download(redirect.location()).await;
        let header = |name| file.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-disposition"), format!("inline; filename=\"GCO-4821-{kind}.pdf\""));
        assert_eq!(header("content-type"), "application/pdf", "whatever the object says of itself");
        assert_eq!(file.bytes().await.unwrap(), format!("%PDF-{kind}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_lists_the_signed_agreements_of_the_bookings_it_shows() {
    let portal = Portal::empty().await;
    for (id, signed) in [("signed", true), ("unsigned", false)] {
        let booking = rental(id, "ana@example.com", |booking| {
            booking["documents"] = documents(id, &["agreement", "invoice"]);
            if !signed {
                booking["documents"][0].as_object_mut().unwrap().remove("signed_at");
            }
        });
        portal.publish("booking.confirmed", &booking).await;
    }
    portal.rests().await;
    let ana = portal.signed_in("ana@example.com").await;
    let page = ana.get("/").await.body;
    let agreements = page.split_once("<details").unwrap().1.split_once("</details>").unwrap().0;
    let signed = (ENGLISH.document_signed)(DocumentKind::Agreement, "");
    assert!(agreements.contains("REF-signed") && agreements.contains("6-Seater Premium"), "{agreements}");
    assert!(agreements.contains(&signed) && !agreements.contains("REF-unsigned"), "{agreements}");
    assert_eq!(agreements.matches("<a href=").count(), 1, "{agreements}");
    let booking = ana.get("/bookings/unsigned").await.body;
    assert!(booking.contains(&(ENGLISH.document_unsigned)("")), "{}", readable(&booking));
    assert!(booking.contains(&format!("{}, 49\u{a0}kB", ENGLISH.pdf)), "{}", readable(&booking));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_elsewhere_that_leads_to_a_file_leads_to_the_booking_s_page() {
    let portal = Portal::empty().await;
    let booking = rental("bkg_1", "ana@example.com", |booking| {
        booking["documents"] = documents("bkg_1", &["agreement"]);
    });
    portal.put_document("documents/bkg_1/agreement.pdf").await;
    portal.publish("booking.confirmed", &booking).await;
    portal.publish("booking.confirmed", &rental("bkg_2", "ben@example.com", |_| {})).await;
    portal.rests().await;
    let (ana, ben) = (portal.signed_in("ana@example.com").await, portal.signed_in("ben@example.com").await);
    let stranger = portal.person();
    for file in ["/bookings/bkg_1/documents/doc_agreement", "/bookings/bkg_1/calendar.ics"] {
        let from = async |person: &Person, site: &str| {
            person.request(Method::GET, file, None, &[("sec-fetch-site", site)]).await
        };
        for method in [Method::GET, Method::HEAD] {
            let led = ana.request(method, file, None, &[("sec-fetch-site", "cross-site")]).await;
            assert_eq!((led.status.as_u16(), led.location()), (303, "/bookings/bkg_1"), "{file}");
            assert_eq!((led.body.as_str(), led.header("content-disposition")), ("", ""), "{file}");
        }
        assert_eq!(ana.get("/bookings/bkg_1").await.status, 200);
        // As always for whoever is not its customer.
        assert_eq!(from(&ben, "cross-site").await.status, 404, "{file}");
        assert_eq!(from(&stranger, "cross-site").await.location(), "/sign-in?to=bkg_1", "{file}");
        // From the portal's own page, a bookmark or a mail program it downloads, and where the browser does not say.
        for site in ["same-origin", "none", "same-site"] {
            let downloads = from(&ana, site).await;
            assert!(
                downloads.status == 200 || downloads.location().contains("X-Amz-Signature"),
                "{site} {downloads:?}"
            );
        }
        let downloads = ana.get(file).await;
        assert!(downloads.status == 200 || downloads.location().contains("X-Amz-Signature"), "{downloads:?}");
    }
    let unknown = ana.request(Method::GET, "/bookings/bkg_1/documents/none", None, &[("sec-fetch-site", "cross-site")]);
    assert_eq!(unknown.await.status, 404);
}

/// A bucket of which only versions are known: those of keys, and delete markers.
#[derive(Clone)]
struct Versions {
    /// Key, version, and whether it is a delete marker; in the order of a list.
    all: Arc<Mutex<BTreeSet<(String, String, bool)>>>,
    /// Whether a list ends where it is to go on from a version that is no longer there.
    ends_at_what_is_gone: bool,
}

impl Versions {
    /// So many versions and half as many delete markers of each key.
    fn of(keys: &[&str], of_each: usize, ends_at_what_is_gone: bool) -> Self {
        let all = keys.iter().flat_map(|key| {
            let version = |n: usize, is_marker| ((*key).to_owned(), format!("v{n:06}"), is_marker);
            let marker = move |n| version(of_each + n, true);
            (0..of_each).map(move |n| version(n, false)).chain((0..of_each / 2).map(marker))
        });
        Self { all: Arc::new(Mutex::new(all.collect())), ends_at_what_is_gone }
    }

    /// How many there are under each key.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        self.all.lock().unwrap().iter().for_each(|(key, _, _)| *counts.entry(key.clone()).or_default() += 1);
        counts
    }

    /// At most 1,000 a page (API reference, ListObjectVersions).
    fn list(&self, query: &BTreeMap<String, String>) -> String {
        let all = self.all.lock().unwrap();
        let from = query.get("key-marker").map(|key| (key.clone(), query["version-id-marker"].clone()));
        let is_there =
            |from: &(String, String)| all.iter().any(|(key, version, _)| (key, version) == (&from.0, &from.1));
        if self.ends_at_what_is_gone && from.as_ref().is_some_and(|from| !is_there(from)) {
            return "<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>".to_owned();
        }
        let mut listed = all.iter().filter(|(key, version, _)| {
            key.starts_with(&query["prefix"]) && from.as_ref().is_none_or(|from| (key, version) > (&from.0, &from.1))
        });
        let page: Vec<_> = listed.by_ref().take(1000).collect();
        let end = match (listed.next(), page.last()) {
            (Some(_), Some((key, version, _))) => format!(
                "<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker>\
                 <NextVersionIdMarker>{version}</NextVersionIdMarker>"
            ),
            _ => "<IsTruncated>false</IsTruncated>".to_owned(),
        };
        let entry = |(key, version, is_marker): &(String, String, bool)| {
            let name = if *is_marker { "DeleteMarker" } else { "Version" };
            format!("<{name}><Key>{key}</Key><VersionId>{version}</VersionId></{name}>")
        };
        let entries: String = page.into_iter().map(entry).collect();
        format!("<ListVersionsResult>{end}{entries}</ListVersionsResult>")
    }

    /// At most 1,000 a request (API reference, DeleteObjects).
    fn delete(&self, body: &str) -> Result<String, StatusCode> {
        let object = regex::Regex::new("<Key>([^<]+)</Key><VersionId>([^<]+)</VersionId>").unwrap();
        let meant: Vec<_> =
            object.captures_iter(body).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
        if !(1..=1000).contains(&meant.len()) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let meant: BTreeSet<_> = meant.into_iter().collect();
        self.all.lock().unwrap().retain(|(key, version, _)| !meant.contains(&(key.clone(), version.clone())));
        Ok("<DeleteResult/>".to_owned())
    }

    /// The bucket behind S3's protocol.
    async fn documents(&self) -> Documents {
        let versions = self.clone();
        let answer = move |Query(query): Query<BTreeMap<String, String>>, body: String| {
            let versions = versions.clone();
            async move { if query.contains_key("delete") { versions.delete(&body) } else { Ok(versions.list(&query)) } }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, axum::Router::new().fallback(answer)).await });
        let env = Environment::new(|name| (name == "DOCUMENTS_BUCKET").then(|| "documents".into()));
        let portal = Portal::empty().await;
        Documents::from_env(&portal.sdk(OPERATOR, &url).await, &env).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_and_delete_marker_of_a_booking_s_files_goes_however_many_but_of_those_that_are_kept() {
    let keys = ["documents/bkg_1/a.pdf", "documents/bkg_1/kept.pdf", "documents/bkg_1/z.pdf", "documents/bkg_2/a.pdf"];
    for (of_each, ends_at_what_is_gone) in [(1, false), (2, true), (1000, false), (1000, true), (1334, true)] {
        let versions = Versions::of(&keys, of_each, ends_at_what_is_gone);
        let (documents, all_of_one) = (versions.documents().await, of_each + of_each / 2);
        let id = BookingId::parse("bkg_1").unwrap();

        let nothing = documents.erase(&id, |_| true, async || Ok::<_, Error>(Kept::All)).await.unwrap();
        assert_eq!(nothing, 0, "{of_each}");
        let kept = Kept::Only(BTreeSet::from([keys[1].to_owned()]));
        let kept = async || Ok::<_, Error>(kept.clone());
        let one = documents.erase(&id, |key| key == keys[0] || key == keys[1], kept).await.unwrap();
        assert_eq!(one, all_of_one, "{of_each}");
        let two = documents.erase(&id, |_| true, kept).await.unwrap();
        assert_eq!(two, all_of_one, "{of_each}");
        let left = [keys[1], keys[3]].map(|key| (key.to_owned(), all_of_one));
        assert_eq!(versions.counts(), BTreeMap::from(left), "{of_each}");
    }
}
