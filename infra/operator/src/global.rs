//! What every command takes.

use clap::Args;
use portal_domain::customer::EmailAddress;

use crate::shell::quoted;

/// The stack of a command that names none.
const DEFAULT_STACK: &str = "portal";

/// What every command takes.
#[derive(Args)]
pub(crate) struct Global {
    /// The CloudFormation stack of the portal.
    #[arg(long, global = true, default_value = DEFAULT_STACK)]
    pub(crate) stack: String,
    /// The address of a local stack (`make run`), in place of AWS.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) local: Option<String>,
    /// Answers with one JSON object on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Prints addresses whole, which are masked otherwise.
    #[arg(long, global = true)]
    pub(crate) show_addresses: bool,
}

impl Global {
    /// What leads another command to the same stack, each option with a space before it.
    pub(crate) fn options(&self) -> String {
        let stack = (self.stack != DEFAULT_STACK).then(|| format!(" --stack {}", quoted(&self.stack)));
        let local = self.local.as_ref().map(|url| format!(" --local {}", quoted(url)));
        [stack, local].into_iter().flatten().collect()
    }

    /// An address as it may be printed.
    pub(crate) fn shown(&self, address: &EmailAddress) -> String {
        if self.show_addresses { address.as_str().to_owned() } else { address.masked() }
    }
}
