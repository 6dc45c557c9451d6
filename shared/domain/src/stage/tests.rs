use jiff::{
    ToSpan,
    civil::DateTime,
    tz::{TimeZone, offset},
};
use serde_json::{Value, json};

use super::*;

/// A booking of July 14, 9 am, to July 18, 5 pm, in New York: brought between 8 and 10 am, fetched between 4 and 6 pm.
fn booking(slips: &[(&str, Value)]) -> Booking {
    let mut booking = json!({
        "booking_id": "bkg_1",
        "reference": "GCO-1",
        "revision": 1,
        "status": "confirmed",
        "customer": {"email": "ana@example.com", "name": "Ana Ruiz"},
        "location": {"name": "Shop", "address": "12 Dune Rd"},
        "starts_at": local("07-14 09:00"),
        "ends_at": local("07-18 17:00"),
        "time_zone": "America/New_York",
        "carts": [{"asset_type": "6-Seater", "name": "Cart #1"}],
        "fulfilment": {
            "method": "delivery", "address": "3 Ocean Ave", "window_start": local("07-14 08:00"), "window_end": local("07-14 10:00")
        },
        "return": {
            "method": "collection", "address": "3 Ocean Ave", "window_start": local("07-18 16:00"), "window_end": local("07-18 18:00")
        },
    });
    for (path, value) in slips {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = booking.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => parent.remove(name),
            value => parent.insert(name.to_owned(), value.clone()),
        };
    }
    serde_json::from_value(booking).unwrap()
}

/// A moment of 2026 on New York's clocks: `07-14 09:00`, or with a year before it.
fn local(text: &str) -> Timestamp {
    let text = if text.len() == 11 { format!("2026-{text}") } else { text.to_owned() };
    let moment: DateTime = text.replace(' ', "T").parse().unwrap();
    moment.to_zoned(TimeZone::get("America/New_York").unwrap()).unwrap().timestamp()
}

fn delivery(status: &str, updated_at: &str, eta: Option<&str>) -> (&'static str, Value) {
    let eta = eta.map(local);
    ("/delivery", json!({"status": status, "updated_at": local(updated_at), "eta": eta}))
}

fn status(status: &str) -> (&'static str, Value) {
    ("/status", json!(status))
}

/// Each of these minutes, at its stage.
fn check(booking: &Booking, table: &[(&str, Stage)]) {
    for (now, expected) in table {
        let step = stage(booking, local(now));
        assert_eq!(step.stage, *expected, "at {now}: {step:?}");
    }
}

use Handover::{Delivery, Late, OnTheWay, Pickup};
use Stage::{
    Ahead, Cancelled, HandoverDay, NotDelivered, NotPickedUp, Over, Overdue, Pending, ReturnDay, Unclear, Unconfirmed,
    WithYou,
};
use WayBack::{Collection, DropOff};

const ANY_TIME: [&str; 5] = ["01-01 00:00", "07-14 08:30", "07-16 12:00", "07-18 17:30", "2027-07-18 12:00"];

#[test]
fn a_confirmed_delivery_has_its_day_and_its_window() {
    check(
        &booking(&[]),
        &[
            ("01-01 00:00", Ahead(Delivery)),
            ("07-13 23:59", Ahead(Delivery)),
            ("07-14 00:00", HandoverDay(Delivery)),
            ("07-14 07:59", HandoverDay(Delivery)),
            ("07-14 10:00", HandoverDay(Delivery)),
            ("07-14 10:01", HandoverDay(Late)),
            ("07-14 23:59", HandoverDay(Late)),
            ("07-15 00:00", Unconfirmed(Delivery)),
            ("07-18 16:59", Unconfirmed(Delivery)),
            ("07-18 17:00", Unclear),
            ("2027-01-01 00:00", Unclear),
        ],
    );
}

#[test]
fn a_confirmed_pick_up_has_its_window_and_without_one_its_day() {
    let at_the_shop = ("/fulfilment/method", json!("pickup"));
    check(
        &booking(std::slice::from_ref(&at_the_shop)),
        &[
            ("07-13 23:59", Ahead(Pickup)),
            ("07-14 00:00", HandoverDay(Pickup)),
            ("07-14 10:00", HandoverDay(Pickup)),
            ("07-14 10:01", Unconfirmed(Pickup)),
            ("07-18 17:00", Unclear),
        ],
    );
    let no_window = [at_the_shop, ("/fulfilment/window_start", Value::Null), ("/fulfilment/window_end", Value::Null)];
    check(
        &booking(&no_window),
        &[
            ("07-13 23:59", Ahead(Pickup)),
            ("07-14 23:59", HandoverDay(Pickup)),
            ("07-15 00:00", Unconfirmed(Pickup)),
            ("07-18 16:59", Unconfirmed(Pickup)),
            ("07-18 17:00", Unclear),
        ],
    );
    check(
        &booking(&[("/fulfilment/method", json!("by air"))]),
        &[("07-14 08:00", HandoverDay(Handover::Unknown)), ("07-15 08:00", Unconfirmed(Handover::Unknown))],
    );
}

#[test]
fn a_delivery_that_has_left_is_on_its_way_until_that_cannot_be() {
    check(
        &booking(&[delivery("on_the_way", "07-14 08:02", Some("07-14 08:40"))]),
        &[
            ("07-14 08:03", HandoverDay(OnTheWay)),
            ("07-14 08:41", HandoverDay(OnTheWay)),
            ("07-14 10:01", HandoverDay(Late)),
            ("07-15 00:01", Unconfirmed(Delivery)),
        ],
    );
    check(
        &booking(&[delivery("on_the_way", "07-13 20:00", Some("07-14 08:40"))]),
        &[("07-13 20:01", HandoverDay(OnTheWay)), ("07-14 08:39", HandoverDay(OnTheWay))],
    );
    check(
        &booking(&[delivery("on_the_way", "07-14 09:00", Some("07-15 08:40"))]),
        &[
            ("07-14 09:01", HandoverDay(Late)),
            ("07-15 08:40", HandoverDay(Late)),
            ("07-15 08:41", Unconfirmed(Delivery)),
        ],
    );
    check(
        &booking(&[delivery("scheduled", "07-14 07:10", Some("07-14 10:25"))]),
        &[("07-14 07:11", HandoverDay(Late)), ("07-13 23:59", Ahead(Delivery))],
    );
    // Told today of one that was to come yesterday, or yesterday of one that comes today.
    check(&booking(&[delivery("on_the_way", "07-15 08:00", None)]), &[("07-15 08:01", HandoverDay(Late))]);
    check(
        &booking(&[delivery("on_the_way", "07-14 20:00", Some("07-16 08:00"))]),
        &[("07-15 08:00", HandoverDay(Late)), ("07-16 08:01", Unconfirmed(Delivery))],
    );
    // No longer than the rental, and not to who comes for the carts.
    check(
        &booking(&[delivery("on_the_way", "07-18 18:00", None)]),
        &[("07-18 17:00", Unclear), ("07-18 18:01", Unclear)],
    );
    check(
        &booking(&[delivery("on_the_way", "07-14 08:02", None), ("/fulfilment/method", json!("pickup"))]),
        &[("07-14 08:03", HandoverDay(Pickup))],
    );
    check(
        &booking(&[delivery("failed", "07-14 09:00", None)]),
        &[("07-14 09:01", NotDelivered), ("07-15 09:01", NotDelivered), ("07-18 17:00", Unclear)],
    );
    check(
        &booking(&[delivery("delivered", "07-14 08:36", None)]),
        &[
            ("07-14 08:37", WithYou(Collection)),
            ("07-18 12:00", ReturnDay(Collection)),
            ("07-18 17:00", ReturnDay(Collection)),
            ("07-18 18:01", Overdue(Collection)),
        ],
    );
    check(
        &booking(&[delivery("delivered", "07-14 08:36", None), ("/return", json!({"method": "drop_off"}))]),
        &[("07-18 16:59", ReturnDay(DropOff)), ("07-18 17:00", Unclear)],
    );
}

#[test]
fn an_arrival_promises_nothing_that_has_passed() {
    for (now, eta, when) in [
        ("07-10 08:00", "07-11 08:40", When::About(local("07-11 08:40"))),
        ("07-10 08:00", "07-07 08:40", When::Between(local("07-14 08:00"), local("07-14 10:00"))),
        ("07-10 08:40", "07-10 08:40", When::About(local("07-10 08:40"))),
        ("07-10 08:41", "07-10 08:40", When::Between(local("07-14 08:00"), local("07-14 10:00"))),
    ] {
        let booking = booking(&[delivery("on_the_way", "07-10 07:00", Some(eta))]);
        assert_eq!(stage(&booking, local(now)).when, Some(when), "{eta} at {now}");
    }
}

#[test]
fn carts_with_a_customer_are_fetched_brought_back_or_nobody_knows() {
    let with_you = status("checked_out");
    check(
        &booking(std::slice::from_ref(&with_you)),
        &[
            ("07-14 08:00", WithYou(Collection)),
            ("07-17 23:59", WithYou(Collection)),
            ("07-18 00:00", ReturnDay(Collection)),
            ("07-18 17:01", ReturnDay(Collection)),
            ("07-18 18:00", ReturnDay(Collection)),
            ("07-18 18:01", Overdue(Collection)),
        ],
    );
    let brought = booking(&[with_you.clone(), ("/return", json!({"method": "drop_off"}))]);
    check(
        &brought,
        &[
            ("07-17 23:59", WithYou(DropOff)),
            ("07-18 00:00", ReturnDay(DropOff)),
            ("07-18 17:00", ReturnDay(DropOff)),
            ("07-18 17:01", Overdue(DropOff)),
        ],
    );
    // Brought back within a window: until it ends, or the rental does.
    let window = |from: &str, to: &str| {
        ("/return", json!({"method": "drop_off", "window_start": local(from), "window_end": local(to)}))
    };
    let late = booking(&[with_you.clone(), window("07-18 18:00", "07-18 20:00")]);
    check(&late, &[("07-18 20:00", ReturnDay(DropOff)), ("07-18 20:01", Overdue(DropOff))]);
    let early = booking(&[with_you.clone(), window("07-18 08:00", "07-18 10:00")]);
    check(&early, &[("07-18 10:01", ReturnDay(DropOff)), ("07-18 17:01", Overdue(DropOff))]);
    let by = |booking: &Booking, now: &str| stage(booking, local(now)).when;
    assert_eq!(by(&early, "07-18 10:00"), Some(When::Between(local("07-18 08:00"), local("07-18 10:00"))));
    assert_eq!(by(&early, "07-18 10:01"), Some(When::By(local("07-18 17:00"))));
    // Fetched before the rental ends: nobody waits for its end.
    let fetched_early = booking(&[with_you.clone(), ("/ends_at", json!(local("07-19 17:00")))]);
    check(&fetched_early, &[("07-18 18:00", ReturnDay(Collection)), ("07-18 18:01", Overdue(Collection))]);
    // What ends at midnight ends on the day before.
    let midnight = booking(&[with_you.clone(), ("/return", Value::Null), ("/ends_at", json!(local("07-19 00:00")))]);
    check(
        &midnight,
        &[
            ("07-17 23:59", WithYou(WayBack::Unknown)),
            ("07-18 00:00", ReturnDay(WayBack::Unknown)),
            ("07-19 00:01", Overdue(WayBack::Unknown)),
        ],
    );
    let not_delivered = delivery("failed", "07-14 09:00", None);
    check(&booking(&[status("overdue"), not_delivered]), &ANY_TIME.map(|now| (now, Unclear)));
    for way_back in [("/return", Value::Null), ("/return/method", json!("by air"))] {
        let booking = booking(&[with_you.clone(), way_back]);
        check(
            &booking,
            &[
                ("07-17 23:59", WithYou(WayBack::Unknown)),
                ("07-18 17:00", ReturnDay(WayBack::Unknown)),
                ("07-18 17:01", Overdue(WayBack::Unknown)),
            ],
        );
        assert_eq!(stage(&booking, local("07-18 12:00")).place, None, "never the shop");
    }
    check(
        &booking(&[
            with_you.clone(),
            ("/return/window_start", json!(local("07-19 08:00"))),
            ("/return/window_end", json!(local("07-19 10:00"))),
        ]),
        &[
            ("07-17 23:59", WithYou(Collection)),
            ("07-18 00:00", ReturnDay(Collection)),
            ("07-19 10:00", ReturnDay(Collection)),
            ("07-19 10:01", Overdue(Collection)),
        ],
    );
    let overdue = status("overdue");
    check(&booking(std::slice::from_ref(&overdue)), &ANY_TIME.map(|now| (now, Overdue(Collection))));
    check(&booking(&[overdue, ("/return", Value::Null)]), &ANY_TIME.map(|now| (now, Overdue(WayBack::Unknown))));
}

#[test]
fn another_cart_may_be_on_its_way_to_who_has_one() {
    let with_you = status("checked_out");
    check(
        &booking(&[with_you.clone(), delivery("on_the_way", "07-16 09:00", Some("07-16 09:30"))]),
        &[("07-16 09:01", HandoverDay(Late)), ("07-17 09:01", WithYou(Collection))],
    );
    check(
        &booking(&[with_you.clone(), delivery("failed", "07-14 09:00", None)]),
        &[("07-14 09:01", NotDelivered), ("07-15 09:01", WithYou(Collection))],
    );
    check(&booking(&[with_you, delivery("delivered", "07-14 09:00", None)]), &[("07-14 09:01", WithYou(Collection))]);
}

#[test]
fn what_is_over_or_not_agreed_has_one_stage_at_any_time() {
    for (name, expected) in [
        ("pending", Pending),
        ("returned", Over),
        ("closed", Over),
        ("cancelled", Cancelled),
        ("no_show", NotPickedUp),
        ("lost at sea", Unclear),
    ] {
        let on_the_way = delivery("on_the_way", "07-14 08:02", Some("07-14 08:40"));
        for slips in [vec![status(name)], vec![status(name), on_the_way], vec![status(name), ("/return", Value::Null)]]
        {
            let booking = booking(&slips);
            check(&booking, &ANY_TIME.map(|now| (now, expected)));
            let has_a_time = stage(&booking, local("07-14 08:30")).when.is_some();
            assert_eq!(has_a_time, expected == Pending, "{name}");
        }
    }
}

#[test]
fn days_are_those_of_the_booking_s_zone_across_clock_changes_and_new_year() {
    // Clocks go forward on March 8, 2026, at 2 am, and back on November 1, 2026, at 2 am.
    for (starts_at, ends_at, table) in [
        (
            "03-08 03:00",
            "03-09 02:30",
            [("03-07 23:59", true), ("03-08 00:00", false), ("03-08 01:59", false), ("03-08 03:00", false)],
        ),
        (
            "11-01 01:30",
            "11-02 01:30",
            [("10-31 23:59", true), ("11-01 00:00", false), ("11-01 01:30", false), ("11-01 23:59", false)],
        ),
        (
            "2027-01-01 00:00",
            "2027-01-02 00:00",
            [
                ("2026-12-31 23:59", true),
                ("2027-01-01 00:00", false),
                ("2027-01-01 00:01", false),
                ("2027-01-01 23:59", false),
            ],
        ),
    ] {
        let booking = booking(&[
            ("/starts_at", json!(local(starts_at))),
            ("/ends_at", json!(local(ends_at))),
            ("/fulfilment", json!({"method": "pickup"})),
        ]);
        let table = table.map(|(now, ahead)| (now, if ahead { Ahead(Pickup) } else { HandoverDay(Pickup) }));
        check(&booking, &table);
    }
    // The hour that comes twice: ten minutes into its second turn, a window of its first turn has passed.
    let second = |minutes: i64| local("11-01 01:00").checked_add((60 + minutes).minutes()).unwrap();
    let booking = booking(&[
        ("/starts_at", json!(local("11-01 01:00"))),
        ("/ends_at", json!(local("11-01 20:00"))),
        ("/fulfilment/method", json!("pickup")),
        ("/fulfilment/window_start", json!(local("11-01 01:00"))),
        ("/fulfilment/window_end", json!(local("11-01 01:59"))),
    ]);
    assert_eq!(stage(&booking, second(-2)).stage, HandoverDay(Pickup));
    assert_eq!(stage(&booking, second(10)).stage, Unconfirmed(Pickup));
    assert_eq!(second(10).to_zoned(TimeZone::get("America/New_York").unwrap()).offset(), offset(-5));
}

#[test]
fn a_window_across_midnight_belongs_to_the_day_on_which_it_begins() {
    let window = [
        ("/starts_at", json!(local("07-14 22:00"))),
        ("/fulfilment/method", json!("pickup")),
        ("/fulfilment/window_start", json!(local("07-14 22:00"))),
        ("/fulfilment/window_end", json!(local("07-15 01:00"))),
    ];
    check(
        &booking(&window),
        &[
            ("07-14 00:00", HandoverDay(Pickup)),
            ("07-15 00:59", HandoverDay(Pickup)),
            ("07-15 01:01", Unconfirmed(Pickup)),
        ],
    );
}

#[test]
fn the_carts_are_the_customer_s_until_they_are_fetched_or_the_rental_ends() {
    let (four, six, ends) = ("07-18 16:00", "07-18 18:00", "07-18 17:00");
    for (method, from, to, until) in [
        ("collection", Some(four), Some(six), four),
        ("collection", Some(four), None, four),
        ("collection", Some(six), None, ends),
        ("collection", None, Some(six), six),
        ("drop_off", Some(four), Some(six), six),
        ("drop_off", Some(four), None, ends),
        ("drop_off", None, Some(four), four),
        // A window that ends before it begins, or as it begins, only begins.
        ("collection", Some(four), Some(four), four),
        ("drop_off", Some(four), Some(four), ends),
        ("drop_off", Some(six), Some(four), ends),
        ("teleport", None, None, ends),
    ] {
        let way_back = json!({"method": method, "window_start": from.map(local), "window_end": to.map(local)});
        let booking = booking(&[("/return", way_back.clone())]);
        assert_eq!(ready_by(&booking), When::By(local(until)), "{way_back}");
    }
    assert_eq!(ready_by(&booking(&[("/return", Value::Null)])), When::By(local(ends)));
}

#[test]
fn a_step_has_the_time_and_place_and_notes_that_matter_to_it() {
    use InstructionStage::{Before, During, Handover as AtHandover, Return};
    let brought_back = ("/return", json!({"method": "drop_off"}));
    let time = |text| local(text);
    for (slips, now, when, place, instruction) in [
        (vec![], "07-01 12:00", When::Between(time("07-14 08:00"), time("07-14 10:00")), "3 Ocean Ave", Before),
        (vec![], "07-14 08:00", When::Between(time("07-14 08:00"), time("07-14 10:00")), "3 Ocean Ave", AtHandover),
        (
            vec![("/fulfilment", json!({"method": "pickup"}))],
            "07-01 12:00",
            When::From(time("07-14 09:00")),
            "12 Dune Rd",
            Before,
        ),
        (
            vec![("/fulfilment", json!({"method": "delivery", "address": "3 Ocean Ave"}))],
            "07-01 12:00",
            When::On(time("07-14 09:00")),
            "3 Ocean Ave",
            Before,
        ),
        (vec![status("checked_out")], "07-15 12:00", When::By(time("07-18 16:00")), "3 Ocean Ave", During),
        (
            vec![status("checked_out")],
            "07-18 12:00",
            When::Between(time("07-18 16:00"), time("07-18 18:00")),
            "3 Ocean Ave",
            Return,
        ),
        (
            vec![status("checked_out"), brought_back.clone()],
            "07-15 12:00",
            When::By(time("07-18 17:00")),
            "12 Dune Rd",
            During,
        ),
        (vec![status("overdue"), brought_back], "07-20 12:00", When::By(time("07-18 17:00")), "12 Dune Rd", Return),
    ] {
        let booking = booking(&slips);
        let step = stage(&booking, local(now));
        let shown = match step.place {
            Some(Place::Address(address)) => address.as_str(),
            Some(Place::Shop(shop)) => shop.address.as_ref().unwrap().as_str(),
            None => "",
        };
        assert_eq!((step.when, shown, step.instruction), (Some(when), place, Some(instruction)), "{slips:?} at {now}");
    }
}

#[test]
fn money_is_asked_for_or_promised_only_where_that_is_certain() {
    let price = |total: i64, paid: i64| {
        ("/price", json!({"currency": "USD", "lines": [], "total_minor": total, "paid_minor": paid}))
    };
    let usd = |amount_minor| Money { amount_minor, currency: "USD".to_owned().try_into().unwrap() };
    for (name, total, paid, balance) in [
        ("confirmed", 48_600, 0, Balance::Due(usd(48_600))),
        ("confirmed", 48_600, 48_600, Balance::Settled),
        ("confirmed", 40_000, 48_600, Balance::Credit(usd(8_600))),
        ("pending", 48_600, 0, Balance::Unknown),
        ("overdue", 48_600, 1, Balance::Due(usd(48_599))),
        ("returned", 48_600, 0, Balance::Due(usd(48_600))),
        ("returned", 0, 100, Balance::RefundDue(usd(100))),
        ("cancelled", 48_600, 0, Balance::Due(usd(48_600))),
        ("cancelled", 0, 48_600, Balance::RefundDue(usd(48_600))),
        ("no_show", i64::MIN, 1, Balance::RefundDue(usd(i64::MAX))),
        ("who knows", 48_600, 0, Balance::Unknown),
    ] {
        let booking = booking(&[status(name), price(total, paid)]);
        assert_eq!(stage(&booking, local("07-01 12:00")).balance, balance, "{name}");
    }
    let dollars_and_cents = json!({
        "currency": "USD", "lines": [{"label": "All", "amount_minor": 18_810}], "total_minor": 190, "paid_minor": 0
    });
    for price in [dollars_and_cents, Value::Null] {
        assert_eq!(stage(&booking(&[("/price", price)]), local("07-01 12:00")).balance, Balance::Unknown);
    }
}

#[test]
fn the_most_urgent_comes_first() {
    let urgency = |slips: &[(&str, Value)], now: &str, changed| stage(&booking(slips), local(now)).urgency(changed);
    let in_order = [
        urgency(&[status("overdue")], "07-19 12:00", false),
        urgency(&[delivery("failed", "07-14 09:00", None)], "07-14 09:01", false),
        urgency(&[], "07-14 10:01", false),
        urgency(&[delivery("on_the_way", "07-14 09:00", None)], "07-14 09:01", false),
        urgency(&[status("checked_out")], "07-18 12:00", false),
        urgency(&[], "07-14 08:00", true),
        urgency(&[status("checked_out")], "07-15 12:00", false),
        urgency(&[], "07-01 12:00", true),
        urgency(&[status("pending")], "07-01 12:00", false),
        urgency(&[], "07-01 12:00", false),
        urgency(&[status("closed")], "07-20 12:00", true),
    ];
    assert!(in_order.is_sorted_by(|before, after| before < after), "{in_order:?}");
}
