//! The dead letters that hold data of one customer, or are about one booking.

use jiff::Timestamp;
use portal_domain::{
    booking::BookingId,
    customer::{CustomerId, EmailAddress},
    events::Accepted,
};

use super::{
    content::Content,
    queues::{Letter, Queue, Queues, Then},
};
use crate::terminal::Failure;

/// The dead letters that hold data of a customer.
pub(in crate::commands) async fn about_customer(
    queues: &Queues,
    address: &EmailAddress,
    customer: CustomerId,
) -> Result<Vec<Letter>, Failure> {
    let (mut letters, _) = queues.read(&Queue::ALL).await?;
    letters.retain(|letter| is_about(letter, address, customer));
    Ok(letters)
}

/// The events and the requests for a mail among the dead letters that are about a booking.
pub(in crate::commands) async fn about_booking(queues: &Queues, booking: &BookingId) -> Result<Vec<Letter>, Failure> {
    let (mut letters, _) = queues.read(&[Queue::Bookings, Queue::Mail]).await?;
    letters.retain(|letter| read(letter).booking().as_ref() == Some(booking));
    Ok(letters)
}

/// Deletes the dead letters that hold data of a customer; says how many.
pub(in crate::commands) async fn delete_about(
    queues: &Queues,
    address: &EmailAddress,
    customer: CustomerId,
) -> Result<usize, Failure> {
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
        queues.each(queue, act).await?;
        Ok::<usize, Failure>(deleted)
    };
    let [mail, bookings, feedback] = Queue::ALL;
    let (mail, bookings, feedback) = tokio::try_join!(from(mail), from(bookings), from(feedback))?;
    Ok(mail + bookings + feedback)
}

fn is_about(letter: &Letter, address: &EmailAddress, customer: CustomerId) -> bool {
    read(letter).is_about(letter, address, customer)
}

/// What a dead letter says, whatever this stack would take.
fn read(letter: &Letter) -> Content {
    Content::of(letter, &Accepted::default(), Timestamp::now())
}
