//! What may happen next, and what it changes.

use serde_json::{Value, json};

use super::{
    portal::{Outcome, Portal, drive, fresh_token, given, keeps_cookies},
    table::{BACKUP, Items},
    wire::Exchange,
    world::{Act, Cookie, Fate, Hands, Link, NAMES, Op, State},
};

/// As many links as are ever mailed, and as many acts as are under way at once.
pub(crate) const MOST_LINKS: usize = 4;
const MOST_AT_ONCE: usize = 2;

/// What happens from one state to the next.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// An act begins, and one of its first calls is answered.
    Begin(Act, usize),
    /// A call of what is under way is answered.
    GoOn(usize, usize),
    /// Time passes: so much that links are over, or all is.
    Hours(i64),
    /// The booking system gives a booking to somebody.
    Move { booking: usize, to: usize },
    /// The operator restores the table from the backup.
    Restore,
}

const AN_HOUR: i64 = 1;
const A_MONTH: i64 = 30 * 24 + 1;

/// What a step led to, and how a story tells it. A breach is something that must never be.
pub(crate) struct Stepped {
    pub(crate) state: State,
    pub(crate) told: String,
    pub(crate) breach: Option<&'static str>,
}

/// All that may happen in a state.
pub(crate) fn steps(state: &State) -> Vec<Step> {
    let mut steps: Vec<_> = state
        .ops
        .iter()
        .enumerate()
        .flat_map(|(at, op)| (0..op.waiting).map(move |call| Step::GoOn(at, call)))
        .collect();
    if state.ops.len() < MOST_AT_ONCE {
        steps.extend(acts(state).into_iter().map(|act| Step::Begin(act, 0)));
    }
    if state.ops.is_empty() {
        steps.extend([Step::Hours(AN_HOUR), Step::Hours(A_MONTH), Step::Restore]);
        steps.extend(
            state
                .owners
                .iter()
                .enumerate()
                .filter(|(_, owner)| **owner == Some(0) && !state.is_erased[1])
                .map(|(booking, _)| Step::Move { booking, to: 1 }),
        );
    }
    steps
}

fn acts(state: &State) -> Vec<Act> {
    let mut acts = Vec::new();
    let making = state.ops.iter().filter(|op| matches!(op.act, Act::Mail { .. })).count();
    if state.links.len() + making < MOST_LINKS {
        acts.extend(
            (0..NAMES.len()).filter(|to| state.has_bookings(*to)).map(|to| Act::Mail { to, token: fresh_token(to) }),
        );
    }
    for (link, Link { of, .. }) in state.links.iter().enumerate() {
        acts.push(Act::Redeem { by: Hands::Scanner, link, leaving: false });
        for (browser, held) in state.browsers.iter().enumerate().take(state.different_browsers()) {
            let by = Hands::Browser(browser);
            acts.push(Act::Redeem { by, link, leaving: false });
            if held.is_some_and(|cookie| state.customer(cookie) != *of) {
                acts.push(Act::Redeem { by, link, leaving: true });
            }
        }
    }
    for browser in (0..state.browsers.len()).filter(|browser| state.browsers[*browser].is_some()) {
        acts.extend([false, true].map(|everywhere| Act::SignOut { browser, everywhere }));
    }
    acts.extend((0..NAMES.len()).filter(|whom| !state.is_erased[*whom]).map(|whom| Act::Erase { whom }));
    // What shares no customer with what is under way comes to the same before, between and after it. And an erasure is one.
    acts.retain(|act| {
        let shares =
            |op: &Op, of| state.is_about(&op.act, op.cookie, of) && state.is_about(act, cookie_of(state, act), of);
        state.ops.iter().all(|op| {
            (0..NAMES.len()).any(|of| shares(op, of)) && !(op.act == *act && matches!(act, Act::Erase { .. }))
        })
    });
    acts
}

/// The session of the browser that acts.
fn cookie_of(state: &State, act: &Act) -> Option<usize> {
    let browser = match act {
        Act::Redeem { by, .. } => keeps_cookies(*by),
        Act::SignOut { browser, .. } => Some(*browser),
        Act::Mail { .. } | Act::Erase { .. } => None,
    };
    state.browsers[browser?]
}

impl Portal {
    /// Makes a step; and where an act begins with calls side by side, says how many there were.
    pub(crate) async fn step(&self, state: &State, step: &Step) -> (Stepped, usize) {
        match step {
            Step::Begin(act, call) => {
                let op = Op {
                    act: act.clone(),
                    cookie: cookie_of(state, act),
                    links: state.links.len(),
                    is_of_dead_link: matches!(act, Act::Redeem { link, .. } if state.links[*link].is_dead),
                    saw_an_end: false,
                    past: Vec::new(),
                    waiting: 0,
                };
                self.advance(state.clone(), op, *call, "").await
            }
            Step::GoOn(at, call) => {
                let mut state = state.clone();
                let op = state.ops.remove(*at);
                self.advance(state, op, *call, "…").await
            }
            Step::Hours(hours) => (at_once(passed(state, *hours), format!("{hours} h pass")), 1),
            Step::Move { booking, to } => {
                let mut state = state.clone();
                self.put_up(&state.items);
                self.book(*booking, *to, 2).await;
                state.owners[*booking] = Some(*to);
                state.items = self.wire.table().items();
                (at_once(state, format!("the booking of {} becomes {}'s", NAMES[*booking], NAMES[*to])), 1)
            }
            Step::Restore => (at_once(self.restored(state).await, "the table is restored".into()), 1),
        }
    }

    /// Makes the table hold this, and lets every call through.
    pub(crate) fn put_up(&self, items: &Items) {
        self.wire.open();
        self.wire.table().put_up(items);
    }

    /// Answers one call of an act and lets it go on to its next.
    async fn advance(&self, mut state: State, mut op: Op, call: usize, again: &str) -> (Stepped, usize) {
        let before = teller(&state, &op);
        self.wire.hold(&op.past);
        let mut running = self.run(&state, &op.act, op.cookie);
        assert!(drive(&self.wire, &mut running).await.is_none(), "it is done without a call");
        let side_by_side = self.wire.waiting();
        assert!(op.past.is_empty() || side_by_side == op.waiting, "{before} went another way");
        let renamed = self.wire.renamed();
        rename(&mut state, &renamed);
        self.wire.table().put_up(&state.items);
        let action = self.wire.let_through(call);
        let outcome = drive(&self.wire, &mut running).await;
        drop(running);
        op.past = self.wire.exchanges();
        op.waiting = self.wire.waiting();
        state.items = self.wire.table().items();
        let (told, breach) = match outcome {
            None => {
                state.ops.push(op);
                (String::new(), None)
            }
            Some(outcome) => finish(&mut state, &op, outcome),
        };
        (Stepped { state, told: format!("{again}{before}: {action}{told}"), breach }, side_by_side)
    }

    async fn restored(&self, state: &State) -> State {
        let mut state = state.clone();
        self.put_up(&state.items);
        self.store.restore(BACKUP, false, |_| {}).await.unwrap();
        state.items = self.wire.table().items();
        state.end(|_, _| true);
        state.links.iter_mut().for_each(|link| link.is_renewable = false);
        for booking in 0..NAMES.len() {
            state.owners[booking] = (!state.is_erased[booking]).then_some(booking);
        }
        state
    }
}

fn at_once(state: State, told: String) -> Stepped {
    Stepped { state, told, breach: None }
}

/// What an act that is done means for everybody.
fn finish(state: &mut State, op: &Op, outcome: Outcome) -> (String, Option<&'static str>) {
    match (&op.act, outcome) {
        (Act::Mail { to, token }, Outcome::Mailed(true)) => {
            // An erasure may have removed it before it was out.
            let is_renewable = !state.is_erased[*to];
            state.links.push(Link { of: *to, token: token.clone(), is_dead: false, is_renewable });
            (" → link mailed".into(), None)
        }
        (Act::Redeem { by, link, .. }, Outcome::Answered(answer)) => {
            let Some(text) = given(&answer) else { return (format!(" → {}", answer.status.as_u16()), None) };
            let breach = if state.cookies.iter().any(|cookie| cookie.link == *link) {
                Some("two sessions of one link")
            } else if op.is_of_dead_link {
                Some("a session of a link that was over")
            } else {
                None
            };
            if let Some(former) = op.cookie {
                state.cookies[former].fate = Fate::Over;
            }
            let fate = match (state.links[*link].is_dead, op.saw_an_end || is_ending(state, *link)) {
                (true, _) => Fate::Over,
                (false, true) => Fate::Unsaid,
                (false, false) => Fate::Lasts,
            };
            state.links[*link].is_dead = true;
            state.cookies.push(Cookie { link: *link, text, fate });
            if let Some(browser) = keeps_cookies(*by) {
                state.browsers[browser] = Some(state.cookies.len() - 1);
            }
            (" → signed in".into(), breach)
        }
        (Act::SignOut { browser, everywhere }, Outcome::Answered(answer)) => {
            state.browsers[*browser] = None;
            let own = op.cookie.filter(|_| answer.location() == "/sign-in?signed-out");
            if let Some(own) = own {
                let (own, of) = (state.cookies[own].link, state.customer(own));
                state.end(|at, link| at == own || *everywhere && link.of == of && at < op.links);
                if *everywhere {
                    unsay(state, of);
                }
            }
            (format!(" → {}", answer.location()), None)
        }
        (Act::Erase { whom }, _) => {
            state.is_erased[*whom] = true;
            state.owners.iter_mut().filter(|owner| **owner == Some(*whom)).for_each(|owner| *owner = None);
            state.end(|at, link| link.of == *whom && at < op.links);
            state.links.iter_mut().filter(|link| link.of == *whom).for_each(|link| link.is_renewable = false);
            unsay(state, *whom);
            (" → erased".into(), None)
        }
        _ => (" → no mail".into(), None),
    }
}

/// Whether something under way may end what this link becomes.
fn is_ending(state: &State, link: usize) -> bool {
    let of = state.links[link].of;
    state.ops.iter().any(|op| match op.act {
        Act::SignOut { everywhere, .. } => everywhere && op.cookie.is_some_and(|own| state.customer(own) == of),
        Act::Erase { whom } => whom == of,
        _ => false,
    })
}

/// Of what began while sessions were being ended, nothing can be said, nor of what is beginning.
fn unsay(state: &mut State, of: usize) {
    let State { links, cookies, ops, .. } = state;
    for op in ops {
        op.saw_an_end |= matches!(op.act, Act::Redeem { link, .. } if links[link].of == of);
    }
    let unsaid = cookies.iter_mut().filter(|cookie| links[cookie.link].of == of && cookie.fate == Fate::Lasts);
    unsaid.for_each(|cookie| cookie.fate = Fate::Unsaid);
}

/// The state after so much time: what the table says of times lies further back.
fn passed(state: &State, hours: i64) -> State {
    const TIMES: [&str; 8] = [
        "made_at",
        "mailed_at",
        "valid_until",
        "renewable_until",
        "used_at",
        "session_until",
        "ended_at",
        "expires_at",
    ];
    let mut state = state.clone();
    for item in state.items.iter_mut().filter(|(key, _)| key.starts_with("SIGNINS#")).map(|(_, item)| item) {
        for time in TIMES {
            if let Some(second) = item[time]["N"].as_str().and_then(|second| second.parse::<i64>().ok()) {
                item[time] = json!({"N": (second - 3600 * hours).to_string()});
            }
        }
        item.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    if hours == A_MONTH {
        state.end(|_, _| true);
        state.links.iter_mut().for_each(|link| link.is_renewable = false);
    } else {
        state.links.iter_mut().for_each(|link| link.is_dead = true);
    }
    state
}

/// Gives what was drawn at random before the name that it has now.
fn rename(state: &mut State, renamed: &[(String, String)]) {
    if renamed.is_empty() {
        return;
    }
    let rename = |text: String| renamed.iter().fold(text, |text, (before, now)| text.replace(before, now));
    let in_json = |value: &Value| serde_json::from_str(&rename(value.to_string())).unwrap();
    state.items.values_mut().for_each(|item| *item = in_json(item));
    for Exchange { input, reply, .. } in state.ops.iter_mut().flat_map(|op| &mut op.past) {
        *input = in_json(input);
        reply.1 = rename(std::mem::take(&mut reply.1));
    }
}

/// Who does what, in a story.
fn teller(state: &State, op: &Op) -> String {
    let hands = |by: &Hands| match by {
        Hands::Browser(browser) => format!("browser {}", browser + 1),
        Hands::Scanner => "the scanner".into(),
    };
    match &op.act {
        Act::Mail { to, .. } => format!("mail to {}", NAMES[*to]),
        Act::Redeem { by, link, leaving } => {
            let (of, leaving) = (NAMES[state.links[*link].of], if *leaving { ", leaving" } else { "" });
            format!("{} uses link {} of {of}{leaving}", hands(by), link + 1)
        }
        Act::SignOut { browser, everywhere } => {
            format!("browser {} signs out{}", browser + 1, if *everywhere { " everywhere" } else { "" })
        }
        Act::Erase { whom } => format!("{} is erased", NAMES[*whom]),
    }
}
