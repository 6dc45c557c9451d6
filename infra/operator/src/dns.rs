//! What DNS says, asked of the system's resolver or of one that is named.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, NoRecords, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};
use tokio::net::lookup_host;

use crate::terminal::Failure;

/// How long a resolver may take to answer, of which it gets two chances.
const WAIT: Duration = Duration::from_secs(3);

/// A resolver.
pub(crate) struct Dns(TokioResolver);

impl Dns {
    /// The resolver at `HOST:PORT`, or else the system's.
    pub(crate) async fn at(server: Option<&str>) -> Result<Self, Failure> {
        let builder = match server {
            Some(server) => TokioResolver::builder_with_config(only(server).await?, TokioRuntimeProvider::default()),
            None => TokioResolver::builder_tokio().map_err(|error| no_resolver(&error.to_string()))?,
        };
        let mut options = ResolverOpts::default();
        (options.timeout, options.attempts, options.cache_size) = (WAIT, 2, 0);
        let resolver = builder.with_options(options).build().map_err(|error| no_resolver(&error.to_string()))?;
        Ok(Self(resolver))
    }

    /// The TXT records of a name, each with its strings joined (RFC 7208, section 3.3).
    pub(crate) async fn texts(&self, name: &str) -> Result<Vec<String>, Failure> {
        self.records(name, RecordType::TXT, |data| match data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        })
        .await
    }

    /// The MX records of a name: preference and host.
    pub(crate) async fn mail_exchangers(&self, name: &str) -> Result<Vec<(u16, String)>, Failure> {
        self.records(name, RecordType::MX, |data| match data {
            RData::MX(mx) => Some((mx.preference, plain(&mx.exchange))),
            _ => None,
        })
        .await
    }

    /// Where the CNAME record of a name leads, if it has one.
    pub(crate) async fn alias(&self, name: &str) -> Result<Option<String>, Failure> {
        let aliases = self.records(name, RecordType::CNAME, |data| match data {
            RData::CNAME(target) => Some(plain(&target.0)),
            _ => None,
        });
        Ok(aliases.await?.into_iter().next())
    }

    /// The addresses of a name, whatever aliases lead there.
    pub(crate) async fn addresses(&self, name: &str) -> Result<BTreeSet<IpAddr>, Failure> {
        let address = |data: &RData| data.ip_addr();
        let (v4, v6) =
            tokio::join!(self.records(name, RecordType::A, address), self.records(name, RecordType::AAAA, address));
        Ok(v4?.into_iter().chain(v6?).collect())
    }

    /// What there is of a type under a name. That there is none is an answer, too; silence and errors of a server are not.
    async fn records<T>(
        &self,
        name: &str,
        record_type: RecordType,
        pick: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        let Ok(mut name) = Name::from_ascii(name) else { return Ok(Vec::new()) };
        name.set_fqdn(true);
        match self.0.lookup(name, record_type).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| pick(&record.data)).collect()),
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords {
                response_code: ResponseCode::NXDomain | ResponseCode::NoError,
                ..
            }))) => Ok(Vec::new()),
            Err(NetError::Dns(
                DnsError::ResponseCode(code) | DnsError::NoRecordsFound(NoRecords { response_code: code, .. }),
            )) => Err(unanswered(&format!("DNS answers {code}"))),
            Err(_) => Err(unanswered("DNS does not answer")),
        }
    }
}

/// Without a dot at its end, in lower case: names are the same in either (RFC 4343).
fn plain(name: &Name) -> String {
    name.to_lowercase().to_ascii().trim_end_matches('.').to_owned()
}

/// A configuration of this server alone.
async fn only(server: &str) -> Result<ResolverConfig, Failure> {
    let address = lookup_host(server).await.ok().and_then(|mut addresses| addresses.next());
    let address = address.ok_or_else(|| no_resolver(&format!("{server} is no HOST:PORT that this machine finds")))?;
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    let server = NameServerConfig::new(address.ip(), true, connections.to_vec());
    Ok(ResolverConfig::from_name_servers(vec![server]))
}

fn no_resolver(problem: &str) -> Failure {
    unanswered(&format!("no resolver: {problem}"))
}

fn unanswered(problem: &str) -> Failure {
    Failure::new(problem, "Name a resolver that answers: portal doctor --dns 1.1.1.1:53")
}
