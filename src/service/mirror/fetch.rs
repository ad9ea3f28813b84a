//! Commits of GitHub's into one cached repository.
//!
//! They are asked for in git's own protocol over the connections that are open already, and packed by
//! `git index-pack`, which checks every object. Whatever answers otherwise is fetched by `git fetch`.

mod packs;
mod running;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::process::{ChildStdin, Stdio};
use std::time::{Duration, Instant, SystemTime};

use self::running::Running;
use super::{LONGEST, Mirror, MirrorError, REFS, size_of};
use crate::github::checkout::credentials;
use crate::github::event::RepositoryName;
use crate::github::marker::is_hex;
use crate::github::{Client, Token};
use crate::service::packet::{self, Answer, Piece, Wish};

/// Names of commits that are kept.
const KEPT_REFS: usize = 64;

/// Why a fetch is stopped whose job nobody waits for.
const GIVEN_UP: &str = "its job took too long or is another worker's by now, or the service ends";

/// Packs above which they are joined: every look for an object asks one after the other.
const MOST_PACKS: usize = 200;

/// Lines on commits without parents that an answer may have beyond those asked for and those offered.
const SPARE_LINES: usize = 16;

/// What `git index-pack` says where something that was offered as known is not here, or is broken here.
const OURS: [&str; 2] = ["unresolved delta", "is corrupt"];

/// What git complains of in old and harmless histories, and submodules of any kind, because none is ever
/// fetched; names that would leave a work tree, or fool one, stay errors.
pub(super) const PASSED: [&str; 11] = [
    "zeroPaddedFilemode",
    "missingSpaceBeforeDate",
    "badTimezone",
    "missingNameBeforeEmail",
    "missingEmail",
    "gitmodulesName",
    "gitmodulesParse",
    "gitmodulesPath",
    "gitmodulesSymlink",
    "gitmodulesUpdate",
    "gitmodulesUrl",
];

/// How a try without `git fetch` ended.
enum Tried {
    Done,
    /// Nothing was taken in; git may have another way.
    NotAtAll(String),
    /// git did not take the pack, which rests on commits that were offered as known.
    Refused(MirrorError),
}

impl Mirror {
    /// Fetches commits that are not here, each without its history. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// [`MirrorError`]. What was fetched before stays.
    pub(in crate::service) fn fetch(
        &self,
        commits: &[&str],
        name: &RepositoryName,
        client: &Client,
    ) -> Result<(), MirrorError> {
        for commit in commits {
            if commit.len() < 40 || !is_hex(commit) {
                return Err(MirrorError::NotACommit {
                    name: (*commit).to_owned(),
                });
            }
        }
        // A pack that nobody measured may hold what this process must not read.
        if self.not_looked_at()?.is_empty() && self.missing(commits)?.is_empty() {
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
        self.sweep();
        let ended = self.fetch_alone(commits, name, client);
        self.sweep();
        drop(lock);
        ended
    }

    /// The same by the only one who writes.
    fn fetch_alone(
        &self,
        commits: &[&str],
        name: &RepositoryName,
        client: &Client,
    ) -> Result<(), MirrorError> {
        self.look_at_packs()?;
        // Whoever had the lock may have brought them.
        let wanted = self.missing(commits)?;
        if wanted.is_empty() {
            return Ok(());
        }
        let before = self.packs()?.len();
        self.forget_lost_refs()?;
        let mut tried = self.by_protocol(&wanted, name, client)?;
        if let Tried::Refused(error) = &tried {
            tracing::debug!(reason = %error, "the whole is fetched again");
            self.sweep();
            for (_, commit) in self.refs()? {
                std::fs::remove_file(self.path.join(REFS).join(commit))?;
            }
            tried = self.by_protocol(&wanted, name, client)?;
        }
        match tried {
            Tried::Done => {}
            Tried::NotAtAll(why) => {
                tracing::debug!(reason = why, "git fetches instead");
                self.by_git(&wanted, name, client)?;
            }
            Tried::Refused(error) => return Err(error),
        }
        self.forget_refs(&wanted)?;
        self.look_at_packs()?;
        if before > MOST_PACKS {
            self.join_packs(client.token())?;
            // The same objects, in a pack of another name.
            self.note_looked(&self.packs()?)?;
        }
        if let Some(name) = self.missing(&wanted)?.first() {
            return Err(MirrorError::Missing {
                name: (*name).to_owned(),
            });
        }
        Ok(())
    }

    /// Asks for the commits over the client's connections.
    fn by_protocol(
        &self,
        wanted: &[&str],
        name: &RepositoryName,
        client: &Client,
    ) -> Result<Tried, MirrorError> {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return Ok(Tried::NotAtAll("no runtime".to_owned()));
        };
        if wanted.iter().any(|commit| commit.len() != 40) {
            return Ok(Tried::NotAtAll("another kind of names".to_owned()));
        }
        let all_shallow = self.shallow()?;
        let haves: Vec<String> = self.refs()?.into_iter().map(|(_, name)| name).collect();
        let shallow: Vec<String> = haves
            .iter()
            .filter(|name| all_shallow.contains(*name))
            .cloned()
            .collect();
        let body = packet::request(&Wish {
            wants: wanted,
            haves: &haves,
            shallow: &shallow,
        });
        let mut answer = Answer::default();
        let mut taking = Taking {
            mirror: self,
            shallow: all_shallow,
            indexer: None,
            most_lines: wanted.len() + haves.len() + SPARE_LINES,
            lines: 0,
            bytes: 0,
            began: Instant::now(),
            stopped: None,
            is_git_gone: false,
        };
        let mut each = |bytes: &[u8]| -> Result<(), String> {
            taking
                .count(bytes.len())
                .map_err(|error| error.to_string())?;
            answer
                .take(bytes, &mut |piece| taking.take(piece))
                .map_err(|error| error.to_string())
        };
        let sent = runtime.block_on(async {
            tokio::select! {
                sent = client.upload_pack(name, body, &mut each) => sent,
                () = self.until_given_up() => Err(GIVEN_UP.to_owned()),
            }
        });
        let sent = sent.and_then(|()| answer.end().map_err(|error| error.to_string()));
        let Taking {
            indexer,
            stopped,
            is_git_gone,
            ..
        } = taking;
        let given_up = || self.is_given_up().then(|| GIVEN_UP.to_owned());
        if let Some(why) = stopped.or_else(given_up) {
            drop(indexer);
            return Err(self.stopped(why));
        }
        let refused = match (sent, indexer) {
            (Ok(()), Some(indexer)) => indexer.finish(self, client.token()).err(),
            (Err(why), None) => return Ok(Tried::NotAtAll(why)),
            (Ok(()), None) => return Ok(Tried::NotAtAll("the pack is empty".to_owned())),
            // git's own words come first: it ended, and so the pack could not be handed on.
            (Err(why), Some(indexer)) => match indexer.finish(self, client.token()) {
                Err(error @ MirrorError::Malformed { .. }) => Some(error),
                Err(error) if is_git_gone => Some(error),
                _ => return Err(MirrorError::Fetch { message: why }),
            },
        };
        if let Some(error) = refused {
            return match !haves.is_empty() && may_be_ours(&error) {
                true => Ok(Tried::Refused(error)),
                false => Err(error),
            };
        }
        for commit in wanted {
            let written = self.path.join("new-name");
            std::fs::write(&written, format!("{commit}\n"))?;
            std::fs::rename(&written, self.path.join(REFS).join(commit))?;
        }
        Ok(Tried::Done)
    }

    /// Commits without their parents.
    fn shallow(&self) -> io::Result<BTreeSet<String>> {
        match std::fs::read_to_string(self.path.join("shallow")) {
            // A line that is none of these stops every git from here on.
            Ok(text) => Ok(text
                .lines()
                .filter(|name| name.len() == 40 && is_hex(name))
                .map(str::to_owned)
                .collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes one pack of all, of what the kept names hold.
    fn join_packs(&self, token: &Token) -> Result<(), MirrorError> {
        let mut command = self.git();
        command.args([
            "-c",
            "pack.window=0",
            "-c",
            "repack.writeBitmaps=false",
            "repack",
            "-a",
            "-d",
            "-l",
            "-q",
        ]);
        Running::start(self, &mut command)?.wait(self, token)
    }

    fn by_git(
        &self,
        wanted: &[&str],
        name: &RepositoryName,
        client: &Client,
    ) -> Result<(), MirrorError> {
        let (token, server) = (client.token(), &client.addresses().server);
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
            .arg(format!("{server}/{name}.git"))
            // A name for each: what has none is not offered to GitHub as known, and the whole would come
            // again with every push.
            .args(
                wanted
                    .iter()
                    .map(|commit| format!("{commit}:{REFS}{commit}")),
            )
            .envs(credentials(None, server, token));
        Running::start(self, &mut command)?.wait(self, token)
    }

    /// Ends when nobody waits for what is fetched.
    async fn until_given_up(&self) {
        while !self.is_given_up() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The named commits, the one that was named first at the front.
    fn refs(&self) -> io::Result<Vec<(SystemTime, String)>> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(self.path.join(REFS))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let written = entry.metadata().and_then(|meta| meta.modified());
            if name.len() == 40 && is_hex(&name) {
                all.push((written.unwrap_or(SystemTime::UNIX_EPOCH), name));
            }
        }
        all.sort();
        Ok(all)
    }

    /// Drops the names of commits but for the newest ones and those that were just fetched. What they held
    /// stays until the packs are joined.
    fn forget_refs(&self, fetched: &[&str]) -> io::Result<()> {
        let mut all = self.refs()?;
        all.retain(|(_, name)| !fetched.contains(&name.as_str()));
        let most = all.len().saturating_sub(KEPT_REFS);
        for (_, name) in all.into_iter().take(most) {
            std::fs::remove_file(self.path.join(REFS).join(name))?;
        }
        Ok(())
    }

    /// Drops the names of commits that are not here: offered as known, what they hold would never come.
    fn forget_lost_refs(&self) -> io::Result<()> {
        let refs = self.refs()?;
        let names: Vec<&str> = refs.iter().map(|(_, name)| name.as_str()).collect();
        if names.is_empty() {
            return Ok(());
        }
        for name in self.missing(&names)? {
            std::fs::remove_file(self.path.join(REFS).join(name))?;
        }
        Ok(())
    }

    /// What is half written goes; the rest only where it is too large by itself.
    fn stopped(&self, why: String) -> MirrorError {
        self.sweep();
        if size_of(&self.path) > self.most_bytes {
            let _ = std::fs::remove_dir_all(&self.path);
        }
        MirrorError::Stopped { why }
    }

    /// The same where what was here and what came are too large together. Where each alone is not, all goes:
    /// otherwise no later try would have room either.
    fn overfull(&self) -> MirrorError {
        if self.sweep() <= self.most_bytes {
            let _ = std::fs::remove_dir_all(&self.path);
        }
        self.stopped(self.too_large())
    }

    fn too_large(&self) -> String {
        format!(
            "it grew beyond cache.max-repository-mib ({} MiB)",
            self.most_bytes >> 20
        )
    }
}

fn too_long() -> String {
    format!("it took longer than {} minutes", LONGEST.as_secs() / 60)
}

/// Whether a pack may have been refused for what is missing or broken here.
fn may_be_ours(error: &MirrorError) -> bool {
    match error {
        MirrorError::Fetch { .. } => true,
        MirrorError::Malformed { message } => OURS.iter().any(|words| message.contains(words)),
        _ => false,
    }
}

/// Takes the pieces of an answer.
struct Taking<'m> {
    mirror: &'m Mirror,
    shallow: BTreeSet<String>,
    indexer: Option<Indexer>,
    /// Most lines on commits without parents.
    most_lines: usize,
    lines: usize,
    /// All that came, of whatever kind.
    bytes: u64,
    began: Instant,
    stopped: Option<String>,
    /// Whether git ended before the pack did.
    is_git_gone: bool,
}

impl Taking<'_> {
    /// Counts what came in, before it is looked into: what is no piece of the pack takes room and time too.
    fn count(&mut self, length: usize) -> io::Result<()> {
        self.bytes = self.bytes.saturating_add(length as u64);
        if self.bytes > self.mirror.most_bytes {
            return self.stop(self.mirror.too_large());
        }
        if self.began.elapsed() > LONGEST {
            return self.stop(too_long());
        }
        Ok(())
    }

    fn stop(&mut self, why: String) -> io::Result<()> {
        self.stopped = Some(why.clone());
        Err(io::Error::other(why))
    }

    fn take(&mut self, piece: Piece<'_>) -> io::Result<()> {
        if let Piece::Shallow(_) | Piece::Unshallow(_) = piece {
            self.lines += 1;
            if self.lines > self.most_lines {
                return self.stop(format!(
                    "the server names more than {} commits without parents, which nobody asked for",
                    self.most_lines
                ));
            }
        }
        match piece {
            Piece::Shallow(name) if name.len() == 40 && is_hex(name) => {
                self.shallow.insert(name.to_owned());
            }
            Piece::Shallow(name) => return Err(io::Error::other(format!("{name:?} is no commit"))),
            Piece::Unshallow(name) => {
                self.shallow.remove(name);
            }
            Piece::Pack(bytes) => return self.pack(bytes),
        }
        Ok(())
    }

    fn pack(&mut self, bytes: &[u8]) -> io::Result<()> {
        let indexer = match &mut self.indexer {
            Some(indexer) => indexer,
            None => self.indexer.insert(self.mirror.indexer(&self.shallow)?),
        };
        let ended = indexer.input.write_all(bytes);
        self.is_git_gone = ended.is_err();
        ended
    }
}

/// A `git index-pack` that takes a pack in.
struct Indexer {
    running: Running,
    input: ChildStdin,
}

impl Mirror {
    /// Starts one. Commits without parents are named before they come, so that nobody misses the parents.
    fn indexer(&self, shallow: &BTreeSet<String>) -> io::Result<Indexer> {
        let lines: String = shallow.iter().map(|name| format!("{name}\n")).collect();
        let written = self.path.join("new-shallow");
        std::fs::write(&written, lines)?;
        std::fs::rename(&written, self.path.join("shallow"))?;
        let passed: Vec<String> = PASSED.iter().map(|name| format!("{name}=ignore")).collect();
        let mut command = self.git();
        command
            .args(["index-pack", "--stdin", "--fix-thin", "--threads=1"])
            .arg(format!("--strict={}", passed.join(",")))
            .arg(format!("--max-input-size={}", self.most_bytes.max(1)))
            .stdin(Stdio::piped());
        let mut running = Running::start(self, &mut command)?;
        let input = running.input();
        let input = input.ok_or_else(|| io::Error::other("git's pipe is gone"))?;
        Ok(Indexer { running, input })
    }
}

impl Indexer {
    /// Ends its input and waits.
    fn finish(self, mirror: &Mirror, token: &Token) -> Result<(), MirrorError> {
        drop(self.input);
        self.running.wait(mirror, token)
    }
}

#[cfg(test)]
mod tests;
