//! Signing out, here or everywhere.

use jiff::Timestamp;
use portal_tests::Answer;

use crate::{
    customers::{Life, session_cookie},
    http::{Asked, answer, asked, see},
    stack::{Stack, on_the_stack},
};

impl Stack {
    async fn sign_out(&self, asked: &Asked) -> Answer {
        answer(self.sign_out.handle(asked.request()).await)
    }
}

/// What of a customer's is still good afterwards: this session, that on another device, and a link in the mailbox.
#[derive(Debug, PartialEq)]
struct Left(bool, bool, bool);

#[test]
fn signing_out_ends_what_it_says_and_says_what_it_ended() {
    const HERE: &[(&str, &str)] = &[];
    const EVERYWHERE: &[(&str, &str)] = &[("everywhere", "1")];
    const SOMEHOW: &[(&str, &str)] = &[("everywhere", "yes")];
    let (done, not_done, nothing_to_do) = ("/sign-in?signed-out", "/sign-in?not-signed-out", "/sign-in");
    on_the_stack(async |stack| {
        for (life, form, location, left) in [
            (Life::Used, HERE, done, Left(false, true, true)),
            (Life::Used, SOMEHOW, done, Left(false, true, true)),
            (Life::Used, EVERYWHERE, done, Left(false, false, false)),
            (Life::Ended, HERE, nothing_to_do, Left(false, true, true)),
            (Life::Ended, EVERYWHERE, not_done, Left(false, true, true)),
            (Life::Over, HERE, nothing_to_do, Left(false, true, true)),
            (Life::Over, EVERYWHERE, not_done, Left(false, true, true)),
            (Life::Unknown, HERE, nothing_to_do, Left(false, true, true)),
            (Life::Unknown, EVERYWHERE, not_done, Left(false, true, true)),
            // A link in the mailbox is no session, whoever knows its hash.
            (Life::Fresh, HERE, nothing_to_do, Left(false, true, true)),
            (Life::Fresh, EVERYWHERE, not_done, Left(false, true, true)),
        ] {
            let customer = stack.customer();
            let this = stack.keep(&customer, life).await;
            let elsewhere = stack.keep(&customer, Life::Used).await;
            let mailed = stack.keep(&customer, Life::Fresh).await;
            let before = stack.sign_in(&this).await;
            let told = stack.sign_out(&asked("POST /sign-out").cookie(&this.cookie()).form(form)).await;
            see(location).cookies("-session -asked").is(&told, (life, form));
            let mailed = stack.sign_in(&mailed).await.unwrap();
            let is_fresh = mailed.dead_link(Timestamp::now()).is_none();
            let now = Left(stack.is_signed_in(&this).await, stack.is_signed_in(&elsewhere).await, is_fresh);
            assert_eq!(now, left, "{life:?} {form:?}");
            assert_eq!(stack.sign_in(&this).await == before, location != done, "{life:?} {form:?}: untouched");
        }
    });
}

#[test]
fn a_cookie_that_proves_nothing_ends_nothing() {
    on_the_stack(async |stack| {
        let (customer, other) = (stack.customer(), stack.customer());
        let own = stack.keep(&customer, Life::Used).await;
        let others = stack.keep(&other, Life::Used).await;
        let another_secret = own.session_with(&others);
        let another_name = own.cookie().replacen("__Host-session", "session", 1);
        for (what, cookie, cookies) in [
            ("none", "", ""),
            ("garbage", "__Host-session=garbage", ""),
            ("another name", &another_name, ""),
            ("the secret of another session", &session_cookie(&another_secret), "-session -asked"),
        ] {
            for (form, location) in [(&[][..], "/sign-in"), (&[("everywhere", "1")], "/sign-in?not-signed-out")] {
                let told = stack.sign_out(&asked("POST /sign-out").cookie(cookie).form(form)).await;
                see(location).cookies(cookies).is(&told, (what, form));
                assert!(stack.is_signed_in(&own).await && stack.is_signed_in(&others).await, "{what}");
            }
        }
    });
}
