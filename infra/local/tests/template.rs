//! The portal's template, as the emulator reads it.
#![allow(clippy::unwrap_used, reason = "a failed test ends there")]

use std::collections::BTreeMap;

use portal_local::template::{Description, Route, Surroundings, read};

const GIVEN: [(&str, &str); 4] = [
    ("BusinessName", "Tybee Beach Carts"),
    ("BusinessPhone", "+1 912 555 0142"),
    ("BusinessEmail", "hello@tybeecarts.example"),
    ("SenderAddress", "bookings@tybeecarts.example"),
];

fn described(besides: &[(&str, &str)]) -> Description {
    let surroundings = Surroundings {
        stack_name: "portal".into(),
        sqs_endpoint: "http://127.0.0.1:5".into(),
        api_endpoint: "http://localhost:9000".into(),
    };
    let given = GIVEN.iter().chain(besides).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    read(include_str!("../../../template.yaml"), &given.collect::<BTreeMap<_, _>>(), &surroundings).unwrap()
}

#[test]
fn the_portals_own_template_is_understood() {
    let description = described(&[]);
    assert_eq!(description.functions.iter().filter(|function| function.routes.contains(&Route::Default)).count(), 1);
    assert_eq!(description.event_bus(), "portal-bookings");
    assert!(description.functions.iter().all(|function| function.policy[0]["Effect"] == "Allow"));
    let chosen = described(&[
        ("DomainName", "portal.tybeecarts.example"),
        ("HostedZoneId", "Z0123456789"),
        ("DisableApiEndpoint", "true"),
        ("BookingAccount", "111122223333"),
        ("AlarmAddress", "ana@example.com"),
        ("Tracing", "true"),
    ]);
    assert_eq!(chosen.functions[5].environment["PORTAL_URL"], "https://portal.tybeecarts.example");
    assert!(chosen.not_run.len() > description.not_run.len() + 4);
    let description = described(&[("EventBusName", "operators-own")]);
    assert!(description.buses.is_empty());
    assert_eq!(description.event_bus(), "operators-own");
}
