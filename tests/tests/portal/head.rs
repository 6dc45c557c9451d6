//! HEAD is GET without a body on every page, changes nothing, and is told no document's address.

use std::collections::BTreeSet;

use portal_local::template::Route;
use portal_tests::{Answer, Person, Portal, samples::arrived};
use reqwest::Method;
use serde_json::json;

use crate::states::{documents, rental};

/// The routes of a method: function and path.
fn routes(portal: &Portal, method: &str) -> BTreeSet<(String, String)> {
    let functions = portal.stack.description.functions.iter();
    let routes = functions.flat_map(|function| function.routes.iter().map(|route| (&function.logical_id, route)));
    let of_method = routes.filter_map(|(function, route)| match route {
        Route::Path { method: its, path } if its == method => Some((function.clone(), path.clone())),
        _ => None,
    });
    of_method.collect()
}

/// Ana with a booking whose agreement is there and whose invoice is not, and a link nobody has followed.
async fn ana_with_documents(portal: &Portal) -> (Person, String) {
    let ana = arrived(portal, "bkg_0", "ana@example.com").await;
    let booking = rental("bkg_1", "ana@example.com", |booking| {
        booking["documents"] = documents("bkg_1", &["agreement", "invoice"]);
    });
    portal.put_document("documents/bkg_1/agreement.pdf").await;
    portal.publish("booking.confirmed", &booking).await;
    portal.person().post("/sign-in", &[("email", "ana@example.com")]).await;
    portal.rests().await;
    (ana, portal.link_to("ana@example.com").await)
}

fn comparable(answer: &Answer) -> (u16, Vec<(String, String)>) {
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "apigw-requestid"].contains(&name.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    (answer.status.as_u16(), headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_route_of_the_same_function_stands_beside_each_get() {
    let portal = Portal::empty().await;
    let get = routes(&portal, "GET");
    assert!(get.len() > 5, "{get:?}");
    assert_eq!(routes(&portal, "HEAD"), get);
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_like_get_without_a_body_and_changes_nothing() {
    let portal = Portal::empty().await;
    let (ana, link) = ana_with_documents(&portal).await;
    let stranger = portal.person();
    let before = portal.items().await.len();
    let mut paths: BTreeSet<String> = routes(&portal, "GET")
        .into_iter()
        .flat_map(|(_, path)| {
            let path = path.replace("/link/{token}", &link);
            ["bkg_1", "bkg_none"].map(|id| path.replace("{booking_id}", id).replace("{document_id}", "doc_invoice"))
        })
        .collect();
    paths.extend(["/nowhere", "/sign-out", "/sign-in?signed-out", "/?past=none", "/link/x"].map(str::to_owned));
    let mut bodies = 0;
    for path in &paths {
        for (person, encoding) in [(&ana, "gzip"), (&ana, "identity"), (&stranger, "gzip")] {
            let headers = [("accept-encoding", encoding)];
            let ask = async |method| person.request(method, path, None, &headers).await;
            let (mut get, mut head) = (ask(Method::GET).await, ask(Method::HEAD).await);
            if comparable(&head) != comparable(&get) {
                // A calendar file says in which second it was made: another may have begun in between.
                (get, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
            }
            assert_eq!(comparable(&head), comparable(&get), "{path} {encoding}");
            assert_eq!(head.body, "", "{path}");
            assert!(get.header("content-length").parse::<usize>().unwrap() > 0 || get.location() != "", "{path}");
            bodies += usize::from(get.header("content-encoding") == "gzip");
        }
    }
    assert!(bodies > 5, "{bodies}");
    assert_eq!(portal.items().await.len(), before);
    assert!(!portal.sign_in_of(&link).await.contains_key("used_at"));
}

#[tokio::test(flavor = "multi_thread")]
async fn head_of_a_document_checks_and_tells_no_address() {
    let portal = Portal::empty().await;
    let (ana, _) = ana_with_documents(&portal).await;
    portal.publish("booking.confirmed", &rental("bkg_bens", "ben@example.com", |_| {})).await;
    portal.rests().await;
    let ben = portal.signed_in("ben@example.com").await;
    let stranger = portal.person();
    for (person, document, status, location) in [
        (&ana, "doc_agreement", 200, ""),
        (&ana, "doc_invoice", 404, ""),
        (&ana, "doc_none", 404, ""),
        (&ben, "doc_agreement", 404, ""),
        (&stranger, "doc_agreement", 303, "/sign-in?to=bkg_1"),
    ] {
        let path = format!("/bookings/bkg_1/documents/{document}");
        let head = person.request(Method::HEAD, &path, None, &[]).await;
        assert_eq!((head.status.as_u16(), head.location()), (status, location), "{path}");
        let held = format!("{:?}{}", head.headers, head.body);
        assert!(!held.contains("X-Amz") && !held.contains("agreement.pdf"), "{path}: {held}");
    }
    let get = ana.get("/bookings/bkg_1/documents/doc_agreement").await;
    assert!(get.status == 303 && get.location().contains("X-Amz-Signature"), "{get:?}");
    assert_eq!(
        portal
            .local("calls")
            .await
            .as_array()
            .unwrap()
            .iter()
            .filter(|call| call["action"] == json!("GetObject"))
            .count(),
        0
    );
}
