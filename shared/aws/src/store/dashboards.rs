//! The cache of what a dashboard shows first: one piece of JSON beside the rows it is made of, so that it comes with the
//! session check in one read. It is kept as bytes: of a text, DynamoDB's JSON would escape every quotation mark.
//!
//! Every transaction that changes a customer's rows invalidates the cache. So what is cached is what the rows say; where
//! nothing is cached, the rows are read.

use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, TransactWriteItem, Update},
};
use jiff::Timestamp;
use portal_domain::{
    customer::CustomerId,
    dashboard::{Cursor, Rows},
    randomness::random,
    session::Session,
    sign_in::SignedIn,
};

use super::{
    errors::{Error, not_built},
    items::Item,
    keys,
    rows::RawRows,
    sign_ins::session_of,
    size,
    table::{Store, carry_out},
    whole::text_of,
};

/// The most that is cached, in bytes: an item less its key and the id of its change.
const MOST: usize = size::LARGEST - 1024;

impl Store {
    /// Who is signed in, and what their dashboard shows first; nothing if nobody is.
    pub async fn own_rows(&self, session: &Session, now: Timestamp) -> Result<Option<(SignedIn, Rows)>, Error> {
        let keys = [keys::sign_in(session.customer, &session.link_hash), keys::dashboard(session.customer)];
        let [sign_in, dashboard] = self.get_all(keys).await?;
        let Some(customer) = session_of(sign_in, session, now)? else { return Ok(None) };
        let rows = self.rows_shown(customer.customer(), dashboard.as_ref()).await?;
        Ok(Some((customer, rows)))
    }

    /// What a customer's dashboard shows first, whoever looks.
    pub async fn dashboard_record(&self, customer: CustomerId) -> Result<Rows, Error> {
        let dashboard = self.get(keys::dashboard(customer)).await?;
        self.rows_shown(customer, dashboard.as_ref()).await
    }

    async fn rows_shown(&self, customer: CustomerId, dashboard: Option<&Item>) -> Result<Rows, Error> {
        let cached = dashboard.and_then(cached);
        let rows: RawRows = match cached.and_then(|rows| serde_json::from_slice(rows.as_ref()).ok()) {
            Some(rows) => rows,
            // Nothing is cached, or by another version of the portal.
            None => self.rows(customer, None).await?,
        };
        Ok(rows.read(customer))
    }

    /// Who is signed in, and a further page of their past rentals; nothing if nobody is.
    pub async fn own_past_rows(
        &self,
        session: &Session,
        from: &Cursor,
        now: Timestamp,
    ) -> Result<Option<(SignedIn, Rows)>, Error> {
        let own = checked(self.signed_in(session, now), self.rows(session.customer, Some(from))).await?;
        Ok(own.map(|(customer, rows)| {
            let rows = rows.read(customer.customer());
            (customer, rows)
        }))
    }

    /// Caches what the rows say, if nothing is cached, under an optimistic lock: a change meanwhile has another id and wins,
    /// and whoever made it caches what the rows say then.
    pub(super) async fn cache_dashboard(&self, customer: CustomerId) -> Result<(), Error> {
        let Some(dashboard) = self.get(keys::dashboard(customer)).await? else { return Ok(()) };
        let (None, Some(change)) = (cached(&dashboard), dashboard.get("change_id")) else { return Ok(()) };
        let rows = self.rows(customer, None).await?;
        let rows = text_of(&dashboard, &rows)?.into_bytes();
        if rows.len() > MOST {
            return Ok(());
        }
        let update = self
            .update(keys::dashboard(customer))
            .condition_expression("change_id = :change")
            .update_expression("SET cached = :rows")
            .expression_attribute_values(":change", change.clone())
            .expression_attribute_values(":rows", AttributeValue::B(Blob::new(rows)));
        carry_out(update).await.map(drop)
    }

    /// The part of a change to the customer's rows that invalidates their cache.
    pub(super) fn invalidate_dashboard(&self, customer: CustomerId) -> Result<TransactWriteItem, Error> {
        let change = u64::from_le_bytes(random()?).to_string();
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::dashboard(customer)))
            .update_expression("SET change_id = :change REMOVE cached")
            .expression_attribute_values(":change", AttributeValue::S(change));
        let update = update.build().map_err(not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// Waits for the check and the data side by side. A failed check answers at once, without waiting for the data;
/// nothing is handed out before the check has passed.
async fn checked<Check, Data>(
    check: impl Future<Output = Result<Option<Check>, Error>>,
    data: impl Future<Output = Result<Data, Error>>,
) -> Result<Option<(Check, Data)>, Error> {
    let (mut check, mut data) = (std::pin::pin!(check), std::pin::pin!(data));
    tokio::select! {
        checked = &mut check => match checked? {
            None => Ok(None),
            Some(checked) => Ok(Some((checked, data.await?))),
        },
        data = &mut data => match check.await? {
            None => Ok(None),
            Some(checked) => Ok(Some((checked, data?))),
        },
    }
}

fn cached(dashboard: &Item) -> Option<&Blob> {
    dashboard.get("cached")?.as_b().ok()
}
