//! Sentences that end with what is put in.

/// A sentence that ends with a text, such as a time or a name, with its one dot: `a.m.` and `Golf Inc.` bring it along. Every
/// text that ends with another is ended here.
pub(crate) fn sentence(text: impl Into<String>) -> String {
    let text = text.into();
    if text.ends_with('.') { text } else { text + "." }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{ENGLISH, Messages, SPANISH};

    /// Every text that ends a sentence behind another.
    fn ended(m: &Messages, text: &str) -> Vec<String> {
        vec![
            (m.all_times_are)(text),
            (m.times_are)(text),
            (m.change_or_cancel_how)(text),
            (m.link_renewed)(text),
            (m.opens_bookings_of)(text),
            (m.it_goes_to)(text),
            (m.today_is)(text),
            (m.balance_due_is)(text),
            (m.refund_due_is)(text),
            (m.we_refunded)("$1.00", text),
            (m.we_released_the_deposit)("$1.00", text),
            (m.last_update)(text),
            (m.we_deliver_to)(text),
            (m.planned_times)(text),
            (m.sorry_we_planned)(text),
            (m.we_pick_it_up)(1, text),
            (m.then_bring_it_back)(1, text),
            (m.it_was_due)(1, text),
            (m.we_planned_to_pick_up)(1, text),
            (m.it_ended)(text),
            (m.thanks)(Some(text)),
            (m.you_paid)(text),
            (m.sign_in_lead)(text),
            sentence((m.we_deliver)(text)),
            sentence((m.have_it_ready)(1, text)),
        ]
    }

    #[test]
    fn a_sentence_has_one_dot_whatever_it_ends_with() {
        for m in [&ENGLISH, &SPANISH] {
            for text in ["8 p.m.", "Golf Inc.", "114 Butler Ave"] {
                let with_its_dot = sentence(text);
                for sentence in ended(m, text) {
                    assert!(sentence.contains(&with_its_dot) && !sentence.contains(".."), "{sentence}");
                }
            }
        }
    }
}
