//! Takes the roots that AWS's certificates chain to from Mozilla's list, and writes them to `$OUT_DIR/roots.pem`.
#![expect(clippy::disallowed_methods, reason = "cargo tells a build script by its environment where to write")]

use std::{env, error::Error, fs, path::Path};

use base64::prelude::{BASE64_STANDARD, Engine};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// All five that Amazon Trust Services wants in a trust store of one's own (<https://www.amazontrust.com/repository/>).
const ROOTS: [&str; 5] = [
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut pem = String::new();
    for name in ROOTS {
        let is_named = |der: &[u8]| der.windows(name.len()).any(|part| part == name.as_bytes());
        let root = TLS_SERVER_ROOT_CERTS.iter().find(|root| is_named(root)).ok_or(format!("{name} is not listed"))?;
        pem += &format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64_STANDARD.encode(root));
    }
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("roots.pem"), pem)?)
}
