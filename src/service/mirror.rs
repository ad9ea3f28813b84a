//! The cache of repositories: bare, shallow, without a work tree, without hooks.
//!
//! Only the commits of a review are fetched, each without its history. git runs with an environment of
//! its own: no configuration of the machine or the user, no prompt, no file or foreign protocol, every
//! object checked. The token reaches it in the environment, never in an argument or a file. What is
//! fetched is never checked out, and nothing of it is run.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;

use super::config::Cache;
use crate::github::Token;
use crate::github::event::{Addresses, RepositoryName};
use crate::github::marker::is_hex;

/// Longest fetch.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Where the names of fetched commits stand.
const REFS: &str = "refs/scrubin/";

/// Names of commits that are kept.
const KEPT_REFS: usize = 64;

/// How often a running fetch is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// How often the size of a growing repository is looked at.
const LOOK_SIZE: Duration = Duration::from_secs(1);

/// The configuration of a cached repository. Objects that are odd but harmless in old histories pass, and
/// submodules of any kind, because none is ever fetched; names that would leave a work tree, or fool one,
/// do not.
const CONFIG: &str = "[core]
\trepositoryformatversion = 0
\tfilemode = false
\tbare = true
\thooksPath = /dev/null
\tlogAllRefUpdates = false
\tbigFileThreshold = 2m
[transfer]
\tfsckObjects = true
\tbundleURI = false
[fetch]
\tunpackLimit = 1
\trecurseSubmodules = false
\twriteCommitGraph = false
[fetch \"fsck\"]
\tzeroPaddedFilemode = ignore
\tmissingSpaceBeforeDate = ignore
\tbadTimezone = ignore
\tmissingNameBeforeEmail = ignore
\tmissingEmail = ignore
\tgitmodulesName = ignore
\tgitmodulesParse = ignore
\tgitmodulesPath = ignore
\tgitmodulesSymlink = ignore
\tgitmodulesUpdate = ignore
\tgitmodulesUrl = ignore
[protocol]
\tallow = never
[protocol \"https\"]
\tallow = always
[protocol \"http\"]
\tallow = always
[gc]
\tauto = 0
[pack]
\tthreads = 1
\twindowMemory = 64m
\tdeltaCacheSize = 32m
";

/// What the cache could not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum MirrorError {
    /// The folder, or git itself.
    #[error("the cache: {0}")]
    Io(#[from] io::Error),
    /// A name that is no full hex object name.
    #[error("`{name}` is no commit")]
    NotACommit {
        /// As given.
        name: String,
    },
    /// An object is malformed in a way that could harm whoever checks it out.
    #[error("git fetch refused what it was sent: {message}")]
    Malformed {
        /// git's words.
        message: String,
    },
    /// git ran and failed.
    #[error("git fetch failed: {message}")]
    Fetch {
        /// git's words, without secrets.
        message: String,
    },
    /// The fetch was stopped.
    #[error("the fetch was stopped: {why}")]
    Stopped {
        /// Why.
        why: String,
    },
    /// git said it was done, and it is not.
    #[error("commit {name} cannot be had")]
    Missing {
        /// Which one.
        name: String,
    },
}

/// All cached repositories.
#[derive(Debug, Clone)]
pub(super) struct Mirrors {
    folder: PathBuf,
    most_bytes: u64,
    most_repository_bytes: u64,
}

/// One cached repository.
#[derive(Debug, Clone)]
pub(super) struct Mirror {
    path: PathBuf,
    most_bytes: u64,
}

impl Mirrors {
    /// The cache in a folder, which is made.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub(super) fn new(cache: &Cache) -> io::Result<Self> {
        std::fs::create_dir_all(&cache.folder)?;
        private(&cache.folder)?;
        Ok(Self {
            folder: cache.folder.canonicalize()?,
            most_bytes: cache.most_bytes,
            most_repository_bytes: cache.most_repository_kib.saturating_mul(1_024),
        })
    }

    /// The place of a repository, made where it is not there. Its number is its name: a change of the
    /// repository's name changes nothing here, and no name of a stranger's becomes a path.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn open(&self, repository: i64) -> Result<Mirror, MirrorError> {
        let path = self.folder.join(format!("{repository}.git"));
        for folder in ["objects/pack", "refs/heads", "refs/scrubin", "info"] {
            std::fs::create_dir_all(path.join(folder))?;
        }
        put(&path.join("config"), CONFIG)?;
        // A branch that is never made: nothing here is the current one.
        put(&path.join("HEAD"), "ref: refs/heads/none\n")?;
        // What a crafted pack or an older version might have left.
        let _ = std::fs::remove_file(path.join("objects/info/alternates"));
        put(&path.join("used"), "")?;
        let now = std::fs::File::options()
            .write(true)
            .open(path.join("used"))?;
        now.set_modified(SystemTime::now())?;
        Ok(Mirror {
            path,
            most_bytes: self.most_repository_bytes,
        })
    }

    /// Deletes what was not used for longest until all fits, and what is not among `keep` any more.
    /// Gives how many repositories went.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(super) fn shrink(&self, keep: &[i64]) -> io::Result<usize> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let number: Option<i64> = path
                .file_name()
                .and_then(|name| name.to_str()?.strip_suffix(".git")?.parse().ok());
            let Some(number) = number else {
                continue;
            };
            let used = std::fs::metadata(path.join("used")).and_then(|meta| meta.modified());
            all.push((
                used.unwrap_or(SystemTime::UNIX_EPOCH),
                number,
                size_of(&path),
                path,
            ));
        }
        all.sort();
        let mut total: u64 = all.iter().map(|(_, _, size, _)| size).sum();
        let mut gone = 0;
        for (used, number, size, path) in all {
            let is_idle = used.elapsed().is_ok_and(|since| since > LONGEST);
            if is_idle && (total > self.most_bytes || !keep.contains(&number)) {
                std::fs::remove_dir_all(&path)?;
                total = total.saturating_sub(size);
                gone += 1;
            }
        }
        Ok(gone)
    }
}

/// Writes a small file where it differs.
fn put(path: &Path, text: &str) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|have| have == text.as_bytes()) {
        return Ok(());
    }
    std::fs::write(path, text)
}

#[cfg(unix)]
fn private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Bytes of all files in a folder; links are not followed.
fn size_of(folder: &Path) -> u64 {
    let mut total = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    total += entry.metadata().map_or(0, |meta| meta.len())
                }
                _ => {}
            }
        }
    }
    total
}

impl Mirror {
    /// Its folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn git(&self) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(&self.path)
            .env_clear()
            .envs(inherited())
            .env("LC_ALL", "C")
            .env("HOME", &self.path)
            .env("GIT_DIR", &self.path)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "/bin/false")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // A crafted pack of kilobytes unfolds to gigabytes in memory. GitHub's largest file has 100 MiB.
            .env("GIT_ALLOC_LIMIT", "256m")
            .env("GIT_NO_LAZY_FETCH", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Those of the commits that are not here with their trees, sorted, each once. One process for all:
    /// starting one costs more than its answer.
    fn missing<'c>(&self, commits: &[&'c str]) -> io::Result<Vec<&'c str>> {
        let mut asked: Vec<&str> = commits.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let mut child = self
            .git()
            .args(["cat-file", "--batch-check=%(objecttype)"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines: String = asked
            .iter()
            .map(|commit| format!("{commit}^{{tree}}\n"))
            .collect();
        if let Some(mut input) = child.stdin.take() {
            // One that ended early answers fewer lines, which counts as missing.
            let _ = io::Write::write_all(&mut input, lines.as_bytes());
        }
        let output = child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut answers = text.lines();
        Ok(asked
            .into_iter()
            .filter(|_| answers.next() != Some("tree"))
            .collect())
    }

    /// Fetches commits that are not here, each without its history.
    ///
    /// # Errors
    /// [`MirrorError`]. What was fetched before stays.
    pub(super) fn fetch(
        &self,
        commits: &[&str],
        name: &RepositoryName,
        addresses: &Addresses,
        token: &Token,
    ) -> Result<(), MirrorError> {
        for commit in commits {
            if commit.len() < 40 || !is_hex(commit) {
                return Err(MirrorError::NotACommit {
                    name: (*commit).to_owned(),
                });
            }
        }
        let wanted = self.missing(commits)?;
        if wanted.is_empty() {
            return Ok(());
        }
        // One fetch at a time: git keeps others out by a file that a killed one leaves behind. This lock
        // goes with its process.
        let lock = std::fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path.join("fetching"))?;
        lock.lock()?;
        let _ = std::fs::remove_file(self.path.join("shallow.lock"));
        let basic = base64::engine::general_purpose::STANDARD
            .encode(format!("x-access-token:{}", token.expose_to_git()));
        let mut command = self.git();
        command
            .args([
                "-c",
                "http.lowSpeedLimit=1000",
                "-c",
                "http.lowSpeedTime=30",
                "-c",
                "http.followRedirects=initial",
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-auto-maintenance",
                "--no-recurse-submodules",
                "--no-write-fetch-head",
                "--depth=1",
                "--end-of-options",
            ])
            .arg(format!("{}/{name}.git", addresses.server))
            // A name for each: what has none is not offered to GitHub as known, and the whole would come
            // again with every push.
            .args(
                wanted
                    .iter()
                    .map(|commit| format!("{commit}:{REFS}{commit}")),
            )
            // In the environment: arguments are visible to every process of the machine.
            .env("GIT_CONFIG_COUNT", "1")
            .env(
                "GIT_CONFIG_KEY_0",
                format!("http.{}/.extraheader", addresses.server),
            )
            .env(
                "GIT_CONFIG_VALUE_0",
                format!("AUTHORIZATION: basic {basic}"),
            );
        self.run(command.spawn()?, token)?;
        self.forget_refs(&wanted)?;
        drop(lock);
        if let Some(name) = self.missing(&wanted)?.first() {
            return Err(MirrorError::Missing {
                name: (*name).to_owned(),
            });
        }
        Ok(())
    }

    /// Drops the names of commits but for the newest ones and those that were just fetched. What they held
    /// stays until the repository is fetched anew.
    fn forget_refs(&self, fetched: &[&str]) -> io::Result<()> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(self.path.join(REFS))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let written = entry.metadata().and_then(|meta| meta.modified());
            if !fetched.contains(&name.as_str()) {
                all.push((written.unwrap_or(SystemTime::UNIX_EPOCH), entry.path()));
            }
        }
        all.sort();
        let most = all.len().saturating_sub(KEPT_REFS);
        for (_, path) in all.into_iter().take(most) {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Waits for a fetch, and stops it where it takes too long or fills the disk.
    fn run(&self, mut child: Child, token: &Token) -> Result<(), MirrorError> {
        let began = Instant::now();
        let mut looked = began;
        // Read beside it: a full pipe would stop git.
        let said = child.stderr.take().map(|mut pipe| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                let _ = io::copy(&mut io::Read::take(&mut pipe, 64 << 10), &mut text);
                let _ = io::copy(&mut pipe, &mut io::sink());
                text
            })
        });
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            let why = if began.elapsed() > LONGEST {
                Some(format!(
                    "it took longer than {} minutes",
                    LONGEST.as_secs() / 60
                ))
            } else if looked.elapsed() > LOOK_SIZE {
                looked = Instant::now();
                let size = size_of(&self.path);
                (size > self.most_bytes).then(|| {
                    format!(
                        "it grew beyond cache.max-repository-mib ({} MiB)",
                        self.most_bytes >> 20
                    )
                })
            } else {
                None
            };
            if let Some(why) = why {
                let _ = child.kill();
                let _ = child.wait();
                // A half written pack of any size.
                let _ = std::fs::remove_dir_all(&self.path);
                return Err(MirrorError::Stopped { why });
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "waits for a process; the result does not depend on how long"
            )]
            std::thread::sleep(LOOK);
        };
        if status.success() {
            return Ok(());
        }
        let text = said
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().take(3).map(str::trim).collect();
        let message = token.redact(&lines.join("; "));
        // Another try sends the same again.
        let is_malformed = ["fsck error", "malformed", "is corrupt"]
            .iter()
            .any(|words| text.contains(words));
        Err(match is_malformed {
            true => MirrorError::Malformed { message },
            false => MirrorError::Fetch { message },
        })
    }
}

/// What git may know of our environment: where programs are, the way through a proxy, a company's
/// certificates.
fn inherited() -> Vec<(String, String)> {
    const NAMES: [&str; 10] = [
        "PATH",
        "TMPDIR",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
        "SSL_CERT_FILE",
        "SYSTEMROOT",
    ];
    let mut pairs: Vec<(String, String)> = NAMES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
        .collect();
    let certificates = pairs.iter().find(|(name, _)| name == "SSL_CERT_FILE");
    if let Some((_, file)) = certificates.cloned() {
        pairs.push(("GIT_SSL_CAINFO".to_owned(), file));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrors(folder: &Path, most: u64) -> Mirrors {
        Mirrors::new(&Cache {
            folder: folder.to_owned(),
            most_bytes: most,
            most_repository_kib: 1_024,
        })
        .unwrap()
    }

    #[test]
    fn a_place_is_made_and_set_right_again() {
        let folder = tempfile::tempdir().unwrap();
        let mirrors = mirrors(folder.path(), 1 << 20);
        let mirror = mirrors.open(7).unwrap();
        std::fs::create_dir_all(mirror.path().join("objects/info")).unwrap();
        std::fs::write(mirror.path().join("objects/info/alternates"), "/etc\n").unwrap();
        std::fs::write(
            mirror.path().join("config"),
            "[core]\n\tfsmonitor = touch /tmp/x\n",
        )
        .unwrap();
        let mirror = mirrors.open(7).unwrap();
        assert!(!mirror.path().join("objects/info/alternates").exists());
        assert_eq!(
            std::fs::read_to_string(mirror.path().join("config")).unwrap(),
            CONFIG
        );
        let unknown = "a".repeat(40);
        assert_eq!(mirror.missing(&[&unknown, &unknown]).unwrap(), [&unknown]);
    }

    #[test]
    fn what_is_no_commit_is_not_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let mirror = mirrors(folder.path(), 1 << 20).open(7).unwrap();
        let addresses = crate::github::event::addresses(&Default::default());
        let name = RepositoryName::parse("acme/pump").unwrap();
        let token = Token::new("ghs_1234567890123456").unwrap();
        for commit in ["--upload-pack=x", "main", "", "abc"] {
            let error = mirror
                .fetch(&[commit], &name, &addresses, &token)
                .unwrap_err();
            assert!(matches!(error, MirrorError::NotACommit { .. }));
        }
    }

    #[test]
    fn what_was_used_last_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mirrors = mirrors(folder.path(), 3_000);
        let long_ago = SystemTime::now() - LONGEST * 3;
        for number in 1..=4 {
            let mirror = mirrors.open(number).unwrap();
            std::fs::write(mirror.path().join("objects/pack/a"), vec![0; 1_000]).unwrap();
            let used = std::fs::File::options()
                .write(true)
                .open(mirror.path().join("used"))
                .unwrap();
            let age = Duration::from_secs(60 * u64::try_from(number).unwrap());
            used.set_modified(long_ago + age).unwrap();
        }
        assert_eq!(mirrors.shrink(&[1, 2, 3, 4]).unwrap(), 3);
        assert!(folder.path().join("4.git").exists());
        assert_eq!(mirrors.shrink(&[]).unwrap(), 1);
    }
}
