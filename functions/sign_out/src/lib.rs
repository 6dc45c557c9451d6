//! Ends this session, or with `everywhere=1` all of the customer's.

use jiff::Timestamp;
use lambda_http::{Body, Error, Request, Response};
use portal_aws::{
    sdk,
    store::{Connections, Store},
};
use portal_domain::{config::Environment, session::Session};
use portal_web::{
    cookies, requests,
    responses::{Responder, see_other},
};

/// Says that nothing was ended elsewhere, and how to.
const NOT_EVERYWHERE: &str = "/sign-in?not-signed-out";

/// The function and what it holds.
pub struct SignOut {
    /// How it answers.
    pub respond: Responder,
    store: Store,
}

impl SignOut {
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

    /// Answers one request. Only a session that still lasted is said to have been signed out.
    pub async fn handle(&self, request: Request) -> Result<Response<Body>, Error> {
        let everywhere = requests::form_field(&request, "everywhere").as_deref() == Some("1");
        let Some(session) = cookies::session(&request) else {
            return see_other(if everywhere { NOT_EVERYWHERE } else { "/sign-in" });
        };
        let now = Timestamp::now();
        let mut response = if everywhere {
            self.sign_out_everywhere(&session, now).await?
        } else {
            self.sign_out(&session, now).await?
        };
        cookies::clear_session(response.headers_mut())?;
        cookies::clear_asked(response.headers_mut())?;
        Ok(response)
    }

    async fn sign_out(&self, session: &Session, now: Timestamp) -> Result<Response<Body>, Error> {
        if self.store.end_session(session, now).await?.is_none() {
            return see_other("/sign-in");
        }
        tracing::info!(customer = %session.customer, "signed out");
        see_other("/sign-in?signed-out")
    }

    /// Only who is signed in ends what other devices have.
    async fn sign_out_everywhere(&self, session: &Session, now: Timestamp) -> Result<Response<Body>, Error> {
        if self.store.end_all_sign_ins(session, now).await?.is_none() {
            tracing::info!(customer = %session.customer, "not signed out everywhere: the session had ended");
            return see_other(NOT_EVERYWHERE);
        }
        tracing::info!(customer = %session.customer, "signed out everywhere");
        see_other("/sign-in?signed-out")
    }
}
