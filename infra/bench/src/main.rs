//! `bench [--check] [--json] [--cold N] [--warm N] [--delay MS] [--cpu SHARE] [--load SECONDS]`
//!
//! Runs the functions' release binaries over the local stack's Runtime API and says what each costs: cold, warm, in
//! memory and as a package, beside two baselines in the same run. `--check` fails where a budget is broken.
#![allow(clippy::print_stdout, reason = "the terminal is this program's face")]

mod budgets;
mod canned;
mod growth;
mod load;
mod measure;
mod process;
mod report;
mod requests;
mod statistics;
mod tls;

use std::env;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use portal_local::Stack;

use measure::{Bench, functions_dir, package_mb};
use process::CpuLimit;
use report::{Machine, Package, Report};
use requests::Customer;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What the command line says.
#[derive(Clone, Debug)]
struct Options {
    check: bool,
    json: bool,
    cold: usize,
    warm: usize,
    /// How long the store takes.
    delay: Duration,
    /// Of a core, after init. 128 MB of 1,769, at which Lambda gives one.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
    cpu: f64,
    load: Duration,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Options> {
        let mut options = Options {
            check: false,
            json: false,
            cold: 40,
            warm: 1000,
            delay: Duration::ZERO,
            cpu: 0.072,
            load: Duration::from_secs(60),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a number"));
            match word.as_str() {
                "--check" => options.check = true,
                "--json" => options.json = true,
                "--cold" => options.cold = value()?.parse()?,
                "--warm" => options.warm = value()?.parse()?,
                "--delay" => options.delay = Duration::from_millis(value()?.parse()?),
                "--cpu" => options.cpu = value()?.parse()?,
                "--load" => options.load = Duration::from_secs(value()?.parse()?),
                _ => return Err(format!("{word} is not an option").into()),
            }
        }
        if options.cold == 0 || options.warm == 0 {
            return Err("nothing can be said of no runs".into());
        }
        Ok(options)
    }
}

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
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml");
    let mut local = portal_local::Options { demo: true, ..portal_local::Options::new(template, functions_dir()?) };
    // How fast a mail is made, not how fast SES would have it.
    local.parameters.insert("MailsPerSecond".to_owned(), "1000".to_owned());
    let stack = Stack::start(local).await?;
    let customer = Customer::arrive(&stack).await?;
    let bench = Bench::prepare(&stack, &customer, limit, options.clone()).await?;
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
        rows,
        packages: packages(&stack)?,
        at_20_ms,
        growth,
        load,
        budgets: Vec::new(),
    };
    report.budgets = budgets::verdicts(&report, &stack.description.functions);
    match options.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => println!("{report}"),
    }
    let is_broken = report.budgets.iter().any(|verdict| verdict.is_broken);
    Ok(if options.check && is_broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn packages(stack: &Stack) -> Result<Vec<Package>> {
    let folder = functions_dir()?;
    let functions = stack.description.functions.iter().map(|function| function.binary.as_str());
    let binaries = ["hello", "get"].into_iter().chain(functions);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Options> {
        Options::read(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_or_refused_by_name() {
        let options = read("--cold 80 --check --delay 20 --cpu 0.5").unwrap();
        assert_eq!((options.cold, options.warm, options.check), (80, 1000, true));
        assert_eq!((options.delay, options.cpu), (Duration::from_millis(20), 0.5));
        assert_eq!(read("--fast").unwrap_err().to_string(), "--fast is not an option");
        assert_eq!(read("--cold").unwrap_err().to_string(), "--cold wants a number");
        assert!(read("--warm 0").is_err());
    }
}
