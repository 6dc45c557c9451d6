//! What a customer sees, by the code that the functions run: the pages of the stack's business and its mails, at a moment and
//! in a language.

use jiff::Timestamp;
use portal_domain::{
    booking::Booking,
    config::{Address, Business, PortalUrl},
    customer::EmailAddress,
    dashboard::Rows,
    filed::{FiledBooking, UnreadableBooking},
    language::Language,
    letter::Letter,
    sign_in::{OwnBooking, SignedIn},
};
use portal_views::{
    mails::{self, LeadsTo, Letterhead},
    messages::Messages,
    pages::{self, Localized, Site},
};

use crate::{stack::Stack, terminal::Failure};

/// What the functions add to the address of a page without parameters, as its links to the other languages have it.
const HERE: &str = "?";

/// The site of a stack, and how it is looked at.
pub(super) struct Lens {
    site: Site,
    portal: PortalUrl,
    /// The language that is wanted; none where each page and mail is in the customer's own.
    wanted: Option<Language>,
}

/// Something seen, and its language.
pub(super) type Seen<T> = (Language, T);

impl Lens {
    /// Of the business and the address that the stack's parameters name, as the template hands them to the functions.
    pub(super) fn of(stack: &Stack, wanted: Option<Language>) -> Result<Self, Failure> {
        Ok(Self { site: Site::new(business(stack)?), portal: read("PortalUrl", stack.output("PortalUrl")?)?, wanted })
    }

    /// A customer's bookings.
    pub(super) fn dashboard(&self, customer: &SignedIn, rows: &Rows, at: Timestamp) -> Seen<String> {
        self.page(rows.language(), |view| pages::dashboard(view, customer, rows, at))
    }

    /// A booking's own page.
    pub(super) fn booking(&self, filed: FiledBooking, at: Timestamp) -> Seen<String> {
        let own = OwnBooking::previewed(filed);
        self.page(own.booking().customer.language(), |view| pages::booking(view, &own, at))
    }

    /// The page of a booking that cannot be read.
    pub(super) fn unreadable_booking(&self, customer: &SignedIn, booking: &UnreadableBooking) -> Seen<String> {
        self.page(None, |view| pages::unreadable_booking(view, customer, booking))
    }

    /// The mail that confirms a booking.
    pub(super) fn confirmation(&self, booking: &Booking, at: Timestamp) -> Seen<Letter> {
        self.mail(booking.customer.language(), |head| mails::confirmation(head, booking, LeadsTo::Form, at))
    }

    /// The mail with a link that a customer asks for.
    pub(super) fn sign_in(&self, to: EmailAddress, known: Option<Language>) -> Seen<Letter> {
        self.mail(known, |head| mails::sign_in(head, to, LeadsTo::Form))
    }

    fn page(&self, known: Option<Language>, page: impl FnOnce(&Localized<'_>) -> pages::Page) -> Seen<String> {
        let language = self.language(known);
        (language, page(&self.site.in_language(language, HERE)).html)
    }

    fn mail(&self, known: Option<Language>, mail: impl FnOnce(&Letterhead<'_>) -> Letter) -> Seen<Letter> {
        let language = self.language(known);
        let (business, portal) = (&self.site.business, &self.portal);
        (language, mail(&Letterhead { business, portal, messages: Messages::of(language) }))
    }

    fn language(&self, known: Option<Language>) -> Language {
        self.wanted.or(known).unwrap_or_default()
    }
}

fn business(stack: &Stack) -> Result<Business, Failure> {
    let text = |name| stack.parameter(name).unwrap_or_default();
    Ok(Business {
        name: text("BusinessName").to_owned(),
        phone: text("BusinessPhone").to_owned(),
        email: read::<Address>("BusinessEmail", text("BusinessEmail"))?.0,
        address: stack.parameter("BusinessAddress").map(str::to_owned),
        logo_url: stack.parameter("LogoUrl").map(|url| read("LogoUrl", url)).transpose()?,
        color: read("BrandColor", text("BrandColor"))?,
    })
}

/// What the stack gives under a name, as the functions read it.
fn read<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| {
        Failure::new(format!("{name} of the stack: {error}"), "Set it, and deploy: sam deploy --guided")
    })
}
