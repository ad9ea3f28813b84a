//! The service as a process of its own, and what it uses.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fakehub::{AppCredentials, FakeHub};

/// The key of the webhook's signatures.
pub(crate) const SECRET: &str = "the webhook's secret";

/// How the service is set up.
pub(crate) struct Setting<'a> {
    /// The scrubin to start.
    pub(crate) binary: &'a Path,
    /// A database of PostgreSQL; without it SQLite in a temporary folder.
    pub(crate) postgres: Option<&'a str>,
    /// `HOST:PORT` to listen on.
    pub(crate) listen: &'a str,
    /// Lines of `[work]`.
    pub(crate) work: &'a str,
    /// Whether people sign in and records are signed.
    pub(crate) whole: bool,
}

/// A running service. Killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: String,
    numbers: String,
    _folder: tempfile::TempDir,
}

impl Program {
    /// Starts the service for an App of the fake's.
    pub(crate) fn start(
        setting: &Setting<'_>,
        hub: &FakeHub,
        app: &AppCredentials,
    ) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).map_err(|error| error.to_string())
        };
        write("key.pem", &app.private_key_pem)?;
        write("secret", SECRET)?;
        let mut github = String::new();
        let mut further = String::new();
        if setting.whole {
            write("client.secret", &app.client_secret)?;
            github = format!(
                "client-id = \"{}\"\nclient-secret-file = \"client.secret\"\n",
                app.client_id
            );
            make_key(setting.binary, &folder.path().join("record.key"))?;
            further.push_str("[record]\nkey-file = \"record.key\"\n");
        }
        let store = match setting.postgres {
            Some(url) => url.to_owned(),
            None => format!("sqlite:{}", folder.path().join("store.db").display()),
        };
        let (listen, work) = (setting.listen, setting.work);
        let text = format!(
            "[server]\nlisten = \"{listen}\"\nmetrics = \"127.0.0.1:0\"\npublic-url = \"http://{listen}\"\n\
             [github]\napp-id = {}\nprivate-key-file = \"key.pem\"\nwebhook-secret-files = [\"secret\"]\n\
             api-url = \"{}\"\nserver-url = \"{}\"\n{github}[store]\nurl = \"{store}\"\n[cache]\nfolder = \"cache\"\n\
             {further}[work]\n{work}",
            app.id,
            hub.url(),
            hub.url(),
        );
        write("service.toml", &text)?;
        let mut child = Command::new(setting.binary)
            .args(["serve", "--config"])
            .arg(folder.path().join("service.toml"))
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut said = BufReader::new(child.stderr.take().ok_or("no stderr")?);
        let (mut address, mut numbers) = (String::new(), String::new());
        while address.is_empty() || numbers.is_empty() {
            let mut line = String::new();
            let read = said
                .read_line(&mut line)
                .map_err(|error| error.to_string())?;
            if read == 0 {
                return Err("the service did not start; what it said is above".to_owned());
            }
            if let Some(at) = line.trim().strip_prefix("scrubin: listening at ") {
                at.clone_into(&mut address);
            } else if let Some(at) = line.trim().strip_prefix("scrubin: numbers at ") {
                at.clone_into(&mut numbers);
            } else {
                eprint!("{line}");
            }
        }
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::stderr()));
        Ok(Self {
            child,
            address,
            numbers,
            _folder: folder,
        })
    }

    /// A number of the service's own, by the start of its line; the sum where there are several.
    pub(crate) fn number(&self, start: &str) -> Result<u64, String> {
        let text = ureq::get(format!("http://{}/metrics", self.numbers))
            .call()
            .map_err(|error| error.to_string())?
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?;
        let values = text.lines().filter(|line| line.starts_with(start));
        Ok(values
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum())
    }

    /// Peak of its memory, in MiB, and its processor time with that of its children, in seconds.
    pub(crate) fn usage(&self) -> (u64, f64) {
        usage(&self.child.id().to_string())
    }
}

/// The same of any process; `self` is this one.
pub(crate) fn usage(process: &str) -> (u64, f64) {
    let of =
        |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
    let peak = of("status")
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .trim()
                .split(' ')
                .next()?
                .parse::<u64>()
                .ok()
        })
        .unwrap_or_default();
    let stat = of("stat");
    // utime, stime, cutime, cstime: fields 14 to 17 of proc_pid_stat(5), in hundredths of a second.
    let behind = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = behind
        .split_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    (peak >> 10, ticks as f64 / 100.0)
}

/// Makes a key that signs records.
fn make_key(binary: &Path, file: &Path) -> Result<(), String> {
    let done = Command::new(binary)
        .args(["record", "key"])
        .arg(file)
        .output()
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    match done.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
