//! The pages that stand before the bookings: signing in, a link, and what is said when something is not as it should be.

use jiff::SignedDuration;
use portal_domain::{
    booking::BookingId,
    customer::{EmailAddress, NotAnAddress},
    link::LinkToken,
    rate_limit::{TooMany, Whose},
    sign_in::{DeadLink, SignIn},
};
use portal_views::pages::{self, Asked, LinkPage, Localized, Opening, Page, SignInForm, notices};

use super::{NOW, local};

/// Each by a name that a file may have.
pub fn doors(view: &Localized<'_>) -> Vec<(&'static str, Page)> {
    [signing_in(view), links(view), notices(view)].into_iter().flatten().collect()
}

pub fn ana() -> EmailAddress {
    EmailAddress::parse("ana@example.com").unwrap()
}

pub fn token() -> LinkToken {
    LinkToken::parse(&"A".repeat(64)).unwrap()
}

fn signing_in(view: &Localized<'_>) -> Vec<(&'static str, Page)> {
    let to = BookingId::parse("bkg_1");
    let form = |form| pages::sign_in(view, form, to.as_ref());
    let problem = |why| form(SignInForm::Problem("аня", why));
    let sent = |asked: Option<Asked>| pages::link_sent(view, "no-reply@tybeecarts.example", asked.as_ref());
    vec![
        ("sign-in", form(SignInForm::Blank)),
        ("sign-in-signed-out", form(SignInForm::SignedOut)),
        ("sign-in-not-everywhere", form(SignInForm::NotSignedOutEverywhere)),
        ("sign-in-empty", problem(NotAnAddress::Empty)),
        ("sign-in-too-long", problem(NotAnAddress::TooLong)),
        ("sign-in-malformed", problem(NotAnAddress::Malformed)),
        ("sent", sent(None)),
        ("sent-to", sent(Some(Asked::ByAddress(ana(), None)))),
        ("sent-for-a-booking", sent(Some(Asked::ByAddress(ana(), to.clone())))),
        ("sent-anew", sent(Some(Asked::ByDeadLink(ana().masked())))),
    ]
}

fn links(view: &Localized<'_>) -> Vec<(&'static str, Page)> {
    let token = token();
    let sign_in = SignIn::new(&token, &ana(), "1", local(NOW));
    let page = LinkPage { view: *view, token: &token, sign_in: &sign_in };
    let (leaving, alike) = (token.hash(), ana().masked());
    let switching = |from| page.fresh(Opening::Switching { from, leaving: &leaving });
    vec![
        ("link-at-once", page.fresh(Opening::AtOnce)),
        ("link", page.fresh(Opening::ByHand)),
        ("link-switching", switching("b…b@example.com")),
        ("link-switching-alike", switching(&alike)),
        ("link-used", page.dead(DeadLink::Used)),
        ("link-expired", page.dead(DeadLink::Expired)),
    ]
}

fn notices(view: &Localized<'_>) -> Vec<(&'static str, Page)> {
    let too_many = |whose| notices::too_many_requests(view, TooMany { whose, wait: SignedDuration::from_mins(65) });
    vec![
        ("not-found", notices::not_found(view)),
        ("wrong-method", notices::wrong_method(view)),
        ("not-from-here", notices::not_from_here(view)),
        ("too-large", notices::too_large(view)),
        ("failed", notices::failed(view)),
        ("too-many-from-a-network", too_many(Whose::Network)),
        ("too-many-for-a-customer", too_many(Whose::Customer)),
        ("unknown-link", notices::unknown_link(view)),
        ("cookies-off", notices::cookies_off(view)),
        ("document-missing", notices::document_missing(view)),
    ]
}
