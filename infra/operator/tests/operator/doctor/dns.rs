//! A DNS server of the tests' own, on a free port of this machine.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hickory_server::{
    Server,
    proto::{
        rr::{Name, RData, Record, rdata::SOA},
        serialize::txt::Parser,
    },
    store::in_memory::InMemoryZoneHandler,
    zone_handler::{AxfrPolicy, Catalog, ZoneType},
};
use tokio::net::{TcpListener, UdpSocket};

/// The records of a domain as the portal wants them.
pub(crate) const RIGHT: &str = include_str!("tybeecarts.example.zone");

/// A server that runs as long as this lives.
pub(crate) struct Dns {
    /// `HOST:PORT`
    pub(crate) address: String,
    _server: Option<Server<Catalog>>,
    _silent: Option<UdpSocket>,
}

impl Dns {
    /// A server of these records, in the form of a zone file, of which these texts are others.
    pub(crate) async fn with(edits: &[(&str, &str)]) -> Self {
        let mut text = RIGHT.to_owned();
        for (from, to) in edits {
            assert!(text.contains(from), "the zone has no {from:?}");
            text = text.replace(from, to);
        }
        let mut catalog = Catalog::new();
        catalog.upsert(Name::root().into(), vec![Arc::new(zone(&text))]);
        Self::start(catalog).await
    }

    /// A server that refuses every question.
    pub(crate) async fn refusing() -> Self {
        Self::start(Catalog::new()).await
    }

    /// A socket where nobody answers.
    pub(crate) async fn silent() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { address: socket.local_addr().unwrap().to_string(), _server: None, _silent: Some(socket) }
    }

    async fn start(catalog: Catalog) -> Self {
        let (udp, tcp) = sockets().await;
        let address = udp.local_addr().unwrap().to_string();
        let mut server = Server::new(catalog);
        server.register_socket(udp);
        server.register_listener(tcp, Duration::from_secs(5), 4096);
        Self { address, _server: Some(server), _silent: None }
    }
}

/// The same free port of both protocols.
async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = udp.local_addr().unwrap();
        if let Ok(tcp) = TcpListener::bind(address).await {
            return (udp, tcp);
        }
    }
}

/// All of DNS as one zone.
fn zone(text: &str) -> InMemoryZoneHandler {
    let (_, records) = Parser::new(text, None, Some(Name::root())).parse().unwrap();
    let mut zone = InMemoryZoneHandler::empty(Name::root(), ZoneType::Primary, AxfrPolicy::Deny);
    let soa = SOA::new(Name::root(), Name::root(), 1, 60, 60, 60, 60);
    zone.upsert_mut(Record::from_rdata(Name::root(), 60, RData::SOA(soa)), 1);
    for record in records.values().flat_map(|set| set.records_without_rrsigs()) {
        zone.upsert_mut(record.clone(), 1);
    }
    zone
}
