//! Where everything local is, and how AWS names what is there.

/// The region everything local is in.
pub const REGION: &str = "us-east-1";

/// The account everything local belongs to.
pub const ACCOUNT: &str = "000000000000";

/// The bus every account has.
pub const DEFAULT_BUS: &str = "default";

/// The tokens of a domain's DKIM records.
pub(crate) const DKIM_TOKENS: [&str; 3] = ["localdkimtoken1", "localdkimtoken2", "localdkimtoken3"];

/// The name of a bus from its name or ARN; the names of partners' buses hold slashes.
pub(crate) fn bus_name(name_or_arn: &str) -> &str {
    name_or_arn.split_once(":event-bus/").map_or(name_or_arn, |(_, name)| name)
}

/// The ARN of a rule on a bus.
pub(crate) fn rule_arn(bus: &str, name: &str) -> String {
    let path = if bus == DEFAULT_BUS { name.to_owned() } else { format!("{bus}/{name}") };
    format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{path}")
}

/// The last part of an ARN or a plain name: `arn:aws:sqs:…:mail` and `mail` both name `mail`.
pub(super) fn name_in_arn(name_or_arn: &str) -> &str {
    if name_or_arn.starts_with("arn:") {
        name_or_arn.rsplit([':', '/']).next().unwrap_or(name_or_arn)
    } else {
        name_or_arn
    }
}
