//! What somebody who has taken a function over would try on AWS with its credentials.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{
        AttributeValue, AttributeValueUpdate, DeleteRequest, ExpectedAttributeValue, KeysAndAttributes, Put,
        PutRequest, ReturnValue, TransactWriteItem, Update, WriteRequest,
    },
};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use portal_tests::{Item, Portal};

use Attempt::*;

/// One call.
pub(super) enum Attempt {
    Read(Key),
    Get(Key),
    List(String),
    Scan,
    Change(Key, Change),
    ChangeInATransaction(Key, &'static str),
    Make(Key),
    MakeInABatch(Key),
    MakeInATransaction(Key),
    Delete(Key),
    DeleteInABatch(Key),
    Send(&'static str),
    Receive(&'static str),
    Mail,
    Document,
}

/// The partition and the sort key of an item.
#[derive(Clone)]
pub(super) struct Key(String, String);

/// An UpdateItem; `:n` is a number and `:s` a text, `#0` and `#s` are `session`, `#e` is `ended_at`.
pub(super) struct Change {
    update: &'static str,
    condition: Option<&'static str>,
    answers: Option<ReturnValue>,
}

const fn change(update: &'static str) -> Change {
    Change { update, condition: None, answers: None }
}

/// What calls there are, each with a name: about Ana's sign-in, whose sort key this is, her booking, and what else there is.
pub(super) fn attempts(portal: &Portal, sign_in: &str) -> Vec<(&'static str, Attempt)> {
    let ana = portal.customer("ana@example.com").to_string();
    let key = |pk: &str, sk: &str| Key(pk.replace('@', &ana), sk.to_owned());
    let sign_in = || key("SIGNINS#@", sign_in);
    let (booking, confirmation) = (|| key("BOOKING#bkg_1", "BOOKING"), || key("BOOKING#bkg_1", "CONFIRMATION"));
    let (dashboard, erased) = (|| key("CUSTOMER#@", "DASHBOARD"), || key("CUSTOMER#@", "ERASED"));
    let (suppression, limit) = (|| key("SUPPRESSION#@", "SUPPRESSION"), || key("LIMIT#CUSTOMER#@", "LIMIT"));
    let fingerprint = || key("KEY", "KEY");
    let ends = || change("SET ended_at = :n");
    vec![
        ("read the fingerprint", Read(fingerprint())),
        (
            "leave the fingerprint",
            Change(
                fingerprint(),
                Change { condition: Some("attribute_not_exists(pk)"), ..change("SET fingerprint = :s") },
            ),
        ),
        ("delete the fingerprint", Delete(fingerprint())),
        // Sign-ins
        ("read a sign-in", Read(sign_in())),
        ("get a sign-in", Get(sign_in())),
        ("list sign-ins", List(sign_in().0)),
        ("end a sign-in", Change(sign_in(), Change { condition: Some("attribute_exists(pk)"), ..ends() })),
        ("take back an end", Change(sign_in(), change("REMOVE ended_at"))),
        ("make a session", Change(sign_in(), change("SET used_at = :n, #s = :s, session_until = :n"))),
        ("make a session by a placeholder that is a digit", Change(sign_in(), change("SET #0 = :s"))),
        ("make a session beside an end", Change(sign_in(), change("SET #e = :n, session_until = :n"))),
        ("make a session by what came before expressions", Change(sign_in(), change(""))),
        ("make a session in a transaction", ChangeInATransaction(sign_in(), "SET used_at = :n")),
        ("forget a use", Change(sign_in(), change("REMOVE used_at"))),
        ("lengthen a link", Change(sign_in(), change("SET valid_until = :n"))),
        ("ask by a condition what a session is", Change(sign_in(), Change { condition: Some("#s = :s"), ..ends() })),
        (
            "ask by a function what a session is",
            Change(sign_in(), Change { condition: Some("begins_with(#s, :s)"), ..ends() }),
        ),
        (
            "ask inside of a session",
            Change(sign_in(), Change { condition: Some("attribute_not_exists(#s.made_at)"), ..ends() }),
        ),
        (
            "ask for a session by what came before expressions",
            Change(sign_in(), Change { condition: Some(""), ..change("") }),
        ),
        ("copy a session", Change(sign_in(), change("SET ended_at = if_not_exists(#s, :n)"))),
        (
            "have all of the old item answered",
            Change(sign_in(), Change { answers: Some(ReturnValue::AllOld), ..ends() }),
        ),
        (
            "have all of the new item answered",
            Change(sign_in(), Change { answers: Some(ReturnValue::AllNew), ..ends() }),
        ),
        (
            "have what was changed answered",
            Change(sign_in(), Change { answers: Some(ReturnValue::UpdatedOld), ..ends() }),
        ),
        ("make a sign-in", Make(key("SIGNINS#@", "forged"))),
        ("make a sign-in in a batch", MakeInABatch(key("SIGNINS#@", "forged"))),
        ("make a sign-in in a transaction", MakeInATransaction(key("SIGNINS#@", "forged"))),
        ("delete a sign-in", Delete(key("SIGNINS#@", "forged"))),
        ("delete a sign-in in a batch", DeleteInABatch(key("SIGNINS#@", "forged"))),
        // Bookings
        ("read a booking", Read(booking())),
        ("write a booking", Make(key("BOOKING#forged", "BOOKING"))),
        ("change a booking", Change(booking(), change("SET revision = :n"))),
        ("end a booking", Change(booking(), change("SET ended_at = :n"))),
        ("delete a booking", Delete(key("BOOKING#forged", "BOOKING"))),
        ("note a confirmation as sent", Change(confirmation(), change("SET answered = :n"))),
        ("read a dashboard", Read(dashboard())),
        ("list rows", List(dashboard().0)),
        ("write a row", Make(key("CUSTOMER#@", "ROW#forged"))),
        ("change a dashboard", Change(dashboard(), change("SET change_id = :s"))),
        ("delete a dashboard", Delete(dashboard())),
        ("take back an erasure", Delete(erased())),
        ("erase", Change(erased(), change("SET erased_at = :n"))),
        // Mail
        ("read what is suppressed", Read(suppression())),
        ("note a complaint", Change(suppression(), change("SET complained_at = :n"))),
        ("forget a complaint", Change(suppression(), change("REMOVE complained_at"))),
        ("suppress by another item", Make(suppression())),
        ("delete what is suppressed", Delete(suppression())),
        ("read a limit", Read(limit())),
        ("count a request", Change(limit(), change("SET last_at = :n"))),
        ("lift a limit by another item", Make(limit())),
        ("delete a limit", Delete(limit())),
        ("ask for a mail", Send("MailQueue")),
        ("forge an event", Send("BookingQueue")),
        ("forge a complaint", Send("FeedbackQueue")),
        ("take requests for mails", Receive("MailQueue")),
        ("take events", Receive("BookingQueue")),
        ("take complaints", Receive("FeedbackQueue")),
        ("send a mail", Mail),
        // Everything
        ("read everything", Scan),
        ("read a document", Document),
    ]
}

/// Who tries: the clients of one access key.
pub(super) struct Caller<'a> {
    portal: &'a Portal,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    ses: aws_sdk_sesv2::Client,
    s3: aws_sdk_s3::Client,
}

impl<'a> Caller<'a> {
    pub(super) async fn new(portal: &'a Portal, access_key_id: &str) -> Self {
        let endpoints = &portal.stack.aws.endpoints;
        let s3 = portal.sdk(access_key_id, &endpoints.s3).await;
        Self {
            portal,
            dynamodb: aws_sdk_dynamodb::Client::new(&portal.sdk(access_key_id, &endpoints.dynamodb).await),
            sqs: aws_sdk_sqs::Client::new(&portal.sdk(access_key_id, &endpoints.sqs).await),
            ses: aws_sdk_sesv2::Client::new(&portal.sdk(access_key_id, &endpoints.ses).await),
            s3: aws_sdk_s3::Client::new(&s3),
        }
    }

    /// Whether AWS lets it happen. A condition that does not hold was asked about, and so was let happen; anything else
    /// that goes wrong is a mistake of the attempt.
    pub(super) async fn may(&self, attempt: &Attempt) -> bool {
        match self.makes(attempt).await {
            Ok(()) => true,
            Err(code) if code.starts_with("AccessDenied") => false,
            Err(code) if code == "ConditionalCheckFailedException" => true,
            Err(code) => panic!("{code}"),
        }
    }

    async fn makes(&self, attempt: &Attempt) -> Result<(), String> {
        let (dynamodb, table) = (&self.dynamodb, self.portal.table());
        match attempt {
            Read(key) => {
                let keys = KeysAndAttributes::builder().keys(key.attributes()).build().unwrap();
                outcome(dynamodb.batch_get_item().request_items(table, keys).send().await)
            }
            Get(key) => outcome(dynamodb.get_item().table_name(table).set_key(Some(key.attributes())).send().await),
            List(partition) => {
                let query = dynamodb.query().table_name(table).key_condition_expression("pk = :pk");
                outcome(query.expression_attribute_values(":pk", AttributeValue::S(partition.clone())).send().await)
            }
            Scan => outcome(dynamodb.scan().table_name(table).send().await),
            Change(key, change) => {
                let update = dynamodb.update_item().table_name(table).set_key(Some(key.attributes()));
                outcome(change.of(update).send().await)
            }
            ChangeInATransaction(key, update) => {
                let update =
                    Update::builder().table_name(table).set_key(Some(key.attributes())).update_expression(*update);
                let update = update.expression_attribute_values(":n", number()).build().unwrap();
                let item = TransactWriteItem::builder().update(update).build();
                outcome(dynamodb.transact_write_items().transact_items(item).send().await)
            }
            Make(key) => outcome(dynamodb.put_item().table_name(table).set_item(Some(key.item())).send().await),
            MakeInABatch(key) => {
                let put = PutRequest::builder().set_item(Some(key.item())).build().unwrap();
                let write = WriteRequest::builder().put_request(put).build();
                outcome(dynamodb.batch_write_item().request_items(table, vec![write]).send().await)
            }
            MakeInATransaction(key) => {
                let put = Put::builder().table_name(table).set_item(Some(key.item())).build().unwrap();
                let item = TransactWriteItem::builder().put(put).build();
                outcome(dynamodb.transact_write_items().transact_items(item).send().await)
            }
            Delete(key) => {
                outcome(dynamodb.delete_item().table_name(table).set_key(Some(key.attributes())).send().await)
            }
            DeleteInABatch(key) => {
                let delete = DeleteRequest::builder().set_key(Some(key.attributes())).build().unwrap();
                let write = WriteRequest::builder().delete_request(delete).build();
                outcome(dynamodb.batch_write_item().request_items(table, vec![write]).send().await)
            }
            Send(queue) => {
                outcome(self.sqs.send_message().queue_url(self.portal.queue_url(queue)).message_body("{}").send().await)
            }
            Receive(queue) => outcome(self.sqs.receive_message().queue_url(self.portal.queue_url(queue)).send().await),
            Mail => {
                let text = |text: &str| Content::builder().data(text).build().unwrap();
                let message =
                    Message::builder().subject(text("Hello")).body(Body::builder().text(text("Hello")).build());
                let send = self.ses.send_email().from_email_address("bookings@tybeecarts.example");
                let send = send.destination(Destination::builder().to_addresses("ana@example.com").build());
                outcome(send.content(EmailContent::builder().simple(message.build()).build()).send().await)
            }
            Document => outcome(self.s3.get_object().bucket(self.portal.bucket()).key(DOCUMENT).send().await),
        }
    }
}

/// The document that is there to be read.
pub(super) const DOCUMENT: &str = "documents/bkg_1/agreement.pdf";

impl Key {
    fn attributes(&self) -> HashMap<String, AttributeValue> {
        let Self(pk, sk) = self;
        [("pk", pk), ("sk", sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value.clone()))).into()
    }

    fn item(&self) -> Item {
        let mut item = self.attributes();
        item.insert("used_at".into(), number());
        item
    }
}

impl Change {
    fn of(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let Self { update: expression, condition, answers } = self;
        let update = update.set_return_values(answers.clone());
        if expression.is_empty() {
            let session = AttributeValueUpdate::builder().value(AttributeValue::S("forged".into())).build();
            let ended = AttributeValueUpdate::builder().value(number()).build();
            let any = ExpectedAttributeValue::builder().exists(false).build();
            return match condition {
                None => update.attribute_updates("session", session),
                Some(_) => update.attribute_updates("ended_at", ended).expected("session", any),
            };
        }
        let written = format!("{expression} {}", condition.unwrap_or_default());
        let mut update = update.update_expression(*expression).set_condition_expression(condition.map(str::to_owned));
        for (name, attribute) in [("#s", "session"), ("#0", "session"), ("#e", "ended_at")] {
            if written.contains(name) {
                update = update.expression_attribute_names(name, attribute);
            }
        }
        for (name, value) in [(":n", number()), (":s", AttributeValue::S("forged".into()))] {
            if written.contains(name) {
                update = update.expression_attribute_values(name, value);
            }
        }
        update
    }
}

fn number() -> AttributeValue {
    AttributeValue::N("4102444800".into())
}

fn outcome<T, E: ProvideErrorMetadata + std::fmt::Debug>(answer: Result<T, SdkError<E>>) -> Result<(), String> {
    match answer {
        Ok(_) => Ok(()),
        Err(error) => Err(error.code().map_or_else(|| format!("{error:?}"), str::to_owned)),
    }
}
