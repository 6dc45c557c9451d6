//! The requests that are measured: what customers and queues ask of each function.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use base64::prelude::{BASE64_STANDARD, Engine};
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use portal_aws::store::Store;
use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    customer_key::CustomerKey,
    link::LinkToken,
    secret::Secret,
    session::Session,
    sign_in::SignIn,
    webhook::WebhookSecrets,
};
use portal_local::{
    Stack,
    aws::{ACCOUNT, REGION, SECRET_ACCESS_KEY},
    webhook::Webhook,
};
use serde_json::{Value, json};

use crate::{canned::Tape, result::Result};

/// The demo customer with the longest history.
pub(crate) const CUSTOMER: &str = "ben@example.com";

/// An event for a function, and what it answers when it does its work.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// As the tables name it.
    pub(crate) name: &'static str,
    /// The function's logical id.
    pub(crate) function: String,
    event: Event,
    /// The status of the answer; nothing where a queue asks, whose answer names what failed.
    pub(crate) status: Option<u16>,
    /// What AWS answers meanwhile.
    pub(crate) tape: Arc<Tape>,
}

/// What a function is asked.
#[derive(Clone, Debug)]
enum Event {
    /// The same each time.
    Same(Bytes),
    /// A request of the HTTP API that is signed anew each time, since signatures grow old.
    Signed(Arc<Signed>),
}

#[derive(Debug)]
struct Signed {
    event: Value,
    body: String,
    secrets: WebhookSecrets,
}

impl Request {
    /// A request of the HTTP API.
    pub(crate) fn http(name: &'static str, function: &str, event: &HttpEvent<'_>, status: u16) -> Self {
        Self::new(name, function, Event::Same(event.payload()), Some(status))
    }

    fn of_queue(name: &'static str, function: &str, body: &Value) -> Self {
        Self::new(name, function, Event::Same(batch(std::slice::from_ref(body))), None)
    }

    /// A request as a booking system signs it.
    fn signed(
        name: &'static str,
        function: &str,
        (route, path): (&str, &str),
        body: &Value,
        secret: &str,
    ) -> Result<Self> {
        let body = body.to_string();
        let event = HttpEvent { route, path, body: Some(("application/json", &body)), ..HttpEvent::default() }.value();
        let secrets = WebhookSecrets::parse(&json!({"secret": secret}).to_string())?;
        let status = if path == "/events" { 202 } else { 200 };
        Ok(Self::new(name, function, Event::Signed(Arc::new(Signed { event, body, secrets })), Some(status)))
    }

    fn new(name: &'static str, function: &str, event: Event, status: Option<u16>) -> Self {
        Self { name, function: function.to_owned(), event, status, tape: Arc::default() }
    }

    /// The event as the function gets it.
    pub(crate) fn payload(&self) -> Bytes {
        match &self.event {
            Event::Same(payload) => payload.clone(),
            Event::Signed(signed) => signed.now(),
        }
    }

    /// Whether the customer waits for it.
    pub(crate) fn is_http(&self) -> bool {
        self.status.is_some()
    }

    /// Whether the function has done its work.
    pub(crate) fn check(&self, answer: &[u8]) -> Result<()> {
        let answer: Value = serde_json::from_slice(answer)?;
        let done = match self.status {
            Some(status) => answer["statusCode"] == status,
            None => answer["batchItemFailures"] == json!([]),
        };
        let shown: String = answer.to_string().chars().take(500).collect();
        if done { Ok(()) } else { Err(format!("{}: {} answered {shown}", self.name, self.function).into()) }
    }
}

impl Signed {
    fn now(&self) -> Bytes {
        let (id, timestamp) = ("msg_bench", Timestamp::now().as_second().to_string());
        let mut event = self.event.clone();
        event["headers"]["webhook-id"] = json!(id);
        event["headers"]["webhook-signature"] = json!(self.secrets.sign(id, &timestamp, self.body.as_bytes()));
        event["headers"]["webhook-timestamp"] = json!(timestamp);
        Bytes::from(event.to_string())
    }
}

/// A request as API Gateway hands it on.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
#[derive(Default)]
pub(crate) struct HttpEvent<'a> {
    route: &'a str,
    path: &'a str,
    parameters: &'a [(&'a str, &'a str)],
    session: Option<&'a str>,
    /// With its type.
    body: Option<(&'a str, &'a str)>,
}

impl HttpEvent<'_> {
    /// `GET /` of somebody who is signed in.
    pub(crate) fn dashboard(session: &str) -> HttpEvent<'_> {
        HttpEvent { route: "GET /", path: "/", session: Some(session), ..HttpEvent::default() }
    }

    /// The event.
    pub(crate) fn payload(&self) -> Bytes {
        Bytes::from(self.value().to_string())
    }

    fn value(&self) -> Value {
        let method = self.route.split(' ').next().map(|method| if method == "ANY" { "POST" } else { method });
        let (domain, source) = ("portal.example.com", "198.51.100.7");
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route,
            "rawPath": self.path,
            "rawQueryString": "",
            "headers": {
                "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "accept-encoding": "gzip, br",
                "accept-language": "en-US,en;q=0.9",
                "host": domain,
                "sec-fetch-dest": "document",
                "sec-fetch-mode": "navigate",
                "sec-fetch-site": "same-origin",
                "user-agent": agent,
                "x-amzn-trace-id": "Root=1-67a5e6f0-0c1f2a3b4c5d6e7f80910a1b",
                "x-forwarded-for": source,
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
            },
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "a1b2c3d4e5",
                "domainName": domain,
                "domainPrefix": "portal",
                "http": { "method": method, "path": self.path, "protocol": "HTTP/1.1", "sourceIp": source, "userAgent": agent },
                "requestId": "FvKqFgMZoAMEPzQ=",
                "routeKey": self.route,
                "stage": "$default",
                "time": "10/Jul/2026:12:00:00 +0000",
                "timeEpoch": 1_783_684_800_000_u64,
            },
            "isBase64Encoded": false,
        });
        if !self.parameters.is_empty() {
            event["pathParameters"] =
                self.parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        }
        if let Some(session) = self.session {
            event["cookies"] = json!([format!("__Host-session={session}")]);
        }
        if let Some((content_type, body)) = self.body {
            event["headers"]["content-type"] = json!(content_type);
            event["body"] = json!(BASE64_STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
        event
    }
}

/// Messages as Lambda's poller hands them on.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>
pub(crate) fn batch(bodies: &[Value]) -> Bytes {
    let records = bodies.iter().enumerate().map(|(number, body)| {
        json!({
            "messageId": format!("059f36b4-87a3-44ab-83d2-{number:012}"),
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
            "body": body.to_string(),
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1783684800000",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1783684800001",
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:queue"),
            "awsRegion": REGION,
        })
    });
    Bytes::from(json!({"Records": records.collect::<Vec<_>>()}).to_string())
}

/// A booking event as a rule hands it on, that asks for no mail.
pub(crate) fn envelope(detail_type: &Value, detail: &Value) -> Value {
    let mut detail = detail.clone();
    detail["metadata"]["notify"] = json!(false);
    json!({"version": "0", "id": "6a7e8feb", "source": "golfcartops.bookings", "time": Timestamp::now(), "detail-type": detail_type,
        "detail": detail})
}

/// The demo customer, signed in, with what the requests are about.
pub(crate) struct Customer {
    /// The session cookie's value.
    pub(crate) session: String,
    customer: CustomerId,
    leaving: String,
    link: String,
    booking: String,
    document: String,
    /// What signs events that come over HTTPS.
    secret: String,
    /// A booking event.
    pub(crate) event: Value,
}

impl Customer {
    /// Waits until the stack's demo data is there, by applying it once more, and signs the customer in.
    pub(crate) async fn arrive(stack: &Stack) -> Result<Self> {
        let demo = portal_local::demo::demo(Timestamp::now())?;
        let events: Vec<_> = demo.events.iter().map(|event| envelope(&event["DetailType"], &event["Detail"])).collect();
        for events in events.chunks(10) {
            apply(stack, events).await?;
        }
        let of_customer = |event: &&Value| event["Detail"]["booking"]["customer"]["email"] == CUSTOMER;
        let with_document = demo.events.iter().filter(of_customer).rev().find_map(|event| {
            let booking = &event["Detail"]["booking"];
            let document = booking["documents"].get(0)?["document_id"].as_str()?;
            Some((event["Detail"].clone(), booking["booking_id"].as_str()?.to_owned(), document.to_owned()))
        });
        let (event, booking, document) = with_document.ok_or("the demo customer has no booking with a document")?;
        let sign_ins = SignIns::of(stack).await?;
        Ok(Self {
            customer: sign_ins.customer(CUSTOMER)?,
            session: sign_ins.session(CUSTOMER).await?,
            leaving: sign_ins.session(CUSTOMER).await?,
            link: sign_ins.link(CUSTOMER, BookingId::parse(&booking)).await?.reveal(),
            booking,
            document,
            secret: Webhook::of(stack).ok_or("the stack takes no events over HTTPS")?.secret,
            event,
        })
    }

    /// Pages that answer with 200 however often they are asked for.
    pub(crate) fn pages(&self) -> [String; 3] {
        ["/".to_owned(), format!("/bookings/{}", self.booking), "/sign-in".to_owned()]
    }

    /// Everything that is asked of the functions, each request once.
    pub(crate) fn requests(&self) -> Result<Vec<Request>> {
        let (booking, link) = (format!("/bookings/{}", self.booking), format!("/link/{}", self.link));
        let document = format!("{booking}/documents/{}", self.document);
        let ids = [("booking_id", self.booking.as_str()), ("document_id", self.document.as_str())];
        let token = [("token", self.link.as_str())];
        let session = Some(self.session.as_str());
        let page = |route, path, parameters| HttpEvent { route, path, parameters, session, body: None };
        let form = |form| ("application/x-www-form-urlencoded", form);
        let stranger = |route, path, parameters, body: Option<_>| HttpEvent {
            route,
            path,
            parameters,
            session: None,
            body: body.map(form),
        };
        let customer = self.customer;

        let mut new = self.event.clone();
        new["booking"]["booking_id"] = json!("bkg_bench");
        new["booking"]["documents"] = json!([]);
        let posted = json!({"detail-type": "booking.updated", "detail": new});
        let mail_request = json!({"mail": "sign_in", "customer": customer, "asked_at": Timestamp::now(), "browser": Secret::generate()?.hash()});
        let bounce = json!({"detail-type": "Email Bounced", "source": "aws.ses", "detail": {"eventType": "Bounce", "mail": {"messageId": "0100-1", "tags": {"customer": [customer]}}, "bounce": {
            "bounceType": "Permanent", "timestamp": "2026-07-10T12:00:00Z",
        }}});
        Ok(vec![
            Request::http("dashboard", "Dashboard", &HttpEvent::dashboard(&self.session), 200),
            Request::http("booking", "Dashboard", &page("GET /bookings/{booking_id}", &booking, &ids[..1]), 200),
            Request::http(
                "document",
                "DownloadDocument",
                &page("GET /bookings/{booking_id}/documents/{document_id}", &document, &ids),
                303,
            ),
            Request::http("link", "RedeemLink", &stranger("GET /link/{token}", &link, &token, None), 200),
            Request::http("link, used", "RedeemLink", &stranger("POST /link/{token}", &link, &token, Some("")), 303),
            Request::http("sign-in page", "RequestLink", &stranger("GET /sign-in", "/sign-in", &[], None), 200),
            Request::http(
                "ask for a link",
                "RequestLink",
                &stranger("POST /sign-in", "/sign-in", &[], Some("email=ben%40example.com")),
                303,
            ),
            Request::http(
                "sign out",
                "SignOut",
                &HttpEvent { session: Some(&self.leaving), ..stranger("POST /sign-out", "/sign-out", &[], Some("")) },
                303,
            ),
            Request::signed("post an event", "ReceiveEvents", ("ANY /events", "/events"), &posted, &self.secret)?,
            Request::of_queue("a mail", "SendMail", &mail_request),
            Request::of_queue("an event", "ProjectBookings", &envelope(&json!("booking.updated"), &new)),
            Request::of_queue("a bounce", "MailFeedback", &bounce),
        ])
    }
}

/// Has booking events applied, as if they came from the queue.
pub(crate) async fn apply(stack: &Stack, events: &[Value]) -> Result<()> {
    let answer = stack.lambda.invoke("ProjectBookings", batch(events)).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    if answer["batchItemFailures"] != json!([]) {
        return Err(format!("events failed: {answer}").into());
    }
    // What is refused is no failure of the function.
    let refused = stack.log().lines().into_iter().find(|line| line.line.contains("an event was refused"));
    refused.map_or(Ok(()), |refused| Err(refused.line.into()))
}

/// Makes sign-ins without mails.
pub(crate) struct SignIns {
    store: Store,
    key: CustomerKey,
}

impl SignIns {
    /// In the table of this stack.
    pub(crate) async fn of(stack: &Stack) -> Result<Self> {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("bench", SECRET_ACCESS_KEY, None, None, "bench"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&stack.aws.endpoints.dynamodb)
            .load()
            .await;
        let table = stack.description.tables.first().ok_or("the template has no table")?;
        let key = stack.description.variable("RequestLink", "CUSTOMER_KEY").ok_or("RequestLink has no CUSTOMER_KEY")?;
        Ok(Self { store: Store::new(&config, table.name.clone()), key: key.parse()? })
    }

    fn customer(&self, address: &str) -> Result<CustomerId> {
        Ok(self.key.customer(&EmailAddress::parse(address)?))
    }

    /// A link that has not been used.
    pub(crate) async fn link(&self, address: &str, booking: Option<BookingId>) -> Result<LinkToken> {
        let token = LinkToken::generate(self.customer(address)?)?;
        let address = EmailAddress::parse(address)?;
        self.store
            .keep_sign_in(&SignIn { booking, ..SignIn::new(&token, &address, "bench", Timestamp::now()) })
            .await?;
        Ok(token)
    }

    /// The session cookie's value of somebody who has used a link.
    pub(crate) async fn session(&self, address: &str) -> Result<String> {
        let (token, secret) = (self.link(address, None).await?, Secret::generate()?);
        self.store.redeem_link(&token, &secret, SignedDuration::from_hours(24), Timestamp::now()).await?;
        Ok(Session { customer: token.customer(), link_hash: token.hash(), secret }.reveal())
    }
}
