//! The service as a process of its own: started, watched, killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::postgres::signal;

/// A start, a drained queue: longer than any takes, also on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// The program that is tested.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_scrubin");

/// The binary, serving. Killed where a test fails before it ends it.
pub(crate) struct Process {
    child: Child,
    has_ended: bool,
    /// `HOST:PORT` of webhooks and pages, and of the numbers for operators.
    addresses: Receiver<(String, String)>,
    numbers: String,
    said: Arc<Mutex<String>>,
}

impl Process {
    /// Starts it and waits until it listens.
    pub(crate) fn start(configuration: &Path) -> Self {
        Self::started(Command::new(BINARY), configuration)
    }

    /// Starts it after a kill, as what supervises it does: a process of git's that was being made at that very
    /// moment may hold the database's lock a little longer.
    pub(crate) fn start_again(configuration: &Path) -> Self {
        for _ in 0..5 {
            let mut process = Self::spawn(Command::new(BINARY), configuration);
            if let Ok((_, numbers)) = process.addresses.recv_timeout(PATIENCE) {
                process.numbers = numbers;
                return process;
            }
            let said = process.said();
            assert!(said.contains("in use by another process"), "{said}");
            std::thread::sleep(Duration::from_secs(1));
        }
        panic!("the lock of a killed process stays");
    }

    /// Starts a command of one's own, to which the arguments are added, and waits until it listens.
    pub(crate) fn started(command: Command, configuration: &Path) -> Self {
        let mut process = Self::spawn(command, configuration);
        let Ok((_, numbers)) = process.addresses.recv_timeout(PATIENCE) else {
            panic!("it did not start: {}", process.said());
        };
        process.numbers = numbers;
        process
    }

    /// Starts it and does not wait.
    pub(crate) fn spawn(mut command: Command, configuration: &Path) -> Self {
        command
            .args(["serve", "--config"])
            .arg(configuration)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let said = Arc::new(Mutex::new(String::new()));
        let (tell, addresses) = channel();
        let heard = Arc::clone(&said);
        // To the end: a full pipe would stop it.
        std::thread::spawn(move || {
            let mut listening = String::new();
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                if let Some(at) = line.trim().strip_prefix("scrubin: listening at ") {
                    at.clone_into(&mut listening);
                } else if let Some(at) = line.trim().strip_prefix("scrubin: numbers at ") {
                    let _ = tell.send((listening.clone(), at.to_owned()));
                }
                heard.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Self {
            child,
            has_ended: false,
            addresses,
            numbers: String::new(),
            said,
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote on standard error so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The sum of its numbers that begin so.
    pub(crate) fn number(&self, start: &str) -> i64 {
        let page = get(&self.numbers, "/metrics");
        let lines = page.lines().filter(|line| line.starts_with(start));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok())
            .sum()
    }

    /// Waits until no job waits or runs; none may have been given up.
    pub(crate) fn drain(&self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let page = get(&self.numbers, "/metrics");
            if ["queued", "leased"]
                .iter()
                .all(|state| page.contains(&format!("\nscrubin_queue_{state} 0\n")))
            {
                assert!(
                    page.contains("\nscrubin_queue_dead 0\n"),
                    "a job was given up: {}",
                    self.said()
                );
                return;
            }
            assert!(
                Instant::now() < until,
                "jobs are left: {page}{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The most memory it ever had, in MiB, without the pages of its program: those of one that was not
    /// optimised are ten times as many, and the system may drop them.
    pub(crate) fn peak_mib(&self) -> u64 {
        let peak = memory_kib(self.id(), "VmHWM:");
        peak.saturating_sub(memory_kib(self.id(), "RssFile:")) >> 10
    }

    /// As by the kernel for want of memory, or a loss of power.
    pub(crate) fn kill(mut self) {
        signal(self.id(), "KILL");
        self.child.wait().unwrap();
        self.has_ended = true;
    }

    /// As by the system when it shuts down.
    pub(crate) fn end(mut self) {
        signal(self.id(), "TERM");
        let status = self.child.wait().unwrap();
        self.has_ended = true;
        assert!(status.success(), "it did not end well: {}", self.said());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Runs another command of `scrubin serve` to its end.
pub(crate) fn serve(configuration: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--config"]).arg(configuration);
    command.args(arguments).output().unwrap()
}

/// A line of a process' status (proc_pid_status(5)), in KiB; 0 where it is gone.
fn memory_kib(process: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let text = status.lines().find_map(|text| text.strip_prefix(line));
    let kib = text.and_then(|text| text.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_default()
}

/// An address that is free now, so that a process that is started again has the same one.
pub(crate) fn free_address() -> String {
    format!("127.0.0.1:{}", fakehub::free_port().unwrap())
}

/// The answer to a `GET`, head and body; empty where nobody answers.
pub(crate) fn get(address: &str, path: &str) -> String {
    let asked = || -> std::io::Result<String> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    asked().unwrap_or_default()
}

/// Looks again and again how much memory a process and its children have.
pub(crate) struct Watch {
    most_kib: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Watch {
    pub(crate) fn over(process: u32) -> Self {
        let watch = Self {
            most_kib: Arc::default(),
            over: Arc::default(),
        };
        let (most, over) = (Arc::clone(&watch.most_kib), Arc::clone(&watch.over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(family_kib(process), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        watch
    }

    /// The most that the process and its children had together, in MiB, as far as was seen.
    pub(crate) fn most_mib(&self) -> u64 {
        self.most_kib.load(Ordering::Relaxed) >> 10
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// What a process has now, and the most that each of those below it ever had, in KiB.
fn family_kib(process: u32) -> u64 {
    let mut total = memory_kib(process, "VmRSS:");
    let mut waiting = children(process);
    while let Some(child) = waiting.pop() {
        total += memory_kib(child, "VmHWM:");
        waiting.extend(children(child));
    }
    total
}

fn children(process: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task"));
    let lists = tasks.into_iter().flatten().flatten().map(|task| {
        let list = std::fs::read_to_string(task.path().join("children"));
        list.unwrap_or_default()
    });
    lists
        .flat_map(|list| {
            let numbers = list.split_whitespace().map(str::parse::<u32>);
            numbers.flatten().collect::<Vec<_>>()
        })
        .collect()
}
