//! Two hundred customers at once, through the gateway.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use portal_local::Stack;
use reqwest::Client;
use tokio::{task::JoinSet, time::sleep};

use crate::{process::memory_mb, report::Load, requests::Customer, result::Result, statistics::Series};

/// Requests under way at once.
const AT_ONCE: usize = 200;

/// As slow as the local DynamoDB is by itself.
const LATENCY: Duration = Duration::from_millis(4);

/// Asks for pages for this long, and looks at the memory of the functions a third in and at the end.
pub(crate) async fn run(stack: &Stack, customer: &Customer, lasts: Duration) -> Result<Load> {
    stack.aws.dynamodb.set_latency(LATENCY);
    let end = Instant::now() + lasts;
    let client = Client::new();
    let mut customers = JoinSet::new();
    for number in 0..AT_ONCE {
        let pages = customer.pages();
        let (client, origin, session) = (client.clone(), stack.url().to_owned(), customer.session.clone());
        customers.spawn(async move {
            let (mut times, mut errors) = (Series::default(), Vec::new());
            for path in pages.iter().cycle().skip(number % pages.len()) {
                let begun = Instant::now();
                if begun >= end {
                    break;
                }
                let page = client.get(format!("{origin}{path}")).header("cookie", format!("__Host-session={session}"));
                match page.send().await {
                    Ok(answer) if answer.status() == 200 => match answer.bytes().await {
                        Ok(_) => times.push(begun.elapsed().as_secs_f64() * 1000.0),
                        Err(error) => errors.push(format!("{path}: {error}")),
                    },
                    Ok(answer) => errors.push(format!("{path}: {}", answer.status())),
                    Err(error) => errors.push(format!("{path}: {error}")),
                }
            }
            (times, errors)
        });
    }
    sleep(lasts / 3).await;
    let early = memory(stack);
    sleep(end.saturating_duration_since(Instant::now())).await;
    let late = memory(stack);

    let (mut times, mut errors) = (Series::default(), Vec::new());
    while let Some(finished) = customers.join_next().await {
        let (of_one, failed) = finished?;
        times.extend(&of_one);
        errors.extend(failed);
    }
    let both = || early.iter().filter_map(|(pid, early)| Some((early, late.get(pid)?)));
    Ok(Load {
        at_once: AT_ONCE,
        seconds: lasts.as_secs_f64(),
        requests: times.count(),
        errors: errors.len(),
        first_error: errors.into_iter().next(),
        per_second: times.count() as f64 / lasts.as_secs_f64(),
        p50_ms: times.median(),
        p99_ms: times.percentile(99.0),
        instances: both().count(),
        early_mb: both().map(|(early, _)| early).sum::<f64>() / both().count().max(1) as f64,
        late_mb: both().map(|(_, late)| late).sum::<f64>() / both().count().max(1) as f64,
        largest_mb: late.values().copied().fold(0.0, f64::max),
    })
}

/// The memory of each instance, by its process.
fn memory(stack: &Stack) -> BTreeMap<u32, f64> {
    let functions = &stack.description.functions;
    let instances = functions.iter().flat_map(|function| stack.lambda.instances(&function.logical_id));
    // One may end while it is looked at.
    instances.filter_map(|instance| Some((instance.pid?, memory_mb(instance.pid?).ok()?))).collect()
}
