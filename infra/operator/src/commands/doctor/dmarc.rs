//! What mailboxes are told about mail that only claims to be from the sender's domain, and who hears of it.

use futures_util::future::join_all;
use portal_domain::customer::EmailAddress;

use super::{
    check::{Advice, Check},
    context::Context,
    identity::{sender_domain, upwards},
};
use crate::{dns::Dns, terminal::Failure};

const DMARC: &str = "DMARC";
const REPORTS: &str = "DMARC reports";

/// The policy, and where reports of it go.
pub(super) async fn checks(context: &Context<'_>) -> Vec<Check> {
    look(context).await.unwrap_or_else(|failure| vec![Check::not_checked(DMARC, &failure)])
}

async fn look(context: &Context<'_>) -> Result<Vec<Check>, Failure> {
    let (dns, domain) = (context.dns()?, sender_domain(context)?);
    let rua = context.parameter("BusinessEmail").map(|to| format!("; rua=mailto:{to}")).unwrap_or_default();
    let set = |words: &str, at: &str, record: &str| Advice::new(words, format!("_dmarc.{at} TXT \"{record}\""));
    let proposal = format!("v=DMARC1; p=none{rua}");
    let Some((at, records)) = found(dns, domain).await? else {
        let found = format!("_dmarc.{domain} has no record");
        return Ok(vec![Check::failure(DMARC, found, set("Set the record", domain, &proposal))]);
    };
    let [record] = &records[..] else {
        let several = format!("_dmarc.{at} has {} records: mailboxes take none of them", records.len());
        let keep = set("Keep one record, such as", &at, records.first().unwrap_or(&proposal));
        return Ok(vec![Check::failure(DMARC, several, keep)]);
    };
    let policy = policy(record, &at, domain, || set("Say what it asks for", &at, &proposal));
    let others: Vec<&str> =
        record.split(';').map(str::trim).filter(|tag| !tag.is_empty() && !tag.starts_with("rua")).collect();
    let add = set("Name an address", &at, &format!("{}{rua}", others.join("; ")));
    Ok(vec![policy, Check::of(REPORTS, reports(dns, record, &at, add).await)])
}

/// The DMARC records that hold for a domain and whose they are: its own, or else those of the organisation, the shortest name
/// above it that has any (RFC 9989, section 4.10, whose walk up the tree needs no list of public suffixes; RFC 7489, section
/// 6.6.3).
async fn found(dns: &Dns, domain: &str) -> Result<Option<(String, Vec<String>)>, Failure> {
    let mut found = walk(dns, domain).await?;
    let own = found.iter().position(|(name, _)| name == domain);
    Ok(own.map(|own| found.swap_remove(own)).or_else(|| found.pop()))
}

/// The names from a domain upwards that have DMARC records, longest first.
async fn walk(dns: &Dns, domain: &str) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let asked = join_all(upwards(domain).map(|name| async move {
        let mut texts = dns.texts(&format!("_dmarc.{name}")).await?;
        texts.retain(|text| is_dmarc(text));
        Ok((name.to_owned(), texts))
    }));
    let answers: Vec<(String, Vec<String>)> = asked.await.into_iter().collect::<Result<_, Failure>>()?;
    Ok(answers.into_iter().filter(|(_, records)| !records.is_empty()).collect())
}

/// Whether a text begins with `v=DMARC1`, as each record does (RFC 7489, section 6.3).
fn is_dmarc(text: &str) -> bool {
    let version = text.split(';').next().and_then(|tag| tag.split_once('='));
    version.is_some_and(|(name, value)| name.trim() == "v" && value.trim() == "DMARC1")
}

fn tag<'a>(record: &'a str, name: &str) -> Option<&'a str> {
    let mut tags = record.split(';').filter_map(|tag| tag.split_once('='));
    tags.find(|(tag, _)| tag.trim() == name).map(|(_, value)| value.trim())
}

/// What the record asks of mailboxes: by `p`, or for a name below the record's by `sp`, if there is one.
fn policy(record: &str, at: &str, domain: &str, advice: impl Fn() -> Advice) -> Check {
    let below = if at == domain { None } else { tag(record, "sp").map(|policy| ("sp", policy)) };
    let (name, policy) = match below.or_else(|| tag(record, "p").map(|policy| ("p", policy))) {
        None => return Check::failure(DMARC, format!("the record of {at} has no p"), advice()),
        Some(found) => found,
    };
    match policy.to_ascii_lowercase().as_str() {
        "none" => Check::ok(DMARC, format!("{at}: {name}=none, which watches and protects nothing yet")),
        known @ ("quarantine" | "reject") => Check::ok(DMARC, format!("{at}: {name}={known}")),
        _ => {
            let unknown = format!("{at}: {name}={policy} is none of none, quarantine and reject");
            Check::failure(DMARC, unknown, advice())
        }
    }
}

/// Where reports go, and whether they are taken there: another organisation has to say so (RFC 7489, section 7.1).
async fn reports(dns: &Dns, record: &str, at: &str, add: Advice) -> Result<Check, Failure> {
    let Some(uris) = tag(record, "rua") else {
        return Ok(Check::warning(REPORTS, "nobody gets any: the record has no rua", add));
    };
    let hosts: Option<Vec<String>> = uris.split(',').map(|uri| host(uri.trim())).collect();
    let Some(hosts) = hosts else {
        return Ok(Check::warning(REPORTS, "rua is not a list of mailto: addresses", add));
    };
    for host in &hosts {
        if !takes_reports(dns, at, host).await? {
            let name = format!("{at}._report._dmarc.{host}");
            let found = format!("{host} does not say that it takes reports about {at}");
            return Ok(Check::warning(REPORTS, found, Advice::new("Let it set", format!("{name} TXT \"v=DMARC1\""))));
        }
    }
    Ok(Check::ok(REPORTS, format!("go to {}", hosts.join(", "))))
}

/// The host of an address as `rua` names them, with or without the most bytes that it takes (RFC 7489, section 6.2).
fn host(uri: &str) -> Option<String> {
    let address = uri.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).and(uri.get(7..))?;
    let address = match address.split_once('!') {
        Some((address, size)) => {
            let number = size.trim_end_matches(['k', 'm', 'g', 't']);
            (!number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())).then_some(address)?
        }
        None => address,
    };
    let address = EmailAddress::parse(address).ok()?;
    address.as_str().split_once('@').map(|(_, host)| host.to_owned())
}

async fn takes_reports(dns: &Dns, at: &str, host: &str) -> Result<bool, Failure> {
    let is_below = |name: &str, other: &str| name == other || name.ends_with(&format!(".{other}"));
    if is_below(at, host) || is_below(host, at) {
        return Ok(true);
    }
    let name = format!("{at}._report._dmarc.{host}");
    let (ours, theirs, allowed) = tokio::join!(walk(dns, at), walk(dns, host), dns.texts(&name));
    let same = matches!((ours?.pop(), theirs?.pop()), (Some((ours, _)), Some((theirs, _))) if ours == theirs);
    Ok(same || allowed?.iter().any(|text| is_dmarc(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_for_reports_is_a_mailto_uri_with_or_without_a_size() {
        for (uri, expected) in [
            ("mailto:dmarc@example.com", Some("example.com")),
            ("MAILTO:dmarc@example.com!10m", Some("example.com")),
            ("mailto:dmarc@example.com!", None),
            ("mailto:dmarc@example.com!big", None),
            ("mailto:example.com", None),
            ("https://example.com/dmarc", None),
            ("dmarc@example.com", None),
            ("", None),
        ] {
            assert_eq!(host(uri).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn a_record_begins_with_its_version() {
        for (text, is) in [
            ("v=DMARC1; p=none", true),
            ("v = DMARC1;p=none", true),
            ("v=DMARC1", true),
            ("v=dmarc1; p=none", false),
            ("v=DMARC10; p=none", false),
            ("p=none; v=DMARC1", false),
            ("v=spf1 -all", false),
        ] {
            assert_eq!(is_dmarc(text), is, "{text}");
        }
    }
}
