//! Makes sign-ins and sends the mails that carry their links. The token exists only here and in the mail.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent};
use portal_aws::{
    mail_queue::MailRequest,
    retry_backoff::RetryBackoff,
    sdk,
    send_rate_limiter::SendRateLimiter,
    sender::{NotSent, Sender},
    store::{Addressee, Connections, Lease, Standing, Store},
};
use portal_domain::{
    booking::BookingId,
    config::{Address, Business, Environment, PortalUrl},
    confirmation::{Confirmation, Due, NotDue},
    customer::CustomerId,
    filed::FiledBooking,
    language::Language,
    letter::Letter,
    link::LinkToken,
    secret::SecretHash,
    sign_in::{LINK_LIFETIME, SignIn},
    suppression::Suppressed,
    time::after,
};
use portal_runtime::{batches, logs::chain, metrics::Metric};
use portal_views::{
    mails::{self, LeadsTo, Letterhead},
    messages::Messages,
};

/// A confirmation is leased to one queue message for this long: until the queue would deliver that message again.
const LEASED_FOR: SignedDuration = SignedDuration::from_mins(3);

/// All messages of a batch, so that one that waits for SES does not hold up the others; the sender limits its rate.
const AT_ONCE: usize = 10;

/// The function and what it holds.
pub struct SendMail {
    store: Store,
    sender: Sender,
    backoff: RetryBackoff,
    business: Business,
    /// `PORTAL_URL`: the origin of the links.
    portal: PortalUrl,
}

impl SendMail {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = sdk::config(env)?;
        let business = Business::from_env(env)?;
        let sender: Address = env.parsed("SENDER_ADDRESS", "an email address such as bookings@tybeecarts.example")?;
        let configuration_set = env.text("CONFIGURATION_SET", "the name of the SES configuration set")?;
        let rate_limiter = SendRateLimiter::from_env(env)?;
        let function = Self {
            store: Store::from_env(&aws, env)?,
            sender: Sender::new(&aws, env, &business, sender.0.as_str(), configuration_set, rate_limiter)?,
            backoff: RetryBackoff::from_env(&aws, env)?,
            portal: env.parsed("PORTAL_URL", "an https origin such as https://portal.tybeecarts.example")?,
            business,
        };
        function.store.preconnect(Connections::Two).await;
        Ok(function)
    }

    fn letterhead(&self, language: Language) -> Letterhead<'_> {
        Letterhead { business: &self.business, portal: &self.portal, messages: Messages::of(language) }
    }

    /// Works off a batch; names the messages that are to come again.
    pub async fn handle(&self, batch: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
        batches::each(batch, AT_ONCE, async |message| {
            let sent = self.send(message).await;
            if sent.is_err() {
                self.put_off(message).await;
            }
            sent
        })
        .await
    }

    async fn send(&self, message: &SqsMessage) -> Result<(), Error> {
        let mail_request = MailRequest::parse(message.body.as_deref().unwrap_or_default())?;
        let message_id = message.message_id.as_deref().unwrap_or_default();
        match mail_request {
            MailRequest::SignIn { customer, repeated: true, .. } => {
                tracing::info!(%customer, "no mail: it was asked for again within a minute");
                Ok(())
            }
            MailRequest::SignIn { customer, asked_at, browser, booking, language, repeated: false } => {
                let now = Timestamp::now();
                // A clock ahead makes no request younger than the queue knows it to be.
                let asked_at = asked_at.min(batches::queued_at(message).unwrap_or(now));
                if now >= after(asked_at, LINK_LIFETIME) {
                    tracing::warn!(%customer, "no mail: it was asked for too long ago");
                } else if batches::deliveries(message) > 1 && self.store.was_mailed(customer, message_id).await? {
                    tracing::info!(%customer, "no mail: it had gone out before");
                } else {
                    self.send_sign_in(customer, message_id, browser, booking, language).await?;
                }
                Ok(())
            }
            MailRequest::Confirmation { booking } => self.send_confirmation(&booking, message_id).await,
        }
    }

    /// Mails a sign-in link to a customer who has bookings. The mail is in the language that the booking system knows,
    /// or else in that of the page that asked.
    async fn send_sign_in(
        &self,
        customer: CustomerId,
        message_id: &str,
        browser: Option<SecretHash>,
        booking: Option<BookingId>,
        asked_in: Language,
    ) -> Result<(), Error> {
        let (addressee, suppression) =
            tokio::try_join!(self.store.newest_addressee(customer), self.store.suppression(customer))?;
        let Some(Addressee { address, language }) = addressee else {
            tracing::info!(%customer, "no mail: no bookings");
            return Ok(());
        };
        if let Some(why) = suppression.suppressed() {
            suppress(customer, why);
            return Ok(());
        }
        let landing = match booking {
            Some(id) => self.store.booking(&id).await?.filter(|filed| filed.owner == customer),
            None => None,
        };
        let now = Timestamp::now();
        let token = LinkToken::generate(customer)?;
        let sign_in = SignIn::new(&token, &address, message_id, now).asked_for_by(browser);
        let sign_in = match &landing {
            Some(filed) => sign_in.landing_on(&filed.booking),
            None => sign_in,
        };
        let head = self.letterhead(language.unwrap_or(asked_in));
        match self.post("sign_in", &sign_in, &mails::sign_in(&head, address, LeadsTo::Link(&token))).await? {
            Posted::Sent => Ok(self.store.sign_in_mailed(&sign_in, now).await?),
            Posted::Refused => Ok(()),
        }
    }

    /// Sends the confirmation once for a booking and address, from the newest revision, under a lease. Whoever holds
    /// the lease looks again before leaving, so a message that finds it taken has nothing left to do.
    async fn send_confirmation(&self, id: &BookingId, message_id: &str) -> Result<(), Error> {
        loop {
            let now = Timestamp::now();
            let leased = match self.store.lease_confirmation(id, message_id, LEASED_FOR, now).await? {
                Lease::Held(leased) => leased,
                Lease::Taken => {
                    tracing::info!(booking = %id, "no mail: another message is about to send it");
                    return Ok(());
                }
                Lease::Gone => {
                    confirmation_is_not_sent(id, NotDue::Erased);
                    return Ok(());
                }
            };
            match self.store.booking(id).await? {
                Some(filed) => self.confirm(&filed, &leased, message_id, now).await?,
                None => {
                    confirmation_is_not_sent(id, NotDue::Erased);
                    self.store.release_confirmation(id).await?;
                }
            }
            if !self.is_still_due(id, now).await? {
                return Ok(());
            }
        }
    }

    async fn is_still_due(&self, id: &BookingId, now: Timestamp) -> Result<bool, Error> {
        let Some(Standing { filed, confirmation }) = self.store.standing(id).await? else { return Ok(false) };
        Ok(confirmation.due(&filed, now) == Due::Send
            && self.store.suppression(filed.owner).await?.suppressed().is_none())
    }

    async fn confirm(
        &self,
        filed: &FiledBooking,
        leased: &Confirmation,
        message_id: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let FiledBooking { owner, booking, .. } = filed;
        let id = &booking.booking_id;
        match leased.due(filed, now) {
            Due::Not(why) => {
                confirmation_is_not_sent(id, why);
                match why {
                    NotDue::Answered => Ok(self.store.confirmation_answered(id, leased, None).await?),
                    _ => Ok(self.store.release_confirmation(id).await?),
                }
            }
            Due::Send => {
                if let Some(why) = self.store.suppression(*owner).await?.suppressed() {
                    suppress(*owner, why);
                    confirmation_is_not_sent(id, NotDue::Suppressed(why));
                    return Ok(self.store.release_confirmation(id).await?);
                }
                let token = LinkToken::generate(*owner)?;
                let sign_in = SignIn::new(&token, &booking.customer.email, message_id, now).landing_on(booking);
                let head = self.letterhead(booking.customer.language().unwrap_or_default());
                let letter = mails::confirmation(&head, booking, LeadsTo::Link(&token), now);
                let sent_to = match self.post("confirmation", &sign_in, &letter).await? {
                    Posted::Sent => Some(sign_in.customer),
                    Posted::Refused => None,
                };
                Ok(self.store.confirmation_answered(id, leased, sent_to).await?)
            }
        }
    }

    /// The sign-in is kept before SES is called, so that a link in a mail always works. The log says of which kind the mail is,
    /// and to which booking its link leads.
    async fn post(&self, kind: &str, sign_in: &SignIn, letter: &Letter) -> Result<Posted, Error> {
        let (customer, booking) = (sign_in.customer, sign_in.booking.as_ref().map(BookingId::as_str));
        self.store.keep_sign_in(sign_in).await?;
        match self.sender.send(customer, letter).await {
            Ok(mail_id) => {
                tracing::info!(%customer, kind, booking, mail_id, "a mail was sent");
                Metric::MailsSent.count();
                Ok(Posted::Sent)
            }
            Err(error @ (NotSent::Refused(_) | NotSent::Request(_))) => {
                let error = chain(&error);
                tracing::error!(%customer, kind, booking, error, "no mail: it was refused for good");
                Metric::MailsRejected.count();
                Ok(Posted::Refused)
            }
            Err(error) => {
                if let NotSent::Closed(reason) = &error {
                    tracing::error!(reason, "SES does not send for this account: mails wait");
                    Metric::SendingPaused.count();
                }
                Err(error.into())
            }
        }
    }

    async fn put_off(&self, message: &SqsMessage) {
        Metric::MailsDelayed.count();
        let handle = message.receipt_handle.as_deref().unwrap_or_default();
        match self.backoff.put_off(handle, batches::deliveries(message)).await {
            Ok(wait) => tracing::info!(seconds = wait.as_secs(), "a mail waits for another attempt"),
            Err(error) => tracing::warn!(%error, "a mail waits for as long as the queue hides it"),
        }
    }
}

/// What became of a mail that is not tried again.
enum Posted {
    Sent,
    Refused,
}

fn confirmation_is_not_sent(booking: &BookingId, why: NotDue) {
    tracing::info!(%booking, reason = %why, "a confirmation is not sent");
}

fn suppress(customer: CustomerId, why: Suppressed) {
    tracing::warn!(%customer, ?why, "no mail: an earlier one came back or was reported as spam");
    Metric::MailsSuppressed.count();
}
