use portal_domain::booking::BookingStatus;

use super::{super::super::keys::RowKey, *};

fn customer(byte: u8) -> CustomerId {
    CustomerId::from_bytes([byte; 16])
}

fn number(micros: i64) -> AttributeValue {
    AttributeValue::N(micros.to_string())
}

fn with(mut key: Item, attributes: &[(&str, AttributeValue)]) -> Item {
    key.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    key
}

fn erased(byte: u8, at: i64) -> Item {
    with(keys::erased(customer(byte)), &[("erased_at", number(at))])
}

fn suppression(byte: u8, times: &[(&str, i64)]) -> Item {
    let times: Vec<_> = times.iter().map(|(name, at)| (*name, number(*at))).collect();
    with(keys::suppression(customer(byte)), &times)
}

fn key(fingerprint: &str) -> Item {
    with(keys::customer_key(), &[("fingerprint", AttributeValue::S(fingerprint.to_owned()))])
}

/// What a restore of these two tables writes first, and who is gone.
fn facts(source: &[Item], target: &[Item]) -> (Vec<Item>, HashSet<CustomerId>) {
    let (mut from, mut to) = (Source::default(), Target::default());
    source.iter().for_each(|item| from.note(item.clone()));
    target.iter().for_each(|item| to.note(item.clone()));
    let (plan, facts) = Plan::of(from, &to.facts);
    (facts, plan.gone)
}

#[test]
fn of_both_tables_the_later_erasure_and_the_later_complaint_stand() {
    let done = |item: Item| with(item, &[("is_done", AttributeValue::Bool(true))]);
    let documents = |item: Item, ids: &[&str]| {
        with(item, &[("documents_of", AttributeValue::Ss(ids.iter().map(ToString::to_string).collect()))])
    };
    for (what, source, target, expected, gone) in [
        ("an erasure since", vec![], vec![erased(1, 5)], vec![erased(1, 5)], true),
        ("one that both know", vec![erased(1, 5)], vec![erased(1, 5)], vec![erased(1, 5)], false),
        ("a later one, under way", vec![done(erased(1, 5))], vec![erased(1, 6)], vec![erased(1, 6)], true),
        ("one that the portal forgot", vec![erased(1, 5)], vec![], vec![erased(1, 5)], false),
        (
            "documents to go in either",
            vec![documents(erased(1, 5), &["a"])],
            vec![documents(erased(1, 5), &["b"])],
            vec![documents(erased(1, 5), &["a", "b"])],
            false,
        ),
        (
            "a complaint before and a bounce since",
            vec![suppression(1, &[("complained_at", 3), ("bounced_at", 1)])],
            vec![suppression(1, &[("complained_at", 2), ("bounced_at", 4)])],
            vec![suppression(1, &[("complained_at", 3), ("bounced_at", 4)])],
            false,
        ),
        (
            "a bounce of before an erasure",
            vec![suppression(1, &[("bounced_at", 4), ("address_confirmed_at", 5)])],
            vec![erased(1, 5)],
            vec![erased(1, 5)],
            true,
        ),
        (
            "a complaint of before an erasure",
            vec![suppression(1, &[("complained_at", 4)])],
            vec![erased(1, 5)],
            vec![erased(1, 5), suppression(1, &[("complained_at", 4)])],
            true,
        ),
        ("the key of customer ids, which is the portal's", vec![key("old")], vec![key("new")], vec![key("new")], false),
        ("an address that is right", vec![suppression(1, &[("address_confirmed_at", 5)])], vec![], vec![], false),
    ] {
        let (found, are_gone) = facts(&source, &target);
        assert_eq!(found, expected, "{what}");
        assert_eq!(are_gone.contains(&customer(1)), gone, "{what}");
        assert_eq!(facts(&source, &found).0, expected, "{what}, again");
    }
}

#[test]
fn items_are_the_same_whatever_the_order_of_their_sets() {
    let set = |ids: &[&str]| AttributeValue::Ss(ids.iter().map(ToString::to_string).collect());
    let item = |ids| with(keys::erased(customer(1)), &[("documents_of", set(ids))]);
    let mut target = Target::default();
    target.note(item(&["a", "b"]));
    target.note(erased(2, 5));
    assert!(!target.lacks(&item(&["b", "a"])));
    assert!(target.lacks(&erased(2, 6)));
    assert!(target.lacks(&erased(3, 5)));
    target.note(suppression(4, &[("bounced_at", 5)]));
    assert_eq!(target.left_over().collect::<Vec<_>>(), [keys::suppression(customer(4))]);
}

#[test]
fn a_booking_comes_back_with_its_row_and_who_asked_for_its_confirmation_but_for_who_was_erased_since() {
    let id = |name: &str| BookingId::parse(name).unwrap();
    let row_key = |name: &str| RowKey::new(BookingStatus::Closed, Timestamp::UNIX_EPOCH, &id(name));
    let row = |name: &str, byte: u8| keys::row(customer(byte), &row_key(name));
    let booking = |name: &str, byte: u8, at: i64| {
        let owner = AttributeValue::S(customer(byte).to_string());
        let attributes = [
            ("owner", owner),
            ("revision", number(1)),
            ("occurred_at", number(at)),
            ("row_key", row(name, byte)["sk"].clone()),
        ];
        with(keys::booking(&id(name)), &attributes)
    };
    let set = |bytes: &[u8]| customer_set(bytes.iter().map(|byte| customer(*byte)));
    let confirmation = |name: &str, sets: &[(&str, &[u8])]| {
        let sets: Vec<_> = sets.iter().map(|(name, bytes)| (*name, set(bytes))).collect();
        with(keys::confirmation(&id(name)), &sets)
    };
    // 2 was erased since; 4 too, and has booked anew; 5 was erased long before.
    let target = [erased(2, 20), erased(4, 5), erased(5, 30)];
    let whole = [booking("whole", 1, 10), row("whole", 1)];
    let anew = [booking("anew", 4, 6), row("anew", 4)];
    let source = [
        &whole[..],
        &anew,
        &[booking("void", 2, 20), row("void", 2)],
        &[booking("rowless", 1, 10), row("rowless", 3)],
        &[keys::booking(&id("unreadable")), erased(5, 30), key("old"), keys::dashboard(customer(1))],
    ]
    .concat();
    let (mut from, mut to) = (Source::default(), Target::default());
    assert!(!from.holds_items);
    source.iter().for_each(|item| from.note(item.clone()));
    target.iter().for_each(|item| to.note(item.clone()));
    assert!(from.holds_items);
    let (plan, _) = Plan::of(from, &to.facts);
    assert_eq!((plan.restored(), plan.erased), (2, 1));
    assert_eq!(plan.torn, [id("rowless"), id("unreadable")]);
    let wanted: Vec<Item> = source.iter().flat_map(|item| plan.wanted(item.clone())).collect();
    assert_eq!(wanted, [whole, anew].concat());

    let asked = |name: &str, byte: u8| keys::asked(customer(byte), &id(name));
    for (what, kept, wanted) in [
        (
            "who is still there",
            confirmation("whole", &[("asked", &[1, 2, 5]), ("sent", &[2])]),
            vec![confirmation("whole", &[("asked", &[1, 5])]), asked("whole", 1), asked("whole", 5)],
        ),
        ("nobody else", confirmation("whole", &[("asked", &[2]), ("answered", &[2])]), vec![]),
        (
            "the owner, who has booked anew",
            confirmation("anew", &[("asked", &[4])]),
            vec![confirmation("anew", &[("asked", &[4])]), asked("anew", 4)],
        ),
        ("a booking that stays out", confirmation("void", &[("asked", &[1])]), vec![]),
    ] {
        assert_eq!(plan.wanted(kept), wanted, "{what}");
    }
}
