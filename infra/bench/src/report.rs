//! What was measured and what became of the budgets, as JSON and as tables. Times are medians in milliseconds, sizes MB
//! of a million bytes.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use serde::Serialize;

use crate::waited::Waits;

/// The request that all others are held against.
pub(crate) const BASELINE: &str = "hello";

/// The same built as functions are, static: what lies beyond it is the function's own.
pub(crate) const OWN_BASELINE: &str = "hello, static";

/// The dashboard as it is usually written in Node.
pub(crate) const NODE: &str = "node";

/// What one run of the benchmark found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) cold_runs: usize,
    pub(crate) warm_runs: usize,
    pub(crate) store_delay_ms: f64,
    pub(crate) cpu_share: f64,
    /// Why CPU could not be limited.
    pub(crate) not_limited: Option<String>,
    /// The version of Node; none where the function in Node was not measured.
    pub(crate) node: Option<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) packages: Vec<Package>,
    pub(crate) at_20_ms: At20,
    pub(crate) growth: Growth,
    pub(crate) load: Option<Load>,
    pub(crate) waits: Waits,
    pub(crate) budgets: Vec<Verdict>,
}

/// Where it was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// Processes that wanted to run during the minute before: what else the machine was busy with.
    pub(crate) load_before: f64,
}

/// One request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) request: String,
    pub(crate) function: String,
    pub(crate) http: bool,
    /// From the start of the process to its first question for an event; like all that follows up to `tls`, with a
    /// store behind plain HTTP.
    pub(crate) init_ms: f64,
    pub(crate) first_ms: f64,
    pub(crate) cold_ms: f64,
    pub(crate) second_ms: f64,
    /// Of all threads, until the first response.
    pub(crate) cold_cpu_ms: f64,
    pub(crate) tls_init_ms: f64,
    pub(crate) tls_first_ms: f64,
    pub(crate) tls_cold_ms: f64,
    pub(crate) tls_cold_cpu_ms: f64,
    /// Over TLS, with CPU limited once init was over.
    pub(crate) limited_first_ms: Option<f64>,
    /// Warm runs are over TLS.
    pub(crate) warm_p50_ms: f64,
    pub(crate) warm_p99_ms: f64,
    pub(crate) warm_cpu_ms: f64,
    /// Of one instance, one request after the other.
    pub(crate) per_second: f64,
    /// Over TLS, after the warm runs.
    pub(crate) peak_memory_mb: f64,
}

/// A function's package.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Package {
    pub(crate) binary: String,
    pub(crate) zipped_mb: f64,
}

/// A warm dashboard with a store that takes 20 ms.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct At20 {
    pub(crate) dashboard_ms: f64,
    /// One request to that store.
    pub(crate) raw_ms: f64,
    /// DynamoDB calls that followed one another, by request.
    pub(crate) round_trips: BTreeMap<String, usize>,
}

/// The dashboard as bookings grow, warm, against the local DynamoDB.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Growth {
    pub(crate) few: usize,
    pub(crate) few_ms: f64,
    pub(crate) many: usize,
    pub(crate) many_ms: f64,
    /// How long it took to import the many, over the bus.
    pub(crate) import_s: f64,
    /// Mails sent meanwhile, though the events of past rentals ask for confirmations.
    pub(crate) import_mails: usize,
}

/// Many customers at once, through the gateway.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Load {
    pub(crate) at_once: usize,
    pub(crate) seconds: f64,
    pub(crate) requests: usize,
    pub(crate) errors: usize,
    pub(crate) first_error: Option<String>,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Those that lived from a third in to the end.
    pub(crate) instances: usize,
    /// Of an instance on average, a third in and at the end.
    pub(crate) early_mb: f64,
    pub(crate) late_mb: f64,
    pub(crate) largest_mb: f64,
}

/// What became of a budget.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Verdict {
    pub(crate) name: &'static str,
    pub(crate) limit: f64,
    pub(crate) unit: &'static str,
    pub(crate) noise: f64,
    /// Nothing where it could not be measured here.
    pub(crate) measured: Option<f64>,
    /// What it was measured on.
    pub(crate) of: String,
    /// Whether it is broken by more than the noise.
    pub(crate) is_broken: bool,
}

impl Report {
    /// What was measured of a request.
    pub(crate) fn row(&self, request: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.request == request)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Machine { processor, cores, load_before } = &self.machine;
        writeln!(f, "{processor}, {cores} cores, load {load_before:.1} before the start")?;
        writeln!(f, "{} cold and {} warm runs of each; medians, and ÷ {BASELINE}", self.cold_runs, self.warm_runs)?;
        if let Some(reason) = &self.not_limited {
            writeln!(
                f,
                "NOT MEASURED: responses at {} of a core. CPU cannot be limited here ({reason})",
                self.cpu_share
            )?;
        }
        match &self.node {
            Some(version) => writeln!(f, "{NODE}: the dashboard's page in Node {version}, bundled")?,
            None => writeln!(f, "NOT MEASURED: the dashboard's page in Node, which takes npm, node and `--node FILE`")?,
        }
        self.cold_plain(f)?;
        self.cold_tls(f)?;
        self.warm(f)?;
        self.sizes(f)?;
        self.others(f)?;
        write!(f, "\n{}", self.waits)?;
        writeln!(f, "\n{:<78} {:>9} {:>7} {:>6}", "budget", "measured", "limit", "noise")?;
        self.budgets.iter().try_for_each(|verdict| writeln!(f, "{verdict}"))
    }
}

impl Report {
    fn cold_plain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let columns: [Column; 5] = [
            ("init", |row| row.init_ms),
            ("first", |row| row.first_ms),
            ("cold", |row| row.cold_ms),
            ("second", |row| row.second_ms),
            ("CPU", |row| row.cold_cpu_ms),
        ];
        self.table(f, "cold, store behind plain HTTP (ms)", &columns)
    }

    fn cold_tls(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let columns: [Column; 5] = [
            ("init", |row| row.tls_init_ms),
            ("first", |row| row.tls_first_ms),
            ("cold", |row| row.tls_cold_ms),
            ("CPU", |row| row.tls_cold_cpu_ms),
            ("first, limited", |row| row.limited_first_ms.unwrap_or(f64::NAN)),
        ];
        let title = format!("cold, store behind TLS (ms); limited to {} of a core after init", self.cpu_share);
        self.table(f, &title, &columns)
    }

    fn warm(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let columns: [Column; 5] = [
            ("p50", |row| row.warm_p50_ms),
            ("p99", |row| row.warm_p99_ms),
            ("CPU", |row| row.warm_cpu_ms),
            ("a second", |row| row.per_second),
            ("peak MB", |row| row.peak_memory_mb),
        ];
        self.table(f, "warm, store behind TLS (ms)", &columns)
    }

    fn table(&self, f: &mut Formatter<'_>, title: &str, columns: &[Column]) -> fmt::Result {
        write!(f, "\n{title:<64}\n{:<16}{:<18}", "request", "function")?;
        columns.iter().try_for_each(|(name, _)| write!(f, "{name:>17}"))?;
        writeln!(f)?;
        for row in &self.rows {
            write!(f, "{:<16}{:<18}", row.request, row.function)?;
            for (_, value) in columns {
                let floor = self.row(BASELINE).map_or(f64::NAN, value);
                write!(f, "{:>9.2} {:>5.2} ×", value(row), value(row) / floor)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    /// How much longer a cold start takes than that of the baseline that is built alike, in milliseconds.
    pub(crate) fn beyond_baseline(&self, request: &str) -> Option<f64> {
        Some(self.row(request)?.cold_ms - self.row(OWN_BASELINE)?.cold_ms)
    }

    fn sizes(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let floor = self.packages.iter().find(|package| package.binary == BASELINE).map_or(f64::NAN, |p| p.zipped_mb);
        writeln!(f, "\npackage, zipped (MB)")?;
        self.packages.iter().try_for_each(|Package { binary, zipped_mb }| {
            writeln!(f, "{binary:<34}{zipped_mb:>9.2} {:>5.2} ×", zipped_mb / floor)
        })
    }

    fn others(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let At20 { dashboard_ms, raw_ms, round_trips } = &self.at_20_ms;
        let requests = self.rows.iter().map(|row| row.request.as_str()).filter(|request| *request != OWN_BASELINE);
        let beyond = requests.filter_map(|request| Some(format!("{request} {:.2}", self.beyond_baseline(request)?)));
        writeln!(f, "\ncold − {OWN_BASELINE} (ms): {}", beyond.collect::<Vec<_>>().join(", "))?;
        writeln!(f, "store at 20 ms: warm dashboard {dashboard_ms:.2} ms, one raw request {raw_ms:.2} ms")?;
        let round_trips: Vec<_> = round_trips.iter().map(|(request, number)| format!("{request} {number}")).collect();
        writeln!(f, "DynamoDB round trips in sequence: {}", round_trips.join(", "))?;
        let Growth { few, few_ms, many, many_ms, import_s, import_mails } = &self.growth;
        let per_second = *many as f64 / import_s;
        writeln!(f, "{many} bookings imported in {import_s:.0} s ({per_second:.0} a second), {import_mails} mails")?;
        writeln!(f, "warm dashboard, local DynamoDB: {few} bookings {few_ms:.2} ms, {many} bookings {many_ms:.2} ms")?;
        let Some(load) = &self.load else {
            return writeln!(f, "NOT MEASURED: the load run, by request");
        };
        let Load { at_once, seconds, requests, errors, per_second, p50_ms, p99_ms, .. } = load;
        writeln!(
            f,
            "{at_once} requests at once for {seconds:.0} s: {requests} answered ({per_second:.0} a second, p50 {p50_ms:.0} ms, \
             p99 {p99_ms:.0} ms), {errors} errors"
        )?;
        if let Some(error) = &load.first_error {
            writeln!(f, "the first error: {error}")?;
        }
        let Load { instances, early_mb, late_mb, largest_mb, .. } = load;
        writeln!(
            f,
            "memory of {instances} instances under load: {early_mb:.2} MB each a third in, {late_mb:.2} MB at the end, \
             the largest {largest_mb:.2} MB"
        )
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, limit, unit, noise, measured, of, is_broken } = self;
        let name = if of.is_empty() { (*name).to_owned() } else { format!("{name} ({of})") };
        write!(f, "{name:<78} ")?;
        let (measured, verdict) = match measured {
            None => ("-".to_owned(), "NOT MEASURED"),
            Some(measured) if *is_broken => (format!("{measured:.2} {unit}"), "BROKEN"),
            Some(measured) if measured > limit => (format!("{measured:.2} {unit}"), "kept, within the noise"),
            Some(measured) => (format!("{measured:.2} {unit}"), "kept"),
        };
        write!(f, "{measured:>9} {:>7} {:>5.0}% {verdict}", format!("{limit} {unit}"), noise * 100.0)
    }
}

/// A name and where its value stands.
type Column = (&'static str, fn(&Row) -> f64);
