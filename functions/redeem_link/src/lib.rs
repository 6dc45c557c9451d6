//! A link: shown, turned into a session, or renewed.

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Error, Request, Response, http::StatusCode, tracing};
use portal_aws::{
    link_requests,
    mail_queue::{Outbox, Wanted},
    sdk,
    store::{Connections, Error as StoreError, Store, Subject},
};
use portal_domain::{
    booking::BookingId,
    config::{Environment, Limits},
    limits::Verdict,
    link::LinkToken,
    secret::Secret,
    session::Session,
    sign_in::{LinkState, Redemption, SignIn},
};
use portal_runtime::metrics::Metric;
use portal_views::pages::{self, LinkPage, Opening};
use portal_web::{
    cookies, requests,
    responses::{Responder, see_other},
};

/// The function and what it holds.
pub struct RedeemLink {
    /// How it answers.
    pub respond: Responder,
    store: Store,
    outbox: Outbox,
    /// `SESSION_DAYS`: how long a customer stays signed in.
    session_lasts: SignedDuration,
    limits: Limits,
}

impl RedeemLink {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let function = Self {
            respond: Responder::from_env(env)?,
            store: Store::from_env(&aws, env)?,
            outbox: Outbox::from_env(&aws, env)?,
            session_lasts: SignedDuration::from_hours(
                24 * i64::from(env.number("SESSION_DAYS", 1..=30, "a number of days from 1 to 30")?),
            ),
            limits: Limits::from_env(env)?,
        };
        function.store.warm_up(Connections::Two).await;
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let Some(token) = LinkToken::parse(&requests::path_parameter(&request, "token")) else {
            return Ok(self.respond.unknown_link());
        };
        let now = Timestamp::now();
        match requests::route(&request).as_str() {
            "POST /link/{token}" => self.redeem(&request, &token, now).await,
            "POST /link/{token}/renew" => self.renew(&request, &token, now).await,
            _ => self.show(&request, &token, now).await,
        }
    }

    async fn show(&self, request: &Request, token: &LinkToken, now: Timestamp) -> Result<Response<Body>, Error> {
        let session = cookies::session(request);
        let (sign_in, signed_in) = self.store.sign_in_and_session(token, session.as_ref(), now).await?;
        let Some(sign_in) = sign_in else { return Ok(self.respond.unknown_link()) };
        let page = LinkPage { site: &self.respond.site, token, sign_in: &sign_in };
        match (sign_in.link_state(now), &signed_in) {
            (LinkState::Fresh, Some(other)) if other.customer != sign_in.customer => {
                Ok(self.respond.page(page.fresh(Opening::Switching(&other.masked_address))))
            }
            (LinkState::Fresh, _) if sign_in.was_asked_for_by(cookies::browser(request).as_ref()) => {
                Ok(self.respond.page(page.fresh(Opening::AtOnce)))
            }
            (LinkState::Fresh, _) => Ok(self.respond.page(page.fresh(Opening::ByHand))),
            (state, signed_in) => self.dead(&page, state, signed_in.as_ref(), now),
        }
    }

    async fn redeem(&self, request: &Request, token: &LinkToken, now: Timestamp) -> Result<Response<Body>, Error> {
        let secret = Secret::generate()?;
        // Who is signed in matters only to a link that is dead: its failure must not spoil a win.
        let (redemption, signed_in) = tokio::join!(
            self.store.redeem_link(token, &secret, self.session_lasts, now),
            self.signed_in_here(request, now)
        );
        match redemption? {
            Redemption::Redeemed(sign_in) => {
                tracing::info!(customer = %sign_in.customer, "a link was redeemed");
                Metric::LinksRedeemed.count();
                let session = Session { customer: sign_in.customer, sign_in: sign_in.link, secret };
                let mut response = see_other(&landing(sign_in.booking.as_ref()))?;
                cookies::set_session(response.headers_mut(), &session, self.session_lasts)?;
                Ok(response)
            }
            Redemption::Used(sign_in) | Redemption::Expired(sign_in) => {
                let state = sign_in.link_state(now);
                tracing::info!(customer = %sign_in.customer, ?state, "a link was refused");
                match state {
                    LinkState::Used => Metric::RedemptionsRefusedUsed.count(),
                    LinkState::Fresh | LinkState::Expired => Metric::RedemptionsRefusedExpired.count(),
                }
                let page = LinkPage { site: &self.respond.site, token, sign_in: &sign_in };
                self.dead(&page, state, signed_in?.as_ref(), now)
            }
            Redemption::Unknown => {
                Metric::RedemptionsRefusedUnknown.count();
                Ok(self.respond.unknown_link())
            }
        }
    }

    async fn renew(&self, request: &Request, token: &LinkToken, now: Timestamp) -> Result<Response<Body>, Error> {
        let source = Subject::RenewingSource(requests::source(request)?);
        if let Verdict::Refused(wait) = self.store.count_request(source, self.limits.per_source, now).await? {
            return Ok(self.respond.too_many_requests(wait));
        }
        let Some(sign_in) = self.store.sign_in_of(token).await? else { return Ok(self.respond.unknown_link()) };
        if sign_in.link_state(now) == LinkState::Fresh {
            return see_other(&format!("/link/{}", token.reveal()));
        }
        if !sign_in.is_renewable(now) {
            return Ok(self.respond.unknown_link());
        }
        let customer = sign_in.customer;
        let browser = cookies::browser(request).map_or_else(Secret::generate, Ok)?;
        let (asked_by, booking) = (Some(browser.hash()), sign_in.booking);
        let wanted = Wanted::SignIn { customer, asked_at: now, browser: asked_by, booking };
        let (subject, limit) = (Subject::RenewingCustomer(customer), self.limits.per_customer);
        match link_requests::ask(&self.store, &self.outbox, subject, limit, &wanted, now).await? {
            Verdict::Refused(wait) => return Ok(self.respond.too_many_requests(wait)),
            Verdict::Repeated => {}
            Verdict::Counted => {
                tracing::info!(%customer, "a link was renewed");
                Metric::LinksRenewed.count();
            }
        }
        let mut response = self.respond.page(pages::link_sent(&self.respond.site, true));
        cookies::set_browser(response.headers_mut(), &browser)?;
        Ok(response)
    }

    /// Who is signed in in this browser.
    async fn signed_in_here(&self, request: &Request, now: Timestamp) -> Result<Option<SignIn>, StoreError> {
        match cookies::session(request) {
            Some(session) => self.store.signed_in(&session, now).await,
            None => Ok(None),
        }
    }

    /// A dead link is no dead end: whoever is signed in as its customer goes on, anyone else is offered a fresh one.
    fn dead(
        &self,
        page: &LinkPage<'_>,
        state: LinkState,
        signed_in: Option<&SignIn>,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        if signed_in.is_some_and(|signed_in| signed_in.customer == page.sign_in.customer) {
            return see_other(&landing(page.sign_in.booking.as_ref()));
        }
        if !page.sign_in.is_renewable(now) {
            return Ok(self.respond.unknown_link());
        }
        Ok(self.respond.page_with(StatusCode::GONE, page.dead(state)))
    }
}

/// Where a customer arrives.
fn landing(booking: Option<&BookingId>) -> String {
    booking.map_or_else(|| "/".into(), |booking| format!("/bookings/{booking}"))
}
