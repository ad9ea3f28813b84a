//! A PostgreSQL of our own, in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The user that runs it where the tests run as root, which PostgreSQL refuses.
const NOBODY: u32 = 65_534;

/// A running server. Stopped when dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    server: std::sync::Mutex<Child>,
    port: u16,
    databases: AtomicU32,
}

fn programs() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    places.sort();
    places.reverse();
    let path = std::env::var_os("PATH").unwrap_or_default();
    places.extend(std::env::split_paths(&path));
    places
        .into_iter()
        .find(|place| place.join("initdb").exists() && place.join("postgres").exists())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// A command that runs as an unprivileged user.
fn unprivileged(program: &Path, folder: &Path) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("LC_ALL", "C.UTF-8");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

impl Cluster {
    /// Starts a server.
    pub(crate) fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is not installed")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY))
                .map_err(|error| error.to_string())?;
        }
        let data = folder.path().join("data");
        let made = unprivileged(&programs.join("initdb"), folder.path())
            .args([
                "--auth=trust",
                "--username=scrubin",
                "--encoding=UTF8",
                "--no-sync",
                "-D",
            ])
            .arg(&data)
            .output()
            .map_err(|error| error.to_string())?;
        if !made.status.success() {
            return Err(format!(
                "initdb failed: {}",
                String::from_utf8_lossy(&made.stderr)
            ));
        }
        let port = fakehub::free_port().map_err(|error| error.to_string())?;
        let server = Self::serve(&programs, folder.path(), port)?;
        let cluster = Self {
            folder,
            programs,
            server: std::sync::Mutex::new(server),
            port,
            databases: AtomicU32::new(0),
        };
        cluster.await_ready()?;
        Ok(cluster)
    }

    fn serve(programs: &Path, folder: &Path, port: u16) -> Result<Child, String> {
        unprivileged(&programs.join("postgres"), folder)
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
            .arg(folder)
            .args([
                "-c",
                "max_connections=200",
                "-c",
                "fsync=off",
                "-c",
                "autovacuum=off",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("postgres cannot be started: {error}"))
    }

    fn await_ready(&self) -> Result<(), String> {
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            let asked = self
                .tool("psql")
                .args(["-d", "postgres", "-c", "SELECT 1"])
                .output();
            if asked.is_ok_and(|output| output.status.success()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("postgres does not answer".to_owned())
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = unprivileged(&self.programs.join(name), self.folder.path());
        command.args([
            "-h",
            "127.0.0.1",
            "-U",
            "scrubin",
            "-p",
            &self.port.to_string(),
        ]);
        command.stdin(Stdio::null());
        command
    }

    /// A new, empty database; its address.
    pub(crate) fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::SeqCst));
        let made = self.tool("createdb").arg(&name).output().unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        format!("postgres://scrubin@127.0.0.1:{}/{name}", self.port)
    }

    /// Stops the server at once, as a crash does, and starts it again.
    pub(crate) fn restart(&self, pause: Duration) {
        let mut server = self.server.lock().unwrap();
        signal(server.id(), "QUIT");
        let _ = server.wait();
        std::thread::sleep(pause);
        *server = Self::serve(&self.programs, self.folder.path(), self.port).unwrap();
        drop(server);
        self.await_ready().unwrap();
    }

    /// Runs `pg_dump` and `pg_restore` as docs/service.md has it: a copy of a database under a new address.
    pub(crate) fn copy(&self, url: &str) -> String {
        let copy = self.database();
        let file = self.folder.path().join(name_of(&copy));
        let run = |tool: &str, arguments: &[&str]| {
            let mut command = self.tool(tool);
            let done = command.args(arguments).output().unwrap();
            assert!(done.status.success(), "{tool}: {done:?}");
        };
        let file = file.to_str().unwrap();
        run("pg_dump", &["-Fc", "-d", name_of(url), "-f", file]);
        let into = ["--no-owner", "--role=scrubin", "-d", name_of(&copy), file];
        run("pg_restore", &into);
        copy
    }

    /// Every row of a database, sorted, as statements.
    pub(crate) fn rows(&self, url: &str) -> String {
        let mut command = self.tool("pg_dump");
        command.args(["--data-only", "--inserts", "-d", name_of(url)]);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{done:?}");
        let text = String::from_utf8(done.stdout).unwrap();
        let mut rows: Vec<&str> = text
            .lines()
            // Newer versions wrap their dump in a word that differs each time.
            .filter(|line| !line.starts_with('\\') && !line.starts_with("--"))
            .collect();
        rows.sort_unstable();
        rows.join("\n")
    }
}

/// The name of a database in its address.
fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut server = self.server.lock().unwrap();
        signal(server.id(), "QUIT");
        let _ = server.wait();
    }
}

/// Whether a folder has a few gigabytes, and programs in it can be run.
pub(crate) fn has_room(folder: &Path) -> bool {
    const NEEDED_KIB: u64 = 3 << 20;
    let Ok(place) = tempfile::tempdir_in(folder) else {
        return false;
    };
    let program = place.path().join("program");
    let runs = std::fs::copy("/bin/true", &program).is_ok()
        && Command::new(&program)
            .status()
            .is_ok_and(|status| status.success());
    let told = Command::new("df").args(["-Pk"]).arg(folder).output();
    let free = told.ok().and_then(|told| {
        let text = String::from_utf8(told.stdout).ok()?;
        text.lines()
            .nth(1)?
            .split_whitespace()
            .nth(3)?
            .parse::<u64>()
            .ok()
    });
    runs && free.is_some_and(|free| free >= NEEDED_KIB)
}

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &process.to_string()])
        .status();
    assert!(
        sent.is_ok_and(|status| status.success()),
        "kill -{name} {process}"
    );
}
