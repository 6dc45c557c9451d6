//! What must be so in every state, asked of the functions themselves.

use super::{
    portal::{Outcome, Portal, fresh_token, given, reference},
    world::{Act, Fate, Hands, Link, NAMES, State},
};

impl Portal {
    /// What is wrong with a state, if anything is. The answers depend on the table and the cookies alone, so that where those
    /// are as in a state before, nobody is asked again.
    pub(crate) async fn breach(&self, state: &State) -> Option<String> {
        let table = state.table();
        let (is_quiet, is_news) =
            (state.ops.is_empty(), |question: String| self.asked.lock().unwrap().insert(question));
        self.put_up(&state.items);
        for (at, cookie) in state.cookies.iter().enumerate() {
            let question = (cookie.link, cookie.fate, state.is_threatened(at), is_quiet);
            if is_news(format!("{table} {question:?}"))
                && let Some(breach) = self.breach_of_a_session(state, at).await
            {
                return Some(breach);
            }
        }
        if !is_quiet || !is_news(table) {
            return None;
        }
        for link in 0..state.links.len() {
            let breach = self.breach_of_looking(state, link).await;
            if breach.is_some() {
                return breach;
            }
        }
        for customer in (0..NAMES.len()).filter(|customer| state.has_bookings(*customer)) {
            if !self.is_let_in(state.clone(), customer).await {
                return Some(format!("no way in for {}", NAMES[customer]));
            }
            self.put_up(&state.items);
        }
        None
    }

    /// Every copy of a session's cookie shows its own customer's bookings while the session lasts, and nothing after.
    async fn breach_of_a_session(&self, state: &State, at: usize) -> Option<String> {
        let (cookie, customer) = (&state.cookies[at], state.customer(at));
        let told = |what: &str| Some(format!("{what}, of {} by link {}", NAMES[customer], cookie.link + 1));
        let dashboard = self.look(&cookie.text, "GET /", "").await;
        let lasts = dashboard.status == 200;
        match cookie.fate {
            Fate::Over if lasts => return told("a session after its end"),
            Fate::Lasts if !lasts && !state.is_threatened(at) => return told("a session that nobody ended is over"),
            _ => {}
        }
        let mut bookings = [0, 1];
        bookings.sort_by_key(|booking| state.owners[*booking] == Some(customer)); // those of others first
        for booking in bookings {
            let page = self.look(&cookie.text, "GET /bookings/{booking_id}", &format!("bkg_{}", NAMES[booking])).await;
            let shown = [dashboard.body.contains(&reference(booking)), page.body.contains(&reference(booking))];
            let is_own = state.owners[booking] == Some(customer);
            if shown.contains(&true) && !(lasts && is_own) {
                return told(if lasts {
                    "somebody else's booking is shown to a session"
                } else {
                    "a booking is shown without a session"
                });
            }
            if shown.contains(&false) && lasts && is_own && state.ops.is_empty() {
                return told("a booking is not shown to its owner's session");
            }
        }
        None
    }

    /// Looking at a link changes nothing, however often.
    async fn breach_of_looking(&self, state: &State, at: usize) -> Option<String> {
        let Link { of, token, is_dead, is_renewable } = &state.links[at];
        for method in ["GET", "HEAD"] {
            let looked = self.open(&format!("{method} /link/{{token}}"), token).await;
            if self.wire.table().items() != state.items {
                return Some(format!("looking at link {} of {} changed the table", at + 1, NAMES[*of]));
            }
            if looked.status == 200 && *is_dead {
                return Some(format!("link {} of {} is shown as good after its end", at + 1, NAMES[*of]));
            }
        }
        if !is_dead || !is_renewable {
            return None;
        }
        self.wire.table().forget_limits();
        let renewed = self.open("POST /link/{token}/renew", token).await;
        let is_sent = renewed.location() == "/sign-in/sent";
        (!is_sent).then(|| format!("link {} of {} is dead and cannot be renewed", at + 1, NAMES[*of]))
    }

    /// Whether a fresh link signs somebody in who has no cookies.
    async fn is_let_in(&self, mut state: State, customer: usize) -> bool {
        state.links.push(Link { of: customer, token: fresh_token(customer), is_dead: false, is_renewable: true });
        let link = state.links.len() - 1;
        let mail = Act::Mail { to: customer, token: state.links[link].token.clone() };
        if !matches!(self.run(&state, &mail, None).await, Outcome::Mailed(true)) {
            return false;
        }
        let redeem = Act::Redeem { by: Hands::Scanner, link, leaving: false };
        let Outcome::Answered(answer) = self.run(&state, &redeem, None).await else { return false };
        let Some(cookie) = given(&answer) else { return false };
        let shown = self.look(&cookie, "GET /", "").await.body;
        (0..NAMES.len()).all(|booking| shown.contains(&reference(booking)) == (state.owners[booking] == Some(customer)))
    }
}
