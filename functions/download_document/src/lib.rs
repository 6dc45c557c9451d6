//! Sends the owner of a document to where it can be downloaded.

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response, tracing};
use portal::{
    aws,
    booking::{BookingId, DocumentId},
    config::Environment,
    documents::Documents,
    http,
    pages::Site,
    store::{Connections, Store},
};

/// The function and what it holds.
pub struct DownloadDocument {
    /// The pages.
    pub site: Site,
    store: Store,
    documents: Documents,
}

impl DownloadDocument {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = aws::config(env)?;
        let function = Self {
            site: Site::from_env(env)?,
            store: Store::from_env(&aws, env)?,
            documents: Documents::from_env(&aws, env)?,
        };
        tokio::join!(function.store.warm_up(Connections::One), function.documents.warm_up());
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let Some(session) = http::session(&request) else { return http::see_other("/sign-in") };
        let booking_id = BookingId::parse(&http::path_parameter(&request, "booking_id"));
        let document_id = DocumentId::parse(&http::path_parameter(&request, "document_id"));
        let Some((_, booking)) = self.store.own_booking(&session, booking_id.as_ref(), Timestamp::now()).await? else {
            return http::see_other("/sign-in");
        };
        let Some((booking, document)) =
            booking.as_ref().and_then(|booking| Some((booking, booking.document(document_id.as_ref()?)?)))
        else {
            return Ok(self.site.not_found());
        };
        match self.documents.presigned_url(document, &booking.reference).await? {
            Some(url) => http::see_other(&url),
            None => {
                tracing::warn!(booking = %booking.booking_id, document = %document.document_id, "a document's file is missing");
                Ok(self.site.document_missing())
            }
        }
    }
}
