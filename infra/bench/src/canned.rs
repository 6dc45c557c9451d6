//! Record and replay: AWS's answers to one request are recorded from the local stack, and played back without it.
//!
//! What is played back is checked: a function that asks something else than when it was recorded, or leaves an answer
//! unasked for, has not done the work that is to be measured.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use hyper::{
    StatusCode,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
    http::request::Parts,
};
use portal_local::aws::Endpoints;

use crate::{
    question::{Answer, Question, Service},
    result::Result,
};

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

    /// What the tape has to say to a question, after the delay.
    pub(crate) async fn answer(&self, question: Question) -> Answer {
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

    /// Asks the service.
    pub(crate) async fn answer(&self, parts: Parts, body: Bytes) -> Result<Answer> {
        let question = Question::of(&parts, &body);
        let origin = question.service.endpoint(&self.endpoints);
        let answer = Answer::from(&self.client, origin, parts, body).await?;
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).0.push((question, answer.clone()));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::tests::get;

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
