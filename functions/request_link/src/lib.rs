//! Asks for a sign-in link. The answer is the same for every address: whether there is a booking under it, only
//! send_mail finds out.

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response, http::StatusCode};
use portal_aws::{
    customer_ids::CustomerIds,
    link_requests::{AskedBy, Limited, LinkRequest, LinkRequests},
    sdk,
    store::Store,
};
use portal_domain::{
    config::{Address, Environment},
    customer::EmailAddress,
};
use portal_views::pages::{self, Asked, SignInForm};
use portal_web::{cookies, requests, responses::Responder};

/// The function and what it holds.
pub struct RequestLink {
    /// How it answers.
    pub respond: Responder,
    links: LinkRequests,
    /// `SENDER_ADDRESS`: whose mail to look for.
    sender: EmailAddress,
    customer_ids: CustomerIds,
}

impl RequestLink {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let store = Store::from_env(&aws, env)?;
        let function = Self {
            respond: Responder::from_env(env)?,
            links: LinkRequests::from_env(&store, &aws, env)?,
            sender: env.parsed::<Address>("SENDER_ADDRESS", "an email address such as bookings@tybeecarts.example")?.0,
            customer_ids: CustomerIds::from_env(&store, env)?,
        };
        let (key, ()) = tokio::join!(function.customer_ids.preconnect(), function.links.preconnect());
        key?;
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        match requests::route(&request).as_str() {
            "POST /sign-in" => self.request(&request).await,
            "GET /sign-in/sent" | "HEAD /sign-in/sent" => Ok(self.sent(&request)),
            _ => self.form(&request),
        }
    }

    fn form(&self, request: &Request) -> Result<Response<Body>, Error> {
        let reply = self.respond.to(request);
        let has = |name| requests::query_parameter(request, name).is_some();
        // An address proves nothing: where a session is, nobody is told that it has ended.
        let has_session = cookies::session(request).is_some();
        let form = match (has("signed-out") && !has_session, has("not-signed-out")) {
            (true, _) => SignInForm::SignedOut,
            (_, true) => SignInForm::NotSignedOutEverywhere,
            _ => SignInForm::Blank,
        };
        let to = requests::landing(requests::query_parameter(request, "to"));
        let mut response = reply.page(pages::sign_in(&reply.view(), form, to.as_ref()));
        if has("another") {
            cookies::clear_asked(response.headers_mut())?;
        }
        Ok(response)
    }

    fn sent(&self, request: &Request) -> Response<Body> {
        let (reply, asked) = (self.respond.to(request), cookies::asked(request));
        reply.page(pages::link_sent(&reply.view(), self.sender.as_str(), asked.as_ref()))
    }

    async fn request(&self, request: &Request) -> Result<Response<Body>, Error> {
        let reply = self.respond.to(request);
        let typed = requests::form_field(request, "email").unwrap_or_default();
        let to = requests::landing(requests::form_field(request, "to"));
        let address = match EmailAddress::parse(&typed) {
            Ok(address) => address,
            Err(reason) => {
                let page = pages::sign_in(&reply.view(), SignInForm::Problem(&typed, reason), to.as_ref());
                return Ok(reply.page_with(StatusCode::UNPROCESSABLE_ENTITY, page));
            }
        };
        let (browser, now) = (cookies::browser_or_new(request)?, Timestamp::now());
        let customer = self.customer_ids.of(&address).await?;
        let admitted = match self.links.admit(AskedBy::Address, requests::source(request)?, customer, now).await? {
            Limited::Within(admitted) => admitted,
            Limited::TooMany(too_many) => return Ok(reply.too_many_requests(too_many)),
        };
        let link_request =
            LinkRequest { customer, browser: browser.hash(), booking: to.clone(), language: reply.language() };
        match self.links.ask(admitted, link_request, now).await? {
            Limited::Within(()) => reply.link_sent(&browser, &Asked::ByAddress(address, to)),
            Limited::TooMany(too_many) => Ok(reply.too_many_requests(too_many)),
        }
    }
}
