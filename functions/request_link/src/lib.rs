//! Asks for a sign-in link. The answer is the same for every address: whether there is a booking under it, only
//! send_mail finds out.

use jiff::Timestamp;
use lambda_http::{
    Body, Error, Request, Response,
    http::{Method, StatusCode},
    tracing,
};
use portal_aws::{
    link_requests,
    mail_queue::{Outbox, Wanted},
    sdk,
    store::{Connections, Store, Subject},
};
use portal_domain::{
    config::{Environment, Limits},
    customer::{CustomerId, EmailAddress},
    limits::Verdict,
    secret::Secret,
};
use portal_runtime::metrics::Metric;
use portal_views::pages::{self, SignInForm};
use portal_web::{cookies, requests, responses::Responder};

/// The function and what it holds.
pub struct RequestLink {
    /// How it answers.
    pub respond: Responder,
    store: Store,
    outbox: Outbox,
    limits: Limits,
}

impl RequestLink {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let function = Self {
            respond: Responder::from_env(env)?,
            store: Store::from_env(&aws, env)?,
            outbox: Outbox::from_env(&aws, env)?,
            limits: Limits::from_env(env)?,
        };
        tokio::join!(function.store.warm_up(Connections::One), function.outbox.warm_up());
        Ok(function)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        if request.method() == Method::POST {
            self.request(&request).await
        } else {
            let signed_out = requests::query_parameter(&request, "signed-out").is_some();
            Ok(self.respond.page(pages::sign_in(&self.respond.site, &SignInForm { signed_out, problem: None })))
        }
    }

    async fn request(&self, request: &Request) -> Result<Response<Body>, Error> {
        let typed = requests::form_field(request, "email").unwrap_or_default();
        let address = match EmailAddress::parse(&typed) {
            Ok(address) => address,
            Err(reason) => {
                let problem = Some((typed.as_str(), reason));
                let page = pages::sign_in(&self.respond.site, &SignInForm { problem, signed_out: false });
                return Ok(self.respond.page_with(StatusCode::UNPROCESSABLE_ENTITY, page));
            }
        };
        let customer = CustomerId::of(&address);
        let browser = cookies::browser(request).map_or_else(Secret::generate, Ok)?;

        let now = Timestamp::now();
        // The source first: a request refused there touches nothing of the customer's.
        let source = Subject::Source(requests::source(request)?);
        if let Verdict::Refused(wait) = self.store.count_request(source, self.limits.per_source, now).await? {
            return Ok(self.respond.too_many_requests(wait));
        }
        let wanted = Wanted::SignIn { customer, asked_at: now, browser: Some(browser.hash()), booking: None };
        let (subject, limit) = (Subject::Customer(customer), self.limits.per_customer);
        match link_requests::ask(&self.store, &self.outbox, subject, limit, &wanted, now).await? {
            Verdict::Refused(wait) => return Ok(self.respond.too_many_requests(wait)),
            Verdict::Repeated => {}
            Verdict::Counted => {
                tracing::info!(%customer, "a link was asked for");
                Metric::LinksRequested.count();
            }
        }
        let mut response = self.respond.page(pages::link_sent(&self.respond.site, false));
        cookies::set_browser(response.headers_mut(), &browser)?;
        Ok(response)
    }
}
