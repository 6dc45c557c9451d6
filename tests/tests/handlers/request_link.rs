//! Asking for a link.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use portal_aws::mail_queue::MailRequest;
use portal_domain::rate_limit::{Limit, RateLimitKey, Verdict};
use portal_tests::Answer;
use portal_views::messages::ENGLISH;

use crate::{
    customers::{Customer, fresh, minutes_ago},
    http::{Asked, answer, asked, kept, network, page, see},
    stack::{OF_A_NETWORK, Stack, on_the_stack},
};

impl Stack {
    async fn ask_for_a_link(&self, asked: &Asked) -> Answer {
        answer(self.request_link.handle(asked.request()).await)
    }

    /// What was asked for by or for a customer since this was called last: the booking to land on, and whether the message
    /// is marked as a repetition.
    pub(crate) async fn asked_for(&self, customer: &Customer) -> Vec<(Option<String>, bool)> {
        let messages = self.messages("MailQueue", &customer.id.to_string()).await;
        let requests = messages.iter().map(|message| match MailRequest::parse(message.body().unwrap()).unwrap() {
            MailRequest::SignIn { booking, repeated, .. } => (booking.map(|booking| booking.to_string()), repeated),
            MailRequest::Confirmation { .. } => panic!("no confirmation was asked for"),
        });
        requests.collect()
    }

    /// Somebody on a network has asked so many times, just now.
    pub(crate) async fn network_asked(&self, source: IpAddr, requests: u32) {
        for _ in 0..requests {
            let limit = Limit::for_a_source(OF_A_NETWORK);
            let verdict =
                self.store.count_request(RateLimitKey::Source(source), &limit, Timestamp::now()).await.unwrap();
            assert_eq!(verdict, Verdict::Counted);
        }
    }

    /// Somebody has asked so many times for a customer, two minutes apart, the last time two minutes ago.
    pub(crate) async fn customer_asked(&self, customer: &Customer, requests: i64) {
        for before in (1..=requests).rev() {
            let (key, limit) = (RateLimitKey::Customer(customer.id), &Limit::FOR_A_CUSTOMER);
            let verdict = self.store.count_request(key, limit, minutes_ago(2 * before)).await.unwrap();
            assert_eq!(verdict, Verdict::Counted);
        }
    }
}

#[test]
fn the_form_says_what_led_to_it_and_carries_a_booking_to_land_on() {
    on_the_stack(async |stack| {
        let says = [ENGLISH.signed_out, ENGLISH.not_signed_out_everywhere];
        for (what, query, said, to, cookies) in [
            ("nothing", "", None, None, ""),
            ("signed out", "signed-out", Some(says[0]), None, ""),
            ("signed out, and when", "signed-out=1", Some(says[0]), None, ""),
            ("not signed out everywhere", "not-signed-out", Some(says[1]), None, ""),
            ("both", "not-signed-out&signed-out", Some(says[0]), None, ""),
            ("something else", "signed_out", None, None, ""),
            ("another address", "another", None, None, "-asked"),
            ("another address for a booking", "another&to=bkg_1", None, Some("bkg_1"), "-asked"),
            ("a booking", "to=bkg_1", None, Some("bkg_1"), ""),
            ("no booking's id", "to=%2F%2Fevil.example", None, None, ""),
            ("a script", "to=%22%3E%3Cscript%3E", None, None, ""),
        ] {
            for route in ["GET /sign-in", "HEAD /sign-in"] {
                let form = stack.ask_for_a_link(&asked(route).query(query)).await;
                page(200, ENGLISH.sign_in_how).cookies(cookies).is(&form, what);
                let on_it: Vec<&str> = says.into_iter().filter(|text| form.body.contains(text)).collect();
                assert_eq!(on_it, Vec::from_iter(said), "{what}");
                assert_eq!(landing(&form), to, "{what}");
            }
        }
    });
}

#[test]
fn the_page_after_asking_shows_what_the_browser_remembers_and_believes_none_of_it() {
    let to_ana = (ENGLISH.link_sent_to)("ana@example.com");
    let renewed = (ENGLISH.link_renewed)("a…a@example.com");
    on_the_stack(async |stack| {
        for (what, cookie, says, sends_again, to) in [
            ("nothing", "", ENGLISH.link_sent, false, None),
            ("an address", "__Host-asked=email=ana%40example.com", &to_ana, true, None),
            ("and a booking", "__Host-asked=email=ana%40example.com&to=bkg_1", &to_ana, true, Some("bkg_1")),
            ("and no booking's id", "__Host-asked=email=ana%40example.com&to=%22%3E", &to_ana, true, None),
            ("a renewal", "__Host-asked=renewed=a%E2%80%A6a%40example.com", &renewed, false, None),
            ("no address", "__Host-asked=email=%3Cscript%3E", ENGLISH.link_sent, false, None),
            ("two addresses", "__Host-asked=email=a%40b.example%2Cc%40d.example", ENGLISH.link_sent, false, None),
            ("no masked address", "__Host-asked=renewed=%3Cb%3E%40example.com", ENGLISH.link_sent, false, None),
            ("no form", "__Host-asked=\u{fffd};%00", ENGLISH.link_sent, false, None),
            ("under another name", "asked=email=ana%40example.com", ENGLISH.link_sent, false, None),
        ] {
            for route in ["GET /sign-in/sent", "HEAD /sign-in/sent"] {
                let sent = stack.ask_for_a_link(&asked(route).cookie(cookie)).await;
                page(200, says).and(ENGLISH.no_email_yet).is(&sent, what);
                assert_eq!(sent.body.contains(ENGLISH.send_again), sends_again, "{what}");
                assert_eq!(landing(&sent), to, "{what}");
                let another = to.map_or("/sign-in?another\"".into(), |to| format!("/sign-in?another&amp;to={to}\""));
                assert!(sent.body.contains(&another), "{what}: {}", sent.body);
            }
        }
    });
}

#[test]
fn an_address_asks_for_a_link_whatever_stands_around_it() {
    on_the_stack(async |stack| {
        for (what, before, behind, to, lands_on) in [
            ("as it is", "", "", None, None),
            ("white space", " \t", "\u{a0}\r\n", None, None),
            ("invisible marks", "\u{feff}\u{200b}", "\u{200e}", None, None),
            ("on the way to a booking", "", "", Some("bkg_1"), Some("bkg_1")),
            ("on the way to no booking's id", "", "", Some("../1"), None),
            ("on the way to nothing", "", "", Some(""), None),
        ] {
            let customer = stack.customer();
            let typed = format!("{before}{}{behind}", customer.address.to_uppercase());
            let fields = [("email", typed.as_str()), ("to", to.unwrap_or_default())];
            let form = asked("POST /sign-in").form(&fields[..if to.is_some() { 2 } else { 1 }]);
            let sent = stack.ask_for_a_link(&form).await;
            see("/sign-in/sent").cookies("+browser +asked").is(&sent, what);
            assert_eq!(stack.asked_for(&customer).await, [(lands_on.map(str::to_owned), false)], "{what}");

            let shown = stack.ask_for_a_link(&asked("GET /sign-in/sent").cookie(&kept(&sent, "__Host-asked"))).await;
            page(200, (ENGLISH.link_sent_to)(&customer.address)).is(&shown, what);
            assert_eq!(landing(&shown), lands_on, "{what}");
        }
    });
}

#[test]
fn what_is_no_address_is_shown_again_with_the_reason_and_asks_for_nothing() {
    let long = format!("{}@example.com", "x".repeat(65));
    let longest_shown = "x".repeat(320);
    let beyond = format!("{longest_shown}y");
    on_the_stack(async |stack| {
        for (what, typed, reason, shown) in [
            ("no field", None, ENGLISH.address_empty, ""),
            ("nothing", Some(""), ENGLISH.address_empty, ""),
            ("white space", Some(" \u{200b}"), ENGLISH.address_empty, " \u{200b}"),
            ("no @", Some("ana"), ENGLISH.address_malformed, "ana"),
            ("two addresses", Some("a@b.example, c@d.example"), ENGLISH.address_malformed, "a@b.example, c@d.example"),
            ("a quotation", Some("\"a b\"@c.example"), ENGLISH.address_malformed, "&quot;a b&quot;@c.example"),
            ("a script", Some("<script>@b.example"), ENGLISH.address_malformed, "&lt;script&gt;@b.example"),
            ("too long", Some(&long), ENGLISH.address_too_long, &long),
            ("more than is shown", Some(&beyond), ENGLISH.address_malformed, &longest_shown),
        ] {
            let source = network();
            let fields: Vec<_> = typed.into_iter().map(|typed| ("email", typed)).chain([("to", "bkg_1")]).collect();
            let refused = stack.ask_for_a_link(&asked("POST /sign-in").form(&fields).from(source)).await;
            let field = format!("value=\"{shown}\" maxlength");
            page(422, reason).and(ENGLISH.check_the_address).and(field).is(&refused, what);
            assert_eq!(landing(&refused), Some("bkg_1"), "{what}");
            // It was not counted: its network may still ask as often as any.
            stack.network_asked(source, OF_A_NETWORK).await;
        }
    });
}

#[test]
fn a_limit_refuses_with_the_reason_and_when_to_try_again_and_touches_nothing_else() {
    on_the_stack(async |stack| {
        for (what, of_the_network, of_the_customer, refused) in [
            ("nobody asked before", 0, 0, None),
            ("one less than a network may", OF_A_NETWORK - 1, 0, None),
            ("as many as a network may", OF_A_NETWORK, 0, Some((ENGLISH.too_many_from_this_network)(20))),
            ("three for a customer", 0, 3, None),
            ("as many as a customer may", 0, 4, Some((ENGLISH.too_many_for_this_address)(15))),
            ("both", OF_A_NETWORK, 4, Some((ENGLISH.too_many_from_this_network)(20))),
        ] {
            let (customer, source) = (stack.customer(), network());
            stack.network_asked(source, of_the_network).await;
            stack.customer_asked(&customer, of_the_customer).await;
            let form = asked("POST /sign-in").form(&[("email", &customer.address)]).from(source);
            let told = stack.ask_for_a_link(&form).await;
            match &refused {
                None => see("/sign-in/sent").cookies("+browser +asked").is(&told, what),
                Some(reason) => page(429, reason).and(ENGLISH.too_many_requests).is(&told, what),
            }
            let seconds = if of_the_network == OF_A_NETWORK { "1200" } else { "900" };
            assert_eq!(told.header("retry-after"), if refused.is_some() { seconds } else { "" }, "{what}");
            assert_eq!(stack.asked_for(&customer).await.len(), usize::from(refused.is_none()), "{what}");
        }
    });
}

#[test]
fn a_request_within_a_minute_is_answered_alike_and_its_message_is_marked() {
    on_the_stack(async |stack| {
        for (what, seconds_ago, counts) in [
            ("a moment ago", 0, false),
            ("nearly a minute ago", 50, false),
            ("by a clock that is ahead", -50, false),
            ("a minute ago", 61, true),
        ] {
            let customer = stack.customer();
            let key = RateLimitKey::Customer(customer.id);
            let before = Timestamp::now() - SignedDuration::from_secs(seconds_ago);
            stack.store.count_request(key, &Limit::FOR_A_CUSTOMER, before).await.unwrap();
            let sent = stack.ask_for_a_link(&asked("POST /sign-in").form(&[("email", &customer.address)])).await;
            see("/sign-in/sent").cookies("+browser +asked").is(&sent, what);
            assert_eq!(stack.asked_for(&customer).await, [(None, !counts)], "{what}");
        }
    });
}

#[test]
fn a_browser_keeps_the_secret_by_which_it_knows_its_links() {
    on_the_stack(async |stack| {
        let known = format!("__Host-browser={}", "A".repeat(43));
        for (what, cookie, is_kept) in
            [("none", "", false), ("its own", known.as_str(), true), ("garbage", "__Host-browser=garbage", false)]
        {
            let customer = fresh("customer");
            let form = asked("POST /sign-in").form(&[("email", &format!("{customer}@example.com"))]);
            let sent = stack.ask_for_a_link(&form.cookie(cookie)).await;
            assert_eq!(kept(&sent, "__Host-browser") == cookie, is_kept, "{what}");
        }
    });
}

/// The booking that the form on a page carries along.
fn landing(page: &Answer) -> Option<&str> {
    let (_, rest) = page.body.split_once("name=\"to\" value=\"")?;
    rest.split_once('"').map(|(to, _)| to)
}
