//! The checker finds what it is there for: with each of these broken, a law is.

use portal_tests::Call;
use serde_json::{Value, json};

use super::{
    explore::explore,
    steps::Step,
    wire::Weakness,
    world::{Act, Hands},
};
use crate::stack::on_the_stack;

fn weaker(call: &mut Call, assignment: &str, part: &str, weaker: &str) -> Option<Value> {
    if call.updates(assignment) {
        call.weaken_condition(part, weaker);
    }
    None
}

/// Does not carry a write out, and says that it did.
fn forgets(call: &Call, action: &str, is_meant: bool) -> Option<Value> {
    (call.action == action && is_meant).then(|| json!({}))
}

fn condition(call: &Call, text: &str) -> bool {
    call.input["ConditionExpression"].as_str().is_some_and(|condition| condition == text)
}

/// What is broken, what has to happen for it to show, how it is broken, and the law that is broken then.
type Case = (&'static str, fn(&Step) -> bool, Weakness, &'static str);

#[test]
fn each_law_is_broken_where_the_call_that_keeps_it_is() {
    let cases: [Case; 8] = [
        (
            "a link is used without looking whether it was",
            |step| matches!(step, Step::Begin(Act::Redeem { by: Hands::Browser(_), .. }, _)),
            |call| weaker(call, "used_at = :now", "attribute_not_exists(used_at)", "attribute_exists(pk)"),
            "two sessions of one link",
        ),
        (
            "a link is used without looking whether it was ended",
            |step| {
                matches!(
                    step,
                    Step::Begin(Act::Redeem { by: Hands::Browser(_), .. }, _)
                        | Step::Begin(Act::SignOut { everywhere: true, .. }, _)
                )
            },
            |call| weaker(call, "used_at = :now", "attribute_not_exists(ended_at)", "attribute_exists(pk)"),
            "a session of a link that was over",
        ),
        (
            "a link is used without looking at the time",
            |step| matches!(step, Step::Begin(Act::Redeem { by: Hands::Browser(_), .. }, _) | Step::Hours(_)),
            |call| weaker(call, "used_at = :now", "valid_until > :now", "attribute_exists(pk)"),
            "a session of a link that was over",
        ),
        (
            "signing out writes nothing",
            |step| matches!(step, Step::Begin(Act::SignOut { .. }, _)),
            |call| forgets(call, "UpdateItem", condition(call, "attribute_exists(pk)") && call.updates("SET ended_at")),
            "a session after its end",
        ),
        (
            "a former session is not ended",
            |step| matches!(step, Step::Begin(Act::Redeem { by: Hands::Browser(_), .. }, _)),
            |call| forgets(call, "UpdateItem", condition(call, "#session = :session")),
            "a session after its end",
        ),
        (
            "an erasure leaves sign-ins",
            |step| matches!(step, Step::Begin(Act::Erase { whom: 1 }, _)),
            |call| {
                let key = call.input["Key"]["pk"]["S"].as_str().unwrap_or_default().to_owned();
                forgets(call, "DeleteItem", key.starts_with("SIGNINS#"))
            },
            "link 3 of Bo is shown as good after its end",
        ),
        ("a link is mailed that was not kept", |_| false, |call| forgets(call, "PutItem", true), "no way in"),
        (
            "no dashboard is cached, and rows are read of the other customer",
            |_| false,
            |call| {
                let keys = call.input.pointer_mut("/RequestItems/life/Keys").and_then(Value::as_array_mut);
                keys.into_iter().for_each(|keys| keys.retain(|key| key["sk"]["S"] != "DASHBOARD"));
                let pk = call.input.pointer_mut("/ExpressionAttributeValues/:pk/S");
                if let Some(Value::String(pk)) =
                    pk.filter(|pk| pk.as_str().is_some_and(|pk| pk.starts_with("CUSTOMER#01")))
                {
                    *pk = pk.replace("01", "02");
                }
                None
            },
            "somebody else's booking is shown to a session",
        ),
    ];
    on_the_stack(async |_| {
        for (what, may_happen, weakness, law) in cases {
            let explored = explore(2, may_happen, Some(weakness)).await;
            let breach = explored.breach.unwrap_or_default();
            println!("{what}: {} states; {breach}", explored.states);
            assert!(breach.starts_with(law), "{what}: {breach:?}");
        }
    });
}
