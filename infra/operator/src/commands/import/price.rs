//! What a booking costs, as the columns of a row say.

use portal_domain::contract::found::kind_of;
use serde_json::{Value, json};

use super::{made::Made, map::Map, table::Row};

/// What the price is made of; lines that are empty or nothing are left out.
pub(super) fn add_lines(made: &mut Made, map: &Map, columns: &[(&str, usize)], row: &Row) {
    let mut lines = Vec::new();
    for (label, at) in columns {
        let text = row.cells.get(*at).map(String::as_str).unwrap_or_default();
        match map.money.read(text) {
            Some(0) => {}
            Some(amount) => lines.push(json!({"label": label, "amount_minor": amount})),
            None if text.is_empty() => {}
            None => {
                let column = map.price_lines.iter().find(|line| line.label == *label);
                let column = column.map(|line| format!("\u{201c}{}\u{201d}", line.column)).unwrap_or_default();
                made.refuse(column, "price.lines", map.money.expected(), kind_of(Some(&json!(text))));
            }
        }
    }
    if !lines.is_empty() {
        made.booking["price"]["lines"] = json!(lines);
    }
}

/// What the contract asks of a price besides. Where the row says nothing of a price there is none; where something was paid all
/// the same, the checker says what is missing.
pub(super) fn complete(made: &mut Made, map: &Map, has_price: bool) {
    if has_price {
        let price = &mut made.booking["price"];
        if price.get("lines").is_none() {
            price["lines"] = json!([]);
        }
        if let Some(currency) = map.money.currency.filter(|_| price.get("currency").is_none()) {
            price["currency"] = json!(currency.code());
        }
    } else if made.booking.pointer("/price/paid_minor").and_then(Value::as_i64).unwrap_or(0) == 0
        && let Value::Object(fields) = &mut made.booking
    {
        fields.remove("price");
    }
}
