//! Whether mail goes out.

use super::{
    activity::{Activity, last},
    check::{Advice, Check},
    context::Context,
};

const SENT: Activity = Activity { what: "last mail", log: "SendMailLog", words: "a mail was sent", thing: "mail sent" };

/// When the last mail was sent.
pub(super) async fn checks(context: &Context<'_>) -> Vec<Check> {
    let look = || Advice::new("Where customers asked for links, see why", context.log("send_mail", "30d", "no mail"));
    vec![Check::of(SENT.what, last(context, &SENT, look).await)]
}
