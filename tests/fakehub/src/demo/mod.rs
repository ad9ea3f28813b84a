//! A small organisation on this machine: the fake GitHub, the service, pull requests that were reviewed
//! and talked about. To look at, and to try by hand.

mod seed;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fakehub::{FakeHub, Hub, WebhookTarget, reviewer_permissions};

use crate::program::{Program, SECRET, Setting};

/// How it is called.
pub(crate) const USAGE: &str = "usage: fakehub demo [--binary FILE] [--listen HOST:PORT] [--once]

  --binary FILE       the scrubin to run; without it the one beside this program, built when missing
  --listen HOST:PORT  where the service listens; default 127.0.0.1 and a free port
  --once              end when all is seeded and reviewed, to try that it works";

/// How long the service may take for what was seeded.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Default)]
struct Options {
    binary: Option<PathBuf>,
    listen: Option<String>,
    once: bool,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .ok_or(format!("{word} needs a value\n\n{USAGE}"))
        };
        match word.as_str() {
            "--binary" => options.binary = Some(value()?.into()),
            "--listen" => options.listen = Some(value()?),
            "--once" => options.once = true,
            _ => return Err(format!("unknown argument {word}\n\n{USAGE}")),
        }
    }
    Ok(options)
}

/// Starts all of it, and goes on until the program is ended.
pub(crate) fn run(words: impl Iterator<Item = String>) -> Result<(), String> {
    let options = parse(words)?;
    let binary = match options.binary {
        Some(binary) => binary,
        None => beside()?,
    };
    let listen = match options.listen {
        Some(listen) => listen,
        None => free_address()?,
    };
    let hub = FakeHub::start();
    let app = hub.add_app("scrubin");
    say("setting up the organisation")?;
    seed::organization(&hub);
    let setting = Setting {
        binary: &binary,
        postgres: None,
        listen: &listen,
        work: "pace-ms = 0\nworkers = 2\n",
        whole: true,
    };
    let program = Program::start(&setting, &hub, &app)?;
    let hook = format!("http://{}/webhook", program.address);
    hub.set_webhook(WebhookTarget::new(&hook, SECRET));
    hub.add_installation_of_all("scrubin", seed::ORGANIZATION, reviewer_permissions());
    say("opening pull requests, which the service reviews meanwhile")?;
    let mut pulls = seed::first_round(&hub);
    reviewed(&hub, &pulls)?;
    say("talking about them, and pushing again")?;
    pulls.extend(seed::second_round(&hub, &pulls));
    reviewed(&hub, &pulls)?;
    say(&format!(
        "ready\n\n  \
         the service   http://{}/\n  \
         fake GitHub   {}/ (pages of pull requests are below it, such as {}/{}/pull/1)\n  \
         people        {} (chosen when signing in)\n  \
         pull requests {} in {} repositories of {}\n\n\
         Ctrl-C ends it; nothing stays.",
        program.address,
        hub.url(),
        hub.url(),
        seed::REPOSITORIES[0],
        seed::PEOPLE
            .map(|(login, role)| format!("{login}: {role}"))
            .join(", "),
        pulls.len(),
        seed::REPOSITORIES.len(),
        seed::ORGANIZATION,
    ))?;
    if options.once {
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}

/// One line of progress on standard error; what was asked for is there when it says `ready`.
fn say(line: &str) -> Result<(), String> {
    let mut out = std::io::stderr();
    writeln!(out, "demo: {line}").map_err(|error| error.to_string())
}

/// The scrubin of the same build, with the service in it; cargo makes it when it started us.
fn beside() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = own.parent().unwrap_or(Path::new("."));
    let binary = folder.join(format!("scrubin{}", std::env::consts::EXE_SUFFIX));
    if let Some(cargo) = std::env::var_os("CARGO") {
        say("building scrubin with the service")?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut command = Command::new(cargo);
        command.current_dir(root);
        command.args([
            "build",
            "--quiet",
            "--bin",
            "scrubin",
            "--features",
            "service",
        ]);
        if folder.ends_with("release") {
            command.arg("--release");
        }
        let status = command.status().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err("scrubin could not be built; what cargo said is above".to_owned());
        }
    }
    match binary.is_file() {
        true => Ok(binary),
        false => Err(format!(
            "there is no {}\nhelp: `cargo build --features service`, or name one with --binary",
            binary.display()
        )),
    }
}

/// An address that is free now. The service must know it before it starts, for people come back to it.
fn free_address() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(address.to_string())
}

/// Waits until the newest commit of each open pull request has a completed check.
fn reviewed(hub: &Hub, pulls: &[(String, u64)]) -> Result<(), String> {
    let until = Instant::now() + PATIENCE;
    loop {
        hub.wait_idle();
        let open = pulls.iter().filter(|(name, number)| {
            let head = hub.tip(name, &format!("refs/pull/{number}/head"));
            let runs = hub.check_runs(name);
            !runs
                .iter()
                .any(|run| run.head_sha == head && run.status == "completed")
        });
        let open: Vec<String> = open
            .map(|(name, number)| format!("{name}#{number}"))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(format!("no check came for {}", open.join(", ")));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
