//! PutEvents: events in requests that it takes, and again what the bus did not take.

use std::time::Duration;

use aws_sdk_eventbridge::{Client, primitives::DateTime, types::PutEventsRequestEntry};
use futures_util::{StreamExt, TryStreamExt, stream};
use portal_aws::sdk::error_code;
use tokio::time::sleep;

use super::{check::ENTRIES_OF_A_REQUEST, files::Given, findings::LARGEST_ENTRY};
use crate::{stack::Stack, terminal::Failure};

/// Requests in the order of the events: each after the one before.
pub(crate) const IN_ORDER: usize = 1;

/// How often an event is put at most, and the wait before the second time, which doubles each time.
const ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Puts events on a bus, whatever bus they name themselves, at most so many requests side by side. Gives for each that the bus
/// did not take the code of the error. PutEvents may answer without an error and not have taken each of them (EventBridge API
/// Reference, "PutEvents"). Where the first request fails, nothing was sent, and that is a failure.
pub(crate) async fn put(
    stack: &Stack,
    bus: &str,
    events: &[&Given],
    side_by_side: usize,
) -> Result<Vec<Option<String>>, Failure> {
    let client = stack.events()?;
    let mut requests = requests(events, 0).into_iter();
    let Some(first) = requests.next() else { return Ok(Vec::new()) };
    let mut codes = put_request(&client, bus, first, true).await?;
    let others = stream::iter(requests).map(|request| put_request(&client, bus, request, false));
    let others: Vec<Vec<Option<String>>> = others.buffered(side_by_side).try_collect().await?;
    codes.extend(others.into_iter().flatten());
    Ok(codes)
}

/// Splits events so that each part is one request, in which an event takes so many bytes more than its entry.
pub(super) fn requests<'a, 'b>(events: &'a [&'b Given], more: usize) -> Vec<&'a [&'b Given]> {
    let mut requests = Vec::new();
    let mut rest = events;
    while !rest.is_empty() {
        let mut size = 0;
        let fits = |event: &&&Given| {
            size += event.size() + more;
            size <= LARGEST_ENTRY
        };
        let count = rest.iter().take(ENTRIES_OF_A_REQUEST).take_while(fits).count().max(1);
        let (request, others) = rest.split_at(count);
        requests.push(request);
        rest = others;
    }
    requests
}

/// One request, and again what failed of it.
async fn put_request(
    client: &Client,
    bus: &str,
    events: &[&Given],
    is_first: bool,
) -> Result<Vec<Option<String>>, Failure> {
    let mut codes: Vec<Option<String>> = events.iter().map(|_| Some(String::new())).collect();
    let mut wait = FIRST_WAIT;
    for attempt in 1..=ATTEMPTS {
        let pending: Vec<usize> = (0..events.len()).filter(|i| codes.get(*i).is_some_and(Option::is_some)).collect();
        let entries = pending.iter().filter_map(|i| events.get(*i)).map(|event| entry(event, bus)).collect();
        let results: Vec<Option<String>> = match client.put_events().set_entries(Some(entries)).send().await {
            Ok(put) => put.entries.unwrap_or_default().into_iter().map(|result| result.error_code).collect(),
            Err(error) if is_first && attempt == 1 => return Err(Failure::of_call("events:PutEvents", &error)),
            Err(error) => vec![Some(error_code(&error)); pending.len()],
        };
        for (i, result) in pending.into_iter().zip(results) {
            if let Some(code) = codes.get_mut(i) {
                *code = result;
            }
        }
        let failed = codes.iter().flatten().count();
        if failed == 0 {
            break;
        }
        if attempt < ATTEMPTS {
            anstream::eprintln!("The bus did not take {failed} of {}: again in {} ms.", events.len(), wait.as_millis());
            sleep(wait).await;
            wait *= 2;
        }
    }
    Ok(codes)
}

fn entry(event: &Given, bus: &str) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source(event.text("source"))
        .detail_type(event.text("detail-type"))
        .detail(&event.detail)
        .event_bus_name(bus)
        .set_time(event.time.map(|time| DateTime::from_secs(time.as_second())))
        .set_resources((!event.resources.is_empty()).then(|| event.resources.clone()))
        .build()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::commands::events::files::{Position, given};

    #[test]
    fn a_request_has_at_most_ten_entries_and_256_kb_unless_one_alone_has_more() {
        let event = |kilobytes: usize| {
            let detail = json!({"metadata": {"event_id": "x".repeat(kilobytes * 1024)}});
            given(Position { file: "-".into(), index: 1 }, detail, None, Timestamp::UNIX_EPOCH)
        };
        for (sizes, counts) in [
            (vec![1; 10], vec![10]),
            (vec![1; 23], vec![10, 10, 3]),
            (vec![100, 100, 100, 100], vec![2, 2]),
            (vec![1, 300, 1], vec![1, 1, 1]),
            (vec![], vec![]),
        ] {
            let events: Vec<Given> = sizes.iter().map(|size| event(*size)).collect();
            let events: Vec<&Given> = events.iter().collect();
            let split: Vec<usize> = requests(&events, 0).iter().map(|request| request.len()).collect();
            assert_eq!(split, counts, "{sizes:?}");
        }
    }
}
