//! The cache of repositories: bare, shallow, without a work tree, without hooks; [`fetch`] fills it.
//!
//! Only the commits of a review are fetched, each without its history. git runs with an environment of
//! its own: no configuration of the machine or the user, no prompt, no file or foreign protocol, every
//! object checked. The token reaches it in the environment, never in an argument or a file. What is
//! fetched is never checked out, and nothing of it is run.

mod fetch;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use super::config::Cache;
use crate::change::git::{self, Repository};

/// Longest fetch.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Where the names of fetched commits stand.
const REFS: &str = "refs/scrubin/";

/// Objects above this size, in bytes, are left to git's own processes: reading one takes as much memory, and
/// what it is stored as a difference of may take as much again.
const LARGE: u64 = 32 << 20;

/// Says that a repository has such objects.
const LARGE_MARK: &str = "large";

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
    /// How many of git's processes write into one of them.
    running: Arc<AtomicUsize>,
}

/// One cached repository.
#[derive(Debug, Clone)]
pub(super) struct Mirror {
    path: PathBuf,
    most_bytes: u64,
    running: Arc<AtomicUsize>,
    given_up: Arc<AtomicBool>,
}

/// Whoever waits for what is fetched. Once it is dropped the fetch is stopped: a thread that blocks would go on
/// without the job that it is for.
#[derive(Debug, Default)]
pub(super) struct Waiting(Arc<AtomicBool>);

impl Waiting {
    /// What says that it was dropped.
    pub(super) fn mark(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
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
            running: Arc::default(),
        })
    }

    /// Waits until none of git's processes writes into the cache any more, for `most` at most; says whether it is so.
    pub(super) async fn idle(&self, most: Duration) -> bool {
        let idle = async {
            while self.running.load(Ordering::Acquire) > 0 {
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        };
        tokio::time::timeout(most, idle).await.is_ok()
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
            running: Arc::clone(&self.running),
            given_up: Arc::default(),
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
    /// The same for somebody without whom its fetches are stopped; `mark` is that of [`Waiting`].
    pub(super) fn waited_for(self, mark: Arc<AtomicBool>) -> Self {
        Self {
            given_up: mark,
            ..self
        }
    }

    /// Whether nobody waits for what is fetched.
    fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Its folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opened for reading.
    pub(super) fn repository(&self) -> Repository {
        match self.is_large() {
            true => Repository::own_by_git(&self.path),
            false => Repository::own(&self.path),
        }
    }

    /// Whether it has objects that this process does not read itself.
    fn is_large(&self) -> bool {
        self.path.join(LARGE_MARK).exists()
    }

    fn git(&self) -> Command {
        let mut command = Command::new(git::program());
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

    /// Those of the commits that are not here with their trees, sorted, each once.
    fn missing<'c>(&self, commits: &[&'c str]) -> io::Result<Vec<&'c str>> {
        let mut asked: Vec<&str> = commits.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let repository = self.repository();
        let known: Option<Vec<bool>> = asked
            .iter()
            .map(|commit| repository.has_tree_of(commit))
            .collect();
        match known {
            Some(known) => Ok(asked
                .into_iter()
                .zip(known)
                .filter_map(|(commit, is_here)| (!is_here).then_some(commit))
                .collect()),
            None => self.missing_by_git(asked),
        }
    }

    /// The same where libgit2 cannot read the repository. One process for all: starting one costs more than
    /// its answer.
    fn missing_by_git<'c>(&self, asked: Vec<&'c str>) -> io::Result<Vec<&'c str>> {
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
    fn what_git_may_pass_over_is_listed_once() {
        let named: Vec<&str> = CONFIG
            .lines()
            .filter_map(|line| line.trim().strip_suffix(" = ignore"))
            .collect();
        assert_eq!(named, fetch::PASSED);
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
