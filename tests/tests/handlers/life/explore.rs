//! All states that can be reached where so much happens: acts begin, time passes, a booking moves, the table is restored. An
//! act that has begun goes on in every way, call by call, so that all orders of the calls of any acts are tried. What takes
//! fewer happenings comes first.

use std::{collections::HashSet, sync::Mutex, thread, time::Instant};

use tokio::runtime::Handle;
use tracing_subscriber::util::SubscriberInitExt;

use super::{
    portal::Portal,
    steps::{Step, Stepped, steps},
    wire::Weakness,
    world::State,
};

/// Portals that make steps side by side, each on a table of its own.
const LANES: usize = 2;

/// What an exploration found.
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) steps: usize,
    /// The calls and happenings of the longest story.
    pub(crate) longest: usize,
    pub(crate) seconds: f64,
    /// The first breach: what it is, after which steps.
    pub(crate) breach: Option<String>,
}

/// A state whose steps are still to be made, and the steps that led there.
struct Reached {
    state: State,
    story: Vec<String>,
}

/// What is known so far.
#[derive(Default)]
struct Known {
    states: HashSet<String>,
    steps: usize,
    breach: Option<String>,
    /// Reached by a call of what had begun, and by something else that happened.
    now: Vec<Reached>,
    next: Vec<Reached>,
    longest: usize,
}

/// Explores all that follows where so much of what `may_happen` does, up to the first breach.
pub(crate) async fn explore(depth: usize, may_happen: fn(&Step) -> bool, weakness: Option<Weakness>) -> Explored {
    let began = Instant::now();
    let mut lanes = Vec::new();
    for _ in 0..LANES {
        lanes.push(Portal::start(weakness).await);
    }
    let first = lanes[0].1.clone();
    let known = Mutex::new(Known {
        states: HashSet::from([first.canonical()]),
        breach: lanes[0].0.breach(&first).await,
        ..Known::default()
    });
    known.lock().unwrap().next.push(Reached { state: first, story: Vec::new() });
    for happened in 0..=depth {
        let mut level = std::mem::take(&mut known.lock().unwrap().next);
        while !level.is_empty() && known.lock().unwrap().breach.is_none() {
            let (runtime, queue) = (Handle::current(), Mutex::new(level.iter()));
            thread::scope(|scope| {
                for (portal, _) in &lanes {
                    scope.spawn(|| {
                        let _unlogged = tracing_subscriber::registry().set_default();
                        while let Some(reached) = { queue.lock().unwrap().next() } {
                            runtime.block_on(portal.go_on(
                                reached,
                                |step| happened < depth && may_happen(step),
                                &known,
                            ));
                        }
                    });
                }
            });
            level = std::mem::take(&mut known.lock().unwrap().now);
        }
    }
    let Known { states, steps, breach, longest, .. } = known.into_inner().unwrap();
    Explored { states: states.len(), steps, longest, seconds: began.elapsed().as_secs_f64(), breach }
}

impl Portal {
    /// Makes every step from a state: every call of what has begun, and what else may happen.
    async fn go_on(
        &self,
        Reached { state, story }: &Reached,
        may_happen: impl Fn(&Step) -> bool,
        known: &Mutex<Known>,
    ) {
        for step in steps(state) {
            let is_call = matches!(step, Step::GoOn(..));
            if !is_call && !may_happen(&step) {
                continue;
            }
            if known.lock().unwrap().breach.is_some() {
                return;
            }
            for Stepped { state, told, breach } in self.all(state, step).await {
                let canonical = state.canonical();
                let is_new = {
                    let mut known = known.lock().unwrap();
                    known.steps += 1;
                    known.states.insert(canonical)
                };
                if !is_new && breach.is_none() {
                    continue;
                }
                let story: Vec<_> = story.iter().cloned().chain([told]).collect();
                let breach = match breach {
                    Some(breach) => Some(breach.to_owned()),
                    None => self.breach(&state).await,
                };
                let mut known = known.lock().unwrap();
                if let Some(breach) = breach {
                    known.breach.get_or_insert(format!("{breach}, after\n  {}", story.join("\n  ")));
                }
                known.longest = known.longest.max(story.len());
                if is_call { &mut known.now } else { &mut known.next }.push(Reached { state, story });
            }
        }
    }

    /// A step, with each of the calls first that an act begins with side by side.
    async fn all(&self, state: &State, step: Step) -> Vec<Stepped> {
        let (stepped, side_by_side) = self.step(state, &step).await;
        let mut all = vec![stepped];
        if let Step::Begin(act, _) = step {
            for call in 1..side_by_side {
                all.push(self.step(state, &Step::Begin(act.clone(), call)).await.0);
            }
        }
        all
    }
}
