//! Whether SES sends for this account, as this sender, as fast as the portal wants to.

use aws_sdk_sesv2::{
    operation::get_account::GetAccountOutput,
    types::{DkimStatus, MailFromDomainStatus, SuppressionListReason, SuppressionOptions},
};

use super::{
    check::{Advice, Check, answer, required},
    context::Context,
    identity::{Identity, no_identity, sender_domain},
};
use crate::terminal::Failure;

const IDENTITY: &str = "identity";
const ACCOUNT: &str = "account";
const SET: &str = "configuration set";

/// The share of the 24 hours' quota from which on one should ask for more.
const NEARLY_ALL: f64 = 0.8;

/// Identity, account and configuration set.
pub(super) async fn checks(context: &Context<'_>, identity: &Result<Option<Identity>, Failure>) -> Vec<Check> {
    let (account, set) = tokio::join!(account(context), configuration_set(context));
    let mut checks = match identity {
        Ok(Some(identity)) => of_identity(identity),
        Ok(None) => vec![Check::of(IDENTITY, sender_domain(context).map(|domain| no_identity(IDENTITY, domain)))],
        Err(failure) => vec![Check::not_checked(IDENTITY, failure)],
    };
    match account {
        Ok(account) => checks.extend(account),
        Err(failure) => checks.push(Check::not_checked(ACCOUNT, &failure)),
    }
    checks.push(Check::of(SET, set));
    checks
}

/// What SES has found out about the identity.
fn of_identity(Identity { name, output }: &Identity) -> Vec<Check> {
    let look = |words: &str| Advice::new(words, format!("aws sesv2 get-email-identity --email-identity {name}"));
    let shown = if name.contains('@') { "the sender's address" } else { name };
    let wait = "Set the records that are missing above; SES looks for 72 hours, then ask it again";
    let mut checks = vec![match output.verified_for_sending_status() {
        true => Check::ok(IDENTITY, format!("{shown} is verified")),
        false => Check::failure(IDENTITY, format!("{shown} is not verified: nothing is sent"), look(wait)),
    }];
    if let Some(dkim) = output.dkim_attributes().filter(|dkim| !dkim.tokens().is_empty()) {
        let what = "DKIM in SES";
        checks.push(match dkim.status() {
            _ if !dkim.signing_enabled() => {
                let command =
                    format!("aws sesv2 put-email-identity-dkim-attributes --email-identity {name} --signing-enabled");
                Check::failure(what, "mails are not signed", Advice::new("Have them signed", command))
            }
            Some(DkimStatus::Success) => Check::ok(what, "mails are signed"),
            status => Check::failure(what, status.map_or("NOT_STARTED", DkimStatus::as_str), look(wait)),
        });
    }
    if let Some(mail_from) = output.mail_from_attributes().filter(|mail_from| !mail_from.mail_from_domain().is_empty())
    {
        let what = "MAIL FROM in SES";
        checks.push(match mail_from.mail_from_domain_status() {
            MailFromDomainStatus::Success => Check::ok(what, format!("bounces go to {}", mail_from.mail_from_domain())),
            status => Check::failure(what, status.as_str(), look(wait)),
        });
    }
    checks
}

async fn account(context: &Context<'_>) -> Result<Vec<Check>, Failure> {
    let account = required("ses:GetAccount", context.stack.ses()?.get_account().send()).await?;
    let sending = match account.sending_enabled() {
        true => Check::ok("sending", "enabled"),
        false => {
            let resume = "aws sesv2 put-account-sending-attributes --sending-enabled";
            Check::failure("sending", "paused for the whole account", Advice::new("Once you know why", resume))
        }
    };
    let mut checks = vec![sending, standing(&account), sandbox(context, &account)];
    checks.extend(account.suppression_attributes().map(|list| suppression_list(list.suppressed_reasons())));
    if let Some(quota) = account.send_quota() {
        checks.push(Check::of("sending rate", rate(context, quota.max_send_rate())));
        checks.push(used(quota.sent_last24_hours(), quota.max24_hour_send()));
    }
    Ok(checks)
}

/// What AWS thinks of the account's mails.
fn standing(account: &GetAccountOutput) -> Check {
    let what = "standing";
    let case = || {
        Advice::new(
            "Answer AWS, under the case that is named here",
            "aws sesv2 get-account --query Details.ReviewDetails",
        )
    };
    match account.enforcement_status().unwrap_or_default() {
        "HEALTHY" => Check::ok(what, "healthy"),
        "PROBATION" => Check::warning(what, "AWS reviews the account: too many bounces or complaints", case()),
        "SHUTDOWN" => Check::failure(what, "AWS has ended the account's sending", case()),
        other => Check::warning(what, other, case()),
    }
}

fn sandbox(context: &Context<'_>, account: &GetAccountOutput) -> Check {
    let what = "sandbox";
    if account.production_access_enabled() {
        return Check::ok(what, "left behind");
    }
    let (url, domain) =
        (context.stack.output("PortalUrl").unwrap_or("https://\u{2026}"), sender_domain(context).unwrap_or("\u{2026}"));
    let ask = format!(
        "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url {url} \
         --contact-language EN --additional-contact-email-addresses you@{domain}"
    );
    Check::warning(what, "only verified addresses get mail", Advice::new("Ask AWS to let it out", ask))
}

/// After what the account's list takes an address; the stack's own configuration set goes before it.
fn suppression_list(reasons: &[SuppressionListReason]) -> Check {
    Check::ok("suppression list", format!("takes addresses after {}", after(reasons)))
}

fn after(reasons: &[SuppressionListReason]) -> String {
    let named: Vec<&str> = reasons.iter().map(SuppressionListReason::as_str).collect();
    if named.is_empty() { "nothing".to_owned() } else { named.join(", ") }
}

/// The portal's rate against the account's, mails per second.
fn rate(context: &Context<'_>, most: f64) -> Result<Check, Failure> {
    let (what, wanted) = ("sending rate", context.number("MailsPerSecond")?);
    let found = format!("MailsPerSecond={wanted}, the account may send {most}");
    let lower = Advice::new(format!("Set MailsPerSecond={most} in samconfig.toml"), "sam deploy");
    Ok(if wanted <= most { Check::ok(what, found) } else { Check::warning(what, found, lower) })
}

/// How many mails of the last 24 hours' quota are sent; a quota of -1 has no end.
fn used(sent: f64, quota: f64) -> Check {
    let what = "quota";
    if quota < 0.0 {
        return Check::ok(what, format!("{sent} mails in 24 hours, of any number"));
    }
    let found = format!("{sent} of {quota} mails in 24 hours");
    let command = format!(
        "aws service-quotas request-service-quota-increase --service-code ses --quota-code L-804C8AE8 \
         --desired-value {}",
        2.0 * quota
    );
    let more = Advice::new("Ask for more", command);
    if sent > NEARLY_ALL * quota { Check::warning(what, found, more) } else { Check::ok(what, found) }
}

/// The stack's own configuration set, whose suppression goes before the account's.
///
/// <https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list-config-level.html>
async fn configuration_set(context: &Context<'_>) -> Result<Check, Failure> {
    let name = context.resource("MailConfiguration")?;
    let question = context.stack.ses()?.get_configuration_set().configuration_set_name(name).send();
    let Some(set) = answer("ses:GetConfigurationSet", question).await? else {
        return Ok(Check::failure(SET, format!("{name} is missing"), context.removed()));
    };
    if set.sending_options().is_some_and(|sending| !sending.sending_enabled()) {
        let resume = format!(
            "aws sesv2 put-configuration-set-sending-options --configuration-set-name {name} --sending-enabled"
        );
        return Ok(Check::failure(SET, "sending is paused for it", Advice::new("Once you know why", resume)));
    }
    let reasons = set.suppression_options().map(SuppressionOptions::suppressed_reasons).unwrap_or_default();
    // The portal notes bounces itself, and forgets them with the customer's next booking (template.yaml, MailConfiguration).
    if reasons == [SuppressionListReason::Complaint] {
        return Ok(Check::ok(SET, "SES holds mail back after complaints alone"));
    }
    let restore = format!(
        "aws sesv2 put-configuration-set-suppression-options --configuration-set-name {name} \
         --suppressed-reasons COMPLAINT"
    );
    let found = format!("SES holds mail back after {}", after(reasons));
    Ok(Check::warning(SET, found, Advice::new("Let it be after complaints alone", restore)))
}
