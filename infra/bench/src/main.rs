//! `bench [--check] [--json] [--cold N] [--warm N] [--delay MS] [--cpu SHARE] [--load SECONDS]
//! [--waits N] [--node FILE] [--chart FILE]`
//!
//! Runs the functions' release binaries over the local stack's Runtime API and says what each costs: cold, warm, in
//! memory and as a package, beside baselines in the same run; and how long a customer waits. `--check` fails where a budget
//! is broken.
#![allow(clippy::print_stdout, reason = "the terminal is this program's face")]

mod baselines;
mod budgets;
mod canned;
mod chart;
mod chromium;
mod delays;
mod distant;
mod growth;
mod line;
mod load;
mod measure;
mod node;
mod options;
mod phone;
mod process;
mod progress;
mod question;
mod report;
mod requests;
mod result;
mod served;
mod statistics;
mod tls;
mod waited;
mod waits;

use std::{env, fs, path::Path, process::ExitCode};

use portal_local::{Stack, start};

use baselines::{Baseline, baselines};
use measure::{Bench, binaries, package_mb};
use options::Options;
use process::CpuLimit;
use report::{Machine, Package, Report};
use requests::Customer;
use result::Result;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode> {
    let options = Options::read(env::args().skip(1))?;
    let machine = machine()?;
    let (limit, not_limited) = match CpuLimit::new(options.cpu) {
        Ok(limit) => (Some(limit), None),
        Err(reason) => (None, Some(reason)),
    };
    let binaries = binaries()?;
    let node = match &options.node {
        Some(function) => node::add(function, binaries.path())?,
        None => None,
    };
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let mut local = portal_local::Options { demo: true, ..portal_local::Options::new(template, binaries.path()) };
    // How fast a mail is made, not how fast SES would have it.
    local.parameters.insert("MailsPerSecond".to_owned(), "1000".to_owned());
    // So that the package of receive_events is held to its budget, too.
    local.parameters.insert("AcceptWebhooks".to_owned(), "true".to_owned());
    let stack = start(local).await?;
    let customer = Customer::arrive(&stack).await?;
    let waits = waits::measure(template, binaries.path(), &customer.event, options.waits).await?;
    let bench = Bench::prepare(&stack, binaries.path(), &customer, limit, options.clone()).await?;
    let rows = bench.rows().await?;
    let at_20_ms = bench.at_20_ms().await?;
    drop(bench);
    let growth = growth::measure(&stack, &customer).await?;
    let load = if options.load.is_zero() { None } else { Some(load::run(&stack, &customer, options.load).await?) };

    let mut report = Report {
        machine,
        cold_runs: options.cold,
        warm_runs: options.warm,
        store_delay_ms: options.delay.as_secs_f64() * 1000.0,
        cpu_share: options.cpu,
        not_limited,
        node,
        rows,
        packages: packages(&stack, binaries.path())?,
        at_20_ms,
        growth,
        load,
        waits,
        budgets: Vec::new(),
    };
    report.budgets = budgets::verdicts(&report, &stack.description.functions);
    if let Some(path) = &options.chart {
        fs::write(path, chart::svg(&report))?;
    }
    match options.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => println!("{report}"),
    }
    let is_broken = report.budgets.iter().any(|verdict| verdict.is_broken);
    Ok(if options.check && is_broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn packages(stack: &Stack, folder: &Path) -> Result<Vec<Package>> {
    let functions = stack.description.functions.iter().map(|function| function.binary.as_str());
    let binaries = baselines(folder).map(|Baseline { binary, .. }| binary).chain(functions);
    binaries
        .map(|binary| Ok(Package { binary: binary.to_owned(), zipped_mb: package_mb(&folder.join(binary))? }))
        .collect()
}

fn machine() -> Result<Machine> {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
    let processor = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg")?;
    Ok(Machine {
        processor: processor.map_or("an unnamed processor", |(_, name)| name).to_owned(),
        cores: std::thread::available_parallelism()?.get(),
        load_before: load.split(' ').next().unwrap_or_default().parse()?,
    })
}
