use serde_json::json;

use super::*;

#[test]
fn a_shape_takes_what_the_contract_says_and_leaves_numbers_whole() {
    const EXACT: i64 = 9_007_199_254_740_991;
    let (text, words) = (Shape::Text(5), Shape::OneOf(&["red", "blue"]));
    let (whole, any) = (Shape::Whole { least: 1, most: 9 }, Shape::Whole { least: i64::MIN, most: i64::MAX });
    let list = Shape::List { least: 1, most: 2, of: &Shape::Flag };
    for (shape, value, left) in [
        (&text, json!("short"), Some(json!("short"))),
        (&text, json!("longer"), None),
        (&text, json!(" "), None),
        (&text, json!(5), None),
        (&words, json!("blue"), Some(json!("blue"))),
        (&words, json!("green"), None),
        (&whole, json!(1), Some(json!(1))),
        (&whole, json!(9.0), Some(json!(9))),
        (&whole, json!(0), None),
        (&whole, json!(10), None),
        (&whole, json!(1.5), None),
        (&whole, json!("1"), None),
        (&any, json!(-9_007_199_254_740_991.0), Some(json!(-EXACT))),
        (&any, json!(9_007_199_254_740_992.0), None),
        (&Shape::Amount, json!(-LARGEST_AMOUNT), Some(json!(-LARGEST_AMOUNT))),
        (&Shape::Amount, json!(LARGEST_AMOUNT), Some(json!(LARGEST_AMOUNT))),
        (&Shape::Amount, json!(-LARGEST_AMOUNT - 1), None),
        (&Shape::Amount, json!(LARGEST_AMOUNT + 1), None),
        (&Shape::Flag, json!(false), Some(json!(false))),
        (&Shape::Flag, json!("false"), None),
        (&list, json!([true]), Some(json!([true]))),
        (&list, json!([true, true]), Some(json!([true, true]))),
        (&list, json!([]), None),
        (&list, json!([true, true, true]), None),
        (&list, json!([true, 1]), None),
    ] {
        assert_eq!(shape.takes(&value), left.is_some(), "{value} as {shape:?}");
        let (mut taken, mut faults) = (value.clone(), Faults::default());
        take(shape, &mut taken, "", &mut faults);
        if let Some(left) = left {
            assert_eq!(taken, left, "{value} as {shape:?}");
        }
    }
}

#[test]
fn an_object_lacks_what_is_needed_and_keeps_what_is_known() {
    let field = |name, needed| Field { name, needed, shape: Shape::Flag, about: "" };
    let fields = [
        field("always", Needed::Always),
        field("never", Needed::Never),
        field("where", Needed::Where("kind", "cart")),
        Field { name: "kind", needed: Needed::Never, shape: Shape::OneOf(&["cart", "key"]), about: "" },
    ];
    let shape = Shape::Object(Vec::leak(fields.into()));
    for (value, left, told) in [
        (json!({"always": true}), json!({"always": true}), ""),
        (json!({"always": true, "never": null, "unknown": 7}), json!({"always": true}), ""),
        (json!({"always": null}), json!({}), "always: missing, expected true or false"),
        (json!({"always": true, "kind": "key"}), json!({"always": true, "kind": "key"}), ""),
        (
            json!({"always": true, "kind": "cart"}),
            json!({"always": true, "kind": "cart"}),
            "where: missing, expected true or false",
        ),
        (json!({"always": 1}), json!({"always": 1}), "always: expected true or false"),
        (json!(7), json!(7), "the event: expected an object"),
    ] {
        let (mut taken, mut faults) = (value.clone(), Faults::default());
        take(&shape, &mut taken, "", &mut faults);
        let listed: Vec<String> = faults.listed.iter().map(ToString::to_string).collect();
        assert_eq!((taken, listed.join("; ")), (left, told.to_owned()), "{value}");
    }
}

#[test]
fn of_a_booking_fields_are_compared_as_far_as_each_is_as_it_should_be() {
    let document =
        |id: &str, folder: &str| json!({"document_id": id, "file": {"key": format!("documents/{folder}/a.pdf")}});
    let booking = |ends_at: &str, documents: &[Value]| json!({"booking_id": "bkg_1", "starts_at": "2026-07-10T09:00:00Z", "ends_at": ends_at, "documents": documents});
    let (end, start) = ("2026-07-10T09:00:01Z", "2026-07-10T09:00:00Z");
    for (booking, faulty) in [
        (booking(end, &[document("a", "bkg_1"), document("b", "bkg_1")]), ""),
        (booking(start, &[]), "booking.ends_at"),
        (booking("soon", &[]), ""),
        (booking(end, &[document("a", "bkg_1"), document("b", "bkg_2")]), "booking.documents[1].file.key"),
        (booking(end, &[document("a", "bkg_1"), document("a", "bkg_1")]), "booking.documents[1].document_id"),
        (booking(end, &[json!({"file": {"key": "papers/bkg_2/a.pdf"}}), json!({})]), ""),
    ] {
        let mut faults = Faults::default();
        table::compare(&booking, &mut faults);
        let fields: Vec<&str> = faults.listed.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields.join(" "), faulty, "{booking}");
    }
}
