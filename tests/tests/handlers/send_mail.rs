//! Sign-in links and confirmations: who is mailed, and who is not.

use std::{collections::BTreeSet, slice};

use jiff::{SignedDuration, Timestamp};
use portal_aws::store::Lease;
use portal_domain::{
    confirmation::{
        Due::{self, Not, Send},
        NotDue::{Answered, NotActive, NotAsked, Over},
    },
    link::LinkToken,
    secret::{Secret, SecretHash},
    sign_in::SignIn,
};
use portal_local::aws::Mail;
use portal_tests::samples::confirmed;
use portal_views::messages::ENGLISH;
use serde_json::{Value, json};

use crate::{
    customers::{Customer, Life, about, fresh, id, minutes_ago},
    queues::{Message, batch, failed, message},
    stack::{FATES_OF_MAILS, Stack, logged, on_the_stack},
};

const LEASE: SignedDuration = SignedDuration::from_mins(3);

impl Stack {
    async fn send_mail(&self, messages: &[Message]) -> Vec<String> {
        failed(self.send_mail.handle(batch(messages)).await)
    }

    /// The sign-in whose link is in a mail.
    async fn sign_in_in(&self, mail: &Mail) -> SignIn {
        let link = mail.text.lines().find_map(|line| line.split_once("/link/")).unwrap().1;
        let token = LinkToken::parse(link).unwrap();
        self.store.sign_in_of(&token).await.unwrap().unwrap()
    }

    /// Whether a booking's confirmation is to be sent now.
    async fn due(&self, booking: &str) -> Option<Due> {
        let standing = self.store.standing(&id(booking)).await.unwrap()?;
        Some(standing.confirmation.due(&standing.filed, Timestamp::now()))
    }

    /// Whether no message holds the lease of a booking's confirmation.
    async fn is_free(&self, booking: &str) -> bool {
        let (booking, another) = (id(booking), fresh("message"));
        let lease = self.store.lease_confirmation(&booking, &another, LEASE, Timestamp::now()).await.unwrap();
        matches!(lease, Lease::Held(_))
    }
}

/// Asks for a link, as of now.
fn link_for(customer: &Customer) -> Value {
    json!({"mail": "sign_in", "customer": customer.id, "asked_at": Timestamp::now()})
}

fn confirmation_of(booking: &str) -> Message {
    message(&json!({"mail": "confirmation", "booking": booking}))
}

#[test]
fn a_link_is_mailed_once_and_while_it_is_waited_for() {
    on_the_stack(async |stack| {
        // Minutes before now: asked for, and taken by the queue. Then how often it has been delivered.
        for (what, asked_ago, queued_ago, deliveries, repeated, mails) in [
            ("fresh", 0, 0, 1, false, 1),
            ("a while ago", 59, 59, 1, false, 1),
            ("an hour ago", 60, 60, 1, false, 0),
            ("an hour ago, and queued late", 60, 0, 1, false, 0),
            ("by a clock ahead", -600, 0, 1, false, 1),
            ("by a clock ahead, an hour ago", -600, 60, 1, false, 0),
            ("the same request again", 0, 0, 1, true, 0),
            ("delivered again, for nothing had been mailed", 0, 0, 2, false, 1),
        ] {
            let (customer, _) = stack.customer_with_booking().await;
            let mut request = link_for(&customer);
            request["asked_at"] = json!(minutes_ago(asked_ago));
            request["repeated"] = json!(repeated);
            let message = Message { deliveries, queued_at: minutes_ago(queued_ago), ..message(&request) };
            assert_eq!(stack.send_mail(slice::from_ref(&message)).await, [""; 0], "{what}");
            let sent = stack.mails_to(&customer.address);
            assert_eq!(sent.len(), mails, "{what}");
            for mail in &sent {
                let sign_in = stack.sign_in_in(mail).await;
                assert_eq!((sign_in.customer, &sign_in.message_id), (customer.id, &message.id), "{what}");
                assert!(sign_in.mailed_at.is_some() && sign_in.dead_link(Timestamp::now()).is_none(), "{what}");
                assert_eq!(mail.tags["customer"], customer.id.to_string(), "{what}");
            }
            let again = Message { deliveries: deliveries + 1, ..message };
            assert_eq!(stack.send_mail(&[again]).await, [""; 0], "{what}");
            assert_eq!(stack.mails_to(&customer.address).len(), mails, "{what}: delivered once more");
        }
    });
}

#[test]
fn a_message_that_comes_again_is_mailed_unless_its_own_mail_went_out() {
    on_the_stack(async |stack| {
        for (what, mailed_at, of_this_message, mails) in [
            ("it was mailed", Some(Timestamp::now()), true, 0),
            ("its sign-in was kept, and not mailed", None, true, 1),
            ("another message was mailed", Some(Timestamp::now()), false, 1),
        ] {
            let (customer, _) = stack.customer_with_booking().await;
            let message = Message { deliveries: 2, ..message(&link_for(&customer)) };
            let of = if of_this_message { message.id.clone() } else { fresh("message") };
            let kept = |sign_in| SignIn { message_id: of.clone(), mailed_at, ..sign_in };
            stack.keep_as(&customer, Life::Fresh, kept).await;
            assert_eq!(stack.send_mail(&[message]).await, [""; 0], "{what}");
            assert_eq!(stack.mails_to(&customer.address).len(), mails, "{what}");
        }
    });
}

/// What has happened to a customer's mail.
#[derive(Debug, Clone, Copy)]
enum Before {
    NoBookings,
    Bounced,
    BouncedAndNamedAgain,
    BouncedAfterItWasNamed,
    Complained,
    ComplainedAndNamedAgain,
}

#[test]
fn nobody_is_mailed_who_has_no_booking_or_whose_mail_is_suppressed() {
    use Before::{
        Bounced, BouncedAfterItWasNamed, BouncedAndNamedAgain, Complained, ComplainedAndNamedAgain, NoBookings,
    };
    let (earlier, later) = ("2020-01-01T00:00:00Z".parse().unwrap(), "2099-01-01T00:00:00Z".parse().unwrap());
    on_the_stack(async |stack| {
        for (before, mails) in [
            (NoBookings, 0),
            (Bounced, 0),
            (BouncedAndNamedAgain, 1),
            (BouncedAfterItWasNamed, 0),
            (Complained, 0),
            (ComplainedAndNamedAgain, 0),
        ] {
            let (customer, booking) = (stack.customer(), fresh("bkg_"));
            let named = async |revision| {
                stack.project("booking.updated", &confirmed(&booking, &customer.address, revision, false)).await;
            };
            match before {
                NoBookings => {}
                Bounced | BouncedAndNamedAgain | BouncedAfterItWasNamed => {
                    named(1).await;
                    let at = if let BouncedAfterItWasNamed = before { later } else { earlier };
                    stack.store.bounced(customer.id, at).await.unwrap();
                }
                Complained | ComplainedAndNamedAgain => {
                    named(1).await;
                    stack.store.complained(customer.id, earlier).await.unwrap();
                }
            }
            if let BouncedAndNamedAgain | BouncedAfterItWasNamed | ComplainedAndNamedAgain = before {
                named(2).await;
            }
            assert_eq!(stack.send_mail(&[message(&link_for(&customer))]).await, [""; 0], "{before:?}");
            assert_eq!(stack.mails_to(&customer.address).len(), mails, "{before:?}");
        }
    });
}

#[test]
fn a_link_lands_on_a_booking_of_its_own_customer_and_knows_the_browser_that_asked() {
    on_the_stack(async |stack| {
        let (_, others) = stack.customer_with_booking().await;
        let browser = Secret::generate().unwrap().hash();
        for (what, to, browser, lands_on_own) in [
            ("nothing", None, None, false),
            ("their own", Some("own".to_owned()), None, true),
            ("their own, by a browser", Some("own".to_owned()), Some(browser), true),
            ("somebody else's", Some(others), None, false),
            ("none", Some(fresh("bkg_")), Some(browser), false),
        ] {
            let (customer, own) = stack.customer_with_booking().await;
            let mut request = link_for(&customer);
            request["booking"] = json!(to.map(|to| if to == "own" { own.clone() } else { to }));
            request["browser"] = json!(browser.map(String::from));
            stack.send_mail(&[message(&request)]).await;
            let mails = stack.mails_to(&customer.address);
            assert_eq!(mails.len(), 1, "{what}");
            let sign_in = stack.sign_in_in(&mails[0]).await;
            assert_eq!(sign_in.booking, lands_on_own.then(|| id(&own)), "{what}");
            assert_eq!(sign_in.browser.map(SecretHash::into), browser.map(String::from), "{what}");
        }
    });
}

#[test]
fn each_mail_has_a_reference_of_its_own_so_that_mailboxes_do_not_fold_them_into_one_another() {
    on_the_stack(async |stack| {
        let (customer, booking) = (stack.customer(), fresh("bkg_"));
        stack.project("booking.confirmed", &confirmed(&booking, &customer.address, 1, true)).await;
        let link = message(&link_for(&customer));
        let mails = [link, message(&link_for(&customer)), confirmation_of(&booking)];
        assert_eq!(stack.send_mail(&mails).await, [""; 0]);
        let mails = stack.mails_to(&customer.address);
        let references: BTreeSet<_> = mails.iter().map(|mail| mail.headers["X-Entity-Ref-ID"].as_str()).collect();
        assert_eq!((mails.len(), references.len()), (3, 3), "{references:?}");
        for reference in references {
            assert!(reference.len() == 32 && reference.bytes().all(|b| b.is_ascii_hexdigit()), "{reference}");
            assert!(
                !mails.iter().any(|mail| format!("{} {}", mail.text, mail.html).contains(reference)),
                "{reference}"
            );
        }
    });
}

/// How a confirmation stands when a message asks for its mail.
#[derive(Debug, Clone, Copy)]
enum Stands {
    NoBooking,
    BookingLost,
    Unasked,
    Asked,
    Cancelled,
    LongOver,
    Sent,
    Bounced,
    Complained,
    MovedAway,
    MovedAndAskedAgain,
    LeasedByAnother,
    LeasedByThis,
    LeasedUntilAMomentAgo,
}

#[test]
fn a_confirmation_is_mailed_once_to_whoever_has_the_booking_while_it_is_ahead() {
    use Stands::{
        Asked, BookingLost, Bounced, Cancelled, Complained, LeasedByAnother, LeasedByThis, LeasedUntilAMomentAgo,
        LongOver, MovedAndAskedAgain, MovedAway, NoBooking, Sent, Unasked,
    };
    let earlier = "2020-01-01T00:00:00Z".parse().unwrap();
    on_the_stack(async |stack| {
        const BEFORE: &str = "it was sent or answered before";
        const GONE: &str = "the booking or its customer was erased";
        const BOUNCES: &str = "mail to the customer is suppressed: an earlier one came back";
        const NO_MORE: &str = "mail to the customer is suppressed: an earlier one was reported as spam";
        // Mails to the customer and to whom the booking has moved; what is due afterwards; whether another message can
        // lease it; what the log says of a message that sent nothing, one that came again among them.
        for (stands, mails, due, free, why) in [
            (NoBooking, [0, 0], None, false, vec![GONE; 2]),
            (BookingLost, [0, 0], None, true, vec![GONE; 2]),
            (Unasked, [0, 0], Some(Not(NotAsked)), false, vec![GONE; 2]),
            (Asked, [1, 0], Some(Not(Answered)), true, vec![BEFORE]),
            (Cancelled, [0, 0], Some(Not(NotActive)), true, vec!["the booking is not active"; 2]),
            (LongOver, [0, 0], Some(Not(Over)), true, vec!["the booking is over"; 2]),
            (Sent, [1, 0], Some(Not(Answered)), true, vec![BEFORE; 2]),
            (Bounced, [0, 0], Some(Send), true, vec![BOUNCES; 2]),
            (Complained, [0, 0], Some(Send), true, vec![NO_MORE; 2]),
            (MovedAway, [0, 1], Some(Not(Answered)), true, vec![BEFORE]),
            (MovedAndAskedAgain, [1, 1], Some(Not(Answered)), true, vec![BEFORE]),
            (LeasedByAnother, [0, 0], Some(Send), false, vec![]),
            (LeasedByThis, [1, 0], Some(Not(Answered)), true, vec![BEFORE]),
            (LeasedUntilAMomentAgo, [1, 0], Some(Not(Answered)), true, vec![BEFORE]),
        ] {
            let (customer, other, booking) = (stack.customer(), stack.customer(), fresh("bkg_"));
            let mut detail = confirmed(&booking, &customer.address, 1, !matches!(stands, Unasked));
            if let LongOver = stands {
                detail["booking"]["starts_at"] = json!("2020-06-11T09:00:00Z");
                detail["booking"]["ends_at"] = json!("2020-06-12T09:00:00Z");
            }
            if !matches!(stands, NoBooking) {
                stack.project("booking.confirmed", &detail).await;
            }
            let message = confirmation_of(&booking);
            let lease = async |by: &str, at| {
                let lease = stack.store.lease_confirmation(&id(&booking), by, LEASE, at).await;
                assert!(matches!(lease.unwrap(), Lease::Held(_)));
            };
            match stands {
                NoBooking | Unasked | Asked | LongOver => {}
                BookingLost => {
                    let item = stack.portal.items_of(&format!("BOOKING#{booking}"), "BOOKING").await.pop().unwrap();
                    stack.portal.remove(&item).await;
                }
                Cancelled => {
                    let mut cancelled = about("booking.cancelled.json", &booking, &customer);
                    cancelled["booking"]["revision"] = json!(2);
                    stack.project("booking.cancelled", &cancelled).await;
                }
                Sent => assert_eq!(stack.send_mail(&[confirmation_of(&booking)]).await, [""; 0]),
                Bounced => stack.store.bounced(customer.id, earlier).await.unwrap(),
                Complained => stack.store.complained(customer.id, earlier).await.unwrap(),
                MovedAway => stack.project("booking.updated", &confirmed(&booking, &other.address, 2, false)).await,
                MovedAndAskedAgain => {
                    assert_eq!(stack.send_mail(&[confirmation_of(&booking)]).await, [""; 0]);
                    stack.project("booking.confirmed", &confirmed(&booking, &other.address, 2, true)).await;
                }
                LeasedByAnother => lease("another message", Timestamp::now()).await,
                LeasedByThis => lease(&message.id, Timestamp::now()).await,
                LeasedUntilAMomentAgo => lease("another message", Timestamp::now() - LEASE).await,
            }
            // However often it comes.
            for deliveries in 1..=2 {
                let message = Message { deliveries, ..message.clone() };
                assert_eq!(stack.send_mail(&[message]).await, [""; 0], "{stands:?}");
            }
            let said: Vec<_> = logged("a confirmation is not sent", &message.id);
            assert!(said.iter().all(|line| line["fields"]["booking"] == booking.as_str()), "{stands:?}: {said:?}");
            let reasons: Vec<_> = said.iter().map(|line| line["fields"]["reason"].as_str().unwrap()).collect();
            assert_eq!(reasons, why, "{stands:?}");
            let sent = [&customer, &other].map(|customer| stack.mails_to(&customer.address));
            assert_eq!([sent[0].len(), sent[1].len()], mails, "{stands:?}");
            assert_eq!(stack.due(&booking).await, due, "{stands:?}");
            assert_eq!(stack.is_free(&booking).await, free, "{stands:?}");
            for (mails, to) in sent.iter().zip([&customer, &other]) {
                for mail in mails {
                    let sign_in = stack.sign_in_in(mail).await;
                    assert_eq!((sign_in.customer, sign_in.booking), (to.id, Some(id(&booking))), "{stands:?}");
                }
            }
        }
    });
}

#[test]
fn a_mail_that_cannot_go_out_comes_again_unless_ses_refuses_it_for_good() {
    on_the_stack(async |stack| {
        for (name, status, code) in FATES_OF_MAILS {
            let (customer, booking) = (stack.customer_called(name), fresh("bkg_"));
            stack.project("booking.confirmed", &confirmed(&booking, &customer.address, 1, true)).await;
            let messages = [message(&link_for(&customer)), confirmation_of(&booking)];
            let mut again = stack.send_mail(&messages).await;
            again.sort();
            let for_good = ["BadRequestException", "MessageRejected"].contains(&code);
            let both: Vec<&str> = messages.iter().map(|message| message.id.as_str()).filter(|_| !for_good).collect();
            assert_eq!(again, both, "{status} {code}");
            let due = if for_good { Not(Answered) } else { Send };
            assert_eq!(stack.due(&booking).await, Some(due), "{status} {code}");
        }
    });
}

#[test]
fn a_mail_is_logged_by_its_kind_its_booking_and_its_id() {
    on_the_stack(async |stack| {
        let (customer, booking) = (stack.customer(), fresh("bkg_"));
        stack.project("booking.confirmed", &confirmed(&booking, &customer.address, 1, true)).await;
        let mut to_the_booking = link_for(&customer);
        to_the_booking["booking"] = json!(booking);
        for asked in [message(&link_for(&customer)), message(&to_the_booking), confirmation_of(&booking)] {
            assert_eq!(stack.send_mail(&[asked]).await, [""; 0]);
        }
        let said = logged("a mail was sent", &customer.id.to_string());
        let said = said.iter().map(|line| (&line["fields"]["kind"], &line["fields"]["booking"]));
        let (link, confirmation, booking) = (json!("sign_in"), json!("confirmation"), json!(booking));
        assert_eq!(said.collect::<Vec<_>>(), [(&link, &Value::Null), (&link, &booking), (&confirmation, &booking)]);
        let ids = logged("a mail was sent", &customer.id.to_string());
        let ids: BTreeSet<_> = ids.iter().map(|line| line["fields"]["mail_id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 3);
    });
}

#[test]
fn what_asks_for_no_mail_comes_again_and_alone() {
    on_the_stack(async |stack| {
        for (what, wrong) in [
            ("nothing", Message { body: String::new(), ..message(&json!({})) }),
            ("no JSON", Message { body: "a mail".into(), ..message(&json!({})) }),
            ("no mail of the portal's", message(&json!({"mail": "newsletter"}))),
            ("no customer", message(&json!({"mail": "sign_in", "asked_at": Timestamp::now()}))),
            (
                "an address",
                message(&json!({"mail": "sign_in", "customer": "ana@example.com", "asked_at": Timestamp::now()})),
            ),
            ("no booking's id", message(&json!({"mail": "confirmation", "booking": "../1"}))),
        ] {
            let ((customer, _), (other, _)) =
                (stack.customer_with_booking().await, stack.customer_with_booking().await);
            let messages = [message(&link_for(&customer)), wrong, message(&link_for(&other))];
            assert_eq!(stack.send_mail(&messages).await, [messages[1].id.as_str()], "{what}");
            for customer in [customer, other] {
                let sent = stack.mails_to(&customer.address);
                assert_eq!(sent.len(), 1, "{what}: the others are mailed");
                assert!(sent[0].html.contains(ENGLISH.view_your_bookings));
            }
        }
    });
}
