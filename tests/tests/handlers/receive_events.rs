//! Events over HTTPS: what lies on the queue afterwards, and which secrets are good at which moment.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use portal_aws::{sdk, webhook_secrets::KeptSecrets};
use portal_domain::{
    config::Environment,
    webhook::{Signed, Unverified},
};
use portal_local::webhook::Webhook;
use portal_tests::{Answer, Call, Fate, Proxy, event, samples::confirmed};
use serde_json::{Value, json};

use crate::{
    http::{Asked, answer, asked},
    stack::{Stack, logged, on_the_stack, variable},
};

const NEW: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

impl Stack {
    async fn receive_events(&self, asked: &Asked) -> Answer {
        answer(self.receive_events.handle(asked.request()).await)
    }
}

/// A request that is signed with a secret.
fn signed(route: &str, secret: &str, body: &str) -> Asked {
    let at = Timestamp::now().as_second();
    let signature = standardwebhooks::Webhook::new(secret).unwrap().sign("msg_1", at, body.as_bytes()).unwrap();
    let asked = asked(route).header("content-type", "application/json").header("webhook-id", "msg_1");
    asked.header("webhook-timestamp", &at.to_string()).header("webhook-signature", &signature)
}

#[test]
fn an_event_lies_on_the_queue_as_the_bus_would_have_put_it_there_whether_its_body_came_in_base64_or_not() {
    on_the_stack(async |stack| {
        let secret = Webhook::of(&stack.portal.stack).unwrap().secret;
        for (booking, is_base64) in [("bkg_posted_text", false), ("bkg_posted_bytes", true)] {
            let detail = confirmed(booking, "posted@example.com", 1, false);
            let body = event("booking.confirmed", &detail).to_string();
            let request = signed("ANY /events", &secret, &body).method("POST");
            let request = if is_base64 { request.bytes(body.as_bytes()) } else { request.text(&body) };
            let told = stack.receive_events(&request).await;
            assert_eq!((told.status.as_u16(), told.body.as_str()), (202, r#"{"queued":1}"#), "{told:?}");

            let queued: Value =
                serde_json::from_str(stack.messages("BookingQueue", booking).await[0].body().unwrap()).unwrap();
            stack.portal.publish("booking.confirmed", &detail).await;
            let delivered: Value =
                serde_json::from_str(stack.messages("BookingQueue", booking).await[0].body().unwrap()).unwrap();
            let comparable = |mut envelope: Value| {
                let fields = envelope.as_object_mut().unwrap();
                let (id, time) = (fields.remove("id").unwrap(), fields.remove("time").unwrap());
                assert_eq!((id.as_str().unwrap().len(), time.as_str().unwrap().len()), (36, 20), "{id} {time}");
                envelope
            };
            assert_eq!(comparable(queued), comparable(delivered));
            assert_eq!(logged("an event was queued", booking).len(), 1);
        }
    });
}

/// The cached secrets of a stack, at moments that a test chooses.
struct Clock {
    kept: KeptSecrets,
    start: Timestamp,
}

impl Clock {
    /// Whether a request that is signed so many seconds after the start, with this secret, is known to come from the booking
    /// system.
    async fn at(&self, second: i64, secret: &str) -> Result<Result<(), Unverified>, String> {
        let now = self.start + SignedDuration::from_secs(second);
        let signatures = standardwebhooks::Webhook::new(secret).unwrap().sign("m", now.as_second(), b"{}").unwrap();
        let signed = Signed { id: "m", timestamp: &now.as_second().to_string(), signatures: &signatures };
        self.kept.verify(&signed, b"{}", now).await.map_err(|error| error.to_string())
    }
}

/// A secret beside the stack's own, which another test may be signing with; the local Secrets Manager takes its name for an ARN.
fn with_secret(name: &str) -> Option<String> {
    match name {
        "WEBHOOK_SECRET_ARN" => Some("rotated".to_owned()),
        _ => variable(name),
    }
}

/// The same, seen through a proxy.
fn with_proxy(name: &str) -> Option<String> {
    match name {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER" => PROXY.get().cloned(),
        _ => variable(name),
    }
}

static PROXY: OnceLock<String> = OnceLock::new();

fn kept(env: &Environment) -> KeptSecrets {
    KeptSecrets::from_env(&sdk::config(env).unwrap(), env).unwrap()
}

#[test]
fn a_rotated_secret_is_good_at_once_and_the_old_one_ends_within_five_minutes() {
    const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    on_the_stack(async |stack| {
        let secrets = &stack.portal.stack.aws.secrets;
        let generated = json!({"GenerateSecretString": {"ExcludePunctuation": true}});
        secrets.create_secret("rotated", &generated).unwrap();
        let endpoint = &stack.portal.stack.aws.endpoints.secrets;
        let keep = async |value: Value| {
            let client = reqwest::Client::new().post(endpoint).header("x-amz-target", "secretsmanager.PutSecretValue");
            let put = client.body(json!({"SecretId": "rotated", "SecretString": value.to_string()}).to_string());
            assert!(put.send().await.unwrap().status().is_success());
        };
        keep(json!({"secret": OLD})).await;
        let clock = Clock { kept: kept(&Environment::new(with_secret)), start: Timestamp::now() };
        let (good, bad) = (Ok(Ok(())), Ok(Err(Unverified::BadSignature)));
        assert_eq!(clock.at(0, OLD).await, good);
        assert_eq!(clock.at(1, NEW).await, bad);

        // Both are good while the booking system changes over. The new one is not known yet within a minute.
        keep(json!({"secrets": [NEW, OLD]})).await;
        assert_eq!(clock.at(59, NEW).await, bad);
        assert_eq!(clock.at(60, NEW).await, good);
        assert_eq!(clock.at(61, OLD).await, good);

        // The old one ends: nothing asks for it to be read again, but time.
        keep(json!({"secrets": [NEW]})).await;
        assert_eq!(clock.at(359, OLD).await, good);
        assert_eq!(clock.at(360, OLD).await, bad);
        assert_eq!(clock.at(361, NEW).await, good);

        // What cannot be read costs nothing while the last one is fresh enough: an hour.
        keep(json!({"secret": "short"})).await;
        assert_eq!(clock.at(660, NEW).await, good);
        assert_eq!(clock.at(3959, NEW).await, good);
        let none = Err("there is no secret to verify signatures with".to_owned());
        assert_eq!(clock.at(3960, NEW).await, none);
        assert_eq!(clock.at(3961, OLD).await, none);
        keep(json!({"secret": OLD})).await;
        assert_eq!(clock.at(3962, OLD).await, good);
        let told = logged("the secret of the webhook could not be read", "24 to 64 bytes");
        assert!(!told.is_empty() && told.iter().all(|line| !line.to_string().contains("short")));
    });
}

#[test]
fn bad_signatures_have_the_secret_read_at_most_once_a_minute() {
    on_the_stack(async |stack| {
        let asked = Arc::new(AtomicUsize::new(0));
        let counting = asked.clone();
        let proxy = Proxy::new(move |call: &mut Call| {
            assert_eq!(call.action, "GetSecretValue");
            counting.fetch_add(1, Ordering::SeqCst);
            Fate::Pass
        })
        .await;
        proxy.leads_to(&stack.portal.stack.aws.endpoints.secrets);
        PROXY.set(proxy.url.clone()).unwrap();
        let clock = Clock { kept: kept(&Environment::new(with_proxy)), start: Timestamp::now() };
        for second in 0..180 {
            assert_eq!(clock.at(second, NEW).await, Ok(Err(Unverified::BadSignature)), "{second}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    });
}
