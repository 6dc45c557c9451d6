//! Takes the roots that AWS's certificates chain to from Mozilla's list, and writes them to `$OUT_DIR/roots.pem`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "so cargo and a build script tell each other things"
)]

mod roots;

use std::{env, error::Error, fs, path::Path};

use base64::prelude::{BASE64_STANDARD, Engine};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    let pem: String = roots::of_amazon(TLS_SERVER_ROOT_CERTS)?
        .into_iter()
        .map(|root| {
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64_STANDARD.encode(root))
        })
        .collect();
    Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("roots.pem"), pem)?)
}
