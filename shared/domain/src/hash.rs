//! How the hashes of secrets are written: 64 lower-case hexadecimal digits. `Debug` prints nothing of them.

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a SHA-256 in hexadecimal digits")]
pub struct NotAHash;

macro_rules! written_in_hex {
    ($hash:ident) => {
        impl ::std::fmt::Display for $hash {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&$crate::encoding::hex(&self.0))
            }
        }

        impl ::std::fmt::Debug for $hash {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($hash), "(…)"))
            }
        }

        impl TryFrom<String> for $hash {
            type Error = $crate::hash::NotAHash;

            fn try_from(text: String) -> Result<Self, $crate::hash::NotAHash> {
                $crate::encoding::unhex(&text).map(Self).ok_or($crate::hash::NotAHash)
            }
        }

        impl From<$hash> for String {
            fn from(hash: $hash) -> Self {
                hash.to_string()
            }
        }
    };
}

pub(crate) use written_in_hex;
