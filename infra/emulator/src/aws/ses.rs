//! SES v2: takes mails as SES does and keeps them for the inbox instead of sending them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use axum::{
    body::Bytes,
    http::{Request, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    error::Error,
    events::EventBridge,
    lenient,
    lock::lock,
    names::{ACCOUNT, DEFAULT_BUS, REGION},
    properties::properties,
    response::json_response,
};

mod account;
mod action;
mod fault;
mod identity;
mod input;
mod mailbox;
mod simulator;

use account::{Account, PutAccountDetails, PutAccountSendingAttributes};
use fault::Fault;
use identity::Identity;
use input::{EmailTag, Header, PutSuppressed, Reason, SendEmail, Simple, input};
use mailbox::Mailbox;
use simulator::{EventType, Outcome};

pub use input::Tracking;

pub(super) use action::Action;
pub(super) use mailbox::bare_address;

/// SES v2. Identities, configuration sets and mails are kept in memory.
#[derive(Clone)]
pub struct Ses {
    state: Arc<Mutex<State>>,
    /// Where it publishes what becomes of mails.
    events: EventBridge,
}

#[derive(Default)]
struct State {
    account: Account,
    identities: BTreeMap<String, Identity>,
    configuration_sets: BTreeMap<String, ConfigurationSet>,
    suppressed: BTreeMap<String, Suppressed>,
    /// Newest first.
    mails: VecDeque<Mail>,
}

/// A mail that SES took.
#[derive(Clone, Debug, Serialize)]
pub struct Mail {
    /// The MessageId that SendEmail answered.
    pub id: String,
    /// The recipients' bare addresses.
    pub to: Vec<String>,
    /// The sender as a mail program shows it.
    pub from: String,
    /// Where an answer goes, as a mail program shows it.
    pub reply_to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The plain text, empty if there is none.
    pub text: String,
    /// The HTML, empty if there is none.
    pub html: String,
    /// The headers that the sender added.
    pub headers: BTreeMap<String, String>,
    /// The configuration set it was sent with.
    pub configuration_set: Option<String>,
    /// The message's own say on tracking, if it has one.
    pub tracking: Option<Tracking>,
    /// The tags that the sender added.
    pub tags: BTreeMap<String, String>,
    /// When SES took it.
    pub sent_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ConfigurationSet {
    /// Nothing where the account's own apply.
    suppression_options: Option<SuppressionOptions>,
    /// The types of events that go to the default bus.
    #[serde(skip)]
    published: BTreeSet<EventType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SuppressionOptions {
    #[serde(default)]
    suppressed_reasons: Vec<Reason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EventDestinationProperties {
    configuration_set_name: String,
    event_destination: EventDestination,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EventDestination {
    #[serde(rename = "Name")]
    _name: Option<String>,
    #[serde(default, deserialize_with = "lenient::boolean")]
    enabled: bool,
    matching_event_types: BTreeSet<EventType>,
    event_bridge_destination: EventBridgeDestination,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EventBridgeDestination {
    event_bus_arn: String,
}

impl ConfigurationSet {
    /// Whether the account's suppression list holds mails with this set back that are on it for this reason. By default an
    /// account has both reasons.
    fn suppresses(&self, reason: Reason) -> bool {
        self.suppression_options.as_ref().is_none_or(|options| options.suppressed_reasons.contains(&reason))
    }
}

impl State {
    /// Why SES takes a mail to the address and does not send it, if it does not.
    /// <https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html>
    fn held_back(&self, address: &str, configuration_set: Option<&str>) -> Option<Reason> {
        let reason = self.suppressed.get(address)?.reason;
        let set = configuration_set.and_then(|name| self.configuration_sets.get(name));
        set.is_none_or(|set| set.suppresses(reason)).then_some(reason)
    }
}

impl Ses {
    pub(super) fn new(events: EventBridge) -> Self {
        Self { state: Arc::default(), events }
    }

    /// Makes an address or a domain a verified identity, from its CloudFormation properties.
    pub fn create_identity(&self, name: &str, identity: &Value) -> Result<(), Error> {
        const ACCEPTED: [&str; 3] = ["EmailIdentity", "DkimSigningAttributes", "Tags"];
        let identity: Identity = properties("AWS::SES::EmailIdentity", name, identity, &ACCEPTED)?;
        lock(&self.state).identities.insert(name.to_owned(), identity);
        Ok(())
    }

    /// Makes a configuration set from its CloudFormation properties.
    pub fn create_configuration_set(&self, name: &str, set: &Value) -> Result<(), Error> {
        const ACCEPTED: [&str; 4] = ["Name", "DeliveryOptions", "ReputationOptions", "Tags"];
        let set: ConfigurationSet = properties("AWS::SES::ConfigurationSet", name, set, &ACCEPTED)?;
        lock(&self.state).configuration_sets.insert(name.to_owned(), set);
        Ok(())
    }

    /// Makes a configuration set publish to EventBridge, from the destination's CloudFormation properties.
    pub fn create_event_destination(&self, name: &str, destination: &Value) -> Result<(), Error> {
        const KIND: &str = "AWS::SES::ConfigurationSetEventDestination";
        let refused = |reason: &str| Err(Error::Unsupported(format!("{KIND} {name}: {reason}")));
        let EventDestinationProperties { configuration_set_name, event_destination } =
            properties(KIND, name, destination, &[])?;
        // https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventBridgeDestination.html
        let bus = &event_destination.event_bridge_destination.event_bus_arn;
        if *bus != format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{DEFAULT_BUS}") {
            return refused(&format!("SES publishes to the default bus only, not to {bus}"));
        }
        let mut state = lock(&self.state);
        match state.configuration_sets.get_mut(&configuration_set_name) {
            None => refused(&format!("there is no configuration set {configuration_set_name}")),
            Some(_) if !event_destination.enabled => Ok(()),
            Some(set) => {
                set.published.extend(event_destination.matching_event_types);
                Ok(())
            }
        }
    }

    /// Every mail taken so far, newest first.
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.state).mails.iter().cloned().collect()
    }

    /// Forgets every mail.
    pub fn clear(&self) {
        lock(&self.state).mails.clear();
    }

    /// The verified identity that an address sends with: itself, its domain, or a parent of that.
    pub(super) fn identity_of(&self, address: &str) -> Option<String> {
        let (_, domain) = address.rsplit_once('@')?;
        let parents = domain.match_indices('.').filter_map(|(dot, _)| domain.get(dot + 1..));
        let state = lock(&self.state);
        [address, domain].into_iter().chain(parents).find_map(|candidate| {
            state.identities.keys().find(|identity| identity.eq_ignore_ascii_case(candidate)).cloned()
        })
    }

    pub(super) fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let body = request.body();
        let answered = match Action::of(request) {
            Some(Action::SendEmail) => self.send_email(body),
            Some(Action::GetAccount) => Ok(lock(&self.state).account.shown()),
            Some(Action::PutAccountSendingAttributes) => self.put_account_sending(body),
            Some(Action::PutAccountDetails) => self.put_account_details(body),
            Some(Action::GetEmailIdentity(identity)) => self.get_identity(&identity),
            Some(Action::PutSuppressedDestination) => self.put_suppressed(body),
            Some(Action::ListSuppressedDestinations) => Ok(self.list_suppressed()),
            Some(Action::GetSuppressedDestination(address)) => self.get_suppressed(&address),
            Some(Action::DeleteSuppressedDestination(address)) => self.delete_suppressed(&address),
            None => Err(Fault {
                status: 404,
                code: "UnknownOperationException",
                message: format!("{} {} is not known locally.", request.method(), request.uri().path()),
            }),
        };
        match answered {
            Ok(output) => json_response(200, CONTENT_TYPE, &[], &output),
            Err(Fault { status, code, message }) => {
                json_response(status, CONTENT_TYPE, &[("x-amzn-errortype", code)], &json!({ "message": message }))
            }
        }
    }

    fn send_email(&self, body: &[u8]) -> Result<Value, Fault> {
        let input: SendEmail = input(body)?;
        let from = Mailbox::parse(&input.from_email_address)?;
        let recipients = input.destination.to_addresses.iter().map(|to| Mailbox::parse(to));
        let recipients = recipients.collect::<Result<Vec<_>, _>>()?;
        if recipients.is_empty() || recipients.len() > 50 {
            return Err(Fault::bad_request("A message has 1 to 50 recipients."));
        }
        let reply_to = input.reply_to_addresses.iter().map(|to| Mailbox::parse(to)).collect::<Result<Vec<_>, _>>()?;
        let Simple { subject, body, headers } = input.content.simple;
        if body.text.is_none() && body.html.is_none() {
            return Err(Fault::bad_request("The message has no body."));
        }
        for content in [Some(&subject), body.text.as_ref(), body.html.as_ref()].into_iter().flatten() {
            content.check()?;
        }
        if subject.data.contains(['\r', '\n']) {
            return Err(Fault::bad_request("The subject contains a line break."));
        }
        if headers.len() > 15 {
            return Err(Fault::bad_request("A message has at most 15 headers of its own."));
        }
        headers.iter().try_for_each(Header::check)?;
        input.email_tags.iter().try_for_each(EmailTag::check)?;

        self.check_account(&from, &recipients)?;
        let mut state = lock(&self.state);
        if let Some(set) = &input.configuration_set_name
            && !state.configuration_sets.contains_key(set)
        {
            return Err(Fault {
                status: 404,
                code: "NotFoundException",
                message: format!("Configuration set <{set}> does not exist."),
            });
        }
        let id = format!("{:016x}-{}-000000", Timestamp::now().as_millisecond(), Uuid::new_v4());
        let mail = Mail {
            id: id.clone(),
            to: recipients.into_iter().map(|to| to.address).collect(),
            from: from.shown(),
            reply_to: reply_to.iter().map(Mailbox::shown).collect(),
            subject: subject.data,
            text: body.text.map(|text| text.data).unwrap_or_default(),
            html: body.html.map(|html| html.data).unwrap_or_default(),
            headers: headers.into_iter().map(|header| (header.name, header.value)).collect(),
            configuration_set: input.configuration_set_name,
            tracking: input.configuration_overrides.and_then(|overrides| overrides.tracking),
            tags: input.email_tags.into_iter().map(|tag| (tag.name, tag.value)).collect(),
            sent_at: Timestamp::now(),
        };
        let set = mail.configuration_set.as_deref();
        let held_back: Vec<_> = mail.to.iter().map(|to| state.held_back(to, set)).collect();
        let reached = mail.to.iter().zip(&held_back).filter(|(_, reason)| reason.is_none());
        let reached: Vec<String> = reached.map(|(to, _)| to.clone()).collect();
        state.account.count(reached.len());
        if !reached.is_empty() {
            state.mails.push_front(Mail { to: reached, ..mail.clone() });
        }
        drop(state);
        for (recipient, held_back) in mail.to.iter().zip(held_back) {
            let outcome = match held_back {
                Some(Reason::Bounce) => simulator::held_back(recipient, EventType::Bounce),
                Some(Reason::Complaint) => simulator::held_back(recipient, EventType::Complaint),
                None => simulator::outcome(recipient),
            };
            self.publish(&mail, recipient, outcome);
        }
        Ok(json!({ "MessageId": id }))
    }

    /// Refuses what the account may not send: anything while it is paused, from who is not verified, and in the sandbox
    /// also to who is not.
    /// <https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html>
    fn check_account(&self, from: &Mailbox, recipients: &[Mailbox]) -> Result<(), Fault> {
        let (is_sending, is_in_sandbox) = {
            let account = &lock(&self.state).account;
            (account.is_sending, !account.has_production_access)
        };
        if !is_sending {
            return Err(Fault {
                status: 400,
                code: "SendingPausedException",
                message: "Sending paused for this account.".to_owned(),
            });
        }
        let checked_recipients = recipients.iter().filter(|to| is_in_sandbox && !simulator::knows(&to.address));
        let checked = std::iter::once(from).chain(checked_recipients);
        let unverified: Vec<_> =
            checked.filter(|mailbox| self.identity_of(&mailbox.address).is_none()).map(Mailbox::shown).collect();
        if unverified.is_empty() {
            return Ok(());
        }
        let message = format!(
            "Email address is not verified. The following identities failed the check in region {}: {}",
            REGION.to_uppercase(),
            unverified.join(", "),
        );
        Err(Fault { status: 400, code: "MessageRejected", message })
    }

    /// Suppresses the recipient and publishes the outcome, each if the mail's configuration set says so.
    fn publish(&self, mail: &Mail, recipient: &str, outcome: Outcome) {
        let Outcome { event_type, detail_type, mut detail } = outcome;
        let Some(name) = &mail.configuration_set else { return };
        let mut state = lock(&self.state);
        let Some(set) = state.configuration_sets.get(name) else { return };
        let is_published = set.published.contains(&event_type);
        // SES never suppresses its simulator's addresses. Here it is done, so that a suppression can be tried.
        if event_type == EventType::Complaint && set.suppresses(Reason::Complaint) {
            let suppressed = Suppressed { reason: Reason::Complaint, since: Timestamp::now() };
            state.suppressed.insert(recipient.to_owned(), suppressed);
        }
        drop(state);
        if is_published {
            detail["mail"] = mail.in_event(name);
            let entry = json!([{
                "Source": "aws.ses", "DetailType": detail_type, "Detail": detail.to_string(),
                "Resources": [format!("arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{name}")],
            }]);
            self.events.put_events(&entry);
        }
    }

    fn put_account_sending(&self, body: &[u8]) -> Result<Value, Fault> {
        let PutAccountSendingAttributes { sending_enabled } = input(body)?;
        lock(&self.state).account.is_sending = sending_enabled;
        Ok(json!({}))
    }

    fn put_account_details(&self, body: &[u8]) -> Result<Value, Fault> {
        let PutAccountDetails { production_access_enabled, .. } = input(body)?;
        if let Some(has_production_access) = production_access_enabled {
            lock(&self.state).account.has_production_access = has_production_access;
        }
        Ok(json!({}))
    }

    fn get_identity(&self, name: &str) -> Result<Value, Fault> {
        let state = lock(&self.state);
        let identity = state.identities.get(name).ok_or_else(|| Fault {
            status: 404,
            code: "NotFoundException",
            message: format!("Email identity {name} does not exist."),
        })?;
        Ok(identity.shown(name))
    }

    fn put_suppressed(&self, body: &[u8]) -> Result<Value, Fault> {
        let PutSuppressed { email_address, reason } = input(body)?;
        let address = Mailbox::parse(&email_address)?.address;
        lock(&self.state).suppressed.insert(address, Suppressed { reason, since: Timestamp::now() });
        Ok(json!({}))
    }

    fn list_suppressed(&self) -> Value {
        let state = lock(&self.state);
        let summaries: Vec<_> =
            state.suppressed.iter().map(|(address, suppressed)| suppressed.shown(address)).collect();
        json!({ "SuppressedDestinationSummaries": summaries })
    }

    fn get_suppressed(&self, address: &str) -> Result<Value, Fault> {
        match lock(&self.state).suppressed.get(address) {
            Some(suppressed) => Ok(json!({ "SuppressedDestination": suppressed.shown(address) })),
            None => Err(Fault::not_suppressed()),
        }
    }

    fn delete_suppressed(&self, address: &str) -> Result<Value, Fault> {
        lock(&self.state).suppressed.remove(address).map(|_| json!({})).ok_or_else(Fault::not_suppressed)
    }
}

const CONTENT_TYPE: &str = "application/json";

impl Mail {
    /// The mail as an event shows it.
    /// <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
    fn in_event(&self, configuration_set: &str) -> Value {
        json!({
            "timestamp": format!("{:.3}", self.sent_at),
            "source": self.from,
            "sendingAccountId": ACCOUNT,
            "messageId": self.id,
            "destination": self.to,
            "headersTruncated": false,
            "headers": self.headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
            "commonHeaders": { "from": [self.from], "to": self.to, "subject": self.subject, "messageId": self.id },
            "tags": self.tags_in_event(configuration_set),
        })
    }

    /// SES's own tags, and the sender's.
    fn tags_in_event(&self, configuration_set: &str) -> BTreeMap<String, [String; 1]> {
        let own = [
            ("ses:source-tls-version", "TLSv1.3"),
            ("ses:operation", "SendEmail"),
            ("ses:configuration-set", configuration_set),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), [value.to_owned()]));
        self.tags.iter().map(|(name, value)| (name.clone(), [value.clone()])).chain(own).collect()
    }
}

/// An entry of the account's suppression list.
struct Suppressed {
    reason: Reason,
    since: Timestamp,
}

impl Suppressed {
    fn shown(&self, address: &str) -> Value {
        json!({ "EmailAddress": address, "Reason": self.reason, "LastUpdateTime": self.since.as_second() })
    }
}

#[cfg(test)]
mod tests;
