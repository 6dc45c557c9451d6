//! Record and replay: AWS's answers to one request are recorded from the local stack, and played back without it.
//!
//! What is played back is checked: a function that asks something else than when it was recorded, or leaves an answer
//! unasked for, has not done the work that is to be measured.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, TRANSFER_ENCODING},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use portal_local::aws::Endpoints;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::result::Result;

/// What is asked of AWS, without what differs each time: the action, and the keys of the items it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    service: Service,
    action: String,
    keys: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    DynamoDb,
    Sqs,
    Ses,
    S3,
    SecretsManager,
}

impl Question {
    fn of(parts: &Parts, body: &[u8]) -> Self {
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let (service, action) = match target.and_then(|target| target.split_once('.')) {
            Some((service, action)) if service.starts_with("DynamoDB") => (Service::DynamoDb, action.to_owned()),
            Some(("secretsmanager", action)) => (Service::SecretsManager, action.to_owned()),
            Some((_, action)) => (Service::Sqs, action.to_owned()),
            None => {
                let path = parts.uri.path();
                let service = if path.starts_with("/v2/email") { Service::Ses } else { Service::S3 };
                (service, format!("{} {path}", parts.method))
            }
        };
        let mut keys = Vec::new();
        if service == Service::DynamoDb {
            collect_keys(&serde_json::from_slice(body).unwrap_or_default(), &mut keys);
            // The SDK writes them in any order.
            keys.sort();
        }
        Self { service, action, keys }
    }

    /// Whether the other asks for items of the same kinds: a new sign-in has another key each time.
    fn is_like(&self, other: &Self) -> bool {
        (self.service, &self.action) == (other.service, &other.action) && self.kinds() == other.kinds()
    }

    /// What the keys begin with; a sign-in's sort key is a hash.
    fn kinds(&self) -> Vec<&str> {
        let is_hash = |key: &str| key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        let kinds =
            self.keys.iter().map(|key| if is_hash(key) { "" } else { key.split('#').next().unwrap_or_default() });
        let mut kinds: Vec<&str> = kinds.collect();
        kinds.sort_unstable();
        kinds
    }
}

/// The partition and sort keys anywhere in a DynamoDB request, those that a query compares with among them.
fn collect_keys(value: &Value, keys: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.get("S").and_then(Value::as_str) {
                    Some(text) if name == "pk" || name == "sk" => keys.push(text.to_owned()),
                    Some(text) if name.starts_with(':') && text.contains('#') => keys.push(text.to_owned()),
                    _ => collect_keys(value, keys),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_keys(value, keys)),
        _ => {}
    }
}

/// An answer of AWS.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The questions of one request and their answers, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape(Vec<(Question, Answer)>);

impl Tape {
    /// A GetItem of an item that does not exist: what the baseline `get` and the raw request ask.
    pub(crate) fn of_nothing() -> Self {
        let keys = vec!["KEY".to_owned(); 2];
        let question = Question { service: Service::DynamoDb, action: "GetItem".to_owned(), keys };
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"))]);
        Self(vec![(question, Answer { status: StatusCode::OK, headers, body: Bytes::from("{}") })])
    }

    /// Adds what another one holds.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// Plays tapes back.
#[derive(Default)]
pub(crate) struct Player {
    playing: Mutex<Playing>,
}

#[derive(Default)]
struct Playing {
    tape: Arc<Tape>,
    /// What init asks, answered whenever it is asked.
    init: Arc<Tape>,
    used: Vec<bool>,
    delay: Duration,
    in_flight: usize,
    steps: usize,
    problem: Option<String>,
}

impl Player {
    /// A player of what init asks.
    pub(crate) fn new(init: Tape) -> Self {
        Self { playing: Mutex::new(Playing { init: Arc::new(init), ..Playing::default() }) }
    }

    /// How long each answer takes from now on.
    pub(crate) fn set_delay(&self, delay: Duration) {
        self.playing().delay = delay;
    }

    /// Puts a tape in, at its beginning.
    pub(crate) fn play(&self, tape: &Arc<Tape>) {
        let mut playing = self.playing();
        playing.used = vec![false; tape.0.len()];
        playing.tape = Arc::clone(tape);
        playing.in_flight = 0;
        playing.steps = 0;
        playing.problem = None;
    }

    /// Takes the tape out, and says how many of its DynamoDB questions were asked one after the other.
    pub(crate) fn finish(&self) -> Result<usize> {
        let mut playing = self.playing();
        let tape = std::mem::take(&mut playing.tape);
        if let Some(problem) = playing.problem.take() {
            return Err(problem.into());
        }
        match tape.0.iter().zip(&playing.used).find(|(_, used)| !**used) {
            Some(((question, _), _)) => Err(format!("the function did not ask {question:?}").into()),
            None => Ok(playing.steps),
        }
    }

    async fn answer(&self, question: Question) -> Answer {
        let counts = question.service == Service::DynamoDb;
        let (answer, delay) = {
            let mut playing = self.playing();
            if counts {
                playing.steps += usize::from(playing.in_flight == 0);
                playing.in_flight += 1;
            }
            (playing.find(&question), playing.delay)
        };
        if !delay.is_zero() {
            // Tokio's timers go by whole milliseconds, and would round up one caller's delay more than another's.
            let waited = tokio::task::spawn_blocking(move || thread::sleep(delay)).await;
            waited.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        }
        if counts {
            let mut playing = self.playing();
            playing.in_flight = playing.in_flight.saturating_sub(1);
        }
        answer
    }

    fn playing(&self) -> MutexGuard<'_, Playing> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Playing {
    fn find(&mut self, question: &Question) -> Answer {
        if let Some((_, answer)) = self.init.0.iter().find(|(asked, _)| asked == question) {
            return answer.clone();
        }
        let unused = || self.tape.0.iter().enumerate().filter(|(index, _)| !self.used[*index]);
        let exactly = unused().find(|(_, (asked, _))| asked == question);
        match exactly.or_else(|| unused().find(|(_, (asked, _))| asked.is_like(question))) {
            Some((index, (_, answer))) => {
                let answer = answer.clone();
                self.used[index] = true;
                answer
            }
            None => {
                self.problem = Some(format!("the function asked {question:?}, to which there is no answer"));
                Answer { status: StatusCode::BAD_REQUEST, headers: HeaderMap::new(), body: Bytes::from("{}") }
            }
        }
    }
}

/// Records what is asked of the local services, and their answers.
pub(crate) struct Recorder {
    endpoints: Endpoints,
    client: reqwest::Client,
    tape: Mutex<Tape>,
}

impl Recorder {
    /// A recorder in front of these services.
    pub(crate) fn new(endpoints: Endpoints) -> Self {
        Self { endpoints, client: reqwest::Client::new(), tape: Mutex::default() }
    }

    /// What was recorded since the last time.
    pub(crate) fn take(&self) -> Tape {
        std::mem::take(&mut *self.tape.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn answer(&self, parts: Parts, body: Bytes) -> Result<Answer> {
        let question = Question::of(&parts, &body);
        let endpoint = match question.service {
            Service::DynamoDb => &self.endpoints.dynamodb,
            Service::Sqs => &self.endpoints.sqs,
            Service::Ses => &self.endpoints.ses,
            Service::S3 => &self.endpoints.s3,
            Service::SecretsManager => &self.endpoints.secrets,
        };
        let is_head = parts.method == Method::HEAD;
        let mut headers = parts.headers; // with the host, which is signed
        headers.remove(CONTENT_LENGTH);
        let request = self.client.request(parts.method, format!("{endpoint}{}", parts.uri)).headers(headers);
        let response = request.body(body).send().await?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        headers.remove(TRANSFER_ENCODING);
        if !is_head {
            headers.remove(CONTENT_LENGTH);
        }
        let answer = Answer { status, headers, body: response.bytes().await? };
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).0.push((question, answer.clone()));
        Ok(answer)
    }
}

/// Who answers for AWS.
#[derive(Clone)]
pub(crate) enum Aws {
    /// The local services, recorded.
    Recorded(Arc<Recorder>),
    /// A tape.
    Played(Arc<Player>),
}

impl Aws {
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let answer = match self {
            Self::Recorded(recorder) => recorder.answer(parts, body).await?,
            Self::Played(player) => player.answer(Question::of(&parts, &body)).await,
        };
        let mut response = Response::new(Full::new(answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

/// Serves all of AWS at one address of 127.0.0.1, until the runtime ends; with TLS where there is a certificate.
/// Returns the port.
pub(crate) async fn serve(aws: Aws, tls: Option<TlsAcceptor>) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let (aws, tls) = (aws.clone(), tls.clone());
            tokio::spawn(async move {
                // A small answer must not wait for the acknowledgement of the one before.
                connection.set_nodelay(true)?;
                match tls {
                    Some(tls) => answer_on(tls.accept(connection).await?, aws).await,
                    None => answer_on(connection, aws).await,
                }
            });
        }
    });
    Ok(port)
}

async fn answer_on(connection: impl AsyncRead + AsyncWrite + Unpin, aws: Aws) -> Result<()> {
    let service = service_fn(move |request| aws.clone().answer(request));
    // A connection may be idle for as long as it is other functions' turn.
    Ok(http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(connection), service).await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question(action: &str, body: &Value) -> Question {
        let target = format!("DynamoDB_20120810.{action}");
        let (parts, ()) = Request::post("/").header("x-amz-target", target).body(()).unwrap().into_parts();
        Question::of(&parts, body.to_string().as_bytes())
    }

    fn get(pk: &str, sk: &str) -> Question {
        question("GetItem", &json!({"TableName": "table", "Key": {"pk": {"S": pk}, "sk": {"S": sk}}}))
    }

    fn tape(questions: impl IntoIterator<Item = Question>) -> Arc<Tape> {
        let answer = |number: usize| Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from(number.to_string()),
        };
        let numbered = questions.into_iter().enumerate();
        Arc::new(Tape(numbered.map(|(number, question)| (question, answer(number))).collect()))
    }

    async fn ask(player: &Player, question: Question) -> String {
        String::from_utf8(player.answer(question).await.body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_baselines_have_their_answer() {
        let player = Player::new(Tape::of_nothing());
        player.play(&tape([]));
        assert_eq!(ask(&player, get("KEY", "KEY")).await, "{}");
        assert!(player.finish().is_ok());
    }

    const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    #[test]
    fn a_question_is_an_action_and_the_keys_it_is_about() {
        let query =
            json!({"ExpressionAttributeValues": {":pk": {"S": "CUSTOMER#1"}, ":row": {"S": "ROW#"}, ":n": {"N": "4"}}});
        assert_eq!(question("Query", &query).keys, ["CUSTOMER#1", "ROW#"]);
        let keys =
            json!([{"pk": {"S": "SIGNINS#1"}, "sk": {"S": "1"}}, {"pk": {"S": "BOOKING#1"}, "sk": {"S": "BOOKING"}}]);
        let batch = json!({"RequestItems": {"table": {"Keys": keys, "ConsistentRead": true}}});
        assert_eq!(question("BatchGetItem", &batch).keys, ["1", "BOOKING", "BOOKING#1", "SIGNINS#1"]);
        let write = json!({"TransactItems": [{"Put": {"Item": {"pk": {"S": "BOOKING#1"}, "sk": {"S": "BOOKING"}, "price": {"N": "1"}}}}]});
        assert_eq!(question("TransactWriteItems", &write).keys, ["BOOKING", "BOOKING#1"]);
        assert_ne!(get("SIGNINS#1", HASH), get("SIGNINS#1", &HASH.replace('0', "f")));
        assert!(get("SIGNINS#1", HASH).is_like(&get("SIGNINS#1", &HASH.replace('0', "f"))));
        assert!(!get("SIGNINS#1", HASH).is_like(&get("SUPPRESSION#1", "SUPPRESSION")));
    }

    #[tokio::test]
    async fn each_question_gets_its_own_answer_and_a_new_key_that_of_its_kind() {
        let player = Player::default();
        player.play(&tape([get("A#1", "X"), get("A#2", "X"), get("A#2", "X")]));
        assert_eq!(ask(&player, get("A#2", "X")).await, "1");
        assert_eq!(ask(&player, get("A#2", "X")).await, "2");
        assert_eq!(ask(&player, get("A#9", "X")).await, "0");
        assert_eq!(player.finish().unwrap(), 3);
    }

    #[tokio::test]
    async fn a_function_that_asks_something_else_is_noticed() {
        let player = Player::default();
        let asked = tape([get("A#1", "X"), get("B#1", "X")]);
        player.play(&asked);
        ask(&player, get("A#1", "X")).await;
        assert!(player.finish().unwrap_err().to_string().contains("did not ask"));

        player.play(&asked);
        ask(&player, get("A#1", "X")).await;
        ask(&player, get("B#1", "X")).await;
        ask(&player, get("B#1", "X")).await;
        assert!(player.finish().unwrap_err().to_string().contains("no answer"));

        player.play(&asked);
        ask(&player, get("A#1", "X")).await;
        ask(&player, get("B#1", "X")).await;
        assert!(player.finish().is_ok());
    }

    #[tokio::test]
    async fn questions_side_by_side_are_one_step() {
        let player = Player::default();
        player.set_delay(Duration::from_millis(20));
        let asked = tape([get("A#1", "X"), get("B#1", "X")]);
        player.play(&asked);
        tokio::join!(ask(&player, get("A#1", "X")), ask(&player, get("B#1", "X")));
        assert_eq!(player.finish().unwrap(), 1);
        player.play(&asked);
        ask(&player, get("A#1", "X")).await;
        ask(&player, get("B#1", "X")).await;
        assert_eq!(player.finish().unwrap(), 2);
    }
}
