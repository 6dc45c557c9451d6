//! Takes booking events over HTTPS, signed as Standard Webhooks has it, and puts them where the bus would have put them.

use jiff::Timestamp;
use lambda_http::{
    Body, Error, Request, Response,
    http::{Method, StatusCode},
};
use portal_aws::{booking_queue::BookingQueue, documents::Documents, sdk, webhook_secrets::KeptSecrets};
use portal_domain::{
    config::Environment,
    events::Accepted,
    posted::{self, Arrival, FaultOf, NotTaken},
    upload::Upload,
    webhook::{Signed, Unverified},
};
use portal_runtime::metrics::Metric;
use portal_web::{
    problems::{Problem, json},
    requests,
};
use serde_json::{Map, Value, json};

/// The largest body that is read, decoded, in bytes: what PutEvents took for years, and ten bookings of the usual size.
pub const LARGEST_BODY: usize = 256 * 1024;

/// The function and what it holds.
pub struct ReceiveEvents {
    secrets: KeptSecrets,
    queue: BookingQueue,
    documents: Documents,
    accepted: Accepted,
    /// `ACCOUNT_ID` and `AWS_REGION`: what the bus would write into envelopes.
    account: String,
    region: String,
}

impl ReceiveEvents {
    /// Reads the configuration, connects, and reads the secrets.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let function = Self {
            secrets: KeptSecrets::from_env(&aws, env)?,
            queue: BookingQueue::from_env(&aws, env)?,
            documents: Documents::from_env(&aws, env)?,
            accepted: Accepted {
                business_id: env.optional("BUSINESS_ID", "the id under which events name this business, or nothing")?,
                ..Accepted::default()
            },
            account: env.text("ACCOUNT_ID", "the id of the stack's account")?,
            region: env.text("AWS_REGION", "a region such as us-east-1, as Lambda sets it")?,
        };
        tokio::join!(function.secrets.preload(Timestamp::now()), function.queue.preconnect());
        Ok(function)
    }

    /// Answers one request. Nothing of its body is looked at before its signature is verified.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let route = requests::route(&request);
        if !["ANY /events", "ANY /events/documents"].contains(&&*route) {
            return Problem::NotFound.answer();
        }
        if request.method() != Method::POST {
            return Problem::WrongMethod(Method::POST).answer();
        }
        if request.body().len() > LARGEST_BODY {
            tracing::warn!(bytes = request.body().len(), "a request was refused: its body is too large");
            return Problem::TooLarge(LARGEST_BODY).answer();
        }
        let now = Timestamp::now();
        if let Err(reason) = self.verify(&request, now).await? {
            tracing::warn!(%reason, "a request was refused: it is not known to come from the booking system");
            Metric::SignaturesRefused.count();
            return Problem::Unsigned.answer();
        }
        if !requests::is_json(&request) {
            return Problem::NotJson.answer();
        }
        match &*route {
            "ANY /events" => self.events(request.body(), now).await,
            _ => self.document(request.body(), now).await,
        }
    }

    async fn verify(&self, request: &Request, now: Timestamp) -> Result<Result<(), Unverified>, Error> {
        let header = |name| requests::only_header(request, name);
        let headers = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        let (Some(id), Some(timestamp), Some(signatures)) = headers else {
            return Ok(Err(Unverified::MissingHeader));
        };
        Ok(self.secrets.verify(&Signed { id, timestamp, signatures }, request.body(), now).await?)
    }

    /// 202 once every event is on the queue. A request that is sent again queues them again, which changes nothing: the
    /// higher revision stays.
    async fn events(&self, body: &[u8], now: Timestamp) -> Result<Response<Body>, Error> {
        let arrival = Arrival { account: &self.account, region: &self.region, at: now };
        let events = match posted::read(body, &self.accepted, arrival) {
            Ok(events) => events,
            Err(NotTaken::Faulty(faults, more)) => return refuse(Problem::Faulty(faults, more)),
            Err(error) => return Err(error.into()),
        };
        self.queue.put(&events).await?;
        for event in &events {
            tracing::info!(about = %event.about, "an event was queued");
            Metric::EventsQueued.count();
        }
        json(StatusCode::ACCEPTED, &json!({"queued": events.len()}))
    }

    /// 200 with the request by which a promised document is put.
    async fn document(&self, body: &[u8], now: Timestamp) -> Result<Response<Body>, Error> {
        let upload = match Upload::read(body) {
            Ok(upload) => upload,
            Err(faults) => return refuse(Problem::faulty(faults)),
        };
        let put = self.documents.presigned_put(&upload, now).await?;
        tracing::info!(booking = %upload.booking_id, document = %upload.document_id, "a document may be put");
        let headers: Map<String, Value> = put.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
        let answer = json!({
            "method": "PUT", "url": put.url, "headers": headers, "expires_at": put.expires_at, "key": upload.key(),
        });
        json(StatusCode::OK, &answer)
    }
}

/// Nothing is taken of a request with a fault. The log names fields, and never a value.
fn refuse(problem: Problem) -> Result<Response<Body>, Error> {
    if let Problem::Faulty(faults, more) = &problem {
        let fault =
            |FaultOf { index, field, expected }: &FaultOf| format!("event {index}, {field}: expected {expected}");
        let reason = faults.iter().map(fault).collect::<Vec<_>>().join("; ");
        tracing::warn!(reason, more, "a request was refused: it breaks the contract");
        Metric::EventsRefused.count();
    }
    problem.answer()
}
