//! `portal preview` against a local stack: what it writes is what the functions answer and mail, but for the mark.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use crate::common::{Said, on};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use portal_tests::{
    Person, Portal,
    samples::{booked, confirmed},
    soon,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Values that no default has, with characters that pages escape.
const PARAMETERS: [(&str, &str); 6] = [
    ("BusinessName", "Dune & Sons \"Carts\""),
    ("BusinessPhone", "+1 305 555 0100"),
    ("BusinessEmail", "desk@dune-and-sons.example"),
    ("BusinessAddress", "1 Sand <Rd>, Key West, FL 33040"),
    ("LogoUrl", "https://cdn.example.com/logo.png?a=1&b=2"),
    ("BrandColor", "#7a1fa2"),
];

/// The languages that a browser can ask for: `--language`, and the same as `Accept-Language`.
const LANGUAGES: [Option<&str>; 3] = [None, Some("en"), Some("es")];

/// The files of a folder by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())).collect()
}

/// Writes previews into a folder of their own.
async fn preview(stack: &Portal, arguments: &[&str], input: &str) -> (Said, BTreeMap<String, String>) {
    let folder = TempDir::new().unwrap();
    let to = ["preview", "--to", folder.path().to_str().unwrap()];
    let said = on(stack, &[&to, arguments].concat(), input).await.ended(0);
    (said, files(folder.path()))
}

/// What is between two texts, both included, which stand there once.
fn cut(text: &str, from: &str, to: &str) -> (String, String) {
    let (before, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    let (inside, after) = rest.split_once(to).unwrap();
    assert!(!after.contains(from), "{from} stands there twice");
    ([before, after].concat(), inside.to_owned())
}

/// A file without its mark, and what the mark says.
fn unmarked(file: &str) -> (String, String) {
    if file.starts_with("[PREVIEW of ") {
        return cut(file, "[PREVIEW of ", "]\n\n");
    }
    let (file, _) = cut(file, "<meta name=\"generator\" content=\"portal preview\">", "</style>");
    for tag in ["<a ", "<button"] {
        assert_eq!(file.matches(tag).count(), file.matches(&format!("{} inert", tag.trim_end())).count(), "{tag}");
    }
    let file = file.replace("<a inert", "<a").replace("<button inert", "<button");
    cut(&file, "<div class=\"portal-preview\" role=\"note\" lang=\"en\"><b>Preview</b> of ", "</div>")
}

/// The addresses of all customers, and the bookings of each.
async fn customers(stack: &Portal) -> BTreeMap<String, BTreeSet<String>> {
    let mut customers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in stack.items_of("BOOKING#", "BOOKING").await {
        let booking: Value = serde_json::from_str(item["booking"].as_s().unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        customers.entry(text(&booking["customer"]["email"])).or_default().insert(text(&booking["booking_id"]));
    }
    customers
}

/// A text as HTML has it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}

async fn page(person: &Person, path: &str, language: Option<&str>) -> String {
    let accepts = language.map(|language| [("accept-language", language)]);
    let headers = accepts.as_ref().map_or(&[][..], |accepts| accepts.as_slice());
    let answer = person.request(reqwest::Method::GET, path, None, headers).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// The dashboard and the pages of bookings, by what the names of their previews begin with.
async fn pages(
    stack: &Portal,
    person: &Person,
    address: &str,
    bookings: &BTreeSet<String>,
    language: Option<&str>,
) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    pages.insert(format!("{}-dashboard", stack.customer(address)), page(person, "/", language).await);
    for id in bookings {
        pages.insert(format!("{id}-booking"), page(person, &format!("/bookings/{id}"), language).await);
    }
    pages
}

/// The previews of pages without their marks, by what their names begin with.
fn previewed(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let pages = files.iter().filter(|(name, _)| name.contains("-dashboard.") || name.contains("-booking."));
    pages.map(|(name, file)| (name.split('.').next().unwrap().to_owned(), unmarked(file).0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_byte_for_byte_the_page_of_who_is_signed_in_but_for_the_mark() {
    let stack = Portal::with_demo_data_and(&PARAMETERS).await;
    let (mut compared, mut titles) = (0, BTreeSet::new());
    for (address, bookings) in customers(&stack).await {
        let person = stack.holder_of(&address).await;
        for language in LANGUAGES {
            let asked = language.map_or(vec![], |language| vec!["--language", language]);
            // A page may say how late it is: then all are looked at again.
            let (seen, previews) = soon("pages that stay as they are for a moment", async || {
                let before = pages(&stack, &person, &address, &bookings, language).await;
                let now = Timestamp::now().to_string();
                let arguments = [&["--at", &now], &asked[..]].concat();
                let (_, files) = preview(&stack, &[&["--customer"], &arguments[..]].concat(), &address).await;
                let mut previews = previewed(&files);
                // The dashboard does not show those of long ago.
                for id in bookings.iter().filter(|id| !files.keys().any(|name| name.starts_with(*id))) {
                    previews
                        .extend(previewed(&preview(&stack, &[&[id.as_str()], &arguments[..]].concat(), "").await.1));
                }
                let after = pages(&stack, &person, &address, &bookings, language).await;
                (before == after).then_some((after, previews))
            })
            .await;
            assert!(seen.keys().eq(previews.keys()), "{address}");
            for (name, seen) in seen {
                assert!(seen == previews[&name], "{name} in {language:?}:\n{seen}\n{}", previews[&name]);
                titles.insert(seen.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned());
                compared += 1;
            }
        }
    }
    assert!(compared > 200 && titles.len() > 50, "{compared} pages, {titles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_previewed_mail_is_byte_for_byte_the_one_that_is_sent_but_for_the_mark_and_the_link() {
    let stack = Portal::with_parameters(&PARAMETERS).await;
    let without_link = |text: &str| {
        let (before, rest) = text.split_once("/link/").unwrap();
        let token = &rest[..64];
        assert!(
            before.ends_with(stack.url()) && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
        text.replace(&format!("/link/{token}"), "/sign-in")
    };
    for (id, address, locale) in [
        ("bkg_1", "ana@example.com", None),
        ("bkg_2", "flor@example.com", Some("es-MX")),
        ("bkg_3", "gus@example.com", Some("en-US")),
    ] {
        let mut event = confirmed(id, address, 1, true);
        event["booking"]["customer"]["locale"] = json!(locale);
        stack.publish("booking.confirmed", &event).await;
        stack.link_to(address).await;
        stack.person().post("/sign-in", &[("email", address)]).await;
        let mails = soon("both mails", async || {
            let mails = stack.mails_to(address).await;
            (mails.len() == 2).then_some(mails)
        })
        .await;
        let (_, mut files) = preview(&stack, &[id], "").await;
        files.extend(preview(&stack, &["--customer"], address).await.1);
        let language = locale.map_or("en", |locale| &locale[..2]);
        let sign_in = format!("{}-sign-in", stack.customer(address));
        for (mail, name) in mails.iter().zip([sign_in, format!("{id}-confirmation")]) {
            for (part, extension) in [("html", "html"), ("text", "txt")] {
                let (previewed, mark) = unmarked(&files[&format!("{name}.{language}.{extension}")]);
                let sent = without_link(mail[part].as_str().unwrap());
                assert!(previewed == sent, "{name} as {part}:\n{sent}\n{previewed}");
                let subject = mail["subject"].as_str().unwrap();
                let subject = if part == "html" { escaped(subject) } else { subject.to_owned() };
                assert!(mark.contains(&format!("Subject: {subject}.")), "{mark}");
            }
        }
        assert!(files.values().all(|file| !file.contains("/link/")));
    }
    // Where the booking system knows no language, it is that of the page that asked.
    let before = stack.mails_to("ana@example.com").await.len();
    stack.limits_age(60).await;
    let asked = stack.person();
    let headers = [("accept-language", "es"), ("sec-fetch-site", "same-origin")];
    asked.request(reqwest::Method::POST, "/sign-in", Some(&[("email", "ana@example.com")]), &headers).await;
    let mails = soon("the mail in Spanish", async || {
        let mails = stack.mails_to("ana@example.com").await;
        (mails.len() > before).then_some(mails)
    })
    .await;
    let (_, files) = preview(&stack, &["--customer", "--language", "es"], "ana@example.com").await;
    let (previewed, _) = unmarked(&files[&format!("{}-sign-in.es.html", stack.customer("ana@example.com"))]);
    assert_eq!(previewed, without_link(mails[0]["html"].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_seen_at_any_moment_and_at_every_stage_of_its_rental() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", "ana@example.com").await;
    let (said, files) = preview(&stack, &["bkg_1", "--stages", "--at", "2026-06-11", "--json"], "").await;
    said.never_says(&["ana@example.com"]);
    let customer = stack.customer("ana@example.com");
    let told = said.json();
    assert_eq!(told["local_time"], "Thu, Jun 11, 2026, 8:00 am EDT");
    assert_eq!(told["customer"], customer.to_string());
    let names = told["files"].as_array().unwrap().iter().map(|file| {
        let path = file["path"].as_str().unwrap();
        path.rsplit_once('/').unwrap().1.to_owned()
    });
    let names: Vec<String> = names.collect();
    let dashboard = format!("{customer}-dashboard.en.html");
    assert_eq!(
        names,
        [
            "bkg_1-booking.en.html",
            "bkg_1-confirmation.en.html",
            "bkg_1-confirmation.en.txt",
            dashboard.as_str(),
            "bkg_1-stage-1-ahead.en.html",
            "bkg_1-stage-2-handover-day.en.html",
            "bkg_1-stage-3-on-the-way.en.html",
            "bkg_1-stage-4-with-you.en.html",
            "bkg_1-stage-5-return-day.en.html",
            "bkg_1-stage-6-overdue.en.html",
            "bkg_1-stage-7-over.en.html",
        ]
    );
    assert!(files.keys().eq(names.iter().collect::<BTreeSet<_>>()));
    let (_, mark) = unmarked(&files["bkg_1-booking.en.html"]);
    assert_eq!(mark, "the page of REF-bkg_1 as seen on Thu, Jun 11, 2026, 8:00 am EDT. Links and buttons do nothing.");

    // Long after, no confirmation is sent, and the page asks to call.
    let (said, files) = preview(&stack, &["bkg_1", "--at", "2030-01-01T12:00", "--language", "es"], "").await;
    let left_out = "Left out: the confirmation mail of REF-bkg_1: none is sent, the booking is over.";
    assert!(said.stdout.contains(left_out), "{}", said.stdout);
    assert_eq!(files.len(), 2);
    assert!(files["bkg_1-booking.es.html"].contains("<html lang=\"es\">"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_read_a_preview_and_no_other_file_is_replaced() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", "ana@example.com").await;
    let home = TempDir::new().unwrap();
    let folder = home.path().join("a/preview");
    let arguments = ["preview", "bkg_1", "--to", folder.to_str().unwrap()];
    let written = on(&stack, &arguments, "").await.ended(0);
    assert!(written.stdout.contains("(mode 0600)"), "{}", written.stdout);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let names: Vec<String> = files(&folder).into_keys().collect();
    assert_eq!(names.len(), 4);
    names.iter().for_each(|name| assert_eq!(mode(&folder.join(name)), 0o600, "{name}"));

    // An earlier preview is replaced, whoever might read it.
    let page = folder.join("bkg_1-booking.en.html");
    fs::set_permissions(&page, fs::Permissions::from_mode(0o644)).unwrap();
    on(&stack, &arguments, "").await.ended(0);
    assert_eq!(mode(&page), 0o600);

    let elsewhere = home.path().join("mine.html");
    fs::write(&elsewhere, files(&folder)["bkg_1-booking.en.html"].clone()).unwrap();
    let mine: [(&str, &dyn Fn()); 3] = [
        ("a page of somebody else's", &|| fs::write(&page, "<html><head></head></html>").unwrap()),
        ("a link, be it to a preview", &|| symlink(&elsewhere, &page).unwrap()),
        ("a folder", &|| fs::create_dir(&page).unwrap()),
    ];
    let advice = format!("portal preview bkg_1 --to FOLDER --local {}\n", stack.url());
    for (what, put) in mine {
        fs::remove_file(&page).unwrap();
        put();
        names.iter().filter(|name| !page.ends_with(name)).for_each(|name| drop(fs::remove_file(folder.join(name))));
        let refused = on(&stack, &arguments, "").await.ended(2);
        let problem = format!("{} is no preview: it stays, and nothing was written", page.display());
        assert!(refused.stderr.contains(&problem) && refused.stderr.contains(&advice), "{}", refused.stderr);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "{what}");
    }
    assert!(elsewhere.is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_shown_as_its_customer_sees_it_and_what_is_not_known_not_at_all() {
    let stack = Portal::empty().await;
    booked(&stack, "bkg_1", "ana@example.com").await;
    stack.publish("booking.confirmed", &confirmed("bkg_2", "ana@example.com", 1, false)).await;
    soon("the booking", async || (stack.count_items("BOOKING").await == 2).then_some(())).await;
    let mut broken = stack.items_of("BOOKING#bkg_2", "BOOKING").await.pop().unwrap();
    broken.insert("booking".to_owned(), AttributeValue::S("{}".to_owned()));
    stack.put_item(broken).await;
    let (_, files) = preview(&stack, &["bkg_2"], "").await;
    let person = stack.holder_of("ana@example.com").await;
    assert_eq!(previewed(&files)["bkg_2-booking"], page(&person, "/bookings/bkg_2", None).await);

    let folder = TempDir::new().unwrap();
    let to = ["--to", folder.path().to_str().unwrap()];
    for (arguments, input, told) in [
        (&["preview", "bkg_9"][..], "", "the portal knows no booking bkg_9"),
        (&["preview", "--customer"], "stranger@example.com\n", "the portal knows no booking of s…r@example.com"),
        (&["preview"], "", "required"),
        (&["preview", "bkg_1", "--customer"], "", "cannot be used with"),
        (&["preview", "bkg_1", "--at", "soon"], "", "not a date such as 2027-06-11"),
        (&["preview", "bkg_1", "--language", "fr"], "", "expected en or es"),
    ] {
        let said = on(&stack, &[arguments, &to].concat(), input).await.ended(2);
        assert!(said.stderr.contains(told), "{arguments:?}: {}", said.stderr);
        said.never_says(&["stranger@example.com"]);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
