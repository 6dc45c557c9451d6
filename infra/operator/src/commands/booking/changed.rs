//! What a customer's pages say was changed of a booking.

use portal_domain::change::Change;

use crate::terminal::when;

/// What was changed, in words, with what stood before where that is short.
pub(super) fn parts(change: &Change) -> Vec<String> {
    let Change { at: _, dates, carts, handover, way_back, total } = change;
    [
        dates.map(|dates| format!("dates (were {} to {})", when(dates.starts_at), when(dates.ends_at))),
        carts.as_ref().map(|carts| {
            let carts: Vec<String> = carts.iter().map(|cart| cart.name.to_string()).collect();
            format!("carts (were {})", carts.join(", "))
        }),
        handover.as_ref().map(|_| "handover".to_owned()),
        way_back.as_ref().map(|_| "return".to_owned()),
        total.map(|total| format!("total (was {} minor units)", total.total_minor)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
