//! Makes sign-ins and sends the mails that carry their links. The token exists only here and in the mail.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use portal::{
    aws,
    booking::{Booking, BookingId},
    config::{Address, Business, Environment, PortalUrl},
    confirmation::{Confirmation, Due},
    customer::CustomerId,
    mail::{self, Letter, Sender},
    outbox::Wanted,
    sign_in::{LINK_LIFETIME, LinkToken, SecretHash, SignIn, after},
    store::{Connections, Standing, Store},
    worker,
};

/// A message keeps the sending of a confirmation to itself for this long: until the queue would deliver it again.
const CLAIMED_FOR: SignedDuration = SignedDuration::from_mins(3);

/// The function and what it holds.
pub struct SendMail {
    store: Store,
    sender: Sender,
    business: Business,
    /// `PORTAL_URL`: the origin of the links.
    portal: PortalUrl,
}

impl SendMail {
    /// Reads the configuration and connects.
    pub async fn start(env: &Environment) -> Result<Self, Error> {
        let aws = aws::config().await;
        let business = Business::from_env(env)?;
        let sender: Address = env.parsed("SENDER_ADDRESS", "an e-mail address such as bookings@tybeecarts.example")?;
        let configuration_set = env.text("CONFIGURATION_SET", "the name of the SES configuration set")?;
        let function = Self {
            store: Store::from_env(&aws, env)?,
            sender: Sender::new(&aws, &business, sender.0.as_str(), configuration_set),
            portal: env.parsed("PORTAL_URL", "an https origin such as https://portal.tybeecarts.example")?,
            business,
        };
        function.store.warm_up(Connections::One).await;
        Ok(function)
    }

    /// Works off a batch; names the messages that are to come again.
    pub async fn handle(&self, batch: SqsEvent) -> Result<SqsBatchResponse, Error> {
        worker::each(batch, async |message| self.send(message).await).await
    }

    async fn send(&self, message: &SqsMessage) -> Result<(), Error> {
        let wanted = serde_json::from_str(message.body.as_deref().unwrap_or_default())?;
        let message_id = message.message_id.as_deref().unwrap_or_default();
        match wanted {
            Wanted::SignIn { customer, asked_at, browser, booking } => {
                if Timestamp::now() >= after(asked_at, LINK_LIFETIME) {
                    tracing::warn!(%customer, "no mail: it was asked for too long ago");
                } else if comes_again(message) && self.store.was_mailed(customer, message_id).await? {
                    tracing::info!(%customer, "no mail: it had gone out before");
                } else {
                    self.send_sign_in(customer, message_id, browser, booking).await?;
                }
                Ok(())
            }
            Wanted::Confirmation { booking } => self.send_confirmation(&booking, message_id).await,
        }
    }

    /// A customer without bookings gets no mail.
    async fn send_sign_in(
        &self,
        customer: CustomerId,
        message_id: &str,
        browser: Option<SecretHash>,
        booking: Option<BookingId>,
    ) -> Result<(), Error> {
        let Some(newest) = self.store.newest_row(customer).await? else {
            tracing::info!(%customer, "no mail: no bookings");
            return Ok(());
        };
        let address = newest.customer.email;
        let landing = match booking {
            Some(id) => self.store.booking(&id).await?.filter(|booking| booking.owner() == customer),
            None => None,
        };
        let landing = landing.map(|booking| (booking.booking_id, booking.ends_at));
        let now = Timestamp::now();
        let link = LinkToken::generate(customer)?;
        let sign_in = SignIn::new(&link, address.masked(), message_id.into(), browser, landing, now);
        self.post(&sign_in, &mail::sign_in(&self.business, &self.portal, address, &link)).await?;
        Ok(self.store.sign_in_mailed(&sign_in, now).await?)
    }

    /// Sent once for a booking and address, from the newest revision. Whoever holds the claim looks again before
    /// leaving, so a message that finds it taken has nothing left to do.
    async fn send_confirmation(&self, id: &BookingId, message_id: &str) -> Result<(), Error> {
        loop {
            let now = Timestamp::now();
            let Some(claimed) = self.store.claim_confirmation(id, message_id, CLAIMED_FOR, now).await? else {
                tracing::info!(booking = %id, "no mail: another message is about to send it");
                return Ok(());
            };
            match self.store.booking(id).await? {
                Some(booking) => self.confirm(&booking, &claimed, message_id, now).await?,
                None => self.store.release_confirmation(id).await?,
            }
            match self.store.standing(id).await? {
                Some(Standing { booking, confirmation }) if confirmation.due(&booking, now) == Due::Send => {}
                _ => return Ok(()),
            }
        }
    }

    async fn confirm(
        &self,
        booking: &Booking,
        claimed: &Confirmation,
        message_id: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let id = &booking.booking_id;
        match claimed.due(booking, now) {
            Due::Withheld => Ok(self.store.release_confirmation(id).await?),
            Due::Answered => Ok(self.store.confirmation_answered(id, claimed, None).await?),
            Due::Send => {
                let link = LinkToken::generate(booking.owner())?;
                let landing = Some((id.clone(), booking.ends_at));
                let masked = booking.customer.email.masked();
                let sign_in = SignIn::new(&link, masked, message_id.into(), None, landing, now);
                let letter = mail::confirmation(&self.business, &self.portal, booking, &link, now);
                self.post(&sign_in, &letter).await?;
                Ok(self.store.confirmation_answered(id, claimed, Some(sign_in.customer)).await?)
            }
        }
    }

    /// The sign-in is kept before SES is called, so that a link in a mail always works.
    async fn post(&self, sign_in: &SignIn, letter: &Letter) -> Result<(), Error> {
        self.store.keep_sign_in(sign_in).await?;
        let mail_id = self.sender.send(letter).await?;
        tracing::info!(customer = %sign_in.customer, mail_id, "a mail was sent");
        Ok(())
    }
}

/// Whether the queue has delivered this message before.
fn comes_again(message: &SqsMessage) -> bool {
    message.attributes.get("ApproximateReceiveCount").is_some_and(|count| count != "1")
}
