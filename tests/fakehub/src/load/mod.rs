//! Measures the service under load: the numbers of docs/service.md. The fake runs in this process, the
//! service beside it; both share the machine.

mod burst;
mod throughput;

use std::path::PathBuf;

use crate::program::Setting;

/// How it is called.
pub(crate) const USAGE: &str = "usage: fakehub load burst|throughput --binary FILE [--count N] [--rate N] [--examples FILE] [--postgres URL]

  burst        N deliveries (10,000) at a rate (300/s): examples of GitHub's mixed with pull requests,
               a fifth sent twice, one in twenty forged
  throughput   N pull requests (100) of ten files of 300 lines over twenty installations, from the event
               to the completed check
  --binary     the scrubin to measure
  --examples   index.json of the npm package @octokit/webhooks-examples
  --postgres   an empty database; without it SQLite in a temporary folder";

/// What is measured, with what.
pub(crate) struct Options {
    binary: PathBuf,
    count: Option<usize>,
    rate: usize,
    examples: Option<PathBuf>,
    postgres: Option<String>,
}

impl Options {
    /// The service as it is measured; its writes are not paced.
    fn setting<'a>(&'a self, work: &'a str) -> Setting<'a> {
        Setting {
            binary: &self.binary,
            postgres: self.postgres.as_deref(),
            listen: "127.0.0.1:0",
            work,
            whole: false,
        }
    }
}

/// Runs a measurement; prints its table.
pub(crate) fn run(mut words: impl Iterator<Item = String>) -> Result<(), String> {
    let what = words.next().unwrap_or_default();
    let mut options = Options {
        binary: PathBuf::new(),
        count: None,
        rate: 300,
        examples: None,
        postgres: None,
    };
    while let Some(word) = words.next() {
        let value = words
            .next()
            .ok_or(format!("{word} needs a value\n\n{USAGE}"))?;
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| format!("{word} needs a number"))
        };
        match word.as_str() {
            "--binary" => options.binary = value.into(),
            "--count" => options.count = Some(number()?),
            "--rate" => options.rate = number()?.max(1),
            "--examples" => options.examples = Some(value.into()),
            "--postgres" => options.postgres = Some(value),
            _ => return Err(format!("unknown argument {word}\n\n{USAGE}")),
        }
    }
    if !options.binary.is_file() {
        return Err(format!("--binary names no file\n\n{USAGE}"));
    }
    match what.as_str() {
        "burst" => burst::run(&options),
        "throughput" => throughput::run(&options),
        _ => Err(USAGE.to_owned()),
    }
}
