//! The records of the sender's domain by which mailboxes tell its mails from others': DKIM, and MAIL FROM with its SPF.

use aws_sdk_sesv2::types::{BehaviorOnMxFailure, DkimSigningAttributesOrigin};
use futures_util::future::join_all;

use super::{
    check::{Advice, Check},
    context::{Context, count},
    identity::{Identity, no_identity, sender_domain},
};
use crate::{dns::Dns, terminal::Failure};

const DKIM: &str = "DKIM";
const MAIL_FROM: &str = "MAIL FROM";
const SPF: &str = "SPF";

/// Where SES publishes its DKIM keys, unless it says otherwise.
const DKIM_ZONE: &str = "dkim.amazonses.com";

/// What is in DNS.
pub(super) async fn checks(context: &Context<'_>, identity: &Result<Option<Identity>, Failure>) -> Vec<Check> {
    let (mut checks, mail_from) = tokio::join!(dkim(context, identity), mail_from(context, identity));
    checks.extend(mail_from);
    checks
}

/// The records of the keys with which SES signs: one line if all are right, and else one for each that is not.
///
/// <https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html>
async fn dkim(context: &Context<'_>, identity: &Result<Option<Identity>, Failure>) -> Vec<Check> {
    let (dns, identity) = match (context.dns(), identity) {
        (Ok(dns), Ok(Some(identity))) => (dns, identity),
        (Err(failure), _) => return vec![Check::not_checked(DKIM, &failure)],
        (_, Err(failure)) => return vec![Check::not_checked(DKIM, failure)],
        (_, Ok(None)) => {
            return vec![Check::of(DKIM, sender_domain(context).map(|domain| no_identity(DKIM, domain)))];
        }
    };
    let Some(attributes) = identity.output.dkim_attributes().filter(|dkim| !dkim.tokens().is_empty()) else {
        return vec![Check::of(DKIM, sender_domain(context).map(|domain| unsigned(identity, domain)))];
    };
    let zone = attributes.signing_hosted_zone().unwrap_or(DKIM_ZONE);
    let is_own_key = attributes.signing_attributes_origin() == Some(&DkimSigningAttributesOrigin::External);
    let records = attributes.tokens().iter().map(|token| async move {
        let name = format!("{token}._domainkey.{}", identity.domain());
        if is_own_key { own_key(dns, &name).await } else { key_of_ses(dns, &name, &format!("{token}.{zone}")).await }
    });
    let records = join_all(records).await;
    let right = format!("{} at {}, all right", count(records.len(), "record"), identity.domain());
    let wrong =
        records.into_iter().map(|record| record.unwrap_or_else(|failure| Some(Check::not_checked(DKIM, &failure))));
    let mut wrong: Vec<Check> = wrong.flatten().collect();
    wrong.dedup_by(|next, one| next.advice.is_none() && next.found == one.found); // silence takes one line
    if wrong.is_empty() { vec![Check::ok(DKIM, right)] } else { wrong }
}

/// What is wrong with the record of a key that SES keeps.
async fn key_of_ses(dns: &Dns, name: &str, expected: &str) -> Result<Option<Check>, Failure> {
    let short: String = name.chars().take(8).collect();
    let found = match dns.alias(name).await? {
        Some(target) if target == expected.to_lowercase() => return Ok(None),
        Some(target) => format!("{short}\u{2026}._domainkey leads to {target}"),
        None => format!("{short}\u{2026}._domainkey is missing"),
    };
    Ok(Some(Check::failure(DKIM, found, Advice::new("Set the record", format!("{name} CNAME {expected}")))))
}

/// What is wrong with the record of a key that the account brought itself.
///
/// <https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-bring-your-own.html>
async fn own_key(dns: &Dns, name: &str) -> Result<Option<Check>, Failure> {
    let texts = dns.texts(name).await?;
    let has_key = |text: &String| text.split(';').any(|tag| tag.trim().starts_with("p=") && tag.trim() != "p=");
    let missing = || {
        let record = Advice::new("Set the record with the public key of yours", format!("{name} TXT \"p=\u{2026}\""));
        Check::failure(DKIM, format!("{name} has no key"), record)
    };
    Ok((!texts.iter().any(has_key)).then(missing))
}

/// SES signs as itself, which says nothing of the sender's domain.
fn unsigned(identity: &Identity, domain: &str) -> Check {
    let why =
        if identity.is_address() { "the identity is an address, not its domain" } else { "SES has no key for it" };
    let create = Advice::new(
        "Have the domain verified, and set the records that this command names then",
        format!("aws sesv2 create-email-identity --email-identity {domain}"),
    );
    Check::warning(DKIM, format!("nothing is signed as {domain}: {why}"), create)
}

/// MX and SPF of the domain that bounces go to.
///
/// <https://docs.aws.amazon.com/ses/latest/dg/mail-from.html>
async fn mail_from(context: &Context<'_>, identity: &Result<Option<Identity>, Failure>) -> Vec<Check> {
    let attributes = identity.as_ref().ok().and_then(Option::as_ref);
    let attributes = attributes.and_then(|identity| identity.output.mail_from_attributes());
    let name = match (attributes, identity) {
        (Some(attributes), _) if !attributes.mail_from_domain().is_empty() => {
            Ok(attributes.mail_from_domain().to_owned())
        }
        (_, Ok(Some(identity))) => return vec![no_mail_from(context, identity)],
        // What the template asks for, where SES cannot be asked, or knows nothing.
        _ => proposed(context),
    };
    let (dns, name) = match (context.dns(), name) {
        (Ok(dns), Ok(name)) => (dns, name),
        (Err(failure), _) | (_, Err(failure)) => {
            return [MAIL_FROM, SPF].map(|what| Check::not_checked(what, &failure)).into();
        }
    };
    let rejects =
        attributes.is_some_and(|attributes| *attributes.behavior_on_mx_failure() == BehaviorOnMxFailure::RejectMessage);
    let (mx, spf) = tokio::join!(mx(context, dns, &name, rejects), spf(dns, &name));
    vec![Check::of(MAIL_FROM, mx), Check::of(SPF, spf)]
}

/// The domain that bounces go to by the stack's parameters.
fn proposed(context: &Context<'_>) -> Result<String, Failure> {
    Ok(format!("{}.{}", context.parameter("MailFromSubdomain")?, sender_domain(context)?))
}

fn no_mail_from(context: &Context<'_>, identity: &Identity) -> Check {
    let result = proposed(context).map(|name| {
        let set = Advice::new(
            "Give it one",
            format!(
                "aws sesv2 put-email-identity-mail-from-attributes --email-identity {} --mail-from-domain {name}",
                identity.name
            ),
        );
        Check::warning(MAIL_FROM, "none of your own: mails go out from amazonses.com", set)
    });
    Check::of(MAIL_FROM, result)
}

/// SES wants one MX record, its own.
async fn mx(context: &Context<'_>, dns: &Dns, name: &str, rejects: bool) -> Result<Check, Failure> {
    let expected = format!("feedback-smtp.{}.amazonses.com", context.stack.place.region);
    let found = dns.mail_exchangers(name).await?;
    let is_right = |(_, host): &(u16, String)| *host == expected;
    let effect = if rejects { "and SES refuses mails" } else { "so amazonses.com takes its place" };
    Ok(match &found[..] {
        [one] if is_right(one) => Check::ok(MAIL_FROM, format!("{name} MX {} {}", one.0, one.1)),
        [] => Check::failure(MAIL_FROM, format!("{name} has no MX record, {effect}"), record(name, &expected)),
        [(_, other)] => {
            Check::failure(MAIL_FROM, format!("{name} MX leads to {other}, {effect}"), record(name, &expected))
        }
        several => {
            let several = count(several.len(), "MX record");
            Check::failure(MAIL_FROM, format!("{name} has {several}, {effect}"), record(name, &expected))
        }
    })
}

fn record(name: &str, expected: &str) -> Advice {
    Advice::new("Let this be its only MX record", format!("{name} MX 10 {expected}"))
}

/// One record, of which two would be a permanent error, and SES in it (RFC 7208, sections 3.2 and 4.5). How many look-ups the
/// record asks for is not counted.
async fn spf(dns: &Dns, name: &str) -> Result<Check, Failure> {
    let texts = dns.texts(name).await?;
    let is_spf = |text: &&String| text.split(' ').next().is_some_and(|version| version.eq_ignore_ascii_case("v=spf1"));
    let records: Vec<&String> = texts.iter().filter(is_spf).collect();
    let advice = |words: &str| Advice::new(words, format!("{name} TXT \"v=spf1 include:amazonses.com ~all\""));
    Ok(match records[..] {
        [] => Check::failure(SPF, format!("{name} has no record"), advice("Set the record")),
        [one] => match lets_ses_send(one) {
            true => Check::ok(SPF, format!("{name} includes amazonses.com")),
            false => {
                Check::failure(SPF, format!("{name} does not let amazonses.com send"), advice("Let the record be"))
            }
        },
        _ => {
            let found = format!("{name} has {} records: mailboxes take none of them", records.len());
            Check::failure(SPF, found, advice("Keep one record"))
        }
    })
}

/// Whether a record includes SES before it says what becomes of all others (RFC 7208, section 4.6.2: from left to right).
fn lets_ses_send(record: &str) -> bool {
    let terms = record.split(' ').map(str::to_ascii_lowercase);
    let mut before_all = terms.take_while(|term| term.trim_start_matches(['+', '-', '~', '?']) != "all");
    before_all.any(|term| term.trim_start_matches('+') == "include:amazonses.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ses_may_send_where_it_is_included_before_all() {
        for (record, may) in [
            ("v=spf1 include:amazonses.com ~all", true),
            ("V=SPF1  ip4:192.0.2.1 +Include:AmazonSES.com -all", true),
            ("v=spf1 include:amazonses.com", true),
            ("v=spf1 -all include:amazonses.com", false),
            ("v=spf1 -include:amazonses.com ~all", false),
            ("v=spf1 include:amazonses.com.example ~all", false),
            ("v=spf1", false),
        ] {
            assert_eq!(lets_ses_send(record), may, "{record}");
        }
    }
}
