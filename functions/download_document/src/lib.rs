//! Redirects the owner of a document to its presigned URL.

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response, http::Method};
use portal_aws::{
    documents::Documents,
    sdk,
    store::{Connections, Store},
};
use portal_domain::{booking::DocumentId, config::Environment, sign_in::Access};
use portal_views::formatting;
use portal_web::{
    cookies, origin, requests,
    responses::{Responder, is_there, see_other},
};

/// The function and what it holds.
pub struct DownloadDocument {
    /// How it answers.
    pub respond: Responder,
    store: Store,
    documents: Documents,
}

impl DownloadDocument {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let function = Self {
            respond: Responder::from_env(env)?,
            store: Store::from_env(&aws, env)?,
            documents: Documents::from_env(&aws, env)?,
        };
        tokio::join!(function.store.preconnect(Connections::One), function.documents.preconnect());
        Ok(function)
    }

    /// Answers one request. GET is redirected to the presigned URL, and HEAD is told only that the file is there, since
    /// a program that only looks shall open nothing. A request from another site is led to the booking's page, so that
    /// a page elsewhere cannot open a document.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let (reply, booking_id, now) = (self.respond.to(&request), requests::booking(&request), Timestamp::now());
        let Some(session) = cookies::session(&request) else {
            return reply.not_signed_in(&request, booking_id.as_ref(), now);
        };
        let document_id = DocumentId::parse(&requests::path_parameter(&request, "document_id"));
        let own = match self.store.own_booking(&session, booking_id.as_ref(), now).await? {
            Access::NotSignedIn => return reply.not_signed_in(&request, booking_id.as_ref(), now),
            Access::NotTheirs => return Ok(reply.not_found()),
            Access::Unreadable(..) => return Ok(reply.document_missing()),
            Access::Own(own) => own,
        };
        let booking = own.booking();
        let reply = reply.or_in(booking.customer.language());
        let Some(document) = document_id.and_then(|id| booking.document(&id)) else {
            return Ok(reply.not_found());
        };
        if origin::is_cross_site(&request) {
            return see_other(&format!("/bookings/{}", booking.booking_id));
        }
        let file_name = formatting::file_name(&booking.reference, &format!("-{}.pdf", document.kind.as_str()));
        match self.documents.presigned_url(&document.file, &file_name).await? {
            Some(_) if request.method() == Method::HEAD => Ok(is_there()),
            Some(url) => see_other(&url),
            None => {
                tracing::warn!(booking = %booking.booking_id, document = %document.document_id, "a document's file is missing or empty");
                Ok(reply.document_missing())
            }
        }
    }
}
