//! SNS: who is subscribed to the template's topics, over the AWS query protocol. Nothing is published.
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{Request, Response, StatusCode},
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    error::Error,
    lock::lock,
    names::{ACCOUNT, REGION},
    query::{self, Fields, element},
};

/// SNS.
#[derive(Clone, Default)]
pub struct Sns {
    /// The subscriptions of each topic, by its ARN.
    topics: Arc<Mutex<BTreeMap<String, Vec<Subscription>>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TopicProperties {
    #[serde(default)]
    subscription: Vec<SubscriptionProperties>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SubscriptionProperties {
    /// Missing where it stands in its topic.
    topic_arn: Option<String>,
    protocol: String,
    #[serde(default)]
    endpoint: String,
}

/// A subscription. On AWS `PendingConfirmation` stands for its ARN until its owner follows the link in a mail. Nobody gets
/// that mail here, so each is confirmed.
struct Subscription {
    arn: String,
    protocol: String,
    endpoint: String,
}

impl Sns {
    /// Makes a topic, with the subscriptions that stand in it, from its CloudFormation properties.
    pub fn create_topic(&self, name: &str, topic: &Value) -> Result<(), Error> {
        let TopicProperties { subscription } = read("AWS::SNS::Topic", name, topic)?;
        let arn = topic_arn(name);
        lock(&self.topics).entry(arn.clone()).or_default();
        subscription.into_iter().for_each(|subscription| self.subscribe(&arn, subscription));
        Ok(())
    }

    /// Makes a subscription from its CloudFormation properties.
    pub fn create_subscription(&self, name: &str, subscription: &Value) -> Result<(), Error> {
        let subscription: SubscriptionProperties = read("AWS::SNS::Subscription", name, subscription)?;
        match subscription.topic_arn.clone() {
            Some(arn) => self.subscribe(&arn, subscription),
            None => return Err(Error::Unsupported(format!("AWS::SNS::Subscription {name} has no TopicArn"))),
        }
        Ok(())
    }

    fn subscribe(&self, topic_arn: &str, subscription: SubscriptionProperties) {
        let SubscriptionProperties { protocol, endpoint, .. } = subscription;
        let arn = format!("{topic_arn}:{}", Uuid::new_v4());
        lock(&self.topics).entry(topic_arn.to_owned()).or_default().push(Subscription { arn, protocol, endpoint });
    }

    pub(super) fn access_denied(message: &str) -> Response<Bytes> {
        query::fault(NAMESPACE, StatusCode::FORBIDDEN, "AuthorizationError", message)
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let fields = Fields::of(request);
        let fault = |status, code, message: &str| query::fault(NAMESPACE, status, code, message);
        let (action, topic) = (fields.get("Action"), fields.get("TopicArn"));
        if action != "ListSubscriptionsByTopic" {
            return fault(StatusCode::BAD_REQUEST, "InvalidAction", &format!("{action} is not known locally"));
        }
        let topics = lock(&self.topics);
        match (topics.get(topic), fields.page_start()) {
            (None, _) => fault(StatusCode::NOT_FOUND, "NotFound", "Topic does not exist"),
            (_, None) => fault(StatusCode::BAD_REQUEST, "InvalidParameter", "Invalid parameter: NextToken"),
            (Some(subscriptions), Some(start)) => {
                let (members, next) = query::page(subscriptions, start, |subscription| {
                    [
                        element("SubscriptionArn", &subscription.arn),
                        element("TopicArn", topic),
                        element("Owner", ACCOUNT),
                        element("Protocol", &subscription.protocol),
                        element("Endpoint", &subscription.endpoint),
                    ]
                    .concat()
                });
                query::answer(NAMESPACE, action, &format!("<Subscriptions>{members}</Subscriptions>{next}"))
            }
        }
    }
}

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// The ARN of a topic.
pub(crate) fn topic_arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}")
}

/// Reads what is told of a resource; its other properties are about sending, which is not done here.
fn read<T: for<'de> Deserialize<'de>>(kind: &str, name: &str, properties: &Value) -> Result<T, Error> {
    T::deserialize(properties).map_err(|error| Error::Unsupported(format!("{kind} {name}: {error}")))
}
