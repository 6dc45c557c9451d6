//! TLS for the store: a self-signed certificate of one run's own, which the functions are told to trust.

use std::{fs, path::Path, sync::Arc};

use portal_aws::sdk::ROOTS;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::result::Result;

/// Both ends of TLS.
pub(crate) struct Tls {
    /// The store's end.
    pub(crate) acceptor: TlsAcceptor,
    /// Our own end, for a raw request.
    pub(crate) connector: TlsConnector,
    /// What a function needs to trust the store.
    pub(crate) environment: [(String, String); 2],
}

impl Tls {
    /// Makes a certificate for 127.0.0.1, and leaves it in `folder` among the roots.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        let private_key = PrivateKeyDer::try_from(signing_key.serialize_der())?;
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], private_key)?;
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone())?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();

        // As many roots as a function reads on AWS, and one more.
        let bundle = folder.join("roots.pem");
        fs::write(&bundle, format!("{ROOTS}{}", cert.pem()))?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
            environment: ["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]
                .map(|name| (name.to_owned(), bundle.display().to_string())),
        })
    }
}
