//! The local services, as far from a function as AWS's are.

use hyper::{body::Bytes, http::request::Parts};
use portal_local::aws::Endpoints;
use tokio::{sync::SetOnce, time::sleep};

use crate::{
    delays,
    question::{Answer, Question},
    result::Result,
};

/// Services that answer after a while.
#[derive(Default)]
pub(crate) struct Distant {
    endpoints: SetOnce<Endpoints>,
    client: reqwest::Client,
}

impl Distant {
    /// Says where the services are; until then they do not answer. Their addresses are told to functions before they start.
    pub(crate) fn leads_to(&self, endpoints: &Endpoints) -> Result<()> {
        Ok(self.endpoints.set(endpoints.clone())?)
    }

    /// Asks the service, after what AWS takes.
    pub(crate) async fn answer(&self, parts: Parts, body: Bytes) -> Result<Answer> {
        let question = Question::of(&parts, &body);
        let endpoints = self.endpoints.wait().await;
        sleep(delays::answer(&question)).await;
        Answer::from(&self.client, question.service.endpoint(endpoints), parts, body).await
    }
}
