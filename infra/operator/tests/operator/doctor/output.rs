//! What people read, and what `--help` says.

use super::{
    aws::{Aws, World},
    dns::Dns,
    doctor,
};

/// Two failures, a warning, and one thing that may not be looked at.
fn ailing() -> World {
    World {
        edits: vec![
            ("GetAccount", "\"ProductionAccessEnabled\": true", "\"ProductionAccessEnabled\": false"),
            (
                "GetQueueAttributes.portal-BookingDeadLetters-1ABCDEFGHIJKL",
                "OfMessages\": \"0\"",
                "OfMessages\": \"2\"",
            ),
        ],
        denied: vec!["DescribeCertificate"],
        ..World::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_a_line_each_with_advice_below_and_the_counts_at_the_end() {
    let spf = [("include:amazonses.com", "include:mail.example")];
    let (dns, aws) = tokio::join!(Dns::with(&spf), Aws::of(ailing()));
    let examination = doctor(&aws.url, &["--dns", &dns.address]).await;
    let page = &examination.stdout;
    for part in [
        "\nSender's domain\n",
        "\nok           DKIM               3 records at tybeecarts.example, all right\n",
        "\nfailure      SPF                bounce.tybeecarts.example does not let amazonses.com send\n\
         \u{2192} Let the record be: bounce.tybeecarts.example TXT \"v=spf1 include:amazonses.com ~all\"\n",
        "\nwarning      sandbox            only verified addresses get mail\n\
         \u{2192} Ask AWS to let it out:\n\
         \u{20}\u{20}aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL \\\n\
         \u{20}\u{20}\u{20}\u{20}--website-url https://portal.tybeecarts.example --contact-language EN \\\n\
         \u{20}\u{20}\u{20}\u{20}--additional-contact-email-addresses you@tybeecarts.example\n",
        "\nfailure      dead events        2 events, the oldest for 2 minutes\n\
         \u{2192} See what they are: portal dead-letters list\n",
        "\nnot checked  certificate        your credentials do not allow acm:DescribeCertificate\n",
    ] {
        assert!(page.contains(part), "{part}\n\nis not in\n\n{page}");
    }
    assert!(page.ends_with("\n\nfailure  2 failures, 1 warning, 1 not checked\n"), "{page}");
    let widest = page.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 110, "{widest} columns\n{page}");
    assert_eq!(examination.status, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn advice_names_the_stack_where_it_is_not_the_usual_one() {
    let mut world = ailing();
    world.edits.push(("DescribeStacks", "stack/portal/", "stack/staging/"));
    let (dns, aws) = tokio::join!(Dns::with(&[]), Aws::of(world));
    let examination = doctor(&aws.url, &["--json", "--stack", "staging", "--dns", &dns.address]).await;
    let advice = &examination.checks("dead events")[0]["advice"];
    assert_eq!(advice, "See what they are: portal dead-letters list --stack staging");
}

#[tokio::test(flavor = "multi_thread")]
async fn help_says_how_it_ends_and_gives_examples() {
    let help = doctor("http://127.0.0.1:1", &["--help"]).await.stdout;
    for part in [
        "Ends with 1 if there is a failure, or if AWS did not answer; warnings alone end",
        "--dns <HOST:PORT>",
        "portal doctor --json | jq",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
}
