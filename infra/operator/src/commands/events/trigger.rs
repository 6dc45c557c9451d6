//! `portal events trigger`: what a customer sees of an event, tried with a test booking of one's own.

use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use portal_aws::store::{BookingRecord, CustomerRecord, Store};
use portal_domain::{
    booking::{Booking, BookingId},
    confirmation::NotDue,
    customer::CustomerId,
    events::{Event, Received},
    time::{NotAZone, Zone},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    files::{self, given},
    findings::{Rules, examine},
    follow::{self, Fate, Watch},
    pdf,
    put::{IN_ORDER, put},
    rental::{self, Means, Step},
    test_bookings::{ids, test_booking, test_ids},
};
use crate::{
    global::Global,
    stack::{Place, Stack},
    terminal::{Failure, Mark, Outcome, Page, Report, confirmed, counted, read_address, word},
};

/// How long it is waited for the event.
const PATIENCE: Duration = Duration::from_mins(2);

/// What it is told on the command line.
#[derive(Args)]
#[command(after_help = "Examples:\n  portal events trigger booking.confirmed\n  \
    portal events trigger delivery.updated --at 2027-06-11T09:00:00-04:00\n  portal events clean")]
pub(crate) struct Arguments {
    /// What happens: a detail-type of the contract, or a stage of a rental.
    #[arg(value_name = "TYPE")]
    step: Step,
    /// When the rental begins, in RFC 3339 with offset: at nine in the morning in three days, or as it stands.
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    at: Option<Timestamp>,
    /// The time zone of a new test booking.
    #[arg(long, value_name = "NAME", default_value = "America/New_York", value_parser = parse_zone)]
    time_zone: Zone,
    /// Does not ask.
    #[arg(long)]
    yes: bool,
}

fn parse_moment(text: &str) -> Result<Timestamp, &'static str> {
    text.parse().map_err(|_| "expected RFC 3339 with offset, such as 2027-06-11T09:00:00-04:00")
}

fn parse_zone(name: &str) -> Result<Zone, NotAZone> {
    name.parse()
}

/// What happened. `--json` prints these fields.
#[derive(Serialize)]
struct Triggered {
    #[serde(flatten)]
    place: Place,
    /// The test booking; none of an erasure.
    booking_id: Option<BookingId>,
    detail_type: &'static str,
    /// What became of the event.
    outcome: Fate,
    /// The same in words.
    text: String,
    /// What to look at, and what removes it again.
    look: Vec<String>,
}

pub(super) async fn run(global: &Global, arguments: Arguments) -> Outcome {
    Outcome::of(global, trigger(global, arguments).await)
}

async fn trigger(global: &Global, Arguments { step, at, time_zone, yes }: Arguments) -> Result<Triggered, Failure> {
    let stack = Stack::find(global).await?;
    let bus = stack.output("Bus")?.to_owned();
    let address = read_address("A test address of your own: ")?;
    let customer = stack.customer_key().await?.customer(&address);
    let store = stack.store()?;
    let record = store.customer_record(customer).await?;
    let now = Timestamp::now();
    let (what, document) = if step == Step::Erased {
        only_test_bookings(&stack, &store, customer, &record).await?;
        (json!({"email": address}), None)
    } else {
        let known = match step {
            Step::Confirmed => None,
            _ => newest(&store, customer, &record).await?,
        };
        match known.and_then(|known| known.filed) {
            Some(filed) => next(&stack, &filed.booking, step, at, now)?,
            None => {
                let first = rental::new(&stack, &address, &time_zone, at, now)?;
                if step == Step::Confirmed { (first, None) } else { next(&stack, &booking(first)?, step, None, now)? }
            }
        }
    };
    let booking_id = what["booking_id"].as_str().and_then(BookingId::parse);
    let event = rental::event(step, what, stack.parameter("BusinessId"), now);
    let place = files::Position { file: "the test event".into(), index: 1 };
    let (mut checked, findings) = examine(vec![given(place, event, None, now)], &Rules::of(&stack), now);
    let checked = checked.pop().and_then(|checked| Some((checked.given, checked.received?)));
    let Some((given, received)) = checked else {
        let faults: Vec<String> = findings.into_iter().map(|finding| finding.text).collect();
        return Err(Failure::new(
            format!("the test booking breaks the contract: {}", faults.join("; ")),
            "Nothing was sent. Look at the stack's parameters that it is made of: BusinessName, BusinessPhone, BusinessId.",
        ));
    };

    let mut causes = causes(step, &record, &received, now, &global.shown(&address));
    if step == Step::OnTheWay && stack.parameter("TrackingHosts").is_none() {
        causes += ", without a tracking link: the stack's parameter TrackingHosts is empty";
    }
    let name = booking_id.as_ref().map(|id| format!(" about {id}")).unwrap_or_default();
    anstream::eprintln!("bus {bus}: one {}{name}; it causes {causes}", step.detail_type());
    if !confirmed("Send it? (y/n) ", yes)? {
        let name = step.to_possible_value().map(|step| step.get_name().to_owned()).unwrap_or_default();
        let again = stack.command(&format!("events trigger {name}"));
        return Err(Failure::new("nothing was sent", format!("Run it again and answer y: {again}")));
    }
    if let Some(File { key, pdf }) = document {
        stack.documents()?.put(&key, pdf).await?;
    }
    let watch = Watch::begin(&stack).await?;
    if let Some(code) = put(&stack, &bus, &[&given], IN_ORDER).await?.into_iter().flatten().next() {
        return Err(Failure::of_code("events:PutEvents", &code));
    }
    let seen = watch.follow(&[&received], PATIENCE, follow::mention()).await?.pop();
    let (outcome, text) = seen.map_or((Fate::Unseen, String::new()), |seen| (seen.fate, seen.words));
    let look = look(&stack, step, booking_id.as_ref());
    Ok(Triggered { place: stack.place.clone(), booking_id, detail_type: step.detail_type(), outcome, text, look })
}

/// The newest test booking of the customer, with which the next event goes on.
async fn newest(
    store: &Store,
    customer: CustomerId,
    record: &CustomerRecord,
) -> Result<Option<BookingRecord>, Failure> {
    for id in test_ids(record).iter().rev() {
        if let Some(known) = test_booking(store, customer, id).await? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// An erasure takes everything of a customer: nothing of it may be real.
async fn only_test_bookings(
    stack: &Stack,
    store: &Store,
    customer: CustomerId,
    record: &CustomerRecord,
) -> Result<(), Failure> {
    let mut test = 0;
    for id in test_ids(record) {
        test += usize::from(test_booking(store, customer, &id).await?.is_some());
    }
    if ids(record).count() == test && record.moved_away.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        "this customer has bookings that are no test",
        format!("Nothing was sent. The test bookings alone are removed by: {}", stack.command("events clean")),
    ))
}

/// A file that a step brings along.
struct File {
    key: String,
    pdf: Vec<u8>,
}

/// A test booking after a step, and the file that comes with it.
fn next(
    stack: &Stack,
    booking: &Booking,
    step: Step,
    starts_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Value, Option<File>), Failure> {
    let document = (step == Step::DocumentIssued).then(|| {
        let key = rental::document_key(booking, booking.documents.len() + 1);
        File { key, pdf: pdf::agreement(booking.reference.as_str()) }
    });
    let means = Means {
        tracking_host: stack.parameter("TrackingHosts").and_then(|hosts| hosts.split(',').next()),
        document_bytes: document.as_ref().map_or(0, |file| file.pdf.len()),
        starts_at,
    };
    Ok((rental::after(booking, step, &means, now)?, document))
}

fn booking(value: Value) -> Result<Booking, Failure> {
    serde_json::from_value(value).map_err(|error| Failure::cannot("make a test booking", &error))
}

/// What somebody will notice.
fn causes(step: Step, record: &CustomerRecord, event: &Received, now: Timestamp, address: &str) -> String {
    match (step, &event.event) {
        (Step::Confirmed, Event::Booking(event)) => {
            match (event.booking.ends_at <= now, record.suppression.suppressed()) {
                (true, _) => format!("no mail to {address}: {}", NotDue::Over),
                (_, Some(why)) => format!("no mail to {address}: {}", NotDue::Suppressed(why)),
                (false, None) => format!("one confirmation mail to {address}"),
            }
        }
        (Step::Erased, _) => format!(
            "the removal of everything of {address}: {}, {}, and no mail",
            counted(ids(record).count(), "booking"),
            counted(record.sign_ins.len(), "sign-in")
        ),
        _ => format!("no mail, and a change of what {address} sees"),
    }
}

/// What to look at, and what removes it again, each with its command.
fn look(stack: &Stack, step: Step, booking: Option<&BookingId>) -> Vec<String> {
    let Some(booking) = booking else { return Vec::new() };
    let mail = (step == Step::Confirmed)
        .then(|| format!("What became of its mail: {}", stack.command(&format!("why --booking {booking}"))));
    let stands = format!("What stands: {}", stack.command(&format!("booking {booking}")));
    let clean = format!("Remove the test bookings again: {}", stack.command("events clean"));
    mail.into_iter().chain([stands, clean]).collect()
}

impl Report for Triggered {
    fn show(&self, page: &mut Page) {
        let mark = if self.outcome() == Outcome::Fine { Mark::Ok } else { Mark::Failure };
        let about = self.booking_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        page.headline(Some(mark), format_args!("{}{about}: {}: {}", self.detail_type, word(&self.outcome), self.text));
        self.look.iter().for_each(|look| page.advice(look));
    }

    fn outcome(&self) -> Outcome {
        if self.outcome == Fate::Applied { Outcome::Fine } else { Outcome::FoundSomething }
    }
}
