//! How often a link may be asked for: token buckets, counted by the generic cell rate algorithm (GCRA).
//!
//! A bucket holds so many tokens and regains one every so often; a request takes one. GCRA keeps one number of it, the
//! theoretical arrival time (TAT): the moment from which on the bucket is full. A request moves it on by the time that one
//! token takes, and is refused where the TAT is further ahead than all the other tokens take (ITU-T I.371, "Generic cell
//! rate algorithm", as virtual scheduling). So in any span of time at most `capacity + span ÷ refill` requests pass.
//!
//! Times are whole seconds since 1970, rounded down. Each request meets the clock of another instance. Clocks that are
//! wrong by `d` let pass at most `capacity + (span + 2d) ÷ refill`: an hour and a day being whole multiples of a customer's
//! `refill`s, clocks wrong by less than ten minutes let nothing more pass in either. Whatever a clock ahead has counted,
//! others regain that much later; nobody is told to wait longer than for one token.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::customer::CustomerId;

/// A network address regains a whole bucket of tokens in this many seconds.
const HOUR: u32 = 3600;

/// A wait is told in steps of so many seconds: one to the second would tell when somebody else had asked.
const WAITS_IN_STEPS_OF: i64 = 300;

/// Whose requests are counted. Typing an address and renewing a dead link count alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimitKey {
    /// Of a network address; of IPv6 the network counts (/64).
    Source(IpAddr),
    /// For a customer.
    Customer(CustomerId),
}

/// One token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBucket {
    /// How many requests it lets pass at once.
    pub capacity: u32,
    /// Seconds after which it lets one more pass.
    pub refill: u32,
}

/// What is kept of one key's requests: two buckets, of which a request takes a token each. A network has one, which stands
/// for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Limits what comes at once.
    pub burst: TokenBucket,
    /// Limits what comes in a day. It takes at least as long to regain a token, so its TAT is never the earlier one.
    pub sustained: TokenBucket,
    /// A request within this many seconds of the last one that counted is the same request again, and does not count.
    pub repeat_within: u32,
}

/// The state of both buckets, as the table keeps it. Attributes have these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// The TAT of [`Limit::burst`].
    pub burst_tat: i64,
    /// The TAT of [`Limit::sustained`].
    pub sustained_tat: i64,
    /// When the last request counted.
    pub last_at: i64,
}

/// What a limit says to one more request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go ahead; it has been counted.
    Counted,
    /// The same request again; not counted.
    Repeated,
    /// Too many; try again after this time, a multiple of five minutes.
    Refused(SignedDuration),
}

/// A request that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Whose requests were too many.
    pub whose: Whose,
    /// After this time it is worth trying again.
    pub wait: SignedDuration,
}

/// Whose requests were too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of everybody on a network.
    Network,
    /// Those for one customer, whoever made them.
    Customer,
}

impl TokenBucket {
    /// The TAT after a request at `now`, where it was `tat`.
    pub fn advanced(&self, tat: i64, now: i64) -> i64 {
        tat.max(now) + i64::from(self.refill)
    }

    /// The latest TAT with which a request may pass at `now`.
    pub fn latest(&self, now: i64) -> i64 {
        now + i64::from(self.capacity.saturating_sub(1)) * i64::from(self.refill)
    }

    /// Seconds until a request may pass. Where a TAT is further ahead than any request at `now` could have moved it, the
    /// clock of whoever did was ahead of this one: that is nothing to tell a customer.
    fn wait(&self, tat: i64, now: i64) -> i64 {
        (tat - self.latest(now)).clamp(0, i64::from(self.refill))
    }
}

impl Limit {
    /// For one customer: 4 links, one more every 20 minutes, and 12, one more every 2 hours. So 7 in any hour and 24 in any
    /// day. A second click is not a second request.
    pub const FOR_A_CUSTOMER: Self = Self {
        burst: TokenBucket { capacity: 4, refill: 20 * 60 },
        sustained: TokenBucket { capacity: 12, refill: 2 * HOUR },
        repeat_within: 60,
    };

    /// For a network address: so many at once, and as many again over an hour, one by one. Every request counts.
    pub fn for_a_source(requests: u32) -> Self {
        let bucket = TokenBucket { capacity: requests, refill: HOUR.div_ceil(requests.max(1)) };
        Self { burst: bucket, sustained: bucket, repeat_within: 0 }
    }

    /// The state after a request at `now` that nothing speaks against.
    pub fn counted(&self, counter: Option<&Counter>, now: Timestamp) -> Counter {
        let now = now.as_second();
        let (burst_tat, sustained_tat) =
            counter.map_or((now, now), |counter| (counter.burst_tat, counter.sustained_tat));
        Counter {
            burst_tat: self.burst.advanced(burst_tat, now),
            sustained_tat: self.sustained.advanced(sustained_tat, now),
            last_at: now,
        }
    }

    /// What speaks against a request at `now`, if anything does.
    pub fn objection(&self, counter: &Counter, now: Timestamp) -> Option<Verdict> {
        let now = now.as_second();
        // In both directions: the clock that counted the last request may have been ahead.
        if now.abs_diff(counter.last_at) < u64::from(self.repeat_within) {
            return Some(Verdict::Repeated);
        }
        let wait = self.burst.wait(counter.burst_tat, now).max(self.sustained.wait(counter.sustained_tat, now));
        let steps = (wait + WAITS_IN_STEPS_OF - 1) / WAITS_IN_STEPS_OF;
        (steps > 0).then(|| Verdict::Refused(SignedDuration::from_secs(steps * WAITS_IN_STEPS_OF)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    const START: i64 = 1_800_000_000;
    const MINUTE: i64 = 60;
    const DAY: i64 = 24 * 3600;

    /// What [`Limit`] says to requests one after the other.
    struct Model {
        limit: Limit,
        counter: Option<Counter>,
    }

    impl Model {
        fn of(limit: Limit) -> Self {
            Self { limit, counter: None }
        }

        fn ask(&mut self, second: i64) -> Verdict {
            let now = Timestamp::from_second(second).unwrap();
            let objection = self.counter.as_ref().and_then(|counter| self.limit.objection(counter, now));
            objection.unwrap_or_else(|| {
                self.counter = Some(self.limit.counted(self.counter.as_ref(), now));
                Verdict::Counted
            })
        }
    }

    /// A bucket as one would describe it: it fills up second by second, and a request takes one token out. Its level is
    /// counted in parts of a token, `refill` of which are one, so that nothing is rounded.
    struct Reference {
        bucket: TokenBucket,
        parts: i64,
    }

    impl Reference {
        fn full(bucket: TokenBucket) -> Self {
            Self { bucket, parts: i64::from(bucket.capacity) * i64::from(bucket.refill) }
        }

        fn fill(&mut self, seconds: i64) {
            self.parts = (self.parts + seconds).min(i64::from(self.bucket.capacity) * i64::from(self.bucket.refill));
        }

        fn has_a_token(&self) -> bool {
            self.parts >= i64::from(self.bucket.refill)
        }
    }

    /// What the description says to requests one after the other.
    struct ReferenceLimit {
        buckets: [Reference; 2],
        now: i64,
        last: Option<i64>,
        repeat_within: i64,
    }

    impl ReferenceLimit {
        fn of(limit: Limit) -> Self {
            let buckets = [Reference::full(limit.burst), Reference::full(limit.sustained)];
            Self { buckets, now: START, last: None, repeat_within: i64::from(limit.repeat_within) }
        }

        fn ask(&mut self, now: i64) -> Verdict {
            self.buckets.iter_mut().for_each(|bucket| bucket.fill(now - self.now));
            self.now = now;
            if self.last.is_some_and(|last| now - last < self.repeat_within) {
                return Verdict::Repeated;
            }
            if self.buckets.iter().all(Reference::has_a_token) {
                self.buckets.iter_mut().for_each(|bucket| bucket.parts -= i64::from(bucket.bucket.refill));
                self.last = Some(now);
                return Verdict::Counted;
            }
            let missing = self.buckets.iter().map(|bucket| i64::from(bucket.bucket.refill) - bucket.parts);
            let wait = missing.max().unwrap();
            Verdict::Refused(SignedDuration::from_mins((wait as u64).div_ceil(300) as i64 * 5))
        }
    }

    /// How many of these ascending moments lie within the busiest span of so many seconds, its first and last included.
    fn busiest(moments: &[i64], span: i64) -> usize {
        let within = |first: &i64| moments.iter().filter(|at| (*first..=first + span).contains(at)).count();
        moments.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn a_table_of_moments() {
        use Verdict::{Counted, Repeated};
        let refused = |minutes| Verdict::Refused(SignedDuration::from_mins(minutes));
        let mut customer = Model::of(Limit::FOR_A_CUSTOMER);
        for (second, expected) in [
            (0, Counted),
            (59, Repeated),
            (60, Counted),
            (119, Repeated),
            (120, Counted),
            (180, Counted),
            (239, Repeated),
            (240, refused(20)), // to the second: 960
            (300, refused(15)), // 900
            (301, refused(15)),
            (1199, refused(5)),
            (1200, Counted),
            (1259, Repeated),
            (1260, refused(20)),
            (2399, refused(5)),
            (2400, Counted),
            (3599, refused(5)),
            (3600, Counted), // the seventh within an hour
            (3660, refused(20)),
            (4800, Counted),
            (6000, Counted),
            (7200, Counted), // the tenth
            (8400, Counted),
            (9600, Counted),
            (10800, Counted),     // the thirteenth: twelve, and the one regained after two hours
            (12000, refused(40)), // the bucket of 4 has a token, that of 12 has none before 14400
            (14399, refused(5)),
            (14400, Counted),
            (14460, refused(120)),
        ] {
            assert_eq!(customer.ask(START + second), expected, "after {second} s");
        }

        let mut source = Model::of(Limit::for_a_source(30));
        for n in 0..30 {
            assert_eq!(source.ask(START), Counted, "{n}: a network never repeats itself");
        }
        for (second, expected) in
            [(0, refused(5)), (119, refused(5)), (120, Counted), (121, refused(5)), (360, Counted), (360, Counted)]
        {
            assert_eq!(source.ask(START + second), expected, "after {second} s");
        }
    }

    #[test]
    fn a_network_regains_in_an_hour_what_it_may_ask_at_once() {
        for (requests, refill) in [(1, 3600), (7, 515), (30, 120), (45, 80), (3600, 1), (10_000, 1)] {
            let bucket = TokenBucket { capacity: requests, refill };
            assert_eq!(Limit::for_a_source(requests), Limit { burst: bucket, sustained: bucket, repeat_within: 0 });
        }
    }

    /// A day and more of somebody who asks whenever it is worth it, beginning with a bucket that is full.
    #[test]
    fn the_most_that_one_customer_is_mailed_is_7_in_an_hour_and_24_in_a_day() {
        let mut customer = Model::of(Limit::FOR_A_CUSTOMER);
        let counted: Vec<i64> =
            (START..=START + 3 * DAY).filter(|second| customer.ask(*second) == Verdict::Counted).collect();
        assert_eq!((busiest(&counted, 3600), busiest(&counted, DAY)), (7, 24));
    }

    #[test]
    fn with_one_bucket_alone_an_hour_or_a_day_would_bring_more() {
        let Limit { burst, sustained, repeat_within } = Limit::FOR_A_CUSTOMER;
        let most = |bucket| {
            let mut customer = Model::of(Limit { burst: bucket, sustained: bucket, repeat_within });
            let counted: Vec<i64> =
                (START..=START + 2 * DAY).filter(|second| customer.ask(*second) == Verdict::Counted).collect();
            (busiest(&counted, 3600), busiest(&counted, DAY))
        };
        assert_eq!((most(burst), most(sustained)), ((7, 76), (12, 24)));
    }

    /// Without the cut, whoever looks at a counter of a clock that is ahead would be told to wait that much longer.
    #[test]
    fn a_clock_that_was_ahead_makes_nobody_be_told_to_wait_longer_than_for_one_token() {
        for (ahead, minutes) in [(5, 20), (90, 20), (600, 20), (7 * DAY, 120)] {
            let mut customer = Model::of(Limit::FOR_A_CUSTOMER);
            for n in 0..4 {
                assert_eq!(customer.ask(START + ahead + n * MINUTE), Verdict::Counted);
            }
            let Verdict::Refused(wait) = customer.ask(START - 2 * MINUTE) else { panic!("{ahead} s ahead") };
            assert_eq!(wait, SignedDuration::from_mins(minutes), "{ahead} s ahead");
        }
    }

    proptest! {
        #[test]
        fn a_limit_says_what_two_buckets_that_fill_up_would_say(
            pauses in vec((0_i64..4, 0_i64..7300), 1..300), requests in 1_u32..50
        ) {
            for limit in [Limit::FOR_A_CUSTOMER, Limit::for_a_source(requests)] {
                let (mut model, mut reference, mut now) = (Model::of(limit), ReferenceLimit::of(limit), START);
                for (kind, pause) in &pauses {
                    // Mostly a little later, sometimes much, and sometimes exactly where something changes.
                    now += match kind { 0 => pause % 70, 1 => pause % 5 * 1200, 2 => pause % 1201, _ => *pause };
                    prop_assert_eq!(model.ask(now), reference.ask(now), "{:?} at {}", limit, now - START);
                }
            }
        }

        /// Each request meets another instance, whose clock is up to ten minutes wrong.
        #[test]
        fn whatever_the_clocks_say_nobody_is_mailed_more_and_waits_are_short(
            requests in vec((0_i64..1300, -599_i64..600), 1..400)
        ) {
            let (mut customer, mut now, mut counted) = (Model::of(Limit::FOR_A_CUSTOMER), START, Vec::new());
            for (pause, wrong_by) in requests {
                now += pause;
                match customer.ask(now + wrong_by) {
                    Verdict::Counted => counted.push(now),
                    Verdict::Refused(wait) => prop_assert!(wait <= SignedDuration::from_hours(2)),
                    Verdict::Repeated => {}
                }
            }
            prop_assert!(busiest(&counted, 3600) <= 7, "{}", busiest(&counted, 3600));
            prop_assert!(busiest(&counted, DAY) <= 24, "{}", busiest(&counted, DAY));
        }

        /// A wait, once it is over, is over: nothing but another request that counted makes it longer.
        #[test]
        fn whoever_waits_as_told_is_not_refused(moments in vec(0_i64..1300, 1..60), network in any::<bool>()) {
            let mut model = Model::of(if network { Limit::for_a_source(3) } else { Limit::FOR_A_CUSTOMER });
            let mut now = START;
            for pause in moments {
                now += pause;
                if let Verdict::Refused(wait) = model.ask(now) {
                    now += wait.as_secs();
                    prop_assert_eq!(model.ask(now), Verdict::Counted);
                }
            }
        }
    }
}
