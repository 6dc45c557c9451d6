//! Whether customers reach the pages: certificate and domain.

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, DomainValidation, RenewalEligibility};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::{
    check::{Advice, Check, answer},
    context::Context,
};
use crate::{
    stack::Service,
    terminal::{Failure, when},
};

const CERTIFICATE: &str = "certificate";
const DOMAIN: &str = "domain";
const ADDRESS: &str = "PortalUrl";

/// ACM renews 60 days before the end: what has 30 left was not renewed.
///
/// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>
const NOT_RENEWED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Certificate, domain, and whether the host of `PortalUrl` is known to DNS.
pub(super) async fn checks(context: &Context<'_>) -> Vec<Check> {
    let (certificate, domain, address) = tokio::join!(certificate(context), domain(context), address(context));
    vec![Check::of(CERTIFICATE, certificate), Check::of(DOMAIN, domain), Check::of(ADDRESS, address)]
}

async fn certificate(context: &Context<'_>) -> Result<Check, Failure> {
    if context.stack.parameter("DomainName").is_none() {
        return Ok(Check::ok(CERTIFICATE, "API Gateway's own"));
    }
    let arn = match context.stack.parameter("CertificateArn") {
        Some(arn) => arn,
        None => context.resource("PortalCertificate")?,
    };
    let acm = aws_sdk_acm::Client::new(&context.stack.config(Service::Acm)?);
    let question = acm.describe_certificate().certificate_arn(arn).send();
    let found = answer("acm:DescribeCertificate", question).await?.and_then(|answer| answer.certificate);
    let request = || {
        let domain = context.stack.parameter("DomainName").unwrap_or_default();
        let request = format!("aws acm request-certificate --domain-name {domain} --validation-method DNS");
        Advice::new("Ask for another, and set its ARN as CertificateArn", request)
    };
    let Some(certificate) = found else { return Ok(Check::failure(CERTIFICATE, "missing", request())) };
    let unset = missing_record(context, &certificate).await;
    Ok(match certificate.status() {
        Some(CertificateStatus::Issued) => issued(context.now, arn, &certificate, unset),
        Some(CertificateStatus::PendingValidation) => {
            let record = certificate.domain_validation_options().iter().find_map(record);
            let set = record.map_or_else(request, |(name, value)| {
                Advice::new("Set the record, and leave it there", format!("{name} CNAME {value}"))
            });
            Check::failure(CERTIFICATE, "not issued: ACM waits for its record", set)
        }
        status => Check::failure(CERTIFICATE, status.map_or("no status", CertificateStatus::as_str), request()),
    })
}

/// A certificate in use: ACM renews it as long as its records are there, or says that it never will.
fn issued(now: Timestamp, arn: &str, certificate: &CertificateDetail, unset: Option<(String, String)>) -> Check {
    let end = certificate.not_after().and_then(|end| Timestamp::from_second(end.secs()).ok());
    let until = end.map_or("issued".to_owned(), |end| format!("until {}", when(end)));
    if let Some((name, value)) = unset {
        let set = Advice::new("Set the record again, and leave it there", format!("{name} CNAME {value}"));
        return Check::warning(CERTIFICATE, format!("{until}, and not renewed: its record is not in DNS"), set);
    }
    if end.is_none_or(|end| now.duration_until(end) > NOT_RENEWED) {
        return Check::ok(CERTIFICATE, until);
    }
    let is_imported = certificate.renewal_eligibility() == Some(&RenewalEligibility::Ineligible);
    let advice = if is_imported {
        let import = format!(
            "aws acm import-certificate --certificate-arn {arn} --certificate fileb://certificate.pem \
             --private-key fileb://key.pem --certificate-chain fileb://chain.pem"
        );
        Advice::new("ACM does not renew it: bring a new one", import)
    } else {
        let why = format!("aws acm describe-certificate --certificate-arn {arn} --query Certificate.RenewalSummary");
        Advice::new("ACM should have renewed it: see why not", why)
    };
    match end {
        Some(end) if end <= now => Check::failure(CERTIFICATE, format!("ended {}", when(end)), advice),
        _ => Check::warning(CERTIFICATE, until, advice),
    }
}

/// The first record that ACM looks for and DNS does not have.
async fn missing_record(context: &Context<'_>, certificate: &CertificateDetail) -> Option<(String, String)> {
    let records = certificate.domain_validation_options().iter().filter_map(record);
    let dns = context.dns().ok()?;
    let asked = join_all(records.map(|(name, value)| async move {
        let found = dns.alias(&name).await.ok()?; // silence says nothing of the record
        (found.as_ref() != Some(&value.to_lowercase())).then_some((name, value))
    }));
    asked.await.into_iter().flatten().next()
}

/// The name of a record and where it leads, without the dots at their ends.
fn record(validation: &DomainValidation) -> Option<(String, String)> {
    let record = validation.resource_record()?;
    let plain = |name: &str| name.trim_end_matches('.').to_owned();
    Some((plain(record.name()), plain(record.value())))
}

/// Whether the stack's domain leads to API Gateway: by a CNAME record, or as Route 53's aliases do, by the same addresses.
async fn domain(context: &Context<'_>) -> Result<Check, Failure> {
    let Some(name) = context.stack.parameter("DomainName") else {
        return Ok(Check::ok(DOMAIN, "API Gateway's own"));
    };
    let (dns, target) = (context.dns()?, context.stack.output("PortalTarget")?);
    let (alias, ours, theirs) = tokio::join!(dns.alias(name), dns.addresses(name), dns.addresses(target));
    let set = || Advice::new("Set the record", format!("{name} CNAME {target}"));
    Ok(match (alias?, ours?, theirs?) {
        (Some(alias), ..) if alias == target.to_lowercase() => {
            Check::ok(DOMAIN, format!("{name} leads to API Gateway"))
        }
        (_, ours, theirs) if !ours.is_disjoint(&theirs) => Check::ok(DOMAIN, format!("{name} leads to API Gateway")),
        (None, ours, _) if ours.is_empty() => Check::failure(DOMAIN, format!("{name} is not in DNS"), set()),
        (Some(alias), ..) => Check::failure(DOMAIN, format!("{name} leads to {alias}"), set()),
        _ => Check::failure(DOMAIN, format!("{name} leads elsewhere"), set()),
    })
}

/// Whether the host that links name is known to DNS.
async fn address(context: &Context<'_>) -> Result<Check, Failure> {
    let url = context.stack.output("PortalUrl")?;
    let host = url.split("://").nth(1).and_then(|rest| rest.split([':', '/']).next()).unwrap_or_default();
    if !context.dns()?.addresses(host).await?.is_empty() {
        return Ok(Check::ok(ADDRESS, url));
    }
    let look = Advice::new("Set its record, or another PortalUrl in samconfig.toml", "sam deploy");
    Ok(Check::failure(ADDRESS, format!("{host} is not in DNS: links lead nowhere"), look))
}
