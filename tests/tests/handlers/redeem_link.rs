//! Looking at a link, using it, and renewing one that is dead.

use jiff::Timestamp;
use portal_domain::{
    rate_limit::{Limit, RateLimitKey},
    secret::Secret,
    sign_in::SignIn,
};
use portal_tests::{Answer, leaving};
use portal_views::messages::ENGLISH;

use crate::{
    customers::{
        Customer, Kept,
        Life::{self, Ended, EndedUnused, Expired, Fresh, Over, TooOld, Unknown, Used},
        id,
    },
    http::{Asked, Expected, answer, asked, kept, network, page, see},
    stack::{OF_A_NETWORK, Stack, on_the_stack},
};

impl Stack {
    async fn redeem_link(&self, asked: &Asked) -> Answer {
        answer(self.redeem_link.handle(asked.request()).await)
    }

    /// A link of a customer, on the way to a booking or the dashboard.
    async fn link(&self, customer: &Customer, life: Life, booking: Option<&str>) -> Kept {
        self.keep_as(customer, life, |sign_in| SignIn { booking: booking.map(id), ..sign_in }).await
    }
}

/// Who is signed in in the browser.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Here {
    Nobody,
    /// The link's own customer.
    Same,
    /// The same, by a session that is signed out.
    SameBefore,
    /// Another customer.
    Other,
    /// Another customer, by a session that is signed out.
    OtherBefore,
}
use Here::{Nobody, Other, OtherBefore, Same, SameBefore};

/// A browser, and the session it has.
async fn browser(stack: &Stack, customer: &Customer, here: Here) -> Option<Kept> {
    let other = stack.customer();
    match here {
        Nobody => None,
        Same => Some(stack.keep(customer, Used).await),
        SameBefore => Some(stack.keep(customer, Ended).await),
        Other => Some(stack.keep(&other, Used).await),
        OtherBefore => Some(stack.keep(&other, Ended).await),
    }
}

fn cookie(session: Option<&Kept>) -> String {
    session.map(Kept::cookie).unwrap_or_default()
}

fn used() -> Expected {
    page(410, ENGLISH.link_used).and(ENGLISH.email_me_a_new_link)
}

fn expired() -> Expected {
    page(410, ENGLISH.link_expired).and(ENGLISH.email_me_a_new_link)
}

fn unknown() -> Expected {
    page(404, ENGLISH.link_unknown).and(ENGLISH.get_a_new_link)
}

#[test]
fn looking_at_a_link_says_what_it_is_and_changes_nothing() {
    let welcome = || page(200, ENGLISH.open_your_bookings).and("data-opens=\"by-hand\"");
    let ask_first = || page(200, ENGLISH.other_address).and("name=\"leaving\"");
    on_the_stack(async |stack| {
        for (life, booking, here, expected) in [
            (Fresh, None, Nobody, welcome()),
            (Fresh, None, Same, welcome()),
            (Fresh, None, Other, ask_first()),
            (Fresh, None, OtherBefore, welcome()),
            (Used, None, Nobody, used()),
            (Used, None, Same, see("/")),
            (Used, Some("bkg_1"), Same, see("/bookings/bkg_1")),
            (Used, None, SameBefore, used()),
            (Used, None, Other, used()),
            (Ended, None, Nobody, used()),
            (Over, None, Nobody, used()),
            (EndedUnused, None, Nobody, used()),
            (EndedUnused, None, Same, see("/")),
            (Expired, None, Nobody, expired()),
            (Expired, Some("bkg_1"), Same, see("/bookings/bkg_1")),
            (Expired, None, Other, expired()),
            (TooOld, None, Nobody, unknown()),
            (TooOld, None, Same, see("/")),
            (Unknown, None, Nobody, unknown()),
            (Unknown, None, Same, unknown()),
            (Unknown, None, Other, unknown()),
        ] {
            let what = (life, booking, here);
            let customer = stack.customer();
            let link = stack.link(&customer, life, booking).await;
            let session = browser(stack, &customer, here).await;
            let before = stack.sign_in(&link).await;
            for route in ["GET /link/{token}", "HEAD /link/{token}"] {
                let look = asked(route).at("token", &link.token.reveal()).cookie(&cookie(session.as_ref()));
                expected.is(&stack.redeem_link(&look).await, what);
            }
            assert!(stack.sign_in(&link).await == before, "{what:?}");
        }
    });
}

#[test]
fn a_link_opens_by_itself_only_in_the_browser_that_asked_for_it() {
    on_the_stack(async |stack| {
        let (asker, stranger) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        for (what, asked_by, cookie, opening) in [
            ("the browser that asked", Some(&asker), Some(&asker), "at-once"),
            ("another browser", Some(&asker), Some(&stranger), "by-hand"),
            ("a browser without the cookie", Some(&asker), None, "by-hand"),
            ("a link that nobody asked for", None, Some(&asker), "by-hand"),
            ("neither", None, None, "by-hand"),
        ] {
            let customer = stack.customer();
            let hash = asked_by.map(Secret::hash);
            let link = stack.keep_as(&customer, Fresh, |sign_in| sign_in.asked_for_by(hash)).await;
            let cookie = cookie.map(|secret| format!("__Host-browser={}", secret.reveal())).unwrap_or_default();
            let look = asked("GET /link/{token}").at("token", &link.token.reveal()).cookie(&cookie);
            page(200, format!("data-opens=\"{opening}\"")).is(&stack.redeem_link(&look).await, what);
        }
    });
}

#[test]
fn using_a_link_signs_in_once_and_asks_before_it_signs_somebody_else_out() {
    #[derive(Debug, Clone, Copy)]
    enum Leaving {
        Nobody,
        WhoIsHere,
        SomebodyElse,
    }
    use Leaving::{Nobody as NoOne, SomebodyElse, WhoIsHere};
    let arrives = |path: &str| see(format!("{path}?signed-in=now")).cookies("+session +browser -asked");
    let asks_first = || page(409, ENGLISH.other_address);
    on_the_stack(async |stack| {
        // The last two: whether this uses the link, and whether whoever was signed in before still is.
        for (life, booking, here, form, expected, wins, stays) in [
            (Fresh, None, Nobody, NoOne, arrives("/"), true, false),
            (Fresh, Some("bkg_1"), Nobody, NoOne, arrives("/bookings/bkg_1"), true, false),
            (Fresh, None, Same, NoOne, arrives("/"), true, false),
            (Fresh, None, SameBefore, NoOne, arrives("/"), true, false),
            (Fresh, None, Other, NoOne, asks_first(), false, true),
            (Fresh, None, Other, SomebodyElse, asks_first(), false, true),
            (Fresh, None, Other, WhoIsHere, arrives("/"), true, false),
            (Fresh, None, OtherBefore, NoOne, arrives("/"), true, false),
            (Used, None, Nobody, NoOne, used(), false, false),
            (Used, None, Same, NoOne, see("/"), false, true),
            (Used, Some("bkg_1"), Same, NoOne, see("/bookings/bkg_1"), false, true),
            (Used, None, Other, NoOne, used(), false, true),
            (Used, None, Other, WhoIsHere, used(), false, true),
            (Ended, None, Nobody, NoOne, used(), false, false),
            (EndedUnused, None, Nobody, NoOne, used(), false, false),
            (Expired, None, Nobody, NoOne, expired(), false, false),
            (Expired, None, Same, NoOne, see("/"), false, true),
            (Expired, None, Other, NoOne, expired(), false, true),
            (TooOld, None, Nobody, NoOne, unknown(), false, false),
            (TooOld, None, Same, NoOne, see("/"), false, true),
            (Unknown, None, Nobody, NoOne, unknown(), false, false),
            (Unknown, None, Other, NoOne, unknown(), false, true),
            (Unknown, None, Same, NoOne, unknown(), false, true),
        ] {
            let what = (life, booking, here, form);
            let customer = stack.customer();
            let link = stack.link(&customer, life, booking).await;
            let session = browser(stack, &customer, here).await;
            let before = stack.sign_in(&link).await;
            let form = match (form, &session) {
                (WhoIsHere, Some(session)) => vec![session.token.hash().to_string()],
                (SomebodyElse, _) => vec![stack.keep(&stack.customer(), Used).await.token.hash().to_string()],
                _ => Vec::new(),
            };
            let form: Vec<_> = form.iter().map(|hash| ("leaving", hash.as_str())).collect();
            let post = asked("POST /link/{token}").at("token", &link.token.reveal()).cookie(&cookie(session.as_ref()));
            let told = stack.redeem_link(&post.form(&form)).await;
            expected.is(&told, what);

            let after = stack.sign_in(&link).await;
            assert_eq!(after != before, wins, "{what:?}");
            if wins {
                let home = answer(
                    stack.dashboard.handle(asked("GET /").cookie(&kept(&told, "__Host-session")).request()).await,
                );
                page(200, ENGLISH.no_bookings).is(&home, what);
            }
            if let Some(session) = session {
                assert_eq!(stack.is_signed_in(&session).await, stays, "{what:?}");
            }
        }
    });
}

#[test]
fn the_page_that_asks_first_names_the_session_that_its_form_leaves() {
    on_the_stack(async |stack| {
        let (customer, other) = (stack.customer(), stack.customer());
        let (link, session) = (stack.keep(&customer, Fresh).await, stack.keep(&other, Used).await);
        for (method, status) in [("GET", 200), ("POST", 409)] {
            let ask = asked(&format!("{method} /link/{{token}}")).at("token", &link.token.reveal());
            let asks_first = stack.redeem_link(&ask.cookie(&session.cookie())).await;
            assert_eq!((asks_first.status.as_u16(), leaving(&asks_first)), (status, session.token.hash().to_string()));
        }
    });
}

#[test]
fn what_is_no_link_is_like_a_link_that_nobody_made() {
    on_the_stack(async |stack| {
        let good = stack.keep(&stack.customer(), Fresh).await.token.reveal();
        for token in ["", "garbage", &good[1..], &format!("{good}A"), &good.to_lowercase()] {
            for route in ["GET /link/{token}", "HEAD /link/{token}", "POST /link/{token}", "POST /link/{token}/renew"] {
                unknown().is(&stack.redeem_link(&asked(route).at("token", token)).await, (route, token));
            }
        }
    });
}

#[test]
fn a_dead_link_is_renewed_where_it_can_be_and_its_limits_allow() {
    on_the_stack(async |stack| {
        let sent = || see("/sign-in/sent").cookies("+browser +asked");
        let too_many = |reason| page(429, reason).and(ENGLISH.too_many_requests);
        // The last two: whether it was asked for a moment ago, and what is on the queue for it.
        for (what, life, of_the_network, of_the_customer, again, expected, queued) in [
            ("used", Used, 0, 0, false, sent(), Some(false)),
            ("a session that is signed out", Ended, 0, 0, false, sent(), Some(false)),
            ("a session that is over", Over, 0, 0, false, sent(), Some(false)),
            ("ended before it was used", EndedUnused, 0, 0, false, sent(), Some(false)),
            ("expired", Expired, 0, 0, false, sent(), Some(false)),
            ("renewed a moment ago", Expired, 0, 0, true, sent(), Some(true)),
            ("too old", TooOld, 0, 0, false, unknown(), None),
            ("unknown", Unknown, 0, 0, false, unknown(), None),
            ("a network that asked less", Expired, OF_A_NETWORK - 1, 0, false, sent(), Some(false)),
            (
                "a network that asked too much",
                Expired,
                OF_A_NETWORK,
                0,
                false,
                too_many((ENGLISH.too_many_from_this_network)(20)),
                None,
            ),
            (
                "even for nobody's link",
                Unknown,
                OF_A_NETWORK,
                0,
                false,
                too_many((ENGLISH.too_many_from_this_network)(20)),
                None,
            ),
            ("a customer that asked less", Expired, 0, 3, false, sent(), Some(false)),
            (
                "a customer that asked too much",
                Expired,
                0,
                4,
                false,
                too_many((ENGLISH.too_many_for_this_address)(15)),
                None,
            ),
        ] {
            let (customer, source) = (stack.customer(), network());
            stack.network_asked(source, of_the_network).await;
            stack.customer_asked(&customer, of_the_customer).await;
            if again {
                let key = RateLimitKey::Customer(customer.id);
                stack.store.count_request(key, &Limit::FOR_A_CUSTOMER, Timestamp::now()).await.unwrap();
            }
            let link = stack.link(&customer, life, Some("bkg_1")).await;
            let renew = asked("POST /link/{token}/renew").at("token", &link.token.reveal()).from(source);
            expected.is(&stack.redeem_link(&renew).await, what);
            let on_the_queue: Vec<_> =
                queued.into_iter().map(|repeated| (Some("bkg_1".to_owned()), repeated)).collect();
            assert_eq!(stack.asked_for(&customer).await, on_the_queue, "{what}");
        }
    });
}

#[test]
fn a_link_that_still_works_is_not_renewed_but_opened() {
    on_the_stack(async |stack| {
        let customer = stack.customer();
        let link = stack.keep(&customer, Fresh).await.token.reveal();
        let told = stack.redeem_link(&asked("POST /link/{token}/renew").at("token", &link)).await;
        see(format!("/link/{link}")).is(&told, "fresh");
        assert_eq!(stack.asked_for(&customer).await, []);
    });
}

#[test]
fn a_renewal_shows_the_address_masked_and_lets_the_browser_know_the_new_link() {
    on_the_stack(async |stack| {
        let customer = stack.customer();
        let link = stack.keep(&customer, Expired).await;
        let told = stack.redeem_link(&asked("POST /link/{token}/renew").at("token", &link.token.reveal())).await;
        let sent = asked("GET /sign-in/sent").cookie(&kept(&told, "__Host-asked"));
        let masked = stack.sign_in(&link).await.unwrap().masked_address;
        let shown = answer(stack.request_link.handle(sent.request()).await);
        page(200, (ENGLISH.link_renewed)(&masked)).is(&shown, "renewed");
        assert!(!shown.body.contains(&customer.address) && !shown.body.contains(ENGLISH.send_again));
    });
}
