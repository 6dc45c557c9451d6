//! The portal's own functions on the wire, and what is done with them.

use std::{
    collections::HashSet,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use dashboard::Dashboard;
use jiff::Timestamp;
use portal_aws::{link_requests::LinkRequests, store::Store};
use portal_domain::{
    booking::Booking, config::Environment, customer::CustomerId, events::BookingEvent, link::LinkToken, sign_in::SignIn,
};
use portal_tests::{Answer, samples::confirmed};
use redeem_link::RedeemLink;
use serde_json::json;
use sign_out::SignOut;
use tokio::task::unconstrained;

use super::{
    table::{BACKUP, NAME},
    wire::{Weakness, Wire},
    world::{Act, Cookie, Fate, Hands, Link, NAMES, State},
};
use crate::{
    http::{answer, asked},
    stack::variable,
};

/// When the bookings occurred, and when a customer is erased.
const OCCURRED_AT: &str = "2026-05-03T14:00:00Z";
const ERASED_AT: &str = "2026-11-01T00:00:00Z";

pub(crate) struct Portal {
    pub(crate) wire: Wire,
    pub(crate) store: Store,
    redeem_link: RedeemLink,
    sign_out: SignOut,
    dashboard: Dashboard,
    /// What the laws were asked of before.
    pub(crate) asked: Mutex<HashSet<String>>,
}

/// What an act came to.
pub(crate) enum Outcome {
    /// Whether a link was mailed.
    Mailed(bool),
    Answered(Answer),
    Erased,
}

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

pub(crate) fn customer(number: usize) -> CustomerId {
    CustomerId::from_bytes([number as u8 + 1; 16])
}

/// How a booking is called on pages.
pub(crate) fn reference(booking: usize) -> String {
    format!("REF-bkg_{}", NAMES[booking])
}

impl Portal {
    /// The functions, on a table in which either customer has a booking and an unused link; the first is signed in in the first
    /// browser.
    pub(crate) async fn start(weakness: Option<Weakness>) -> (Self, State) {
        let wire = Wire::new();
        let aws = wire.config();
        let env = Environment::new(variable);
        wire.open();
        let store = Store::new(&aws, NAME.into());
        let links = LinkRequests::from_env(&store, &aws, &env).unwrap();
        let portal = Self {
            redeem_link: RedeemLink::on(store.clone(), links, &env).await.unwrap(),
            sign_out: SignOut::on(store.clone(), &env).await.unwrap(),
            dashboard: Dashboard::on(store.clone(), &env).await.unwrap(),
            store,
            asked: Mutex::default(),
            wire,
        };
        let fingerprint = json!({"pk": {"S": "KEY"}, "sk": {"S": "KEY"}, "fingerprint": {"S": "f"}});
        portal.wire.table().put(NAME, &fingerprint);
        let mut state = State::default();
        for booking in 0..2 {
            portal.book(booking, booking, 1).await;
            state.owners[booking] = Some(booking);
        }
        // The backup has a link that nobody has used; a restore must not bring it back.
        portal.mail(&mut state, 0).await;
        for item in portal.wire.table().items().values() {
            portal.wire.table().put(BACKUP, item);
        }
        portal.sign_in(&mut state).await;
        portal.mail(&mut state, 0).await;
        portal.mail(&mut state, 1).await;
        state.items = portal.wire.table().items();
        if let Some(weakness) = weakness {
            portal.wire.weaken(weakness);
        }
        (portal, state)
    }

    /// Makes a booking somebody's.
    pub(crate) async fn book(&self, booking: usize, owner: usize, revision: u64) {
        let (id, email) = (format!("bkg_{}", NAMES[booking]), format!("{}@example.com", NAMES[owner].to_lowercase()));
        let mut detail = confirmed(&id, &email, revision, false);
        let booking: Booking = serde_json::from_value(detail["booking"].take()).unwrap();
        let occurred_at = OCCURRED_AT.parse().unwrap();
        let event = BookingEvent { occurred_at, booking, asks_for_confirmation: false };
        self.store.apply(&event, customer(owner)).await.unwrap();
    }

    /// Mails a link, without anything in between.
    pub(crate) async fn mail(&self, state: &mut State, to: usize) -> bool {
        let token = fresh_token(to);
        let Outcome::Mailed(mailed) = self.run(state, &Act::Mail { to, token: token.clone() }, None).await else {
            return false;
        };
        if mailed {
            state.links.push(Link { of: to, token, is_dead: false, is_renewable: true });
        }
        mailed
    }

    /// Signs the first browser in by the first link.
    async fn sign_in(&self, state: &mut State) {
        let redeem = Act::Redeem { by: Hands::Browser(0), link: 0, leaving: false };
        let Outcome::Answered(answer) = self.run(state, &redeem, None).await else { return };
        state.cookies.push(Cookie { link: 0, text: given(&answer).unwrap(), fate: Fate::Lasts });
        (state.browsers[0], state.links[0].is_dead) = (Some(0), true);
    }

    /// An act, as the browser's cookie has it.
    pub(crate) fn run<'a>(&'a self, state: &State, act: &Act, cookie: Option<usize>) -> Running<'a> {
        let cookie = cookie.map(|cookie| &state.cookies[cookie]);
        let sent = cookie.map(|cookie| format!("__Host-session={}", cookie.text)).unwrap_or_default();
        match act.clone() {
            Act::Mail { to, token } => Box::pin(async move { Outcome::Mailed(self.send_link(to, &token).await) }),
            Act::Redeem { link, leaving, .. } => {
                let post = asked("POST /link/{token}").at("token", &state.links[link].token).cookie(&sent);
                let left = cookie.map(|cookie| hash(&state.links[cookie.link].token)).unwrap_or_default();
                let form: &[_] = if leaving { &[("leaving", left.as_str())] } else { &[] };
                let request = post.form(form).request();
                Box::pin(async { Outcome::Answered(answer(self.redeem_link.handle(request).await)) })
            }
            Act::SignOut { everywhere, .. } => {
                let form: &[_] = if everywhere { &[("everywhere", "1")] } else { &[] };
                let request = asked("POST /sign-out").cookie(&sent).form(form).request();
                Box::pin(async { Outcome::Answered(answer(self.sign_out.handle(request).await)) })
            }
            Act::Erase { whom } => Box::pin(async move {
                let (whom, at) = (customer(whom), ERASED_AT.parse().unwrap());
                self.store.mark_erased(whom, at).await.unwrap();
                self.store.erase(whom, at).await.unwrap();
                Outcome::Erased
            }),
        }
    }

    /// What `send_mail` does with the table for a link that was asked for, around the call to SES.
    async fn send_link(&self, to: usize, token: &str) -> bool {
        let Some(addressee) = self.store.newest_addressee(customer(to)).await.unwrap() else { return false };
        let now = Timestamp::now();
        let sign_in = SignIn::new(&LinkToken::parse(token).unwrap(), &addressee.address, "message", now);
        self.store.keep_sign_in(&sign_in).await.unwrap();
        self.store.sign_in_mailed(&sign_in, now).await.unwrap();
        true
    }

    /// What a browser with this session's cookie is shown at a path.
    pub(crate) async fn look(&self, cookie: &str, route: &str, booking: &str) -> Answer {
        let look = asked(route).at("booking_id", booking).cookie(&format!("__Host-session={cookie}"));
        answer(self.dashboard.handle(look.request()).await)
    }

    /// What a link answers to a method of somebody who has no cookies.
    pub(crate) async fn open(&self, route: &str, token: &str) -> Answer {
        answer(self.redeem_link.handle(asked(route).at("token", token).request()).await)
    }
}

pub(crate) fn fresh_token(of: usize) -> String {
    LinkToken::generate(customer(of)).unwrap().reveal()
}

fn hash(token: &str) -> String {
    LinkToken::parse(token).unwrap().hash().to_string()
}

/// The session's cookie in an answer, if it gives one.
pub(crate) fn given(answer: &Answer) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").into_iter().map(|cookie| cookie.to_str().unwrap());
    let value = cookies.filter_map(|cookie| cookie.strip_prefix("__Host-session=")?.split(';').next()).next()?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Whether somebody keeps cookies.
pub(crate) fn keeps_cookies(by: Hands) -> Option<usize> {
    match by {
        Hands::Browser(browser) => Some(browser),
        Hands::Scanner => None,
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Lets an act go on until it is done or all it waits for are calls on the wire.
pub(crate) async fn drive(wire: &Wire, running: &mut Running<'_>) -> Option<Outcome> {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    for _ in 0..2000 {
        while woken.0.swap(false, Ordering::SeqCst) {
            let mut running = unconstrained(running.as_mut()); // else tokio has a long test wait for itself
            if let Poll::Ready(outcome) = Pin::new(&mut running).poll(&mut Context::from_waker(&waker)) {
                return Some(outcome);
            }
        }
        if wire.waiting() > 0 {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(1)).await; // a back-off
    }
    panic!("an act waits for something else than calls")
}
