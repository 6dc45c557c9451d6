//! The rows of a customer's bookings: active ones before history.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use portal_domain::{
    customer::CustomerId,
    dashboard::{BookingRow, Cursor, Rows},
};
use serde::Deserialize;

use super::{
    errors::{Error, failed},
    items::read,
    keys::{self, RowKey},
    table::Store,
    whole,
};

/// Past rentals on one page.
const PAST_A_PAGE: usize = 10;

/// Rows read at once: enough for a page of past rentals behind as many active bookings as people have.
const ROWS_A_READ: i32 = 20;

#[derive(Deserialize)]
struct StoredRow {
    #[serde(with = "whole")]
    row: BookingRow,
}

impl Store {
    /// A customer's active bookings and first past rentals, or a further page of past rentals.
    pub(super) async fn rows(&self, customer: CustomerId, from: Option<&Cursor>) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        let mut start = from.map(|cursor| keys::row(customer, &RowKey::of_past(cursor)));
        loop {
            let query = self.row_query(customer).limit(ROWS_A_READ).set_exclusive_start_key(start);
            let page = query.send().await.map_err(failed("Query"))?;
            for item in page.items.unwrap_or_default() {
                let StoredRow { row } = read(item)?;
                if row.status.is_active() {
                    rows.active.push(row);
                } else if rows.past.len() < PAST_A_PAGE {
                    rows.past.push(row);
                } else {
                    rows.active.reverse();
                    rows.more = rows.past.last().map(Cursor::behind);
                    return Ok(rows);
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                rows.active.reverse();
                return Ok(rows);
            }
        }
    }

    /// The customer's newest booking, by which mail finds its address.
    pub async fn newest_row(&self, customer: CustomerId) -> Result<Option<BookingRow>, Error> {
        let page = self.row_query(customer).limit(1).send().await.map_err(failed("Query"))?;
        let newest = page.items.unwrap_or_default().pop();
        newest.map(|item| read(item).map(|StoredRow { row }| row)).transpose()
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
