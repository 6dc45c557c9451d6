//! Every mail in every state: its text against a kept copy, its HTML against what mail programs ask, and both written
//! to `target/mails` for looking at (`make mails` adds pictures). `KEEP=1` keeps the texts as they are now.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use jiff::Timestamp;
use portal_domain::{
    booking::Booking,
    color::Color,
    config::{Business, PortalUrl},
    customer::EmailAddress,
    letter::Letter,
    link::LinkToken,
};
use portal_views::mails;
use serde_json::{Value, json};

fn folder(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn business() -> Business {
    Business {
        name: "Tybee Beach Carts".into(),
        phone: "+1 912 555 0142".into(),
        email: EmailAddress::parse("hello@tybeecarts.example").unwrap(),
        address: Some("12 Dune Rd, Tybee Island, GA 31328".into()),
        logo_url: None,
        color: Color::new(0x0b, 0x6b, 0x4f),
    }
}

fn other_business() -> Business {
    let picture = "https://tybeecarts.example/logo.png".parse().unwrap();
    Business {
        name: "Küsten, \"Karren\" & Söhne 🛺".into(),
        address: None,
        logo_url: Some(picture),
        color: Color::new(0xff, 0xc8, 0x2e),
        ..business()
    }
}

fn booking(change: impl FnOnce(&mut Value)) -> Booking {
    let sample = folder("../../infra/events/samples/booking.confirmed.json");
    let mut booking = serde_json::from_str::<Value>(&fs::read_to_string(sample).unwrap()).unwrap();
    let booking = &mut booking["Detail"]["booking"];
    change(booking);
    serde_json::from_value(booking.take()).unwrap()
}

fn longest() -> Booking {
    booking(|booking| {
        let long = "🛺".repeat(2000);
        booking["reference"] = json!("W".repeat(200));
        booking["customer"]["name"] = json!(long);
        booking["carts"] = json!(vec![json!({"asset_type": long, "name": long}); 50]);
        booking["fulfilment"]["address"] = json!(long);
    })
}

fn letters() -> Vec<(&'static str, Letter)> {
    let now: Timestamp = "2027-05-01T12:00:00Z".parse().unwrap();
    let portal: PortalUrl = "https://portal.tybeecarts.example".parse().unwrap();
    let link = LinkToken::parse(&"A".repeat(64)).unwrap();
    let ana = EmailAddress::parse("ana@example.com").unwrap();
    let confirmation =
        |business: &Business, booking: &Booking| mails::confirmation(business, &portal, booking, &link, now);
    vec![
        ("sign-in", mails::sign_in(&business(), &portal, ana.clone(), &link)),
        ("sign-in-logo", mails::sign_in(&other_business(), &portal, ana, &link)),
        ("confirmation-delivery", confirmation(&business(), &booking(|_| {}))),
        (
            "confirmation-pick-up",
            confirmation(
                &other_business(),
                &booking(|booking| {
                    booking["fulfilment"] = json!({"method": "pickup"});
                    booking["price"]["paid_minor"] = booking["price"]["total_minor"].clone();
                }),
            ),
        ),
        (
            "confirmation-least",
            confirmation(
                &business(),
                &booking(|booking| {
                    let booking = booking.as_object_mut().unwrap();
                    for field in ["location", "add_ons", "price", "delivery", "documents"] {
                        booking.remove(field);
                    }
                    booking["fulfilment"] = json!({"method": "pickup"});
                    booking["carts"] = json!([
                        {"asset_type": "4-Seater", "name": "Cart #3"}, {"asset_type": "4-Seater", "name": "Cart #9"},
                        {"asset_type": "6-Seater Premium", "name": "Cart #14"}
                    ]);
                }),
            ),
        ),
        (
            "confirmation-hostile",
            confirmation(
                &business(),
                &booking(|booking| {
                    booking["reference"] = json!("GCO-1\r\nBcc: eve@example.com");
                    booking["customer"]["name"] = json!("דנה לוי <b>\u{202e}&\n\nhttps://evil.example");
                    booking["carts"][0]["name"] = json!("عربة <script>alert(1)</script>");
                }),
            ),
        ),
        ("confirmation-longest", confirmation(&business(), &longest())),
    ]
}

#[test]
fn the_text_of_every_mail_is_as_it_was() {
    for (name, letter) in letters() {
        let kept = folder("tests/mails").join(format!("{name}.txt"));
        let text = format!("Subject: {}\n\n{}", letter.subject, letter.text);
        if std::env::var_os("KEEP").is_some() {
            fs::write(&kept, &text).unwrap();
        }
        assert_eq!(text, fs::read_to_string(&kept).unwrap_or_default(), "{name}");
    }
}

#[test]
fn every_mail_is_what_mail_programs_can_show() {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder("../../target"), PathBuf::from).join("mails");
    fs::create_dir_all(&target).unwrap();
    for (name, letter) in letters() {
        fs::write(target.join(format!("{name}.html")), &letter.html).unwrap();
        fs::write(target.join(format!("{name}.txt")), &letter.text).unwrap();
        let html = &letter.html;
        assert!(html.len() < 40_000, "{name} has {} bytes", html.len());
        for unknown in ["display:flex", "display:grid", "<script", "<link", "position:", "var(--", "\u{202e}"] {
            assert!(!html.contains(unknown), "{name} holds {unknown:?}");
        }
        for needed in
            ["role=\"presentation\"", "mso-padding-alt", "mso-hide:all", "prefers-color-scheme:dark", "[if mso]"]
        {
            assert!(html.contains(needed), "{name} lacks {needed:?}");
        }
        let url = letter.text.lines().find(|line| line.starts_with("https://portal.")).unwrap();
        assert!(url.len() < 200, "{url}");
        assert_eq!(html.matches(url).count(), 3, "{name}: the button, and the plain link's address and text");
        assert_eq!(letter.text.matches("https://portal.").count(), 1);
        assert!(!letter.subject.contains(['\r', '\n']) && letter.subject.chars().count() < 300);
        assert!(letter.text.lines().all(|line| line.chars().count() < 998), "{name}: RFC 5322 §2.1.1");
        assert!(!letter.text.lines().any(|line| line.starts_with("https://evil")), "{name}: forged line");
    }
}
