//! The benchmark's command line.

use std::{path::PathBuf, time::Duration};

use crate::result::Result;

/// What the command line says.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) check: bool,
    pub(crate) json: bool,
    pub(crate) cold: usize,
    pub(crate) warm: usize,
    /// How long each answer of the store takes.
    pub(crate) delay: Duration,
    /// The share of a core after init: 128 MB of the 1,769 MB at which Lambda gives a whole one.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
    pub(crate) cpu: f64,
    pub(crate) load: Duration,
    /// Sign-ins whose waits are measured, by HTTP and in Chromium each.
    pub(crate) waits: usize,
    /// The function in Node.
    pub(crate) node: Option<PathBuf>,
    /// Where a picture of the figures goes.
    pub(crate) chart: Option<PathBuf>,
}

impl Options {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            check: false,
            json: false,
            cold: 40,
            warm: 1000,
            delay: Duration::ZERO,
            cpu: 0.072,
            load: Duration::from_secs(60),
            waits: 10,
            node: None,
            chart: None,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--check" => options.check = true,
                "--json" => options.json = true,
                "--cold" => options.cold = value()?.parse()?,
                "--warm" => options.warm = value()?.parse()?,
                "--delay" => options.delay = Duration::from_millis(value()?.parse()?),
                "--cpu" => options.cpu = value()?.parse()?,
                "--load" => options.load = Duration::from_secs(value()?.parse()?),
                "--node" => options.node = Some(value()?.into()),
                "--chart" => options.chart = Some(value()?.into()),
                "--waits" => options.waits = value()?.parse()?,
                _ => return Err(format!("{word} is not an option").into()),
            }
        }
        if options.cold == 0 || options.warm == 0 {
            return Err("nothing can be said of no runs".into());
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Options> {
        Options::read(words.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_or_refused_by_name() {
        let options = read("--cold 80 --check --delay 20 --cpu 0.5 --waits 3 --chart a.svg --node a.js").unwrap();
        assert_eq!((options.cold, options.warm, options.check), (80, 1000, true));
        assert_eq!((options.delay, options.cpu, options.waits), (Duration::from_millis(20), 0.5, 3));
        assert_eq!((options.chart, options.node), (Some("a.svg".into()), Some("a.js".into())));
        assert_eq!(read("--fast").unwrap_err().to_string(), "--fast is not an option");
        assert_eq!(read("--cold").unwrap_err().to_string(), "--cold wants a value");
        assert!(read("--warm 0").is_err());
    }
}
