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
        let aws = aws::config().await;
        let function = Self { site: Site::from_env(env)?, store: Store::from_env(&aws, env)? };
        function.store.warm_up(Connections::Two).await;
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let path = request.raw_http_path();
        if let Some(methods) = http::methods_at(path)
            && !methods.contains(request.method())
        {
            return Ok(self.site.wrong_method(methods));
        }
        let page = match path.trim_start_matches('/').split('/').collect::<Vec<_>>()[..] {
            [""] => View::Bookings,
            ["bookings", _] => View::Booking,
            ["bookings", _, "calendar.ics"] => View::Calendar,
            _ => return Ok(self.site.not_found()),
        };
        let Some(session) = http::session(&request) else { return http::see_other("/sign-in") };
        let now = Timestamp::now();
        match page {
            View::Bookings => self.bookings(&request, &session, now).await,
            View::Booking | View::Calendar => {
                let id = BookingId::parse(&http::path_parameter(&request, "booking_id"));
                let show = if matches!(page, View::Booking) { Self::booking } else { Self::calendar };
                self.own_booking(id, &session, now, show).await
            }
        }
    }

    async fn bookings(&self, request: &Request, session: &Session, now: Timestamp) -> Result<Response<Body>, Error> {
        let check = self.store.signed_in(session, now);
        let from = http::query_parameter(request, "past").and_then(|text| Cursor::parse(&text));
        let shown = match from {
            None => http::checked(check, self.store.rows(session.customer))
                .await?
                .map(|(customer, rows)| pages::dashboard(&self.site, &customer, &rows, now)),
            Some(from) => http::checked(check, self.store.past_rows(session.customer, &from))
                .await?
                .map(|(customer, rows)| pages::past_rentals(&self.site, &customer, &rows)),
        };
        shown.map_or_else(|| http::see_other("/sign-in"), Ok)
    }

    /// Shows a booking to its owner; to anyone else it does not exist.
    async fn own_booking(
        &self,
        id: Option<BookingId>,
        session: &Session,
        now: Timestamp,
        show: fn(&Self, &SignIn, &Booking, Timestamp) -> Response<Body>,
    ) -> Result<Response<Body>, Error> {
        let booking = async {
            match &id {
                Some(id) => self.store.booking(id).await,
                None => Ok(None),
            }
        };
        match http::checked(self.store.signed_in(session, now), booking).await? {
            None => http::see_other("/sign-in"),
            Some((customer, Some(booking))) if booking.owner() == customer.customer => {
                Ok(show(self, &customer, &booking, now))
            }
            Some(_) => Ok(self.site.not_found()),
        }
    }

    fn booking(&self, customer: &SignIn, booking: &Booking, now: Timestamp) -> Response<Body> {
        pages::booking(&self.site, customer, booking, now)
    }

    fn calendar(&self, _: &SignIn, booking: &Booking, now: Timestamp) -> Response<Body> {
        pages::calendar(&self.site, booking, now)
    }
}

enum View {
    Bookings,
    Booking,
    Calendar,
}
