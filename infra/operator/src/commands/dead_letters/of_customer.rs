//! The dead letters that hold data of one customer, or are about one booking.

use jiff::Timestamp;
use portal_aws::mail_queue::MailRequest;
use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    events::Accepted,
};

use super::{
    content::Content,
    queues::{Letter, Queue, Queues, Then, Unseen},
};
use crate::terminal::Failure;

/// The booking whose confirmation a dead letter asks for, if it does.
pub(in crate::commands) fn confirms(letter: &Letter) -> Option<BookingId> {
    match read(letter) {
        Content::Mail(Some(MailRequest::Confirmation { booking })) => Some(booking),
        _ => None,
    }
}

/// The dead letters that hold data of a customer, or ask for the confirmation of one of these bookings, and how many were not seen.
pub(in crate::commands) async fn about_customer_or(
    queues: &Queues,
    address: &EmailAddress,
    customer: CustomerId,
    bookings: &[BookingId],
) -> Result<(Vec<Letter>, Unseen), Failure> {
    let (mut letters, unseen) = queues.read(&Queue::ALL).await?;
    letters.retain(|letter| {
        is_about(letter, address, customer) || confirms(letter).is_some_and(|booking| bookings.contains(&booking))
    });
    Ok((letters, unseen))
}

/// The dead letters that hold data of a customer, and how many were not seen.
pub(in crate::commands) async fn about_customer(
    queues: &Queues,
    address: &EmailAddress,
    customer: CustomerId,
) -> Result<(Vec<Letter>, Unseen), Failure> {
    about_customer_or(queues, address, customer, &[]).await
}

/// The events and the requests for a mail among the dead letters that are about a booking, and how many were not seen.
pub(in crate::commands) async fn about_booking(
    queues: &Queues,
    booking: &BookingId,
) -> Result<(Vec<Letter>, Unseen), Failure> {
    let (mut letters, unseen) = queues.read(&[Queue::Bookings, Queue::Mail]).await?;
    letters.retain(|letter| read(letter).booking().as_ref() == Some(booking));
    Ok((letters, unseen))
}

/// Deletes the dead letters that hold data of a customer; says how many, and how many could not be looked at.
pub(in crate::commands) async fn delete_about(
    queues: &Queues,
    address: &EmailAddress,
    customer: CustomerId,
) -> Result<(usize, Unseen), Failure> {
    let from = async |queue: Queue| {
        let mut deleted = 0;
        let act = async |letter: Letter| {
            if !is_about(&letter, address, customer) {
                return Ok(Then::Stays);
            }
            queues.delete(&letter).await?;
            deleted += 1;
            Ok(Then::Gone)
        };
        let unseen = queues.each(queue, act).await?;
        Ok::<_, Failure>((deleted, unseen))
    };
    let [mail, bookings, feedback] = Queue::ALL;
    let (mail, bookings, feedback) = tokio::try_join!(from(mail), from(bookings), from(feedback))?;
    Ok((mail.0 + bookings.0 + feedback.0, mail.1 + bookings.1 + feedback.1))
}

fn is_about(letter: &Letter, address: &EmailAddress, customer: CustomerId) -> bool {
    read(letter).is_about(letter, address, customer)
}

/// What a dead letter says, whatever this stack would take.
fn read(letter: &Letter) -> Content {
    Content::of(letter, &Accepted::default(), Timestamp::now())
}
