//! Whoever answers for AWS has to prove it: functions trust Amazon's roots, or those that `AWS_CA_BUNDLE` names.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use portal_local::Options;
use portal_tests::{Certificate, Portal, functions_dir, soon, template};
use tempfile::TempDir;
use tokio::{io::AsyncReadExt, net::TcpListener, task::JoinSet};

/// Somebody at 127.0.0.1 with a certificate of their own.
struct Pretender {
    url: String,
    /// Their certificate, as PEM: signed by nobody but themselves.
    certificate: String,
    turned_away: Arc<AtomicUsize>,
    told: Arc<AtomicUsize>,
    _server: JoinSet<()>,
}

impl Pretender {
    async fn start() -> Self {
        let Certificate { pem, acceptor } = Certificate::self_signed();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let (turned_away, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (away, heard) = (turned_away.clone(), told.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                // Whoever does not believe the certificate says so, or ends the connection, and asks nothing.
                let asked = async {
                    let mut first = [0; 4];
                    acceptor.accept(connection).await?.read_exact(&mut first).await
                };
                let count = if asked.await.is_ok() { &heard } else { &away };
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { url, certificate: pem, turned_away, told, _server: tasks }
    }
}

/// A portal whose DynamoDB is the pretender, asked for a page.
async fn asked_with(pretender: &Pretender, environment: &[(&str, &str)]) -> Portal {
    let mut options = Options::new(template(), functions_dir());
    options.environment.insert("AWS_ENDPOINT_URL_DYNAMODB".into(), pretender.url.clone());
    options.environment.extend(environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let portal = Portal::start(options).await;
    assert_eq!(portal.person().get("/link/short").await.status, 404);
    portal
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_for_aws_without_a_certificate_of_amazons_is_told_nothing() {
    let pretender = Pretender::start().await;
    let _portal = asked_with(&pretender, &[]).await;
    soon("a connection", async || (pretender.turned_away.load(Ordering::SeqCst) > 0).then_some(())).await;
    assert_eq!(pretender.told.load(Ordering::SeqCst), 0);

    // The control: with a certificate that is trusted, they would be told.
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("roots.pem");
    std::fs::write(&bundle, &pretender.certificate).unwrap();
    let _portal = asked_with(&pretender, &[("AWS_CA_BUNDLE", bundle.to_str().unwrap())]).await;
    soon("a request", async || (pretender.told.load(Ordering::SeqCst) > 0).then_some(())).await;
}
