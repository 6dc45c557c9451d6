//! TLS on this machine: a self-signed certificate, and a proxy that terminates TLS.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// A self-signed certificate for 127.0.0.1.
pub struct Certificate {
    /// As PEM, for who wants to trust it.
    pub pem: String,
    /// Answers connections with it.
    pub acceptor: TlsAcceptor,
}

/// Stands before a portal as something of the operator's would: TLS ends here, and every byte goes on as it is.
pub struct TlsFront {
    /// The origin, https on 127.0.0.1: HSTS, which the portal asks for, does not stick to an address (RFC 6797 §8.1.1).
    pub url: String,
    target: watch::Sender<String>,
    _server: JoinSet<()>,
}

impl Certificate {
    /// Signs itself.
    pub fn self_signed() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap());
        Self { pem: cert.pem(), acceptor: TlsAcceptor::from(Arc::new(server.unwrap())) }
    }
}

impl TlsFront {
    /// Listens on a free port.
    pub async fn new() -> Self {
        let acceptor = Certificate::self_signed().acceptor;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let target = watch::Sender::new(String::new());
        let address = target.subscribe();
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                connection.set_nodelay(true).unwrap();
                let (acceptor, address) = (acceptor.clone(), address.borrow().clone());
                // It ends with an error where the browser ends a connection, or does not trust the certificate.
                connections.spawn(async move {
                    let mut outside = acceptor.accept(connection).await.ok()?;
                    let mut inside = TcpStream::connect(address).await.ok()?;
                    inside.set_nodelay(true).ok()?;
                    copy_bidirectional(&mut outside, &mut inside).await.ok()
                });
            }
        });
        Self { url, target, _server: server }
    }

    /// Says where the portal is.
    pub fn leads_to(&self, url: &str) {
        self.target.send_replace(url.strip_prefix("http://").unwrap().to_owned());
    }
}
