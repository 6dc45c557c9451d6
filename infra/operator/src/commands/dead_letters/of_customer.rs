//! The dead letters that hold data of one customer.

use jiff::Timestamp;
use portal_domain::{
    customer::{CustomerId, EmailAddress},
    events::Accepted,
};

use super::{
    content::Content,
    queues::{Letter, Queue, Queues, Then},
};
use crate::terminal::Failure;

/// How many dead letters hold data of a customer.
pub(in crate::commands) async fn count_about(
    queues: &Queues,
    address: &EmailAddress,
    customer: CustomerId,
) -> Result<usize, Failure> {
    let (letters, _) = queues.read(&Queue::ALL).await?;
    Ok(letters.iter().filter(|letter| is_about(letter, address, customer)).count())
}

/// Deletes the dead letters that hold data of a customer; says how many.
pub(in crate::commands) async fn delete_about(
    queues: &Queues,
    address: &EmailAddress,
    customer: CustomerId,
) -> Result<usize, Failure> {
    let mut deleted = 0;
    for queue in Queue::ALL {
        queues
            .each(queue, async |letter| {
                if !is_about(&letter, address, customer) {
                    return Ok(Then::Stays);
                }
                queues.delete(&letter).await?;
                deleted += 1;
                Ok(Then::Gone)
            })
            .await?;
    }
    Ok(deleted)
}

fn is_about(letter: &Letter, address: &EmailAddress, customer: CustomerId) -> bool {
    Content::of(letter, &Accepted::default(), Timestamp::now()).is_about(letter, address, customer)
}
