//! What a restore brings back and what it leaves, decided item by item: nothing here reads or writes a table.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use portal_domain::{booking::BookingId, customer::CustomerId};

use super::super::{
    attributes::BookingAttributes,
    items::{Item, customer_set, read},
    keys::{self, About},
};

/// The sets of customers in a confirmation.
const KNOWN: [&str; 3] = ["asked", "answered", "sent"];

/// Partition and sort key of an item.
pub(super) type Key = (String, String);

/// The key of an item; empty texts where it is none of the portal's.
pub(super) fn key_of(item: &Item) -> Key {
    let part = |name| item.get(name).and_then(|part: &AttributeValue| part.as_s().ok()).cloned().unwrap_or_default();
    (part("pk"), part("sk"))
}

/// An item by its key, as far as a restore tells items apart.
enum Kind {
    CustomerKey,
    Booking(BookingId),
    Confirmation(BookingId),
    Row(BookingId),
    Erased(CustomerId),
    Suppression(CustomerId),
    /// Sign-ins, counters, cached dashboards, and what leads to confirmations, which is made anew.
    Other,
}

impl Kind {
    fn of(item: &Item) -> Self {
        let (pk, sk) = key_of(item);
        let (partition, id) = pk.split_once('#').unwrap_or((&pk, ""));
        let (booking, customer) = (|| BookingId::parse(id), || id.parse::<CustomerId>().ok());
        let kind = match (partition, sk.as_str()) {
            ("KEY", "KEY") => Some(Self::CustomerKey),
            ("BOOKING", "BOOKING") => booking().map(Self::Booking),
            ("BOOKING", "CONFIRMATION") => booking().map(Self::Confirmation),
            ("CUSTOMER", "ERASED") => customer().map(Self::Erased),
            ("SUPPRESSION", _) => customer().map(Self::Suppression),
            ("CUSTOMER", _) => match About::of(item) {
                Some((About::Row(_), Some(id))) => Some(Self::Row(id)),
                _ => None,
            },
            _ => None,
        };
        kind.unwrap_or(Self::Other)
    }
}

/// What outlives a restore, of one table.
#[derive(Default)]
pub(super) struct Facts {
    /// The fingerprint of the key of customer ids.
    pub(super) key: Option<Item>,
    erased: HashMap<CustomerId, Item>,
    suppressed: HashMap<CustomerId, Item>,
}

impl Facts {
    fn note(&mut self, kind: &Kind, item: Item) {
        match kind {
            Kind::CustomerKey => self.key = Some(item),
            Kind::Erased(customer) => drop(self.erased.insert(*customer, item)),
            Kind::Suppression(customer) => drop(self.suppressed.insert(*customer, item)),
            Kind::Booking(_) | Kind::Confirmation(_) | Kind::Row(_) | Kind::Other => {}
        }
    }
}

/// A booking of the source, and where its row has to be; none where not even its attributes can be read.
struct Found {
    owner: CustomerId,
    occurred_at: Timestamp,
    row: Key,
}

/// The table of a moment of the past, of which as much is remembered as decisions need.
#[derive(Default)]
pub(super) struct Source {
    pub(super) facts: Facts,
    bookings: BTreeMap<BookingId, Option<Found>>,
    rows: HashSet<Key>,
    /// Whether it holds anything.
    pub(super) holds_items: bool,
}

impl Source {
    pub(super) fn note(&mut self, item: Item) {
        self.holds_items = true;
        match Kind::of(&item) {
            Kind::Booking(id) => {
                let found = read::<BookingAttributes>(item).ok().map(|known| Found {
                    owner: known.owner,
                    occurred_at: known.occurred_at,
                    row: key_of(&keys::row(known.owner, &known.row_key)),
                });
                self.bookings.insert(id, found);
            }
            Kind::Row(_) => drop(self.rows.insert(key_of(&item))),
            kind => self.facts.note(&kind, item),
        }
    }
}

/// The portal's table as it stands, of which what is no fact is remembered by key and hash.
#[derive(Default)]
pub(super) struct Target {
    pub(super) facts: Facts,
    hashes: HashMap<Key, u64>,
}

impl Target {
    pub(super) fn note(&mut self, item: Item) {
        self.hashes.insert(key_of(&item), hash(&item));
        self.facts.note(&Kind::of(&item), item);
    }

    /// Whether an item is to be written. From then on it is not one of those that are left over.
    pub(super) fn lacks(&mut self, item: &Item) -> bool {
        self.hashes.remove(&key_of(item)) != Some(hash(item))
    }

    /// The keys of all items that nothing asked for.
    pub(super) fn left_over(self) -> impl Iterator<Item = Item> {
        let text = AttributeValue::S;
        self.hashes.into_keys().map(move |(pk, sk)| Item::from([("pk".into(), text(pk)), ("sk".into(), text(sk))]))
    }
}

/// The same for items that DynamoDB takes for the same: neither attributes nor sets have an order.
fn hash(item: &Item) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, value) in item.iter().collect::<BTreeMap<_, _>>() {
        name.hash(&mut hasher);
        match value {
            AttributeValue::Ss(texts) => texts.iter().collect::<BTreeSet<_>>().hash(&mut hasher),
            value => format!("{value:?}").hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// What is to become of each item of the source.
pub(super) struct Plan {
    bookings: BTreeMap<BookingId, Found>,
    /// Customers who were erased since the moment of the source.
    gone: HashSet<CustomerId>,
    /// Bookings that stay out since their customers were erased.
    pub(super) erased: usize,
    /// Bookings that stay out since they are not whole, or cannot be read.
    pub(super) torn: Vec<BookingId>,
}

impl Plan {
    /// Decides, and gives with it the facts of both tables: of each the later.
    pub(super) fn of(source: Source, target: &Facts) -> (Self, Vec<Item>) {
        let erased = of_both(&source.facts.erased, &target.erased, later_erasure);
        let erased_at: HashMap<CustomerId, Timestamp> =
            erased.iter().map(|(customer, item)| (*customer, moment(item, "erased_at"))).collect();
        let is_void = |customer, at| erased_at.get(&customer).is_some_and(|erased_at| at <= *erased_at);
        let was_known = |customer, at| {
            let known = source.facts.erased.get(customer).map(|item| moment(item, "erased_at"));
            known.is_some_and(|known| at <= known)
        };
        let gone =
            erased_at.iter().filter(|(customer, at)| !was_known(customer, **at)).map(|(gone, _)| *gone).collect();
        let mut plan = Self { bookings: BTreeMap::new(), gone, erased: 0, torn: Vec::new() };
        for (id, found) in source.bookings {
            match found {
                Some(found) if is_void(found.owner, found.occurred_at) => plan.erased += 1,
                Some(found) if source.rows.contains(&found.row) => drop(plan.bookings.insert(id, found)),
                _ => plan.torn.push(id),
            }
        }
        let suppressed = of_both(&source.facts.suppressed, &target.suppressed, later_times).into_iter();
        let suppressed = suppressed.filter_map(|(customer, mut item)| {
            // An erasure forgets bounces, but no complaint.
            item.retain(|name, value| {
                !["bounced_at", "address_confirmed_at"].contains(&name.as_str()) || !is_void(customer, moment_of(value))
            });
            let says_something = ["bounced_at", "complained_at"].iter().any(|name| item.contains_key(*name));
            says_something.then_some(item)
        });
        let facts = erased.values().cloned().chain(suppressed).chain(target.key.clone()).collect();
        (plan, facts)
    }

    /// How many bookings are restored.
    pub(super) fn restored(&self) -> usize {
        self.bookings.len()
    }

    /// What the portal's table is to hold because of this item of the source.
    pub(super) fn wanted(&self, item: Item) -> Vec<Item> {
        match Kind::of(&item) {
            Kind::Booking(id) if self.bookings.contains_key(&id) => vec![item],
            Kind::Row(id) if self.bookings.get(&id).is_some_and(|found| found.row == key_of(&item)) => vec![item],
            Kind::Confirmation(id) => {
                self.bookings.get(&id).map_or(Vec::new(), |found| self.confirmed(item, &id, found))
            }
            _ => Vec::new(),
        }
    }

    /// A confirmation that knows nobody who was erased since, and the items by which an erasure finds it; nothing where it
    /// knows nobody else.
    fn confirmed(&self, mut confirmation: Item, id: &BookingId, found: &Found) -> Vec<Item> {
        let mut known = BTreeSet::new();
        for set in KNOWN {
            let Some(AttributeValue::Ss(customers)) = confirmation.remove(set) else { continue };
            let stay = customers.iter().filter_map(|customer| customer.parse::<CustomerId>().ok());
            let stay: BTreeSet<_> = stay.filter(|who| *who == found.owner || !self.gone.contains(who)).collect();
            known.extend(&stay);
            if !stay.is_empty() {
                confirmation.insert(set.into(), customer_set(stay));
            }
        }
        let leads = known.iter().map(|customer| keys::asked(*customer, id));
        let confirmation = (!known.is_empty()).then_some(confirmation);
        confirmation.into_iter().chain(leads).collect()
    }
}

fn moment(item: &Item, name: &str) -> Timestamp {
    item.get(name).map_or(Timestamp::MIN, moment_of)
}

/// A time in microseconds; the earliest where there is none.
fn moment_of(value: &AttributeValue) -> Timestamp {
    let number = value.as_n().ok().and_then(|number| number.parse().ok());
    number.and_then(|number| Timestamp::from_microsecond(number).ok()).unwrap_or(Timestamp::MIN)
}

/// What either table knows of each customer.
fn of_both(
    source: &HashMap<CustomerId, Item>,
    target: &HashMap<CustomerId, Item>,
    merged: fn(&Item, &Item) -> Item,
) -> BTreeMap<CustomerId, Item> {
    let customers: BTreeSet<_> = source.keys().chain(target.keys()).copied().collect();
    let both = customers.into_iter().filter_map(|customer| {
        let item = match (source.get(&customer), target.get(&customer)) {
            (Some(source), Some(target)) => merged(source, target),
            (one, other) => one.or(other)?.clone(),
        };
        Some((customer, item))
    });
    both.collect()
}

/// The later erasure. Documents that are still to go in either table are still to go.
fn later_erasure(source: &Item, target: &Item) -> Item {
    const DOCUMENTS: &str = "documents_of";
    let is_later = moment(source, "erased_at") > moment(target, "erased_at");
    let mut later = if is_later { source.clone() } else { target.clone() };
    let sets = [source, target].into_iter().filter_map(|item| item.get(DOCUMENTS)?.as_ss().ok());
    let documents: BTreeSet<&String> = sets.flatten().collect();
    if !documents.is_empty() {
        later.insert(DOCUMENTS.into(), AttributeValue::Ss(documents.into_iter().cloned().collect()));
    }
    later
}

/// Of each time the later.
fn later_times(source: &Item, target: &Item) -> Item {
    let mut merged = target.clone();
    for (name, value) in source {
        if merged.get(name).is_none_or(|known| moment_of(value) > moment_of(known)) {
            merged.insert(name.clone(), value.clone());
        }
    }
    merged
}

#[cfg(test)]
mod tests;
