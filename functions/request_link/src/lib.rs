//! Asks for a sign-in link. The answer is the same for every address: whether there is a booking under it, only
//! send_mail finds out.

use jiff::Timestamp;
use lambda_http::{
    Body, Error, Request, Response,
    http::{Method, StatusCode},
};
use portal_aws::{
    link_requests::{AskedBy, Limited, LinkRequest, LinkRequests},
    sdk,
    store::{Connections, Store},
};
use portal_domain::{
    config::Environment,
    customer::{CustomerId, EmailAddress},
};
use portal_views::pages::{self, SignInForm};
use portal_web::{cookies, requests, responses::Responder};

/// The function and what it holds.
pub struct RequestLink {
    /// How it answers.
    pub respond: Responder,
    links: LinkRequests,
}

impl RequestLink {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let store = Store::from_env(&aws, env)?;
        let function = Self { respond: Responder::from_env(env)?, links: LinkRequests::from_env(&store, &aws, env)? };
        tokio::join!(store.preconnect(Connections::One), function.links.preconnect());
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        if request.method() == Method::POST {
            return self.request(&request).await;
        }
        let has_signed_out = requests::query_parameter(&request, "signed-out").is_some();
        let form = if has_signed_out { SignInForm::SignedOut } else { SignInForm::Blank };
        Ok(self.respond.page(pages::sign_in(&self.respond.site, form)))
    }

    async fn request(&self, request: &Request) -> Result<Response<Body>, Error> {
        let typed = requests::form_field(request, "email").unwrap_or_default();
        let address = match EmailAddress::parse(&typed) {
            Ok(address) => address,
            Err(reason) => {
                let page = pages::sign_in(&self.respond.site, SignInForm::Problem(&typed, reason));
                return Ok(self.respond.page_with(StatusCode::UNPROCESSABLE_ENTITY, page));
            }
        };
        let customer = CustomerId::of(&address);
        let (browser, now) = (cookies::browser_or_new(request)?, Timestamp::now());
        let admitted = match self.links.admit(AskedBy::Address, requests::source(request)?, customer, now).await? {
            Limited::Within(admitted) => admitted,
            Limited::TooMany(too_many) => return Ok(self.respond.too_many_requests(too_many)),
        };
        let link_request = LinkRequest { customer, browser: browser.hash(), booking: None };
        match self.links.ask(admitted, link_request, now).await? {
            Limited::Within(()) => self.respond.link_sent(pages::link_sent(&self.respond.site), &browser),
            Limited::TooMany(too_many) => Ok(self.respond.too_many_requests(too_many)),
        }
    }
}
