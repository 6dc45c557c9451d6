//! A token bucket before a route, as API Gateway throttles it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html>

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::{aws::lock::lock, template::Throttle};

/// The buckets by the keys of their routes.
#[derive(Default)]
pub(super) struct Throttles(BTreeMap<String, Mutex<Bucket>>);

struct Bucket {
    throttle: Throttle,
    tokens: f64,
    at: Instant,
}

impl Throttles {
    /// Full buckets.
    pub(super) fn new(throttles: &BTreeMap<String, Throttle>, now: Instant) -> Self {
        let bucket = |throttle: &Throttle| Bucket { throttle: *throttle, tokens: throttle.burst as f64, at: now };
        Self(throttles.iter().map(|(route, throttle)| (route.clone(), Mutex::new(bucket(throttle)))).collect())
    }

    /// Takes a token, if the route has a bucket and there is one in it.
    pub(super) fn admit(&self, route: &str, now: Instant) -> bool {
        self.0.get(route).is_none_or(|bucket| lock(bucket).take(now))
    }
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let passed = now.checked_duration_since(self.at).unwrap_or(Duration::ZERO).as_secs_f64();
        self.tokens = (self.tokens + passed * self.throttle.rate as f64).min(self.throttle.burst as f64);
        self.at = now;
        let is_there = self.tokens >= 1.0;
        if is_there {
            self.tokens -= 1.0;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_takes_its_burst_at_once_and_its_rate_from_then_on() {
        let start = Instant::now();
        let throttle = Throttle { rate: 10, burst: 3 };
        let throttles = Throttles::new(&BTreeMap::from([("ANY /orders".to_owned(), throttle)]), start);
        for (milliseconds, admitted) in [
            (0, true),
            (0, true),
            (0, true),
            (0, false),
            (99, false),
            (101, true),
            (102, false),
            (9000, true),
            (9000, true),
        ] {
            let now = start + Duration::from_millis(milliseconds);
            assert_eq!(throttles.admit("ANY /orders", now), admitted, "{milliseconds}");
            assert!(throttles.admit("$default", now));
        }
    }
}
