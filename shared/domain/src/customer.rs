//! Who a customer is: whoever reads the mail of an address.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::encoding::{hex, unhex};

/// An email address in the one form under which the portal knows its customer.
///
/// What is invisible at its ends is gone. The domain is in ASCII (IDNA, UTS #46) and lower case, with at least two
/// labels. The local part is a dot-string of RFC 5321 §4.1.2 in lower case, with plus-tags and dots kept. `Debug`
/// prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is not an address the portal can send mail to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddress {
    /// Nothing was typed.
    #[error("the address is empty")]
    Empty,
    /// Longer than RFC 5321 §4.5.3.1 allows: 64 octets before the @, 254 in all.
    #[error("the address is too long")]
    TooLong,
    /// Not one plain address of the form name@domain.
    #[error("this is not one plain email address")]
    Malformed,
}

impl EmailAddress {
    /// Reads one address as a person typed it.
    pub fn parse(typed: &str) -> Result<Self, NotAnAddress> {
        let typed = typed.trim_matches(is_invisible);
        if typed.is_empty() {
            return Err(NotAnAddress::Empty);
        }
        let (local, domain) = typed.split_once('@').ok_or(NotAnAddress::Malformed)?;
        if local.len() > 64 {
            return Err(NotAnAddress::TooLong);
        }
        if !is_dot_string(local) {
            return Err(NotAnAddress::Malformed);
        }
        let domain = domain_to_ascii(domain).ok_or(NotAnAddress::Malformed)?;
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        if address.len() > 254 {
            return Err(NotAnAddress::TooLong);
        }
        Ok(Self(address))
    }

    /// The address itself, for the envelope of a mail.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as people write it: the domain in its own letters (IDNA).
    pub fn shown(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or_default();
        format!("{local}@{}", idna::domain_to_unicode(domain).0)
    }

    /// Enough of the address for its owner to know it, too little for anyone else: `a…z@example.com`.
    pub fn masked(&self) -> String {
        let shown = self.shown();
        let (local, domain) = shown.split_once('@').unwrap_or_default();
        match (local.chars().next(), local.chars().last()) {
            (Some(first), Some(last)) if local.len() > 2 => format!("{first}…{last}@{domain}"),
            (Some(first), _) => format!("{first}…@{domain}"),
            _ => String::new(),
        }
    }
}

/// What nobody sees where it stands at an end, and programs bring along when an address is copied: white space, and
/// characters that Unicode calls Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties.txt), byte order and
/// direction marks among them.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
                | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// RFC 5321 §4.1.2: atoms of RFC 5322 §3.2.3 joined by single dots.
fn is_dot_string(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// The domain in ASCII, if it is a host name of at least two labels (RFC 1123 §2.1), the last of them not numeric. What a label
/// is made of, and how long it and the name may be, UTS #46 checks where it is strict.
fn domain_to_ascii(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let (_, last) = ascii.rsplit_once('.')?;
    (!last.bytes().all(|b| b.is_ascii_digit())).then_some(ascii)
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// A customer, named by what only [`CustomerKey`](crate::customer_key::CustomerKey) makes of an address. Printed as 32
/// hexadecimal digits; safe in keys, messages and logs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerId([u8; 16]);

impl CustomerId {
    /// The id with these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerId({self})")
    }
}

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a customer id")]
pub struct NotACustomerId;

impl FromStr for CustomerId {
    type Err = NotACustomerId;

    fn from_str(text: &str) -> Result<Self, NotACustomerId> {
        unhex(text).map(Self).ok_or(NotACustomerId)
    }
}

impl TryFrom<String> for CustomerId {
    type Error = NotACustomerId;

    fn try_from(text: String) -> Result<Self, NotACustomerId> {
        text.parse()
    }
}

impl From<CustomerId> for String {
    fn from(id: CustomerId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn an_address_is_known_in_one_form() {
        let longest_local = format!("{}@example.com", "a".repeat(64));
        let longest = format!("{}@{}.{}.{}.example", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(53));
        assert_eq!(longest.len(), 254);
        for (typed, known) in [
            ("ana@example.com", "ana@example.com"),
            ("  Ana@Example.COM\t", "ana@example.com"),
            ("\u{a0}ana@example.com", "ana@example.com"),
            ("ana@example.com\u{200b}", "ana@example.com"),
            ("\u{200b}ana@example.com", "ana@example.com"),
            ("\u{feff}ana@example.com\r\n", "ana@example.com"),
            ("\u{2068}ana@example.com\u{2069}\u{202c}", "ana@example.com"),
            ("\u{2066}ana@example.com\u{2069}", "ana@example.com"),
            ("ana+carts@example.com", "ana+carts@example.com"),
            ("a.n.a@example.com", "a.n.a@example.com"),
            ("o'brien@example.com", "o'brien@example.com"),
            ("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"),
            ("ana@mail.example.co.uk", "ana@mail.example.co.uk"),
            ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
            ("ana@bücher.example", "ana@xn--bcher-kva.example"),
            ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
            ("ana@例え.テスト", "ana@xn--r8jz45g.xn--zckzah"),
            // What UTS #46 maps to ASCII is the same name: an ideographic full stop, a Kelvin sign, a ligature, a long s,
            // letters of full width.
            ("ana@example。com", "ana@example.com"),
            ("ana@boo\u{212a}ings.example", "ana@bookings.example"),
            ("ana@\u{fb01}sh.example", "ana@fish.example"),
            ("ana@mi\u{17f}t.example", "ana@mist.example"),
            ("ana@ｅｘａｍｐｌｅ.com", "ana@example.com"),
            // A dotless i is a letter of its own, so this is somebody else's domain.
            ("ana@m\u{131}st.example", "ana@xn--mst-jua.example"),
            (&longest_local, &longest_local),
            (&longest, &longest),
        ] {
            assert_eq!(EmailAddress::parse(typed).unwrap().as_str(), known, "{typed}");
        }
    }

    #[test]
    fn what_is_not_one_plain_address_is_refused() {
        use NotAnAddress::{Empty, Malformed, TooLong};
        let long_local = format!("{}@example.com", "a".repeat(65));
        let too_long = format!("{}@{}.{}.{}.example", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(54));
        assert_eq!(too_long.len(), 255);
        let long_label = format!("ana@{}.example", "b".repeat(64));
        for (typed, reason) in [
            ("", Empty),
            (" \t ", Empty),
            ("ana", Malformed),
            ("@", Malformed),
            ("@example.com", Malformed),
            ("ana@", Malformed),
            ("ana@example", Malformed),
            ("ana@@example.com", Malformed),
            ("ana@ben@example.com", Malformed),
            ("ana@example.com,ben@example.com", Malformed),
            ("ana@example.com;ben@example.com", Malformed),
            ("ana@example.com ben@example.com", Malformed),
            ("ana@example.com\r\nBcc: ben@example.com", Malformed),
            ("ana@example.com\nben@example.com", Malformed),
            ("ana@example.com%0d%0aBcc:ben@example.com", Malformed),
            ("ana\r\n@example.com", Malformed),
            ("ana@example.com\0", Malformed),
            ("ana@exa\u{ad}mple\u{200b}.com ben", Malformed),
            ("ana\u{7f}@example.com", Malformed),
            ("\"ana\"@example.com", Malformed),
            ("\"ana ruiz\"@example.com", Malformed),
            ("Ana <ana@example.com>", Malformed),
            ("<ana@example.com>", Malformed),
            ("mailto:ana@example.com", Malformed),
            ("ana(at home)@example.com", Malformed),
            ("ana @example.com", Malformed),
            ("ana@ example.com", Malformed),
            ("ana@exa mple.com", Malformed),
            ("ana\u{a0}@example.com", Malformed),
            (".ana@example.com", Malformed),
            ("ana.@example.com", Malformed),
            ("a..a@example.com", Malformed),
            ("ana@.example.com", Malformed),
            ("ana@example..com", Malformed),
            ("ana@example.com.", Malformed),
            ("ana@-example.com", Malformed),
            ("ana@example-.com", Malformed),
            ("ana@exam_ple.com", Malformed),
            ("ana@[127.0.0.1]", Malformed),
            ("ana@[IPv6:::1]", Malformed),
            ("ana@127.0.0.1", Malformed),
            ("ana@example.com:25", Malformed),
            ("ana@example.com/", Malformed),
            ("ana＠example.com", Malformed),
            ("anä@example.com", Malformed),
            ("\u{131}na@example.com", Malformed),
            ("\u{212a}im@example.com", Malformed),
            ("\u{17f}am@example.com", Malformed),
            ("\u{fb01}n@example.com", Malformed),
            ("ana\u{202e}@example.com", Malformed),
            ("ana@\u{202e}moc.elpmaxe", Malformed),
            ("ana\u{200b}@example.com", Malformed),
            ("ana@xn--\u{fffd}.example", Malformed),
            (&long_local, TooLong),
            (&too_long, TooLong),
            (&long_label, Malformed),
        ] {
            assert_eq!(EmailAddress::parse(typed).err(), Some(reason), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_refused_or_known_in_a_form_that_stays(typed in ".{0,300}") {
            if let Ok(address) = EmailAddress::parse(&typed) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }

        #[test]
        fn an_accepted_address_is_one_of_plain_ascii(
            typed in r"[ \t]?[A-Za-z0-9.'+_,;<>\r\n-]{1,70}@[A-Za-z0-9.ßüK\u{131}\u{202e}-]{1,200}\.(com|example|テスト)[ \t.]?"
        ) {
            if let Ok(address) = EmailAddress::parse(&typed) {
                let known = address.as_str();
                prop_assert!(known.len() <= 254 && known.bytes().all(|b| b.is_ascii_graphic()), "{}", known);
                prop_assert!(known.matches('@').count() == 1 && !known.contains([',', ';', '<', '>']), "{}", known);
                prop_assert_eq!(known.to_ascii_lowercase(), known);
                prop_assert_eq!(EmailAddress::parse(known), Ok(address.clone()));
            }
        }
    }

    #[test]
    fn a_masked_address_tells_its_owner_and_nobody_else() {
        assert_eq!(EmailAddress::parse("Ana@bücher.example").unwrap().shown(), "ana@bücher.example");
        for (address, masked) in [
            ("ana.ruiz@example.com", "a…z@example.com"),
            ("ab@example.com", "a…@example.com"),
            ("a@example.com", "a…@example.com"),
        ] {
            assert_eq!(EmailAddress::parse(address).unwrap().masked(), masked);
        }
    }

    #[test]
    fn debug_prints_nothing_of_an_address() {
        let address = EmailAddress::parse("ana@example.com").unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(…)");
    }

    #[test]
    fn a_customer_id_reads_back_from_its_text() {
        let id = CustomerId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string(), "30313233343536373839616263646566");
        assert_eq!(id.to_string().parse::<CustomerId>().unwrap(), id);
        assert_eq!(String::from(id), id.to_string());
        assert_eq!(format!("{id:?}"), "CustomerId(30313233343536373839616263646566)");
    }
}
