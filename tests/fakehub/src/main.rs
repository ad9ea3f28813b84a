//! The fake as a program, for shell tests and for runs behind a validating proxy.
//!
//! It starts what a scenario file describes, prints one JSON object with the URLs, tokens and pull
//! request numbers, and serves until its standard input ends or it is killed. At the end it prints
//! breaches of GitHub's description and leaks of tokens on standard error and exits 1 when there
//! were any.

#[allow(
    clippy::disallowed_methods,
    reason = "looks now and then whether another process is done"
)]
mod demo;
#[allow(
    clippy::disallowed_methods,
    reason = "a measurement sends at a rate and looks now and then"
)]
mod load;
mod program;
mod scenario;

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use fakehub::FakeHub;
use serde_json::Value;

const USAGE: &str = "usage: fakehub [--port N] [--scenario FILE] [--public-url URL] [--graphql-log FILE] [--forever]

  --port N            port on 127.0.0.1; 0, the default, is a free one
  --scenario FILE     JSON description of repositories, pull requests, tokens and faults;
                      without it one repository acme/pump with one pull request
  --public-url URL    root of the URLs in answers, for a proxy in front
  --graphql-log FILE  append the GraphQL operations to FILE at the end
  --forever           do not end with standard input

or: fakehub demo, which starts the service with a seeded organisation
or: fakehub load burst|throughput …, which measures the service";

#[derive(Default)]
struct Arguments {
    port: u16,
    scenario: Option<PathBuf>,
    public_url: Option<String>,
    graphql_log: Option<PathBuf>,
    forever: bool,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--port" => {
                parsed.port = value()?
                    .parse()
                    .map_err(|_| "--port needs a number".to_owned())?
            }
            "--scenario" => parsed.scenario = Some(value()?.into()),
            "--public-url" => parsed.public_url = Some(value()?),
            "--graphql-log" => parsed.graphql_log = Some(value()?.into()),
            "--forever" => parsed.forever = true,
            _ => return Err(format!("unknown argument {word}")),
        }
    }
    Ok(parsed)
}

fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let scenario: Value = match &arguments.scenario {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?
        }
        None => scenario::example(),
    };
    let hub = FakeHub::start_on(arguments.port);
    if let Some(url) = &arguments.public_url {
        hub.set_public_url(url);
    }
    let made = scenario::build(&hub, &scenario)?;
    println!("{made}");
    std::io::stdout()
        .flush()
        .map_err(|error| error.to_string())?;
    if arguments.forever {
        loop {
            std::thread::park();
        }
    }
    // The caller holds the other end: closing it is the signal to stop.
    let mut ignored = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut ignored);
    if let Some(file) = &arguments.graphql_log {
        hub.record_graphql(file)
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let mut complaints = hub.take_violations();
    complaints.extend(
        hub.token_leaks()
            .iter()
            .map(|place| format!("token sent in {place}")),
    );
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    Ok(if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let ended = match words.next().as_deref() {
        Some("load") => Some(load::run(words)),
        Some("demo") => Some(demo::run(words)),
        _ => None,
    };
    if let Some(ended) = ended {
        return match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("error: {message}");
                ExitCode::from(2)
            }
        };
    }
    match parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}
