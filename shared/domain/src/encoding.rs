//! How the portal writes bytes, and strict decoders that take exactly that.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Exactly `N` bytes from base64url (RFC 4648 §5): the right length, no padding, no trailing bits.
pub(crate) fn base64url<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Lower-case hexadecimal digits, two a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly `N` bytes from lower-case hexadecimal digits.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return None;
    }
    let mut bytes = [0; N];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_written_of_bytes_is_read() {
        assert_eq!((hex(&[0, 9, 0xaf]), unhex("0009af")), ("0009af".to_owned(), Some([0, 9, 0xaf])));
        for text in ["", "0009a", "0009af0", "0009af00", "0009AF", "0009ag", "+009af", "0009\u{e9}"] {
            assert_eq!(unhex::<3>(text), None, "{text}");
        }
        assert_eq!(base64url("AAn_-A"), Some([0, 9, 0xff, 0xf8]));
        for text in ["", "AAn_", "AAn_-AA", "AAn_-A==", "AAn_-B", "AAn/-A"] {
            assert_eq!(base64url::<4>(text), None, "{text}");
        }
    }
}
