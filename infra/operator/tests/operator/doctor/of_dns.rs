//! Each record of the sender's domain right, wrong and missing, and a resolver that does not answer.

use super::{
    Case,
    aws::{Aws, World},
    dns::Dns,
    doctor, run,
};

const DMARC: &str = "\"v=DMARC1; p=quarantine; rua=mailto:hello@tybeecarts.example\"";

fn case(
    zone: &'static [(&'static str, &'static str)],
    said: (&'static str, &'static str, &'static str, &'static str),
) -> Case {
    Case { zone, said, ..Case::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_s_record_that_is_missing_or_leads_elsewhere_is_named_with_what_it_should_be() {
    run(vec![
        case(
            &[("lvhajtmz5kwpyxw3ozfibwx3ktbtvkoq._domainkey", "gone._domainkey")],
            (
                "failure",
                "DKIM",
                "lvhajtmz\u{2026}._domainkey is missing",
                "lvhajtmz5kwpyxw3ozfibwx3ktbtvkoq._domainkey.tybeecarts.example CNAME \
                 lvhajtmz5kwpyxw3ozfibwx3ktbtvkoq.dkim.amazonses.com",
            ),
        ),
        case(
            &[("eirudkzm2v3yj5gfjcsrgmh5r6s6opxw.dkim.amazonses.com", "eirudkzm2v3yj5gfjcsrgmh5r6s6opxw.dkim.example")],
            (
                "failure",
                "DKIM",
                "leads to eirudkzm2v3yj5gfjcsrgmh5r6s6opxw.dkim.example",
                "CNAME eirudkzm2v3yj5gfjcsrgmh5r6s6opxw.dkim.amazonses.com",
            ),
        ),
        case(
            &[("tybeecarts.example. 300 IN CNAME eiru", "TYBEECARTS.example. 300 IN CNAME EIRU")],
            ("ok", "DKIM", "3 records at tybeecarts.example, all right", ""),
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_looked_for_where_ses_says_they_are() {
    const LAST: &str = "d-abcde12345.execute-api.us-east-1.amazonaws.com. 300 IN A 192.0.2.2\n";
    const OWN: &str =
        "\nlvhajtmz5kwpyxw3ozfibwx3ktbtvkoq._domainkey.tybeecarts.example. 300 IN TXT \"k=rsa; p=MIIB\"\n";
    const REVOKED: &str = "\nlvhajtmz5kwpyxw3ozfibwx3ktbtvkoq._domainkey.tybeecarts.example. 300 IN TXT \"p=\"\n";
    const ALIAS: &str = "lvhajtmz5kwpyxw3ozfibwx3ktbtvkoq._domainkey.tybeecarts.example. 300 IN CNAME \
                         lvhajtmz5kwpyxw3ozfibwx3ktbtvkoq.dkim.amazonses.com.\n";
    let own_key = || World {
        edits: vec![
            ("GetEmailIdentity", "\"AWS_SES\"", "\"EXTERNAL\""),
            ("GetEmailIdentity", "\"eirudkzm2v3yj5gfjcsrgmh5r6s6opxw\",", ""),
            ("GetEmailIdentity", ",\n      \"wuwxtbg2atwg5crpwvcgbq2jwb5rnzmu\"", ""),
        ],
        ..World::default()
    };
    let regional = World {
        edits: vec![("GetEmailIdentity", "\"dkim.amazonses.com\"", "\"dkim.af-south-1.amazonses.com\"")],
        ..World::default()
    };
    run(vec![
        Case {
            zone: &[(".dkim.amazonses.com", ".dkim.af-south-1.amazonses.com")],
            aws: regional,
            said: ("ok", "DKIM", "3 records", ""),
        },
        Case { zone: &[(ALIAS, ""), (LAST, OWN)], aws: own_key(), said: ("ok", "DKIM", "1 record at", "") },
        Case {
            zone: &[(ALIAS, ""), (LAST, REVOKED)],
            aws: own_key(),
            said: (
                "failure",
                "DKIM",
                "has no key",
                "lvhajtmz5kwpyxw3ozfibwx3ktbtvkoq._domainkey.tybeecarts.example TXT",
            ),
        },
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bounces_come_back_by_one_mx_record_and_ses_is_in_the_one_spf_record() {
    const MX: &str = "bounce.tybeecarts.example. 300 IN MX 10 feedback-smtp.us-east-1.amazonses.com.\n";
    const SPF: &str = "bounce.tybeecarts.example. 300 IN TXT \"v=spf1 include:amazonses.com ~all\"\n";
    let set_mx = "bounce.tybeecarts.example MX 10 feedback-smtp.us-east-1.amazonses.com";
    let set_spf = "bounce.tybeecarts.example TXT \"v=spf1 include:amazonses.com ~all\"";
    run(vec![
        case(&[(MX, "")], ("failure", "MAIL FROM", "has no MX record", set_mx)),
        case(
            &[("feedback-smtp.us-east-1", "feedback-smtp.eu-west-1")],
            ("failure", "MAIL FROM", "leads to feedback-smtp.eu-west-1", set_mx),
        ),
        case(
            &[(
                "bounce.tybeecarts.example. 300 IN MX 10",
                "bounce.tybeecarts.example. 300 IN MX 20 \
                 mail.example.\nbounce.tybeecarts.example. 300 IN MX 10",
            )],
            ("failure", "MAIL FROM", "2 MX records", set_mx),
        ),
        case(&[("MX 10", "MX 5")], ("ok", "MAIL FROM", "MX 5 feedback", "")),
        case(&[(SPF, "")], ("failure", "SPF", "no record", set_spf)),
        case(
            &[("include:amazonses.com", "include:mail.example")],
            ("failure", "SPF", "does not let amazonses.com send", set_spf),
        ),
        case(
            &[(
                "TXT \"v=spf1 include:amazonses.com ~all\"",
                "TXT \"v=spf1 -all\"\nbounce.tybeecarts.example. 300 IN TXT \"v=spf1 \
                 include:amazonses.com ~all\"",
            )],
            ("failure", "SPF", "2 records", set_spf),
        ),
        case(
            &[(
                "TXT \"v=spf1 include:amazonses.com ~all\"",
                "TXT \"google-site-verification=x\"\nbounce.tybeecarts.example. 300 IN \
                 TXT \"v=spf1 \" \"include:amazonses.com ~all\"",
            )],
            ("ok", "SPF", "includes amazonses.com", ""),
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_the_domain_s_own_or_else_its_organisation_s() {
    let propose = "_dmarc.tybeecarts.example TXT \"v=DMARC1; p=none; rua=mailto:hello@tybeecarts.example\"";
    run(vec![
        case(&[("p=quarantine", "p=none")], ("ok", "DMARC", "p=none, which watches and protects nothing yet", "")),
        case(&[("p=quarantine", "p=reject")], ("ok", "DMARC", "tybeecarts.example: p=reject", "")),
        case(&[("p=quarantine", "p=maybe")], ("failure", "DMARC", "p=maybe is none of", propose)),
        case(&[("p=quarantine; ", "")], ("failure", "DMARC", "has no p", propose)),
        case(
            &[("_dmarc.tybeecarts.example", "gone.tybeecarts.example")],
            ("failure", "DMARC", "has no record", propose),
        ),
        case(&[("v=DMARC1", "v=DMARC2")], ("failure", "DMARC", "has no record", propose)),
        case(
            &[(DMARC, "\"v=DMARC1; p=none\"\n_dmarc.tybeecarts.example. 300 IN TXT \"v=DMARC1; p=reject\"")],
            ("failure", "DMARC", "2 records", "_dmarc.tybeecarts.example TXT \"v=DMARC1; p="),
        ),
    ])
    .await;
    // A sender below the organisation's domain, whose records are all its own but this one.
    let below = || World {
        edits: vec![
            ("DescribeStacks", "bookings@tybeecarts.example", "bookings@mail.tybeecarts.example"),
            ("GetEmailIdentity", "bounce.tybeecarts", "bounce.mail.tybeecarts"),
        ],
        ..World::default()
    };
    const BELOW: &[(&str, &str)] = &[
        ("_domainkey.tybeecarts", "_domainkey.mail.tybeecarts"),
        ("bounce.tybeecarts", "bounce.mail.tybeecarts"),
        ("p=quarantine", "p=reject; sp=quarantine"),
    ];
    let said = ("ok", "DMARC", "tybeecarts.example: sp=quarantine", "");
    run(vec![Case { zone: BELOW, aws: below(), said }]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_go_where_they_are_taken() {
    const RUA: &str = "; rua=mailto:hello@tybeecarts.example";
    const ELSEWHERE: (&str, &str) = (RUA, "; rua=mailto:us@tybeecarts.example,mailto:x@reports.example.net!10m");
    const TAKEN: &str = "\ntybeecarts.example._report._dmarc.reports.example.net. 300 IN TXT \"v=DMARC1\"\n";
    const LAST: &str = "d-abcde12345.execute-api.us-east-1.amazonaws.com. 300 IN A 192.0.2.2\n";
    run(vec![
        case(
            &[(RUA, "")],
            ("warning", "DMARC reports", "nobody gets any", "p=quarantine; rua=mailto:hello@tybeecarts.example\""),
        ),
        case(
            &[(RUA, "; pct=50; rua=hello@tybeecarts.example; sp=none;")],
            (
                "warning",
                "DMARC reports",
                "not a list of mailto:",
                "v=DMARC1; p=quarantine; pct=50; sp=none; rua=mailto:hello@tybeecarts.example\"",
            ),
        ),
        case(
            &[ELSEWHERE],
            (
                "warning",
                "DMARC reports",
                "reports.example.net does not say that it takes reports",
                "tybeecarts.example._report._dmarc.reports.example.net TXT \"v=DMARC1\"",
            ),
        ),
        case(&[ELSEWHERE, (LAST, TAKEN)], ("ok", "DMARC reports", "go to tybeecarts.example, reports.example.net", "")),
        case(
            &[(RUA, "; rua=mailto:x@deep.tybeecarts.example")],
            ("ok", "DMARC reports", "go to deep.tybeecarts.example", ""),
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_domain_leads_to_api_gateway_by_an_alias_or_by_the_same_addresses() {
    const RECORD: &str = "portal.tybeecarts.example. 300 IN CNAME d-abcde12345.execute-api.us-east-1.amazonaws.com.";
    let set = "portal.tybeecarts.example CNAME d-abcde12345.execute-api.us-east-1.amazonaws.com";
    run(vec![
        case(
            &[(RECORD, "portal.tybeecarts.example. 300 IN A 192.0.2.2")],
            ("ok", "domain", "leads to API Gateway", ""),
        ),
        case(
            &[(RECORD, "portal.tybeecarts.example. 300 IN A 198.51.100.9")],
            ("failure", "domain", "leads elsewhere", set),
        ),
        case(
            &[(RECORD, "portal.tybeecarts.example. 300 IN CNAME old.example.\nold.example. 300 IN A 198.51.100.9")],
            ("failure", "domain", "leads to old.example", set),
        ),
        case(
            &[("_a79865eb4cd1a6ab990a45779b4e0b96.portal", "gone.portal")],
            (
                "warning",
                "certificate",
                "its record is not in DNS",
                "_a79865eb4cd1a6ab990a45779b4e0b96.portal.tybeecarts.example CNAME \
                 _424c7224e9b0146f9a8808af955727d0.acm-validations.aws",
            ),
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_dns_does_not_know_fails_both_the_domain_and_the_links() {
    let gone = [("portal.tybeecarts.example. 300 IN CNAME d-", "gone.tybeecarts.example. 300 IN CNAME d-")];
    let (dns, aws) = tokio::join!(Dns::with(&gone), Aws::of(World::default()));
    let examination = doctor(&aws.url, &["--json", "--dns", &dns.address]).await;
    for (what, found) in [
        ("domain", "portal.tybeecarts.example is not in DNS"),
        ("PortalUrl", "portal.tybeecarts.example is not in DNS: links lead nowhere"),
    ] {
        let checks = examination.checks(what);
        assert_eq!((&checks[0]["mark"], &checks[0]["found"]), (&"failure".into(), &found.into()));
    }
    assert_eq!((examination.status, &examination.json()["failures"]), (1, &2.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_of_a_resolver_says_nothing_of_the_records() {
    let aws = Aws::of(World::default()).await;
    let (silent, refusing) = tokio::join!(Dns::silent(), Dns::refusing());
    for (address, found) in [
        (silent.address.as_str(), "DNS does not answer"),
        (&refusing.address, "DNS answers Query Refused"),
        ("nowhere", "no resolver: nowhere is no HOST:PORT that this machine finds"),
    ] {
        let examination = doctor(&aws.url, &["--json", "--dns", address]).await;
        for what in ["DKIM", "MAIL FROM", "SPF", "DMARC", "domain", "PortalUrl"] {
            let checks = examination.checks(what);
            assert_eq!(checks.len(), 1, "{checks:#?}");
            assert_eq!((&checks[0]["mark"], &checks[0]["found"]), (&"not_checked".into(), &found.into()));
        }
        let json = examination.json();
        assert_eq!((&json["failures"], &json["warnings"]), (&0.into(), &0.into()), "{json:#}");
        assert_eq!(examination.status, 0);
    }
}
