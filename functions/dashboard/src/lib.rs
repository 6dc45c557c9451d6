//! The customer's bookings, each booking's own page, the icon of a home screen, and an answer for every path there is no other
//! route for.

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response};
use portal_aws::{
    sdk,
    store::{Connections, Store},
};
use portal_domain::{
    config::Environment,
    dashboard::Cursor,
    session::Session,
    sign_in::{Access, OwnBooking},
};
use portal_views::{calendar, formatting, pages};
use portal_web::{
    cookies, origin, requests,
    responses::{self, Reply, Responder, see_other},
    routes,
};

/// The function and what it holds.
pub struct Dashboard {
    /// How it answers.
    pub respond: Responder,
    store: Store,
}

impl Dashboard {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        Self::on(Store::from_env(&sdk::config(env)?, env)?, env).await
    }

    /// The same, on this table.
    pub async fn on(store: Store, env: &Environment) -> Result<Self, Error> {
        let function = Self { respond: Responder::from_env(env)?, store };
        function.store.preconnect(Connections::One).await;
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let (route, reply) = (requests::route(&request), self.respond.to(&request));
        if route == "$default" {
            return Ok(match routes::methods_at(request.raw_http_path()) {
                Some(methods) => reply.wrong_method(methods),
                None => reply.not_found(),
            });
        }
        if let "GET /apple-touch-icon.png" | "HEAD /apple-touch-icon.png" = route.as_str() {
            return self.respond.touch_icon();
        }
        let (booking, now) = (requests::booking(&request), Timestamp::now());
        let Some(session) = cookies::session(&request) else {
            return reply.not_signed_in(&request, booking.as_ref(), now);
        };
        match route.as_str() {
            "GET /" | "HEAD /" => self.bookings(&request, &reply, &session, now).await,
            "GET /bookings/{booking_id}/calendar.ics" | "HEAD /bookings/{booking_id}/calendar.ics" => {
                self.own_booking(&request, &reply, &session, now, |reply, own| self.calendar(&request, reply, own, now))
                    .await
            }
            _ => {
                let page =
                    |reply: &Reply<'_>, own: &OwnBooking| Ok(reply.page(pages::booking(&reply.view(), own, now)));
                self.own_booking(&request, &reply, &session, now, page).await
            }
        }
    }

    async fn bookings(
        &self,
        request: &Request,
        reply: &Reply<'_>,
        session: &Session,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        let from = requests::query_parameter(request, "past").and_then(|text| Cursor::parse(&text));
        let own = match &from {
            None => self.store.own_rows(session, now).await?,
            Some(from) => Box::pin(self.store.own_past_rows(session, from, now)).await?, // rare, and twice as large
        };
        let Some((customer, rows)) = own else { return reply.not_signed_in(request, None, now) };
        let reply = reply.or_in(rows.language());
        let page = if from.is_none() { pages::dashboard } else { pages::past_rentals };
        Ok(reply.page(page(&reply.view(), &customer, &rows, now)))
    }

    /// Shows a booking to its owner; to anyone else it does not exist.
    async fn own_booking(
        &self,
        request: &Request,
        reply: &Reply<'_>,
        session: &Session,
        now: Timestamp,
        show: impl Fn(&Reply<'_>, &OwnBooking) -> Result<Response<Body>, Error>,
    ) -> Result<Response<Body>, Error> {
        let id = requests::booking(request);
        match self.store.own_booking(session, id.as_ref(), now).await? {
            Access::NotSignedIn => reply.not_signed_in(request, id.as_ref(), now),
            Access::NotTheirs => Ok(reply.not_found()),
            Access::Unreadable(customer, booking) => {
                Ok(reply.page(pages::unreadable_booking(&reply.view(), &customer, &booking)))
            }
            Access::Own(own) => show(&reply.or_in(own.booking().customer.language()), &own),
        }
    }

    /// The booking's calendar file. A request from another site is led to the booking's page instead, so that a page
    /// elsewhere cannot start a download.
    fn calendar(
        &self,
        request: &Request,
        reply: &Reply<'_>,
        own: &OwnBooking,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        let path = format!("/bookings/{}", own.booking().booking_id);
        if origin::is_cross_site(request) {
            return see_other(&path);
        }
        let file = calendar::file(&reply.view(), own, &self.respond.url(request, &path), now);
        responses::calendar(file, reply.language(), &formatting::file_name(&own.booking().reference, ".ics"))
    }
}
