//! The customer's bookings, each booking's own page, and an answer for every path there is no other route for.

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, RequestExt, Response};
use portal::{
    aws,
    booking::{Booking, BookingId},
    config::Environment,
    http,
    pages::{self, Site},
    sign_in::{Session, SignIn},
    store::{Connections, Cursor, Store},
};

/// The function and what it holds.
pub struct Dashboard {
    /// The pages.
    pub site: Site,
    store: Store,
}

impl Dashboard {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = aws::config(env)?;
        let function = Self { site: Site::from_env(env)?, store: Store::from_env(&aws, env)? };
        function.store.warm_up(Connections::One).await;
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let route = http::route(&request);
        if route == "$default" {
            return Ok(match http::methods_at(request.raw_http_path()) {
                Some(methods) => self.site.wrong_method(methods),
                None => self.site.not_found(),
            });
        }
        let Some(session) = http::session(&request) else { return http::see_other("/sign-in") };
        let now = Timestamp::now();
        match route.as_str() {
            "GET /" => self.bookings(&request, &session, now).await,
            "GET /bookings/{booking_id}/calendar.ics" => {
                self.own_booking(&request, &session, now, Self::calendar).await
            }
            _ => self.own_booking(&request, &session, now, Self::booking).await,
        }
    }

    async fn bookings(&self, request: &Request, session: &Session, now: Timestamp) -> Result<Response<Body>, Error> {
        let from = http::query_parameter(request, "past").and_then(|text| Cursor::parse(&text));
        let shown = match from {
            None => {
                let own = self.store.own_rows(session, now).await?;
                own.map(|(customer, rows)| pages::dashboard(&self.site, &customer, &rows, now))
            }
            Some(from) => {
                let own = self.store.own_past_rows(session, &from, now).await?;
                own.map(|(customer, rows)| pages::past_rentals(&self.site, &customer, &rows))
            }
        };
        shown.map_or_else(|| http::see_other("/sign-in"), Ok)
    }

    /// Shows a booking to its owner; to anyone else it does not exist.
    async fn own_booking(
        &self,
        request: &Request,
        session: &Session,
        now: Timestamp,
        show: fn(&Self, &SignIn, &Booking, Timestamp) -> Response<Body>,
    ) -> Result<Response<Body>, Error> {
        let id = BookingId::parse(&http::path_parameter(request, "booking_id"));
        match self.store.own_booking(session, id.as_ref(), now).await? {
            None => http::see_other("/sign-in"),
            Some((customer, Some(booking))) => Ok(show(self, &customer, &booking, now)),
            Some((_, None)) => Ok(self.site.not_found()),
        }
    }

    fn booking(&self, customer: &SignIn, booking: &Booking, now: Timestamp) -> Response<Body> {
        pages::booking(&self.site, customer, booking, now)
    }

    fn calendar(&self, _: &SignIn, booking: &Booking, now: Timestamp) -> Response<Body> {
        pages::calendar(&self.site, booking, now)
    }
}
