//! A booking in every stage that its customer can see, as of one morning: what the tests of words and of looks share.
#![allow(
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "tests; each includes what it needs"
)]

mod doors;

pub use doors::{ana, doors, token};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use portal_domain::{
    booking::Booking,
    change::Change,
    color::Color,
    config::Business,
    customer::{CustomerId, EmailAddress},
    dashboard::{BookingRow, Rows},
    filed::FiledBooking,
    language::Language,
    link::LinkToken,
    progress::Progress,
    secret::Secret,
    session::Session,
    sign_in::{Access, OwnBooking, SignIn, SignedIn},
};
use portal_views::pages::{self, Page, Site};
use serde_json::{Value, json};

/// Thursday, November 26, 2026, 8:12 am in New York.
pub const NOW: &str = "11-26 08:12";

/// A moment of 2026 on New York's clocks.
pub fn local(text: &str) -> Timestamp {
    let moment: DateTime = format!("2026-{}", text.replace(' ', "T")).parse().unwrap();
    moment.to_zoned(TimeZone::get("America/New_York").unwrap()).unwrap().timestamp()
}

/// A booking in a stage.
pub struct State {
    pub name: &'static str,
    pub filed: FiledBooking,
    pub now: Timestamp,
}

impl State {
    /// A booking as it stands at a moment; nobody has told of its delivery's steps.
    pub fn of(booking: Booking, change: Option<Change>, now: Timestamp) -> Self {
        let filed = FiledBooking { owner: customer(), booking, change, progress: Progress::default() };
        Self { name: "a case", filed, now }
    }

    pub fn row(&self) -> BookingRow {
        BookingRow::new(&self.filed.booking, self.filed.change.clone(), self.filed.progress)
    }
}

pub fn site() -> Site {
    Site::new(Business {
        name: "Tybee Beach Carts".into(),
        phone: "+1 912 555 0142".into(),
        email: EmailAddress::parse("hello@tybeecarts.example").unwrap(),
        address: Some("12 Dune Rd, Tybee Island, GA 31328".into()),
        logo_url: None,
        color: Color::new(0x0b, 0x6b, 0x4f),
    })
}

pub fn customer() -> CustomerId {
    CustomerId::from_bytes([7; 16])
}

/// Ana, who has used her link.
pub fn signed_in(now: Timestamp) -> SignedIn {
    let token = LinkToken::generate(customer()).unwrap();
    let secret = Secret::generate().unwrap();
    let mut sign_in = SignIn::new(&token, &EmailAddress::parse("ana@example.com").unwrap(), "1", now);
    sign_in.used_at = Some(now);
    sign_in.session = Some(secret.hash());
    sign_in.session_until = Some(now + jiff::SignedDuration::from_hours(24));
    let session = Session { customer: customer(), link_hash: token.hash(), secret };
    SignedIn::check(sign_in, &session, now).unwrap()
}

/// Its booking, for Ana.
pub fn own(state: &State) -> Box<OwnBooking> {
    let access = OwnBooking::check(signed_in(state.now), Some(Ok(state.filed.clone())));
    let Access::Own(own) = access else { panic!("{access:?}") };
    own
}

/// A booking's own page, in English.
pub fn page(site: &Site, state: &State) -> Page {
    page_in(Language::English, site, state)
}

/// A booking's own page.
pub fn page_in(language: Language, site: &Site, state: &State) -> Page {
    pages::booking(&site.in_language(language, "?"), &own(state), state.now)
}

/// What the dashboard shows of these.
pub fn rows(states: &[&State]) -> Rows {
    let (active, past) = states.iter().map(|state| state.row()).partition(|row| row.booking.status.is_active());
    Rows { active, past, ..Rows::default() }
}

/// The dashboard on which these stand, in English.
pub fn dashboard(site: &Site, states: &[&State], now: Timestamp) -> Page {
    dashboard_in(Language::English, site, states, now)
}

/// The dashboard on which these stand.
pub fn dashboard_in(language: Language, site: &Site, states: &[&State], now: Timestamp) -> Page {
    pages::dashboard(&site.in_language(language, "?"), &signed_in(now), &rows(states), now)
}

/// Of November 26 to 30: brought between 8 and 10 am, fetched between 4 and 6 pm; confirmed, and paid.
pub fn booking(slips: &[(&str, Value)]) -> Booking {
    let mut booking = json!({
        "booking_id": "bkg_1",
        "reference": "GCO-4821",
        "revision": 1,
        "status": "confirmed",
        "customer": {"email": "ana@example.com", "name": "Ana Ruiz", "greeting": "Ana"},
        "location": {"name": "Tybee Beach Shop", "phone": "+1 912 555 0142", "address": "12 Dune Rd, Tybee Island, GA 31328"},
        "starts_at": local("11-26 09:00"),
        "ends_at": local("11-30 17:00"),
        "time_zone": "America/New_York",
        "carts": [{"asset_type": "6-Seater Premium", "name": "Cart #14", "seats": 6}],
        "add_ons": [{"name": "Cooler", "quantity": 1}],
        "fulfilment": delivery("11-26 08:00", "11-26 10:00"),
        "return": collection("11-30 16:00", "11-30 18:00"),
        "instructions": [
            {"stage": "before", "text": "Bring the driver’s license of everyone who drives."},
            {"stage": "before", "text": "Bring a credit card for the security deposit."},
            {"stage": "handover", "text": "Keep a parking space free for the trailer, about 20 feet."},
            {"stage": "during", "text": "Charge it overnight at any 110-volt outlet. The plug is under the seat."},
            {"stage": "during", "text": "Roads up to 35 mph only, not on US 80."},
            {"stage": "return", "text": "Leave the key in the cart. You don’t have to be there."}
        ],
        "price": price(55_747),
        "payments": [{"at": local("11-03 14:00"), "amount_minor": 55_747, "kind": "payment", "method": "card"}],
        "documents": [{
            "document_id": "doc_1", "kind": "agreement", "title": "Rental agreement", "issued_at": local("11-03 14:00"),
            "signed_at": local("11-03 15:00"), "file": {"key": "documents/bkg_1/agreement.pdf", "size_bytes": 46_900}
        }],
    });
    for (path, value) in slips {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = booking.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => parent.remove(name),
            value => parent.insert(name.to_owned(), value.clone()),
        };
    }
    serde_json::from_value(booking).unwrap()
}

pub fn delivery(from: &str, to: &str) -> Value {
    json!({"method": "delivery", "address": "3 Ocean Ave, Tybee Island, GA 31328", "window_start": local(from), "window_end": local(to)})
}

fn collection(from: &str, to: &str) -> Value {
    json!({"method": "collection", "address": "3 Ocean Ave, Tybee Island, GA 31328", "window_start": local(from), "window_end": local(to)})
}

fn drop_off() -> Value {
    json!({"method": "drop_off", "address": "12 Dune Rd, Tybee Island, GA 31328"})
}

fn price(paid_minor: i64) -> Value {
    json!({
        "currency": "USD",
        "lines": [
            {"label": "4 days, 6-Seater Premium", "amount_minor": 46_000},
            {"label": "Cooler", "amount_minor": 2_600},
            {"label": "Delivery and collection", "amount_minor": 3_500},
            {"label": "Sales tax, 7%", "amount_minor": 3_647}
        ],
        "total_minor": 55_747,
        "paid_minor": paid_minor
    })
}

fn is(status: &str) -> (&'static str, Value) {
    ("/status", json!(status))
}

fn from_to(from: &str, to: &str) -> [(&'static str, Value); 2] {
    [("/starts_at", json!(local(from))), ("/ends_at", json!(local(to)))]
}

fn told(status: &str, updated_at: &str, eta: Option<&str>) -> (&'static str, Value) {
    let url = "https://track.example.com/d/8f3";
    (
        "/delivery",
        json!({"status": status, "tracking_url": url, "updated_at": local(updated_at), "eta": eta.map(local)}),
    )
}

fn due() -> [(&'static str, Value); 3] {
    [
        ("/price", price(0)),
        ("/payments", json!([])),
        (
            "/payment",
            json!({"note": "Due by Monday, November 30, online or by card when we deliver.", "url": "https://pay.example.com/GCO-4821"}),
        ),
    ]
}

/// Every stage with every way in which the carts change hands.
pub fn states() -> Vec<State> {
    let pickup = || ("/fulfilment", json!({"method": "pickup"}));
    let window = || {
        (
            "/fulfilment",
            json!({"method": "pickup", "window_start": local("11-26 07:00"), "window_end": local("11-26 08:00")}),
        )
    };
    let ahead = || {
        let [from, to] = from_to("12-02 09:00", "12-06 17:00");
        vec![
            from,
            to,
            ("/fulfilment", delivery("12-02 08:00", "12-02 10:00")),
            ("/return", collection("12-06 16:00", "12-06 18:00")),
        ]
    };
    let until = |to: &str, way_back: Value| {
        let [from, to] = from_to("11-22 09:00", to);
        vec![
            is("checked_out"),
            from,
            to,
            ("/fulfilment", delivery("11-22 08:00", "11-22 10:00")),
            ("/return", way_back),
        ]
    };
    let over = |status: &str| {
        let [from, to] = from_to("11-20 09:00", "11-24 17:00");
        vec![is(status), from, to, ("/return", drop_off())]
    };
    let with = |mut slips: Vec<(&'static str, Value)>, more: Vec<(&'static str, Value)>| {
        slips.extend(more);
        slips
    };
    let released = json!([
        {"at": local("11-03 14:00"), "amount_minor": 55_747, "kind": "payment", "method": "card"},
        {"at": local("11-20 09:00"), "amount_minor": 10_000, "kind": "deposit_held"},
        {"at": local("11-25 09:00"), "amount_minor": 10_000, "kind": "deposit_released"}
    ]);
    let refunded = json!([
        {"at": local("11-03 14:00"), "amount_minor": 21_400, "kind": "payment", "method": "card"},
        {"at": local("11-25 09:00"), "amount_minor": 21_400, "kind": "refund"}
    ]);
    let bills = json!(["agreement", "invoice", "receipt"].map(|kind| json!({
        "document_id": kind, "kind": kind, "title": "Rental agreement", "issued_at": local("11-03 14:00"),
        "signed_at": (kind == "agreement").then(|| local("11-03 15:00")),
        "file": {"key": format!("documents/bkg_1/{kind}.pdf"), "size_bytes": 46_900}
    })));
    let twelve = json!((0..12).map(|i| json!({
        "asset_type": (["4-Seater Classic", "6-Seater Premium", "6-Seater Lifted"][i % 3]), "name": format!("Cart #{}", 10 + i),
        "seats": ([4, 6, 6][i % 3])
    })).collect::<Vec<_>>());
    let hundred = json!({"currency": "USD", "lines": [], "total_minor": 0, "paid_minor": 0});
    [
        ("pending-delivery", with(ahead(), with(due().to_vec(), vec![is("pending")]))),
        ("pending-pickup", with(ahead(), vec![is("pending"), pickup(), ("/return", drop_off())])),
        ("ahead-delivery", ahead()),
        ("ahead-delivery-scheduled", with(ahead(), vec![told("scheduled", "11-26 07:10", None)])),
        ("ahead-delivery-due", with(ahead(), due().to_vec())),
        ("ahead-pickup", with(ahead(), vec![pickup(), ("/return", drop_off())])),
        ("ahead-pickup-changed", with(ahead(), vec![pickup(), ("/return", drop_off()), ("/revision", json!(2))])),
        ("ahead-unknown", with(ahead(), vec![("/fulfilment/method", json!("by air"))])),
        ("today-delivery", vec![]),
        ("today-delivery-scheduled", vec![told("scheduled", "11-26 07:10", None)]),
        ("today-on-its-way", vec![told("on_the_way", "11-26 08:08", Some("11-26 08:40"))]),
        ("today-on-its-way-no-eta", vec![told("on_the_way", "11-26 08:08", Some("11-26 08:09"))]),
        ("today-on-its-way-tomorrow", vec![told("on_the_way", "11-26 08:08", Some("11-27 08:40"))]),
        ("today-late", vec![told("on_the_way", "11-26 08:08", Some("11-26 10:25"))]),
        ("today-time-has-passed", vec![("/fulfilment", delivery("11-26 06:00", "11-26 08:00"))]),
        ("today-pickup", vec![pickup(), ("/return", drop_off())]),
        ("today-unknown", vec![("/fulfilment/method", json!("by air"))]),
        ("missed-delivery", vec![("/fulfilment", delivery("11-25 06:00", "11-25 08:00"))]),
        ("missed-pickup", vec![window(), ("/return", drop_off())]),
        ("failed-delivery", vec![told("failed", "11-26 08:06", None)]),
        (
            "with-you-delivered",
            with(
                until("11-30 17:00", collection("11-30 16:00", "11-30 18:00")),
                vec![told("delivered", "11-26 08:06", None)],
            ),
        ),
        ("with-you-collection", until("11-27 17:00", collection("11-27 16:00", "11-27 18:00"))),
        ("with-you-drop-off", until("11-27 17:00", drop_off())),
        ("with-you-unknown", until("11-27 17:00", Value::Null)),
        (
            "return-collection",
            with(until("11-26 17:00", collection("11-26 16:00", "11-26 18:00")), vec![("/carts", twelve)]),
        ),
        ("return-drop-off", until("11-26 17:00", drop_off())),
        ("return-unknown", until("11-26 17:00", Value::Null)),
        ("overdue-drop-off", with(until("11-25 17:00", drop_off()), with(due().to_vec(), vec![is("overdue")]))),
        (
            "overdue-collection",
            with(until("11-25 17:00", collection("11-25 16:00", "11-25 18:00")), vec![is("overdue")]),
        ),
        ("overdue-unknown", until("11-25 17:00", Value::Null)),
        ("over-paid", with(over("returned"), vec![("/payments", released), ("/documents", bills)])),
        ("over-due", with(over("returned"), due().to_vec())),
        ("over-refund", with(over("closed"), vec![("/price/paid_minor", json!(65_747))])),
        ("canceled-unpaid", with(ahead(), vec![is("cancelled"), ("/price", price(0)), ("/payments", json!([]))])),
        ("canceled-refunded", with(ahead(), vec![is("cancelled"), ("/price", hundred), ("/payments", refunded)])),
        ("no-show", over("no_show")),
        ("unclear-status", with(ahead(), vec![is("lost at sea")])),
        ("unclear-confirmed", with(over("confirmed"), vec![("/fulfilment", delivery("11-20 08:00", "11-20 10:00"))])),
    ]
    .map(|(name, slips)| state(name, &slips))
    .into()
}

fn state(name: &'static str, slips: &[(&str, Value)]) -> State {
    let booking = booking(slips);
    let progress = match booking.delivery.as_ref().map(|delivery| delivery.updated_at) {
        Some(at) => Progress::default().told(booking.delivery.as_ref(), at),
        None => Progress::default(),
    };
    let change = name.ends_with("changed").then(|| {
        let before = Booking {
            starts_at: local("12-01 09:00"),
            carts: serde_json::from_value(json!([{"asset_type": "4-Seater Classic", "name": "Cart #9"}])).unwrap(),
            price: booking.price.clone().map(|price| portal_domain::money::Price { total_minor: 48_600, ..price }),
            ..booking.clone()
        };
        Change::between(&before, None, &booking, local("11-26 06:05")).unwrap()
    });
    State { name, filed: FiledBooking { owner: customer(), booking, change, progress }, now: local(NOW) }
}
