use portal_aws::store::CustomerRecord;
use portal_domain::{
    booking::Booking,
    change::Change,
    customer::{CustomerId, EmailAddress},
    dashboard::{BookingRow, Rows},
    link::LinkToken,
    progress::Progress,
    suppression::Suppression,
};

use super::*;
use crate::commands::why::timeline::Entry;

fn at(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

/// A customer with a booking, whose links were mailed at these minutes.
fn customer(mailed: &[i64], dead: Vec<Dead>) -> OfCustomer {
    let id = CustomerId::from_bytes([1; 16]);
    let sample = include_str!("../../../../../events/samples/booking.confirmed.json");
    let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
    let booking: Booking = serde_json::from_value(sample["Detail"]["booking"].take()).unwrap();
    let row = BookingRow::new(&booking, None::<Change>, Progress::default());
    let address = EmailAddress::parse("ana@example.com").unwrap();
    let sign_in = |minutes: &i64| {
        let sign_in = SignIn::new(&LinkToken::generate(id).unwrap(), &address, "", at(*minutes));
        SignIn { mailed_at: Some(at(*minutes)), ..sign_in }
    };
    let record = CustomerRecord {
        bookings: Rows { active: vec![row], past: vec![], unreadable: vec![], more: None },
        moved_away: vec![],
        sign_ins: mailed.iter().rev().map(sign_in).collect(),
        suppression: Suppression::default(),
        erased_at: None,
        requests: None,
    };
    OfCustomer { record, dead, confirmations: vec![] }
}

fn mailed(mail_id: &str) -> What {
    What::Mailed { kind: "sign_in".into(), booking: None, mail_id: Some(mail_id.into()) }
}

#[test]
fn the_newest_request_decides_and_what_is_known_of_its_mail() {
    let dead = |is_event| vec![Dead { id: "1234".into(), is_event, confirms: None }];
    let asked = |minutes| (minutes, What::Asked);
    let delayed = What::Delayed { mail_id: "m".into(), status: None };
    let delivered = What::Delivered { mail_id: "m".into() };
    for (what, now, entries, mails, dead, expected) in [
        ("asked a minute ago", 1, vec![asked(0)], &[][..], vec![], Verdict::UnderWay { since: at(0) }),
        ("asked an hour ago", 60, vec![asked(0)], &[], vec![], Verdict::Lost { since: at(0) }),
        ("given up", 90, vec![asked(0)], &[], dead(false), Verdict::DeadLetter { dead_letter: "1234".into() }),
        (
            "refused for good",
            9,
            vec![asked(0), (1, What::Rejected { kind: "sign_in".into(), booking: None })],
            &[],
            vec![],
            Verdict::Rejected { at: at(1) },
        ),
        ("sent", 9, vec![asked(0), (0, mailed("m"))], &[0], vec![], Verdict::Sent { at: at(0) }),
        (
            "put off by the mailbox",
            9,
            vec![asked(0), (0, mailed("m")), (5, delayed.clone())],
            &[0],
            vec![],
            Verdict::Delayed { since: at(5) },
        ),
        (
            "put off, and taken then",
            9,
            vec![asked(0), (0, mailed("m")), (5, delayed), (8, delivered)],
            &[0],
            vec![],
            Verdict::Delivered { at: at(8), until: at(60) },
        ),
        (
            "never heard of again",
            61,
            vec![asked(0), (0, mailed("m"))],
            &[0],
            vec![],
            Verdict::Expired { sent: at(0), at: at(60), delivered: None },
        ),
        (
            "mailed by the log, and not in the table",
            9,
            vec![asked(0), (1, mailed("m")), (2, What::Delivered { mail_id: "m".into() })],
            &[],
            vec![],
            Verdict::Forgotten { sent: at(1), delivered: Some(at(2)) },
        ),
        (
            "used by the log, and not in the table",
            9,
            vec![asked(0), (1, mailed("m")), (3, What::Used)],
            &[],
            vec![],
            Verdict::Used { at: at(3) },
        ),
        ("asked anew", 70, vec![(0, mailed("m")), asked(69)], &[0], vec![], Verdict::UnderWay { since: at(69) }),
        (
            "limited, while a link works",
            9,
            vec![(5, What::Limited { minutes: 20 })],
            &[0],
            vec![],
            Verdict::Sent { at: at(0) },
        ),
        (
            "limited, with dead links",
            70,
            vec![(65, What::Limited { minutes: 20 })],
            &[0],
            vec![],
            Verdict::Limited { at: at(65), until: at(85) },
        ),
        ("never asked", 9, vec![], &[], vec![], Verdict::NotAsked),
    ] {
        let timeline = entries.into_iter().map(|(minutes, what)| Entry { at: at(minutes), what }).collect();
        let evidence = Evidence { timeline, ..Evidence::default() };
        assert_eq!(Verdict::on_customer(&evidence, &customer(mails, dead), at(now)), (None, expected), "{what}");
    }
}

#[test]
fn a_refused_event_explains_a_customer_without_bookings() {
    let mut nobody = customer(&[], vec![Dead { id: "1234".into(), is_event: true, confirms: None }]);
    nobody.record.bookings.active.clear();
    let (_, verdict) = Verdict::on_customer(&Evidence::default(), &nobody, at(0));
    assert_eq!(verdict, Verdict::EventRefused { dead_letter: "1234".into() });
    assert_eq!(verdict.advice(|rest| format!("portal {rest}")).unwrap(), "portal dead-letters show 1234");
}
