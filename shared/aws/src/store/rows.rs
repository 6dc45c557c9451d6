//! The rows of a customer's bookings: active ones before history.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    dashboard::{BookingRow, Cursor, Rows},
    filed::UnreadableBooking,
    language::Language,
    text::Text,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{
    errors::{Error, failed},
    items::{Item, name},
    keys::{self, About, RowKey},
    table::Store,
    whole::read_text,
};

/// Past rentals on one page.
const PAST_A_PAGE: usize = 10;

/// Rows read at once: enough for a page of past rentals behind as many active bookings as people have.
const ROWS_A_READ: i32 = 20;

/// A row as the table keeps it.
#[derive(Serialize)]
pub(super) struct StoredRow {
    pub(super) reference: Text,
    /// The [`BookingRow`], as JSON.
    pub(super) row: String,
}

/// Rows as they stand in the table, each yet to be read: one that cannot be read costs no more than itself.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct RawRows {
    active: Vec<RawRow>,
    past: Vec<RawRow>,
    more: Option<Cursor>,
}

#[derive(Serialize, Deserialize)]
struct RawRow {
    booking_id: BookingId,
    reference: Text,
    /// None where it is not even JSON.
    row: Option<Box<RawValue>>,
}

impl RawRow {
    /// The row in an item, as far as its attributes can be read; none, and a word in the log, where its key names no booking.
    fn of(item: &Item) -> Option<Self> {
        let text = |attribute| item.get(attribute).and_then(|text: &AttributeValue| text.as_s().ok()).cloned();
        let Some((_, Some(booking_id))) = About::of(item) else {
            tracing::error!(item = name(item), "a row in the table names no booking");
            return None;
        };
        let reference = text("reference").unwrap_or_else(|| booking_id.to_string());
        let reference = Text::try_from(reference).or_else(|_| Text::try_from(booking_id.to_string())).ok()?;
        Some(Self { reference, row: RawValue::from_string(text("row").unwrap_or_default()).ok(), booking_id })
    }

    fn read(self, owner: CustomerId) -> Result<BookingRow, UnreadableBooking> {
        let text = self.row.as_ref().map_or("", |row| row.get());
        let unreadable = || UnreadableBooking { owner, booking_id: self.booking_id.clone(), reference: self.reference };
        read_text(text, &self.booking_id).ok_or_else(unreadable)
    }
}

impl RawRows {
    /// Adds the row in an item behind those that are there.
    pub(super) fn add(&mut self, item: &Item) {
        let part = if keys::cursor_of_past_row(item).is_some() { &mut self.past } else { &mut self.active };
        part.extend(RawRow::of(item));
    }

    /// Reads each row of `owner`'s.
    pub(super) fn read(self, owner: CustomerId) -> Rows {
        let mut unreadable = Vec::new();
        let mut read = |rows: Vec<RawRow>| {
            rows.into_iter().filter_map(|row| row.read(owner).map_err(|row| unreadable.push(row)).ok()).collect()
        };
        let (active, past) = (read(self.active), read(self.past));
        Rows { active, past, unreadable, more: self.more }
    }
}

/// Whom a mail goes to.
#[derive(Debug)]
pub struct Addressee {
    /// Where.
    pub address: EmailAddress,
    /// The language of the mail, as far as the booking system knows it.
    pub language: Option<Language>,
}

/// Of a row the addressee alone.
#[derive(Deserialize)]
struct Addressed {
    booking: AddressedBooking,
}

#[derive(Deserialize)]
struct AddressedBooking {
    customer: AddressedCustomer,
}

#[derive(Deserialize)]
struct AddressedCustomer {
    email: EmailAddress,
    #[serde(default)]
    locale: Value,
}

impl Store {
    /// A customer's active bookings and first past rentals, or a further page of past rentals.
    pub(super) async fn rows(&self, customer: CustomerId, from: Option<&Cursor>) -> Result<RawRows, Error> {
        let mut rows = RawRows::default();
        let mut last_shown = None;
        let mut start = from.map(|cursor| keys::row(customer, &RowKey::of_past(cursor)));
        loop {
            let query = self.row_query(customer).limit(ROWS_A_READ).set_exclusive_start_key(start);
            let page = query.send().await.map_err(failed("Query"))?;
            for item in page.items.unwrap_or_default() {
                let past = keys::cursor_of_past_row(&item);
                match past {
                    None => rows.active.extend(RawRow::of(&item)),
                    Some(_) if rows.past.len() < PAST_A_PAGE => {
                        rows.past.extend(RawRow::of(&item));
                        last_shown = past;
                    }
                    Some(_) => {
                        rows.active.reverse();
                        rows.more = last_shown;
                        return Ok(rows);
                    }
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                rows.active.reverse();
                return Ok(rows);
            }
        }
    }

    /// The addressee of the customer's newest booking, of which nothing but the address has to be readable.
    pub async fn newest_addressee(&self, customer: CustomerId) -> Result<Option<Addressee>, Error> {
        let mut rows = self.row_query(customer).limit(1).into_paginator().items().send();
        while let Some(row) = rows.next().await {
            let row = row.map_err(failed("Query"))?;
            let text = row.get("row").and_then(|row| row.as_s().ok()).map_or("", String::as_str);
            if let Ok(Addressed { booking: AddressedBooking { customer } }) = serde_json::from_str(text) {
                let language = customer.locale.as_str().and_then(Language::of_tag);
                return Ok(Some(Addressee { address: customer.email, language }));
            }
        }
        Ok(None)
    }

    /// A customer's rows: active first, then history, newest first.
    pub(super) fn row_query(&self, customer: CustomerId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :rows)")
            .expression_attribute_values(":pk", AttributeValue::S(keys::customer_partition(customer)))
            .expression_attribute_values(":rows", keys::rows_prefix())
            .scan_index_forward(false)
            .consistent_read(true)
    }
}
