use super::*;

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(pattern).unwrap().matches(event)
}

#[test]
fn a_pattern_matches_as_eventbridge_documents_it() {
    let event = json!({
        "source": "shop.orders",
        "detail-type": "order.confirmed",
        "resources": ["arn:aws:ses:us-east-1:0:identity/a", "arn:aws:ses:us-east-1:0:configuration-set/b"],
        "detail": { "price": 300, "note": null, "kind": "Bounce", "file": "a/b.PDF", "lines": [{ "n": 1 }, { "n": 2 }] },
    });
    let detail = |pattern: Value| json!({ "detail": pattern });
    let cases = [
        (json!({ "source": ["shop.orders", "other"] }), true),
        (json!({ "source": ["other"] }), false),
        (json!({ "source": ["shop.orders"], "detail-type": ["order.updated"] }), false),
        (json!({ "missing": ["x"] }), false),
        (json!({ "resources": [{ "suffix": "configuration-set/b" }] }), true),
        (json!({ "detail-type": [{ "prefix": "order." }] }), true),
        (json!({ "detail-type": [{ "prefix": { "equals-ignore-case": "ORDER." } }] }), true),
        (json!({ "detail-type": [{ "suffix": ".confirmed" }] }), true),
        (json!({ "detail-type": [{ "anything-but": "order.confirmed" }] }), false),
        (json!({ "detail-type": [{ "anything-but": ["a", "b"] }] }), true),
        (json!({ "detail-type": [{ "anything-but": { "prefix": "delivery." } }] }), true),
        (json!({ "detail-type": [{ "anything-but": { "prefix": ["delivery.", "order."] } }] }), false),
        (json!({ "missing": [{ "anything-but": "x" }] }), false),
        (detail(json!({ "price": [300.0] })), true),
        (detail(json!({ "price": [{ "numeric": [">", 100, "<=", 300] }] })), true),
        (detail(json!({ "price": [{ "numeric": ["<", 300] }] })), false),
        (detail(json!({ "note": [null] })), true),
        (detail(json!({ "price": [null] })), false),
        (detail(json!({ "missing": [{ "exists": false }] })), true),
        (detail(json!({ "price": [{ "exists": true }] })), true),
        (detail(json!({ "price": [{ "exists": false }] })), false),
        (detail(json!({ "kind": [{ "equals-ignore-case": "BOUNCE" }] })), true),
        (detail(json!({ "file": [{ "wildcard": "a/*.PDF" }] })), true),
        (detail(json!({ "file": [{ "wildcard": "a/*.pdf" }] })), false),
        (detail(json!({ "lines": { "n": [2] } })), true),
        (detail(json!({ "lines": { "n": [3] } })), false),
        (detail(json!({ "$or": [{ "kind": ["Complaint"] }, { "price": [300] }] })), true),
        (detail(json!({ "$or": [{ "kind": ["Complaint"] }, { "price": [301] }] })), false),
        (detail(json!({ "kind": ["Other"], "$or": [{ "price": [300] }] })), false),
    ];
    for (pattern, expected) in cases {
        assert_eq!(matches(&pattern, &event), expected, "{pattern}");
    }
    let text = json!(r#"{ "source": ["shop.orders"] }"#);
    assert!(matches(&text, &event));
}

#[test]
fn a_pattern_that_is_not_understood_is_refused() {
    for pattern in [
        json!({ "source": "not a list" }),
        json!({ "source": [] }),
        json!({ "source": [["nested"]] }),
        json!({ "source": [{ "cidr": "10.0.0.0/8" }] }),
        json!({ "source": [{ "prefix": 1 }] }),
        json!({ "source": [{ "numeric": [">"] }] }),
        json!({ "source": [{ "prefix": "a", "suffix": "b" }] }),
        json!({}),
    ] {
        assert!(Pattern::parse(&pattern).is_err(), "{pattern}");
    }
}

fn bus_with_queue() -> (EventBridge, Sqs) {
    let sqs = Sqs::new("");
    sqs.create_queue("packing", &json!({})).unwrap();
    sqs.create_queue("dead", &json!({})).unwrap();
    let events = EventBridge::new(sqs.clone(), Log::new());
    events.create_bus("orders", &json!({ "Name": "orders" })).unwrap();
    let rule = |target: &str| {
        json!({
            "EventBusName": "orders",
            "EventPattern": { "source": ["shop.orders"] },
            "State": "ENABLED",
            "Targets": [{
                "Id": "queue", "Arn": Sqs::queue_arn(target),
                "DeadLetterConfig": { "Arn": Sqs::queue_arn("dead") },
                "RetryPolicy": { "MaximumRetryAttempts": 3 },
            }],
        })
    };
    events.put_rule("packing", &rule("packing")).unwrap();
    events.put_rule("broken", &rule("none")).unwrap();
    (events, sqs)
}

fn entry(bus: &str) -> Value {
    json!({ "Source": "shop.orders", "DetailType": "order.updated", "Detail": r#"{"a":1}"#, "EventBusName": bus })
}

#[tokio::test]
async fn an_event_reaches_the_queue_in_its_envelope() {
    let (events, sqs) = bus_with_queue();
    let mut sent = entry("arn:aws:events:us-east-1:000000000000:event-bus/orders");
    sent["Time"] = json!(1_700_000_000.5);
    let output = events.put_events(&json!([sent]));
    assert_eq!(output["FailedEntryCount"], 0);

    let message = sqs.receive("packing", 10).await.remove(0);
    let envelope: Value = serde_json::from_str(&message.body).unwrap();
    let expected = json!({
        "version": "0", "id": output["Entries"][0]["EventId"], "detail-type": "order.updated",
        "source": "shop.orders", "account": ACCOUNT, "time": "2023-11-14T22:13:20Z", "region": REGION,
        "resources": [], "detail": { "a": 1 },
    });
    assert_eq!(envelope, expected);

    let undelivered = sqs.receive("dead", 10).await.remove(0);
    assert_eq!(undelivered.body, message.body);
    assert_eq!(undelivered.message_attributes["ERROR_CODE"]["stringValue"], "NO_RESOURCE");
}

#[tokio::test]
async fn an_entry_that_matches_no_rule_is_answered_like_any_other_and_named_in_the_log() {
    let (events, sqs) = bus_with_queue();
    let mut other = entry("orders");
    other["Source"] = json!("somebody.else");
    let output = events.put_events(&json!([entry("orders"), other]));
    assert_eq!(output["FailedEntryCount"], 0);
    assert!(output["Entries"][1]["EventId"].is_string());
    assert_eq!(sqs.receive("packing", 10).await.len(), 1);

    let lines = events.log.lines();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((line.function.as_str(), line.instance.as_str()), ("EventBridge", "orders"));
    let line: Value = serde_json::from_str(&line.line).unwrap();
    let expected = json!({
        "message": "matched no rule", "bus": "orders", "source": "somebody.else", "detail-type": "order.updated",
    });
    assert_eq!(line["fields"], expected);
    let unmatched: Vec<_> = events.unmatched().into_iter().map(|entry| entry.source).collect();
    assert_eq!(unmatched, ["somebody.else"]);
}

#[test]
fn a_business_id_may_be_the_stacks_own_or_null_or_left_out() {
    let pattern = json!({
        "source": ["shop.orders"],
        "detail": { "metadata": { "business_id": ["dunes", null, { "exists": false }] } },
    });
    for (detail, expected) in [
        (json!({ "metadata": { "business_id": "dunes" } }), true),
        (json!({ "metadata": { "business_id": null } }), true),
        (json!({ "metadata": {} }), true),
        (json!({}), true),
        (json!({ "metadata": { "business_id": "Dunes" } }), false),
        (json!({ "metadata": { "business_id": "other" } }), false),
        (json!({ "metadata": { "business_id": "" } }), false),
    ] {
        assert_eq!(matches(&pattern, &json!({ "source": "shop.orders", "detail": detail })), expected, "{detail}");
    }
}

#[tokio::test]
async fn a_partners_bus_is_found_by_its_arn() {
    let (events, sqs) = bus_with_queue();
    let bus = "aws.partner/example.com/1";
    let arn = format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}");
    events.create_bus(bus, &json!({ "Name": bus })).unwrap();
    let targets = json!([{ "Id": "queue", "Arn": Sqs::queue_arn("packing") }]);
    let pattern = json!({ "source": ["shop.orders"] });
    events.put_rule("r", &json!({ "EventBusName": arn, "EventPattern": pattern, "Targets": targets })).unwrap();
    for name in [bus, &arn] {
        assert_eq!(events.put_events(&json!([entry(name)]))["FailedEntryCount"], 0, "{name}");
        assert_eq!(sqs.receive("packing", 10).await.len(), 1, "{name}");
    }
}

#[test]
fn each_bad_entry_has_its_own_error() {
    let (events, _) = bus_with_queue();
    let without = |field: &str| {
        let mut entry = entry("orders");
        entry[field] = Value::Null;
        entry
    };
    let mut malformed = entry("orders");
    malformed["Detail"] = json!("[1]");
    let entries =
        json!([entry("orders"), without("Source"), without("DetailType"), without("Detail"), malformed, entry("none")]);
    let output = events.put_events(&entries);
    assert_eq!(output["FailedEntryCount"], 5);
    let codes: Vec<_> = output["Entries"].as_array().unwrap().iter().map(|entry| entry["ErrorCode"].as_str()).collect();
    let invalid = Some("InvalidArgument");
    assert_eq!(codes, [None, invalid, invalid, invalid, Some("MalformedDetail"), invalid]);
}

#[test]
fn too_many_or_unknown_things_fail_the_whole_call() {
    let (events, _) = bus_with_queue();
    let mut unknown = entry("orders");
    unknown["Surprise"] = json!(1);
    for entries in [json!([]), json!(vec![entry("orders"); 11]), json!([unknown]), json!("no list")] {
        assert_eq!(events.put_events(&entries)["__type"], "ValidationException");
    }
}

#[test]
fn a_rule_with_something_unknown_is_refused_by_name() {
    let (events, _) = bus_with_queue();
    let pattern = json!({ "source": ["x"] });
    for (rule, named) in [
        (json!({ "EventPattern": pattern, "ScheduleExpression": "rate(1 day)" }), "ScheduleExpression"),
        (json!({ "EventPattern": pattern, "EventBusName": "none" }), "none"),
        (
            json!({ "EventPattern": pattern, "Targets": [{ "Id": "a", "Arn": "arn:aws:sqs:::q", "InputPath": "$" }] }),
            "InputPath",
        ),
        (
            json!({ "EventPattern": pattern, "Targets": [{ "Id": "a", "Arn": "arn:aws:lambda:::f" }] }),
            "arn:aws:lambda:::f",
        ),
        (json!({ "EventPattern": { "source": [{ "cidr": "::/0" }] } }), "cidr"),
    ] {
        let error = events.put_rule("rule", &rule).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}
