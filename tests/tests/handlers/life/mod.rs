//! The life of a sign-in, model-checked: all that follows where so much happens between two customers, two browsers, a scanner
//! of mail, the mail worker, an erasure, a move of a booking, a restore and time, call by call to the table.
//!
//! The functions are the portal's own, and so are the conditions of their writes: the table is the embedded DynamoDB. A step
//! answers one call, so that others come between any two of one function, of at most two functions at once. States that differ in nothing but random values,
//! times that have or have not come, and the names of the browsers are one. What takes seconds takes no time: time passes,
//! and the operator restores, while nothing is under way.

mod explore;
mod laws;
mod portal;
mod steps;
mod table;
mod weaknesses;
mod wire;
mod world;

use explore::{Explored, explore};
use steps::Step;
use world::{Act, Hands};

use crate::stack::on_the_stack;

/// So much happens in `make life`, of all that can, unless `LIFE` says otherwise.
const HAPPENINGS: usize = 3;

/// Explores with nothing broken: no law is.
fn holds(happenings: usize, may_happen: fn(&Step) -> bool) {
    on_the_stack(async |_| {
        let Explored { states, steps, longest, seconds, breach } = explore(happenings, may_happen, None).await;
        println!("{happenings} happenings, up to {longest} calls: {states} states by {steps} steps in {seconds:.1} s");
        assert_eq!(breach.unwrap_or_default(), "");
    });
}

#[test]
fn no_order_of_calls_of_any_two_acts_of_customers_breaks_the_life_of_a_sign_in() {
    holds(2, |step| match step {
        Step::Begin(act, _) => !matches!(act, Act::Mail { .. } | Act::Erase { .. }),
        _ => matches!(step, Step::Hours(_)),
    });
}

#[test]
fn no_order_of_calls_of_an_erasure_and_a_mail_or_a_link_breaks_the_life_of_a_sign_in() {
    holds(2, |step| match step {
        Step::Begin(Act::Redeem { by, link, .. }, _) => (by, link) == (&Hands::Browser(1), &1),
        Step::Begin(Act::SignOut { .. }, _) | Step::Hours(_) => false,
        _ => true,
    });
}

#[test]
#[ignore = "takes minutes: `make life`"]
fn no_order_of_calls_of_whatever_happens_breaks_the_life_of_a_sign_in() {
    holds(std::env::var("LIFE").map_or(HAPPENINGS, |number| number.parse().unwrap()), |_| true);
}
