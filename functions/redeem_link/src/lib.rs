//! A link: shown, turned into a session, or renewed.

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Error, Request, Response, http::StatusCode};
use portal_aws::{
    link_requests::{AskedBy, Limited, LinkRequest, LinkRequests},
    sdk,
    store::{Connections, Error as StoreError, Store},
};
use portal_domain::{
    booking::BookingId,
    config::Environment,
    link::LinkToken,
    secret::Secret,
    session::Session,
    sign_in::{DeadLink, Redemption, SignIn, SignedIn},
};
use portal_runtime::{logs::chain, metrics::Metric};
use portal_views::pages::{Asked, LinkPage, Opening};
use portal_web::{
    cookies, requests,
    responses::{Reply, Responder, see_other},
};

/// The function and what it holds.
pub struct RedeemLink {
    /// How it answers.
    pub respond: Responder,
    store: Store,
    links: LinkRequests,
    /// `SESSION_DAYS`: how long a customer stays signed in.
    session_lasts: SignedDuration,
}

impl RedeemLink {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let store = Store::from_env(&aws, env)?;
        let links = LinkRequests::from_env(&store, &aws, env)?;
        Self::on(store, links, env).await
    }

    /// The same, on this table; links are asked for there.
    pub async fn on(store: Store, links: LinkRequests, env: &Environment) -> Result<Self, Error> {
        let days = env.number("SESSION_DAYS", 1..=30, "a number of days from 1 to 30")?;
        let function = Self {
            respond: Responder::from_env(env)?,
            links,
            session_lasts: SignedDuration::from_hours(24 * i64::from(days)),
            store,
        };
        function.store.preconnect(Connections::Two).await;
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let reply = self.respond.to(&request);
        let Some(token) = LinkToken::parse(&requests::path_parameter(&request, "token")) else {
            return Ok(reply.unknown_link());
        };
        let now = Timestamp::now();
        match requests::route(&request).as_str() {
            "POST /link/{token}" => self.redeem(&request, &reply, &token, now).await,
            "POST /link/{token}/renew" => self.renew(&request, &reply, &token, now).await,
            _ => self.show(&request, &reply, &token, now).await,
        }
    }

    async fn show(
        &self,
        request: &Request,
        reply: &Reply<'_>,
        token: &LinkToken,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        let session = cookies::session(request);
        let (sign_in, signed_in) = self.store.sign_in_and_session(token, session.as_ref(), now).await?;
        let Some(sign_in) = sign_in else { return Ok(reply.unknown_link()) };
        if let Some(dead) = sign_in.dead_link(now) {
            return refuse(reply, token, &sign_in, dead, signed_in.as_ref(), now);
        }
        if let (Some(session), Some(other)) = (&session, &signed_in)
            && other.customer() != sign_in.customer
        {
            return Ok(ask_first(StatusCode::OK, reply, token, &sign_in, other, session));
        }
        let is_asker = sign_in.was_asked_for_by(cookies::browser(request).as_ref());
        let opening = if is_asker { Opening::AtOnce } else { Opening::ByHand };
        Ok(reply.page(page(reply, token, &sign_in).fresh(opening)))
    }

    /// Redeems the link. Where another customer is signed in, it asks first, as the page of the link does: that page
    /// may have been opened before the other customer signed in.
    async fn redeem(
        &self,
        request: &Request,
        reply: &Reply<'_>,
        token: &LinkToken,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        let former = cookies::session(request);
        if let Some(session) = former.as_ref().filter(|session| session.customer != token.customer())
            && !is_left_by(request, session)
            && let (Some(sign_in), Some(other)) = self.store.sign_in_and_session(token, Some(session), now).await?
            && sign_in.dead_link(now).is_none()
        {
            return Ok(ask_first(StatusCode::CONFLICT, reply, token, &sign_in, &other, session));
        }
        let secret = Secret::generate()?;
        // Who is signed in matters only to a link that is dead: its failure must not spoil a win.
        let (redemption, signed_in) = tokio::join!(
            self.store.redeem_link(token, &secret, self.session_lasts, now),
            self.signed_in_here(former.as_ref(), now)
        );
        match redemption? {
            Redemption::Redeemed(sign_in) => {
                tracing::info!(customer = %sign_in.customer, "a link was redeemed");
                Metric::LinksRedeemed.count();
                if let Some(former) = former {
                    self.end_former_session(&former, now).await;
                }
                let session = Session { customer: sign_in.customer, link_hash: sign_in.link_hash, secret };
                self.arrive(request, &session, sign_in.booking.as_ref(), now)
            }
            Redemption::Refused(sign_in, dead) => {
                tracing::info!(customer = %sign_in.customer, ?dead, "a link was refused");
                match dead {
                    DeadLink::Used => Metric::RedemptionsRefusedUsed.count(),
                    DeadLink::Expired => Metric::RedemptionsRefusedExpired.count(),
                }
                refuse(reply, token, &sign_in, dead, signed_in?.as_ref(), now)
            }
            Redemption::Unknown => {
                Metric::RedemptionsRefusedUnknown.count();
                Ok(reply.unknown_link())
            }
        }
    }

    /// Redirects the browser with its session. The address is marked with the time, by which a browser that keeps no
    /// cookies is told so. The browser also gets the cookie of a browser that asks for links, as one more sign that it
    /// keeps cookies.
    fn arrive(
        &self,
        request: &Request,
        session: &Session,
        booking: Option<&BookingId>,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        let mut response = see_other(&format!("{}?{}={}", landing(booking), requests::SIGNED_IN_AT, now.as_second()))?;
        cookies::set_session(response.headers_mut(), session, self.session_lasts)?;
        cookies::set_browser(response.headers_mut(), &cookies::browser_or_new(request)?)?;
        cookies::clear_asked(response.headers_mut())?;
        Ok(response)
    }

    /// Ends the session that the browser had before: a session identifier must not outlive a new sign-in (OWASP ASVS
    /// 5.0, V7.2.4). Where this fails, the new sign-in stands all the same.
    async fn end_former_session(&self, former: &Session, now: Timestamp) {
        if let Err(error) = self.store.end_former_session(former, now).await {
            tracing::warn!(customer = %former.customer, error = chain(&error), "a former session was not ended");
        }
    }

    async fn renew(
        &self,
        request: &Request,
        reply: &Reply<'_>,
        token: &LinkToken,
        now: Timestamp,
    ) -> Result<Response<Body>, Error> {
        let (by, customer) = (AskedBy::DeadLink, token.customer());
        let admitted = match self.links.admit(by, requests::source(request)?, customer, now).await? {
            Limited::Within(admitted) => admitted,
            Limited::TooMany(too_many) => return Ok(reply.too_many_requests(too_many)),
        };
        let Some(sign_in) = self.store.sign_in_of(token).await? else { return Ok(reply.unknown_link()) };
        if sign_in.dead_link(now).is_none() {
            return see_other(&format!("/link/{}", token.reveal()));
        }
        if !sign_in.is_renewable(now) {
            return Ok(reply.unknown_link());
        }
        let browser = cookies::browser_or_new(request)?;
        let link_request = LinkRequest {
            customer: sign_in.customer,
            browser: browser.hash(),
            booking: sign_in.booking,
            language: reply.language(),
        };
        match self.links.ask(admitted, link_request, now).await? {
            Limited::Within(()) => reply.link_sent(&browser, &Asked::ByDeadLink(sign_in.masked_address)),
            Limited::TooMany(too_many) => Ok(reply.too_many_requests(too_many)),
        }
    }

    /// Who is signed in in this browser.
    async fn signed_in_here(&self, session: Option<&Session>, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
        match session {
            Some(session) => self.store.signed_in(session, now).await,
            None => Ok(None),
        }
    }
}

/// Names both customers, and offers to stay with the one who is signed in.
fn ask_first(
    status: StatusCode,
    reply: &Reply<'_>,
    token: &LinkToken,
    sign_in: &SignIn,
    other: &SignedIn,
    session: &Session,
) -> Response<Body> {
    let opening = Opening::Switching { from: other.masked_address(), leaving: &session.link_hash };
    reply.page_with(status, page(reply, token, sign_in).fresh(opening))
}

/// Answers a dead link: whoever is signed in as its customer goes on, and anyone else is offered a fresh link while
/// this one is renewable.
fn refuse(
    reply: &Reply<'_>,
    token: &LinkToken,
    sign_in: &SignIn,
    dead: DeadLink,
    signed_in: Option<&SignedIn>,
    now: Timestamp,
) -> Result<Response<Body>, Error> {
    if signed_in.is_some_and(|signed_in| signed_in.customer() == sign_in.customer) {
        return see_other(&landing(sign_in.booking.as_ref()));
    }
    if !sign_in.is_renewable(now) {
        return Ok(reply.unknown_link());
    }
    Ok(reply.page_with(StatusCode::GONE, page(reply, token, sign_in).dead(dead)))
}

fn page<'a>(reply: &'a Reply<'_>, token: &'a LinkToken, sign_in: &'a SignIn) -> LinkPage<'a> {
    LinkPage { view: reply.view(), token, sign_in }
}

/// Whether the form is that of the page which asks first, and names this very session as the one that is left.
fn is_left_by(request: &Request, session: &Session) -> bool {
    requests::form_field(request, "leaving").is_some_and(|leaving| leaving == session.link_hash.to_string())
}

/// Where a customer arrives.
fn landing(booking: Option<&BookingId>) -> String {
    booking.map_or_else(|| "/".into(), |booking| format!("/bookings/{booking}"))
}
