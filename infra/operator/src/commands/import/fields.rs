//! The fields of the contract that a column can fill, by their names with dots, as its own table has them.

use portal_domain::contract::{Shape, table::DetailType};
use serde_json::{Map, Value, json};

/// The detail-type that an import sends.
pub(super) const CONFIRMED: &str = "booking.confirmed";

/// When a row was last changed: no field of the contract, but what its revision and `metadata.occurred_at` are made of.
pub(super) const UPDATED_AT: &str = "updated_at";

/// What begins the names of a cart's fields.
const OF_A_CART: &str = "carts.";

/// How a text of a file becomes the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it is, on one line.
    Text,
    /// A time, written as `[times]` says.
    Time,
    /// Money, written as `[money]` says.
    Amount,
    /// A whole number.
    Whole,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A field of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Such as `customer.email`; of a list's first element without its number, such as `carts.name`.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Such as `/carts/0/name`.
    pointer: String,
}

/// What the contract says of the field of this name, and where it stands, such as `/carts/0/name`.
fn shape_of(name: &str) -> Option<(&'static Shape, String)> {
    let detail = &DetailType::named(CONFIRMED)?.detail;
    if name == UPDATED_AT {
        return Some((below(below(detail, "metadata")?, "occurred_at")?, String::new()));
    }
    let mut shape = below(detail, "booking")?;
    let mut pointer = String::new();
    for part in name.split('.') {
        if let Shape::List { of, .. } = shape {
            shape = of;
            pointer += "/0";
        }
        shape = below(shape, part)?;
        pointer = format!("{pointer}/{part}");
    }
    Some((shape, pointer))
}

impl Field {
    /// The field of this name, if a text can fill it.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (shape, pointer) = shape_of(name)?;
        let kind = match shape {
            Shape::Format(format) if format.format == Some("date-time") => Kind::Time,
            Shape::Text(_) | Shape::Format(_) => Kind::Text,
            Shape::Amount => Kind::Amount,
            Shape::Whole { .. } => Kind::Whole,
            Shape::OneOf(words) => Kind::Word(words),
            Shape::Flag | Shape::List { .. } | Shape::Object(_) => return None,
        };
        Some(Self { name: name.to_owned(), kind, pointer })
    }

    /// What the contract expects of it, where a value is not so.
    pub(super) fn fault_of(&self, value: &Value) -> Option<String> {
        let (shape, _) = shape_of(&self.name)?;
        (!shape.takes(value)).then(|| shape.to_string())
    }

    /// Whether it says something of a cart.
    pub(super) fn is_of_a_cart(&self) -> bool {
        self.name.starts_with(OF_A_CART)
    }

    /// Whether a booking has it; of the cart with this number, where it is about one.
    pub(super) fn is_in(&self, booking: &Value, cart: usize) -> bool {
        let pointer = self.pointer.replacen("/carts/0", &format!("/carts/{cart}"), 1);
        booking.pointer(&pointer).is_some()
    }

    /// Puts a value into a booking; of the cart with this number, where it is about one.
    pub(super) fn put(&self, booking: &mut Value, cart: usize, value: Value) {
        let mut place = booking;
        for part in self.pointer.split('/').skip(1) {
            if part == "0" {
                let at = if self.is_of_a_cart() { cart } else { 0 };
                if !place.is_array() {
                    *place = json!([]);
                }
                let Value::Array(list) = place else { return };
                while list.len() <= at {
                    list.push(json!({}));
                }
                let Some(element) = list.get_mut(at) else { return };
                place = element;
            } else {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place = &mut place[part];
            }
        }
        *place = value;
    }
}

fn below(shape: &'static Shape, name: &str) -> Option<&'static Shape> {
    let Shape::Object(fields) = shape else { return None };
    fields.iter().find(|field| field.name == name).map(|field| &field.shape)
}

/// The name that a map has for a field of a fault: `carts.name` for `booking.carts[3].name`.
pub(super) fn plain(field: &str) -> String {
    let field = field.strip_prefix("booking.").unwrap_or(field);
    let parts = field.split('.').map(|part| part.split_once('[').map_or(part, |(name, _)| name));
    parts.collect::<Vec<_>>().join(".")
}

/// Which cart a fault is about, counted from 0.
pub(super) fn cart_of(field: &str) -> Option<usize> {
    field.strip_prefix("booking.carts[")?.split_once(']')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_known_by_its_name_in_the_contract() {
        for (name, kind) in [
            ("booking_id", Some(Kind::Text)),
            ("customer.email", Some(Kind::Text)),
            ("starts_at", Some(Kind::Time)),
            ("updated_at", Some(Kind::Time)),
            ("price.total_minor", Some(Kind::Amount)),
            ("revision", Some(Kind::Whole)),
            ("carts.seats", Some(Kind::Whole)),
            ("fulfilment.method", Some(Kind::Word(&["delivery", "pickup"]))),
            ("customer", None),
            ("carts", None),
            ("customer.mail", None),
            ("metadata.notify", None),
        ] {
            assert_eq!(Field::named(name).map(|field| field.kind), kind, "{name}");
        }
    }

    #[test]
    fn a_value_is_put_where_the_contract_has_its_field() {
        let mut booking = json!({});
        for (name, cart, value) in
            [("carts.name", 1, json!("Cart 2")), ("carts.seats", 0, json!(4)), ("customer.name", 1, json!("Ana"))]
        {
            Field::named(name).unwrap().put(&mut booking, cart, value);
        }
        assert_eq!(booking, json!({"carts": [{"seats": 4}, {"name": "Cart 2"}], "customer": {"name": "Ana"}}));
    }

    #[test]
    fn a_fault_s_field_has_the_name_that_the_map_has_for_it() {
        for (field, name) in
            [("booking.carts[3].name", "carts.name"), ("booking.ends_at", "ends_at"), ("booking", "booking")]
        {
            assert_eq!(plain(field), name);
        }
    }
}
