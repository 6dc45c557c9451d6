//! `portal import`: each example, each rule, and ten thousand bookings against a local stack.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use crate::common::{Said, kill, on, portal, spawned, with_endpoints};
use portal_tests::{Fate, Portal, Proxy, samples::erased};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

const ANA: &str = "ana@example.com";

const MAP: &str = "\
[columns]
booking_id = \"Id\"
reference = \"Id\"
updated_at = \"Changed\"
status = \"State\"
customer.name = [\"First\", \"Last\"]
customer.email = \"Email\"
starts_at = [\"Day\", \"Time\"]
ends_at = \"Until\"
carts.name = \"Carts\"
carts.asset_type = \"Model\"
price.total_minor = \"Total\"
price.paid_minor = \"Paid\"
[values.status]
out = \"checked_out\"
[times]
zone = \"America/New_York\"
[money]
currency = \"USD\"
[carts]
separator = \"+\"
[defaults]
fulfilment.method = \"pickup\"
";

const HEADER: &str = "Id,Changed,State,First,Last,Email,Day,Time,Until,Carts,Model,Total,Paid\n";

/// A folder with a map and a file of these rows.
struct Given(tempfile::TempDir);

impl Given {
    fn new(map: &str, csv: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("map.toml"), map).unwrap();
        fs::write(folder.path().join("bookings.csv"), csv).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// The command with these options.
    fn command<'a>(&self, file: &'a str, map: &'a str, options: &[&'a str]) -> Vec<&'a str> {
        [&["import", file, "--map", map], options].concat()
    }

    async fn dry_run(&self) -> Said {
        let (file, map) = (self.path("bookings.csv"), self.path("map.toml"));
        portal(&self.command(&file, &map, &["--dry-run", "--json"]), "").await
    }

    async fn import(&self, stack: &Portal, options: &[&str]) -> Said {
        let (file, map) = (self.path("bookings.csv"), self.path("map.toml"));
        on(stack, &self.command(&file, &map, &[options, &["--yes"]].concat()), "").await
    }
}

fn row(id: &str, changed: &str, email: &str) -> String {
    format!(
        "{id},{changed},confirmed,Ana,Ruiz,{email},2027-06-11,09:00,2027-06-15 17:00,Cart 4 + Cart 7,4-Seater,\"$1,234.50\",0\n"
    )
}

/// What became of each line.
fn outcomes(told: &Value) -> Vec<(u64, &str)> {
    let lines = told["lines"].as_array().unwrap().iter();
    lines.map(|line| (line["line"].as_u64().unwrap(), line["outcome"].as_str().unwrap())).collect()
}

fn problems(told: &Value) -> Vec<String> {
    let text = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
    let problems = told["problems"].as_array().unwrap().iter();
    let told = problems.map(|problem| {
        format!(
            "{} {} {}: {}; {}",
            problem["line"],
            text(problem, "column"),
            text(problem, "field"),
            text(problem, "expected"),
            text(problem, "found")
        )
    });
    told.collect()
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/imports").join(name)
}

#[tokio::test]
async fn each_example_is_read_as_its_map_says() {
    for (name, code, outcomes, warnings, wrong) in [
        ("rental-system", 0, json!({"to_import": 8, "duplicate": 1, "no_address": 1}), vec![], vec![]),
        (
            "spreadsheet",
            0,
            json!({"to_import": 8, "duplicate": 1, "no_address": 1}),
            vec![
                "times without an offset were read on the clocks of their zone",
                "times that the clocks show twice were read as [times] says: ambiguous",
                "booking.price.lines do not add up to total_minor: no balance is shown",
            ],
            vec![],
        ),
        (
            "semicolons",
            1,
            json!({"to_import": 6, "duplicate": 1, "refused": 4}),
            vec!["times without an offset were read on the clocks of their zone"],
            vec![
                "8 \u{201c}Gesamt\u{201d} price.total_minor: an amount such as 1.234,50, with at most 2 decimals; a number in a text of 4 characters",
                "9 \u{201c}Von\u{201d} + \u{201c}Uhrzeit von\u{201d} starts_at: a time that the clocks show once, or skipped = \"earlier\" or \"later\" under [times]; a text of 16 characters",
                "10 \u{201c}Status\u{201d} status: pending, confirmed, checked_out, overdue, returned, closed, cancelled, no_show, or a word under [values.status]; \u{201c}bezahlt\u{201d}",
                "11 \u{201c}E-Mail\u{201d} customer.email: one bare email address, such as ana@example.com; a text of 12 characters",
            ],
        ),
    ] {
        let folder = example(name);
        let (file, map) = (folder.join("bookings.csv"), folder.join("map.toml"));
        let command = ["import", file.to_str().unwrap(), "--map", map.to_str().unwrap(), "--dry-run"];
        let said = portal(&[&command[..], &["--json"]].concat(), "").await.ended(code);
        let told = said.json();
        assert_eq!(
            (&told["outcomes"], problems(&told)),
            (&outcomes, wrong.into_iter().map(str::to_owned).collect()),
            "{name}"
        );
        let texts = told["warnings"].as_array().unwrap().iter().map(|warning| warning["text"].as_str().unwrap());
        assert_eq!(texts.collect::<BTreeSet<_>>(), warnings.into_iter().collect::<BTreeSet<_>>(), "{name}");
        assert_eq!(said.stderr, "", "it asks nobody");

        let said = portal(&command, "").await.ended(code);
        said.never_says(&["ben@example.com", "juergen@example.com"]);
        for text in ["nobody is mailed", "@example.com", "portal import"] {
            assert!(said.stdout.contains(text), "{text}: {}", said.stdout);
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_row_and_column() {
    let good =
        "a,2026-01-01 09:00,confirmed,Ana,Ruiz,ana@example.com,2027-06-11,09:00,2027-06-15 17:00,Cart 4,4-Seater,10,0";
    for (from, to, told) in [
        (
            "2027-06-11",
            "11.6.2027",
            "2 \u{201c}Day\u{201d} + \u{201c}Time\u{201d} starts_at: a time as in 2026-07-25 09:00, or formats under [times]; a text of 15 characters",
        ),
        ("2027-06-15", "2027-06-01", "2 \u{201c}Until\u{201d} ends_at: a time after starts_at; a time"),
        (
            "2026-01-01 09:00",
            "",
            "2 \u{201c}Changed\u{201d} updated_at: when the row was last changed, in a column or under [defaults]; nothing",
        ),
        (
            "2026-01-01 09:00",
            "2186-01-01 09:00",
            "2 \u{201c}Changed\u{201d} updated_at: a moment that has passed; one that is still to come",
        ),
        (
            "ana@example.com",
            "Ana <ana@example.com>",
            "2 \u{201c}Email\u{201d} customer.email: one bare email address, such as ana@example.com; a text of 21 characters",
        ),
        (
            "Ana,Ruiz",
            ",",
            "2 \u{201c}First\u{201d} + \u{201c}Last\u{201d} customer.name: a text of 1 to 10000 characters; nothing",
        ),
        ("a,", "a b,", "2 \u{201c}Id\u{201d} booking_id: an id of 1 to 64 of A-Z a-z 0-9 _ -; a text of 3 characters"),
        (
            "Cart 4,4-Seater",
            "Cart 4 + Cart 7,a + b + c",
            "2 \u{201c}Carts\u{201d} carts.name: a value for each of 3 carts, or one for all; a text of 15 characters",
        ),
        ("Cart 4,", ",", "2 \u{201c}Carts\u{201d} carts.name: a text of 1 to 10000 characters; nothing"),
        (
            ",10,0",
            ",free,0",
            "2 \u{201c}Total\u{201d} price.total_minor: an amount such as 1,234.50, with at most 2 decimals; a text of 4 characters",
        ),
        (
            ",10,0",
            ",10,",
            "2 \u{201c}Paid\u{201d} price.paid_minor: a whole number in the currency's minor unit, such as 18810 for $188.10, at most 999999999999 either way; nothing",
        ),
        (",10,0", ",10,0,more", "2 the row : 13 columns, as the header has; 14"),
        (
            "Ana,Ruiz,ana@example.com,2027-06-11,09:00,2027-06-15 17:00,Cart 4,4-Seater",
            "\"Ana,Ruiz,ana@example.com,2027-06-11,09:00,2027-06-15 17:00,Cart 4,4-Seater,10,0\nb,,,Ben\",,,,,,,",
            "2 \u{201c}First\u{201d} + \u{201c}Last\u{201d} : a text of its own: a quote in it may close rows later; as many lines and \
             delimiters as 2 rows have",
        ),
        (
            "confirmed",
            "rented",
            "2 \u{201c}State\u{201d} status: pending, confirmed, checked_out, overdue, returned, closed, cancelled, no_show, or a word under [values.status]; \u{201c}rented\u{201d}",
        ),
    ] {
        let wrong = good.replacen(from, to, 1);
        assert_ne!(wrong, good);
        let given = Given::new(MAP, &format!("{HEADER}{wrong}\n"));
        let found = problems(&given.dry_run().await.ended(1).json());
        assert_eq!(found, [told], "{to}");
    }
    // What is wrong with many rows is told once, as is what the map lacks; where nothing is left, nothing is to be sent.
    let nameless = MAP.replace("customer.name = [\"First\", \"Last\"]\n", "");
    let given = Given::new(&nameless, &format!("{HEADER}{good}\n{}\n", good.replacen('a', "b", 1)));
    let (file, map) = (given.path("bookings.csv"), given.path("map.toml"));
    let said = portal(&given.command(&file, &map, &["--dry-run"]), "").await.ended(1).stdout;
    let told = "line 2  neither a column nor [defaults] (customer.name): expected a text of 1 to 10000 characters; \
        found nothing; the first of 2\n";
    assert!(
        said.contains(told) && !said.contains("Send them") && said.ends_with("mend the file or the map.\n"),
        "{said}"
    );
    // Carts in rows of their own are known as such, and no row of a booking is sent that others contradict.
    let given = Given::new(MAP, &format!("{HEADER}{good}\n{}\n", good.replace("Cart 4", "Cart 5")));
    let told = given.dry_run().await.ended(1).json();
    assert_eq!(told["outcomes"], json!({"refused": 2}));
    assert_eq!(
        problems(&told),
        [
            "3 \u{201c}Carts\u{201d}, \u{201c}Model\u{201d} carts: what line 2 says, which is of the same booking and revision, or row = \"cart\" \
          under [carts]; something else"
        ]
    );
    // A rental whose status nobody changed any more is imported with a warning.
    let forgotten = good.replace("2027-06-11", "2025-06-11").replace("2027-06-15", "2025-06-15");
    let told = Given::new(MAP, &format!("{HEADER}{forgotten}\n")).dry_run().await.ended(0).json();
    assert!(told["warnings"].to_string().contains("is over for a month or more"), "{told}");
    let of_one_row = told["warnings"].as_array().unwrap().iter().all(|warning| warning["rows"] == 1);
    assert!(of_one_row, "of three times of a row it is said once: {told}");
    // A file without rows has nothing to send.
    let given = Given::new(MAP, HEADER);
    let (file, map) = (given.path("bookings.csv"), given.path("map.toml"));
    let said = portal(&given.command(&file, &map, &["--dry-run"]), "").await.ended(1);
    assert!(said.stdout.ends_with("has no rows below its columns\n"), "{}", said.stdout);
    // A report replaces an earlier report, and no other file: the bookings and the map least of all.
    let given = Given::new(MAP, &format!("{HEADER}{good}\n"));
    let (file, map, report) = (given.path("bookings.csv"), given.path("map.toml"), given.path("report.csv"));
    for other in [&file, &map, &given.path("no folder/report.csv")] {
        let before = fs::read(other).ok();
        let said = portal(&given.command(&file, &map, &["--dry-run", "--report", other]), "").await.ended(2);
        assert!(said.stderr.contains("and stays") || said.stderr.contains("cannot write"), "{}", said.stderr);
        assert_eq!(fs::read(other).ok(), before);
    }
    for _ in 0..2 {
        portal(&given.command(&file, &map, &["--dry-run", "--report", &report]), "").await.ended(0);
        assert_eq!(fs::read_to_string(&report).unwrap().lines().count(), 2);
    }
    // What no column says, the map may, of each cart.
    let default = MAP.replace("updated_at = \"Changed\"\n", "").replace("carts.asset_type = \"Model\"\n", "")
        + "updated_at = \"2026-01-01T09:00:00-05:00\"\ncarts.asset_type = \"4-Seater\"\n";
    let told = Given::new(&default, &format!("{HEADER}{}\n", good.replace("Cart 4,", "Cart 4 + Cart 7,")))
        .dry_run()
        .await
        .ended(0)
        .json();
    assert_eq!(told["outcomes"], json!({"to_import": 1}));
    // What people write by hand.
    for (from, to) in
        [("confirmed", "Confirmed"), ("confirmed", "Checked out"), ("confirmed", "OUT"), ("confirmed", "no-show")]
    {
        Given::new(MAP, &format!("{HEADER}{}\n", good.replacen(from, to, 1))).dry_run().await.ended(0);
    }
}

#[tokio::test]
async fn a_map_that_cannot_be_used_is_told_with_its_line() {
    let rows = row("a", "2026-01-01 09:00", "ana@example.com");
    for (map, told) in [
        (
            MAP.replace("\"Until\"", "\"To\""),
            "line 9: no column \u{201c}To\u{201d} among \u{201c}Id\u{201d}, \u{201c}Changed\u{201d}",
        ),
        (MAP.replace("customer.email = \"Email\"\n", ""), "no column for customer.email under [columns]"),
        (MAP.replace("ends_at", "end_at"), "line 9: columns.end_at: no field of a booking"),
        (MAP.replace("[money]", "[many]"), "line 18: unknown field `many`"),
    ] {
        let said = Given::new(&map, &format!("{HEADER}{rows}")).dry_run().await.ended(2);
        assert!(said.stderr.contains(told) && said.stderr.contains("--dry-run"), "{}", said.stderr);
    }
    // Where the names are missing, a row is taken for them: its address is masked.
    let said = Given::new(MAP, &rows).dry_run().await.ended(2);
    assert!(said.stderr.contains("a…a@example.com") && said.stderr.contains("header_row"), "{}", said.stderr);
    said.never_says(&[ANA]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_a_row_is_refused_and_every_row_is_accounted_for() {
    let stack = Portal::empty().await;
    let rows = [
        row("a", "2026-01-01 09:00", "ana@example.com"),
        row("b", "2026-01-01 09:00", "ben@example.com"),
        row("b", "2025-01-01 09:00", "ben@example.com"),
        row("c", "2026-01-01 09:00", ""),
        row("d", "yesterday", "dana@example.com"),
        row("a", "2026-01-01 09:00", "ana@example.com"),
        row("e", "", "other@example.com"),
    ];
    let given = Given::new(MAP, &format!("{HEADER}{}", rows.concat()));
    let said = given.import(&stack, &["--json"]).await.ended(1);
    assert_eq!(said.json()["outcomes"], json!({"to_import": 2, "duplicate": 2, "no_address": 1, "refused": 2}));
    let said = given.import(&stack, &[]).await.ended(1);
    assert!(said.stdout.contains("Nothing was sent.") && said.stdout.contains("--skip-refused"), "{}", said.stdout);
    stack.rests().await;
    assert_eq!(stack.count_items("BOOKING").await, 0);

    let report = given.path("report.csv");
    let said = given.import(&stack, &["--skip-refused", "--report", &report, "--json"]).await.ended(1);
    said.never_says(&["ana@", "ben@", "other@"]);
    let expected = ["imported", "imported", "duplicate", "no_address", "refused", "duplicate", "refused"];
    let told = said.json();
    assert_eq!(outcomes(&told), (2..).zip(expected).collect::<Vec<_>>());
    let lines = fs::read_to_string(&report).unwrap();
    assert!(
        lines.starts_with("line,booking_id,outcome,reason\n2,a,imported,revision 1767276000000 stands\n"),
        "{lines}"
    );
    assert!(lines.contains("\n4,b,duplicate,line 3 has a newer revision\n") && !lines.contains('@'), "{lines}");
    let booking = stack.store().await.booking_record(&"a".parse_id()).await.unwrap().unwrap().filed.unwrap().booking;
    let carts: Vec<String> = booking.carts.iter().map(|cart| cart.name.to_string()).collect();
    assert_eq!((carts, booking.price.unwrap().total_minor), (vec!["Cart 4".to_owned(), "Cart 7".to_owned()], 123_450));

    // Again: nothing is sent. What was imported wrongly is replaced by a higher revision.
    let said = given.import(&stack, &["--skip-refused", "--json"]).await.ended(1);
    assert_eq!(said.json()["outcomes"], json!({"already_there": 2, "duplicate": 2, "no_address": 1, "refused": 2}));
    assert!(said.stderr.contains("0 to send"), "{}", said.stderr);
    let ana = format!("{HEADER}{}", rows[0]);
    let corrected =
        MAP.replace("fulfilment.method = \"pickup\"", "fulfilment.method = \"pickup\"\nlocation.name = \"Shop\"");
    let said = Given::new(&corrected, &ana).import(&stack, &["--json"]).await.ended(1);
    assert!(said.stdout.contains("[revision] plus = 1 in the map replaces it"), "{}", said.stdout);
    let said =
        Given::new(&format!("{corrected}[revision]\nplus = 1\n"), &ana).import(&stack, &["--json"]).await.ended(0);
    assert_eq!(said.json()["outcomes"], json!({"imported": 1}));
    stack.rests().await;
    assert_eq!(stack.mails().await.len(), 0);
}

#[tokio::test]
async fn of_each_booking_the_newest_row_stands_alone_or_with_a_row_for_each_cart() {
    let carts = MAP.replace("separator = \"+\"", "row = \"cart\"");
    let of = |id: &str, changed: &str, cart: &str| row(id, changed, "ana@example.com").replace("Cart 4 + Cart 7", cart);
    let old = |cart| of("a", "2025-01-01 09:00", cart);
    let new = |cart| of("a", "2026-01-01 09:00", cart);
    for (map, rows, expected) in [
        (MAP, [new("1"), old("1"), old("2")], ["to_import", "duplicate", "duplicate"]),
        (MAP, [old("1"), new("1"), new("1")], ["duplicate", "to_import", "duplicate"]),
        (MAP, [new("1"), new("2"), of("b", "2026-01-01 09:00", "1")], ["refused", "refused", "to_import"]),
        (&carts, [new("1"), new("2"), old("3")], ["to_import", "to_import", "duplicate"]),
        (&carts, [new("1"), new("1"), new("2")], ["to_import", "duplicate", "to_import"]),
        (&carts, [new("1"), new("2").replace("Ruiz", "Other"), old("3")], ["refused", "refused", "duplicate"]),
        (&carts, [new("1"), new(""), of("b", "2026-01-01 09:00", "1")], ["refused", "refused", "to_import"]),
    ] {
        let said = Given::new(map, &format!("{HEADER}{}", rows.concat())).dry_run().await;
        let told = said.json();
        let found: Vec<&str> = outcomes(&told).into_iter().map(|(_, outcome)| outcome).collect();
        assert_eq!(found, expected, "{rows:?}");
        if rows[1].contains(",,4-Seater") {
            assert!(problems(&told)[0].starts_with("3 \u{201c}Carts\u{201d} carts.name"), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_its_customer_or_leaps_over_what_stands_is_told_before_it_is_sent() {
    let stack = Portal::empty().await;
    let with_revision = MAP.replace("status = \"State\"", "status = \"State\"\nrevision = \"Version\"");
    let header = HEADER.replace(",Paid", ",Paid,Version");
    let of = |id: &str, changed: &str, email: &str, revision: &str| {
        format!("{header}{},{revision}\n", row(id, changed, email).trim_end())
    };
    let (moves, leaps) = ("stands under another address, which loses it", "a thousand times that which stands");
    let first = "2026-01-01 09:00";
    for (map, csv, told) in [
        (&*with_revision, of("a", first, ANA, "3"), &[][..]),
        (&with_revision, of("a", first, ANA, "3"), &[]),
        (&with_revision, of("a", first, "ben@example.com", "4"), &[moves]),
        (&with_revision, of("a", first, "ben@example.com", "4000"), &[leaps]),
        (MAP, of("a", "2026-01-02 09:00", ANA, ""), &[moves, leaps]),
        (MAP, of("a", "2026-01-03 09:00", ANA, ""), &[]),
        (MAP, of("a", "2026-01-02 09:00", "ben@example.com", ""), &[]),
    ] {
        let said = Given::new(map, &csv).import(&stack, &["--json"]).await.ended(0);
        let warnings = said.json()["warnings"].to_string();
        for text in [moves, leaps] {
            assert_eq!(warnings.contains(text), told.contains(&text), "{csv}: {warnings}");
            assert_eq!(said.stderr.contains(text), told.contains(&text), "{csv}: {}", said.stderr);
        }
        said.never_says(&[ANA, "ben@"]);
    }
    // Who does not want that finds the bookings in the report.
    let given = Given::new(MAP, &of("a", "2026-01-04 09:00", "ben@example.com", ""));
    let (file, map, report) = (given.path("bookings.csv"), given.path("map.toml"), given.path("report.csv"));
    on(&stack, &given.command(&file, &map, &["--report", &report]), "n\n").await.ended(2);
    let lines = fs::read_to_string(report).unwrap();
    assert!(lines.contains(&format!("\n2,a,to import,\"{moves}\"\n")), "{lines}");
}

/// The same rules as of any event: nobody who was erased comes back, and of several businesses on a bus each has its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_was_erased_is_not_brought_back() {
    let stack = Portal::with_parameters(&[("BusinessId", "tybee")]).await;
    let mut erased = erased(ANA);
    erased["metadata"]["business_id"] = json!("tybee");
    stack.publish("customer.erased", &erased).await;
    stack.rests().await;
    let rows = [row("a", "2026-01-01 09:00", ANA), row("b", "2026-01-01 09:00", "ben@example.com")];
    let said = Given::new(MAP, &format!("{HEADER}{}", rows.concat())).import(&stack, &["--json"]).await.ended(1);
    let told = said.json();
    assert_eq!(outcomes(&told), [(2, "refused"), (3, "imported")]);
    assert_eq!(told["lines"][0]["reason"], "its customer was erased after it occurred");
    said.never_says(&[ANA]);
}

/// Ids are written as texts here.
trait ParseId {
    fn parse_id(&self) -> portal_domain::booking::BookingId;
}

impl ParseId for str {
    fn parse_id(&self) -> portal_domain::booking::BookingId {
        portal_domain::booking::BookingId::parse(self).unwrap()
    }
}

/// Ten thousand bookings, and rows that are none of them: a duplicate, a row without an address and a broken one in every 200.
fn many() -> String {
    let mut rows = String::from(HEADER);
    for i in 0..10_000 {
        let id = format!("old_{i}");
        rows += &row(&id, "2026-01-01 09:00", &format!("customer{}@example.com", i % 4_000));
        if i % 200 == 0 {
            rows += &row(&id, "2025-01-01 09:00", "older@example.com");
            rows += &row(&format!("walk_in_{i}"), "2026-01-01 09:00", "");
            rows += &row(&format!("broken_{i}"), "2026-01-01 09:00", "no address");
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_bookings_are_imported_though_the_import_is_killed_twice() {
    let stack = Portal::with_parameters(&[("EventConcurrency", "10")]).await;
    let sent: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let seen = sent.clone();
    let (held_at, requests) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(AtomicUsize::new(0)));
    let (holds, counts) = (held_at.clone(), requests.clone());
    let bus = Proxy::new(move |call| {
        for entry in call.input["Entries"].as_array().unwrap() {
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            let id = detail["metadata"]["event_id"].as_str().unwrap().to_owned();
            *seen.lock().unwrap().entry(id).or_default() += 1;
        }
        let count = counts.fetch_add(1, Ordering::SeqCst);
        if count >= holds.load(Ordering::SeqCst) { Fate::HoldAnswer } else { Fate::Pass }
    })
    .await;
    bus.leads_to(stack.local("endpoints").await["events"].as_str().unwrap());
    let local = with_endpoints(&stack, &[("events", &bus.url)]).await;
    let given = Given::new(MAP, &many());
    let (file, map) = (given.path("bookings.csv"), given.path("map.toml"));
    let command = given.command(&file, &map, &["--skip-refused", "--yes", "--json", "--local", &local]);

    let began = Instant::now();
    // Once while it waits for what it has sent, and once while the bus has taken a request and not answered yet.
    let mut running = spawned(&command);
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        // "1840 of 10000 bookings, 412 a second, 20 s left"
        let done = line.split_once(" of ").and_then(|(done, _)| done.parse::<usize>().ok());
        if done.is_some_and(|done| done >= 2_000) {
            println!("killed after: {line}");
            break;
        }
    }
    kill(running).await;
    held_at.store(requests.load(Ordering::SeqCst) + 100, Ordering::SeqCst);
    let running = spawned(&command);
    bus.holds(1).await;
    kill(running).await;
    let before = sent.lock().unwrap().len();
    println!("killed when {before} bookings had been sent");
    held_at.store(usize::MAX, Ordering::SeqCst);
    let said = portal(&command, "").await.ended(1);
    println!("{:.0} s in all; the last run: {}", began.elapsed().as_secs_f64(), said.stderr.lines().last().unwrap());

    let told = said.json();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    outcomes(&told).into_iter().for_each(|(_, outcome)| *counts.entry(outcome).or_default() += 1);
    assert_eq!(told["rows"], 10_150);
    assert_eq!(outcomes(&told).into_iter().map(|(line, _)| line).collect::<Vec<_>>(), (2..10_152).collect::<Vec<_>>());
    assert_eq!((counts["duplicate"], counts["no_address"], counts["refused"]), (50, 50, 50));
    assert_eq!(counts["imported"] + counts["already_there"], 10_000, "{counts:?}");
    assert!(
        before >= 2_500 && counts["already_there"] >= before - 1_000,
        "what was applied is not sent again: {counts:?}"
    );
    assert_eq!(stack.count_items("BOOKING").await, 10_000);
    let times: Vec<usize> = sent.lock().unwrap().values().copied().collect();
    let again = times.iter().filter(|times| **times > 1).count();
    assert!(times.len() == 10_000 && again <= 1_000, "{} sent, {again} again", times.len());
    println!("{counts:?}; {again} were under way when it was killed, and sent again");
    stack.rests().await;
    assert_eq!(stack.mails().await.len(), 0);
}
