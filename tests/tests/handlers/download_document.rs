//! Downloads of a booking's documents.

use portal_tests::Answer;
use portal_views::messages::ENGLISH;

use crate::{
    customers::{Life, about, fresh},
    http::{Asked, Expected, answer, asked, page, see},
    stack::{Stack, on_the_stack},
};

const ROUTE: &str = "/bookings/{booking_id}/documents/{document_id}";

/// The document of the sample `document.issued`.
const DOCUMENT: &str = "doc_sample_agreement";

impl Stack {
    async fn download(&self, asked: &Asked) -> Answer {
        answer(self.download_document.handle(asked.request()).await)
    }
}

/// What a request for a document comes to.
enum Outcome {
    /// Its address, for five minutes.
    Address,
    /// HEAD is told no more than that.
    IsThere,
    /// Anything else.
    Other(Expected),
}
use Outcome::{Address, IsThere, Other};

#[test]
fn a_document_goes_to_the_owner_of_its_booking_and_to_nobody_else() {
    on_the_stack(async |stack| {
        let (customer, other) = (stack.customer(), stack.customer());
        let [own, missing, empty, others] = ["bkg_"; 4].map(fresh);
        for (booking, customer) in [(&own, &customer), (&missing, &customer), (&empty, &customer), (&others, &other)] {
            stack.project("document.issued", &about("document.issued.json", booking, customer)).await;
        }
        let key = |booking: &str| format!("documents/{booking}/{DOCUMENT}.pdf");
        for booking in [&own, &others] {
            stack.portal.put_document(&key(booking)).await;
        }
        stack.portal.put_file(&key(&empty), b"").await;
        let none = fresh("bkg_");
        let mut sessions = Vec::new();
        for life in [Life::Used, Life::Ended, Life::Over, Life::Fresh, Life::Unknown] {
            sessions.push((life, stack.keep(&customer, life).await.cookie()));
        }
        let not_found = || Other(page(404, ENGLISH.not_found));
        let not_ready = || Other(page(404, ENGLISH.document_missing));
        let form = |booking: &str| Other(see(format!("/sign-in?to={booking}")));
        let booking_page = |booking: &str| Other(see(format!("/bookings/{booking}")));
        for (life, method, site, booking, document, outcome) in [
            (Life::Used, "GET", "", own.as_str(), DOCUMENT, Address),
            (Life::Used, "GET", "same-origin", &own, DOCUMENT, Address),
            (Life::Used, "GET", "none", &own, DOCUMENT, Address),
            (Life::Used, "GET", "cross-site", &own, DOCUMENT, booking_page(&own)),
            (Life::Used, "HEAD", "", &own, DOCUMENT, IsThere),
            (Life::Used, "HEAD", "cross-site", &own, DOCUMENT, booking_page(&own)),
            (Life::Used, "GET", "", &missing, DOCUMENT, not_ready()),
            (Life::Used, "HEAD", "", &missing, DOCUMENT, not_ready()),
            (Life::Used, "GET", "", &empty, DOCUMENT, not_ready()),
            (Life::Used, "HEAD", "", &empty, DOCUMENT, not_ready()),
            (Life::Used, "GET", "", &own, "doc_other", not_found()),
            (Life::Used, "GET", "cross-site", &own, "doc_other", not_found()),
            (Life::Used, "GET", "", &own, "no id", not_found()),
            (Life::Used, "GET", "", &others, DOCUMENT, not_found()),
            (Life::Used, "HEAD", "", &others, DOCUMENT, not_found()),
            (Life::Used, "GET", "cross-site", &others, DOCUMENT, not_found()),
            (Life::Used, "GET", "", &none, DOCUMENT, not_found()),
            (Life::Used, "GET", "", "no id", DOCUMENT, not_found()),
            (Life::Ended, "GET", "", &own, DOCUMENT, form(&own)),
            (Life::Over, "GET", "", &own, DOCUMENT, form(&own)),
            (Life::Fresh, "GET", "", &own, DOCUMENT, form(&own)),
            (Life::Unknown, "GET", "", &own, DOCUMENT, form(&own)),
            (Life::Unknown, "HEAD", "", &own, DOCUMENT, form(&own)),
            (Life::Unknown, "GET", "cross-site", &own, DOCUMENT, form(&own)),
            (Life::Unknown, "GET", "", &others, DOCUMENT, form(&others)),
            (Life::Unknown, "GET", "", "no id", DOCUMENT, Other(see("/sign-in"))),
        ] {
            let what = (life, method, site, booking, document);
            let session = &sessions.iter().find(|(of, _)| *of == life).unwrap().1;
            let ask = asked(&format!("{method} {ROUTE}")).at("booking_id", booking).at("document_id", document);
            let ask = if site.is_empty() { ask } else { ask.header("sec-fetch-site", site) };
            let told = stack.download(&ask.cookie(session)).await;
            match outcome {
                Other(expected) => expected.is(&told, what),
                IsThere => {
                    assert_eq!((told.status.as_u16(), told.location(), told.body.as_str()), (200, "", ""), "{what:?}");
                }
                Address => {
                    let file = format!("{}?", key(booking));
                    assert!(told.status == 303 && told.location().contains(&file), "{what:?}: {told:?}");
                    let pdf = reqwest::get(told.location()).await.unwrap();
                    let disposition = pdf.headers()["content-disposition"].to_str().unwrap();
                    assert_eq!(disposition, "inline; filename=\"GCO-7005-agreement.pdf\"", "{what:?}");
                    assert_eq!(pdf.bytes().await.unwrap().as_ref(), b"%PDF-", "{what:?}");
                }
            }
        }
        // Without any cookie as without a session.
        let ask = asked(&format!("GET {ROUTE}")).at("booking_id", &own).at("document_id", DOCUMENT);
        see(format!("/sign-in?to={own}")).is(&stack.download(&ask).await, "no cookie");
    });
}
