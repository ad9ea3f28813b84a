//! Runs git on a bare repository: commits, trees, merges, remote copies. Text in, text out; what a
//! diff means is in [`crate::diff`]. Questions about commits go to libgit2, without a process each.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One change of a commit that a test builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The file has this content afterwards, whether it existed or not.
    Write(String, Vec<u8>),
    /// The file is gone afterwards.
    Delete(String),
    /// The file is moved, its content kept.
    Rename(String, String),
}

impl Edit {
    /// A file with text.
    pub fn write(path: &str, content: impl Into<Vec<u8>>) -> Self {
        Self::Write(path.to_owned(), content.into())
    }

    /// A deleted file.
    pub fn delete(path: &str) -> Self {
        Self::Delete(path.to_owned())
    }

    /// A renamed file.
    pub fn rename(from: &str, to: &str) -> Self {
        Self::Rename(from.to_owned(), to.to_owned())
    }
}

/// A bare repository on disk. Clones share what they know of it.
#[derive(Clone)]
pub(crate) struct Git {
    pub(crate) dir: PathBuf,
    library: Arc<Mutex<git2::Repository>>,
    /// What commands said whose answer never changes, since objects are never removed.
    known: Arc<Mutex<BTreeMap<String, String>>>,
}

impl std::fmt::Debug for Git {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Git")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// What a commit says of itself.
pub(crate) struct Said {
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Seconds since 1970 (UTC).
    pub(crate) time: i64,
    pub(crate) message: String,
}

/// Any object may be fetched by its name and in part, as on GitHub; nothing is packed or flushed to
/// disk, for all of it is gone with the test.
const CONFIG: &str = "[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
[http]
\treceivepack = true
[gc]
\tauto = 0
[core]
\tfsync = none
\tquotePath = false
[user]
\tname = fakehub
\temail = fakehub@example.invalid
";

impl Git {
    /// Creates the bare repository.
    pub(crate) fn init(dir: &Path, default_branch: &str) -> Self {
        let mut command = plain_git();
        command.args([
            "init",
            "--quiet",
            "--bare",
            "--template=",
            "--initial-branch",
        ]);
        command.arg(default_branch).arg(dir);
        let done = command.output().expect("git is installed");
        assert!(done.status.success(), "git init: {done:?}");
        let config = OpenOptions::new().append(true).open(dir.join("config"));
        let mut config = config.expect("git init writes a configuration");
        config
            .write_all(CONFIG.as_bytes())
            .expect("the folder can be written");
        let library = git2::Repository::open_bare(dir).expect("git init makes a repository");
        Self {
            dir: dir.to_owned(),
            library: Arc::new(Mutex::new(library)),
            known: Arc::default(),
        }
    }

    /// The standard output of a git command, or `None` when it fails.
    pub(crate) fn try_bytes(&self, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
        let mut command = plain_git();
        command.arg("--git-dir").arg(&self.dir).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let mut child = command.spawn().expect("git is installed");
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            // A command that needs no input may close it early.
            let _ = stdin.write_all(&input);
        });
        let done = child.wait_with_output().expect("git runs");
        writer.join().expect("the writer does not panic");
        done.status.success().then_some(done.stdout)
    }

    /// The standard output without surrounding space, or `None` when the command fails.
    pub(crate) fn try_run(&self, args: &[&str]) -> Option<String> {
        let out = self.try_bytes(args, b"")?;
        Some(String::from_utf8_lossy(&out).trim().to_owned())
    }

    /// Like [`Self::try_run`] for commands that cannot fail in a sound test.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.try_run(args)
            .unwrap_or_else(|| panic!("git {args:?} failed in {}", self.dir.display()))
    }

    /// Like [`Self::try_run`] for commands whose answer never changes, as those about objects that
    /// are named in full: asked once.
    pub(crate) fn try_fixed(&self, args: &[&str]) -> Option<String> {
        let key = args.join(" ");
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(said) = known().get(&key) {
            return Some(said.clone());
        }
        // Failures are not kept: what is missing may come.
        let said = self.try_run(args)?;
        known().insert(key, said.clone());
        Some(said)
    }

    /// Like [`Self::try_fixed`] for commands that cannot fail in a sound test.
    pub(crate) fn fixed(&self, args: &[&str]) -> String {
        self.try_fixed(args)
            .unwrap_or_else(|| panic!("git {args:?} failed in {}", self.dir.display()))
    }

    /// The commit a revision names.
    pub(crate) fn commit_of(&self, revision: &str) -> Option<String> {
        if revision.starts_with('-') {
            return None;
        }
        if let Some(commit) = self.loose(revision) {
            return Some(commit);
        }
        let library = self.library();
        let object = library.revparse_single(revision).ok()?;
        Some(object.peel_to_commit().ok()?.id().to_string())
    }

    fn library(&self) -> MutexGuard<'_, git2::Repository> {
        self.library.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file of a branch holds, which spares a process; packed references have none.
    fn loose(&self, reference: &str) -> Option<String> {
        let plain = reference.starts_with("refs/heads/") && !reference.contains("..");
        let text = std::fs::read_to_string(self.dir.join(plain.then_some(reference)?)).ok()?;
        let name = text.trim_end();
        is_name(name).then(|| name.to_owned())
    }

    /// The tip of a branch.
    pub(crate) fn branch(&self, name: &str) -> Option<String> {
        self.commit_of(&format!("refs/heads/{name}"))
    }

    /// The best common ancestor of two commits.
    pub(crate) fn merge_base(&self, a: &str, b: &str) -> Option<String> {
        let commit = |name| self.commit_of(name)?.parse().ok();
        let (a, b) = (commit(a)?, commit(b)?);
        Some(self.library().merge_base(a, b).ok()?.to_string())
    }

    /// The commits of `base..head`, oldest first; both are names of commits in full.
    pub(crate) fn between(&self, base: &str, head: &str) -> Vec<String> {
        let library = self.library();
        let walk = || {
            let mut walk = library.revwalk()?;
            walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE)?;
            walk.push(git2::Oid::from_str(head)?)?;
            walk.hide(git2::Oid::from_str(base)?)?;
            walk.map(|id| Ok(id?.to_string())).collect()
        };
        let list: Result<_, git2::Error> = walk();
        list.unwrap_or_else(|error| panic!("{base}..{head} in {}: {error}", self.dir.display()))
    }

    /// What a commit, named in full, says of itself.
    pub(crate) fn said(&self, commit: &str) -> Said {
        let library = self.library();
        let id = git2::Oid::from_str(commit);
        let commit = id
            .and_then(|id| library.find_commit(id))
            .unwrap_or_else(|error| panic!("{commit} in {}: {error}", self.dir.display()));
        let author = commit.author();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Said {
            tree: commit.tree_id().to_string(),
            parents: commit.parent_ids().map(|id| id.to_string()).collect(),
            name: text(author.name_bytes()),
            email: text(author.email_bytes()),
            time: author.when().seconds(),
            message: text(commit.message_bytes().trim_ascii()),
        }
    }

    /// Object name of a path in a commit.
    pub(crate) fn blob_at(&self, commit: &str, path: &str) -> Option<String> {
        self.try_run(&[
            "rev-parse",
            "--quiet",
            "--verify",
            &format!("{commit}:{path}"),
        ])
    }

    /// Adds a commit to a branch and returns its name. With no parent the commit is a root.
    pub(crate) fn commit(
        &self,
        branch: &str,
        parent: Option<&str>,
        author: &str,
        message: &str,
        edits: &[Edit],
    ) -> String {
        let mut stream = Vec::new();
        let when = chrono::Utc::now().timestamp();
        stream.extend(format!("commit refs/heads/{branch}\n").bytes());
        let person = format!("{author} <{author}@example.invalid> {when} +0000");
        stream.extend(format!("author {person}\ncommitter {person}\n").bytes());
        stream.extend(format!("data {}\n{message}\n", message.len()).bytes());
        if let Some(parent) = parent {
            stream.extend(format!("from {parent}\n").bytes());
        }
        for edit in edits {
            match edit {
                Edit::Write(path, content) => {
                    stream.extend(format!("M 100644 inline {}\n", quoted(path)).bytes());
                    stream.extend(format!("data {}\n", content.len()).bytes());
                    stream.extend(content);
                    stream.push(b'\n');
                }
                Edit::Delete(path) => stream.extend(format!("D {}\n", quoted(path)).bytes()),
                Edit::Rename(from, to) => {
                    stream.extend(format!("R {} {}\n", quoted(from), quoted(to)).bytes());
                }
            }
        }
        stream.extend(b"\ndone\n");
        self.try_bytes(&["fast-import", "--quiet", "--force", "--done"], &stream)
            .unwrap_or_else(|| panic!("git fast-import refused a commit on {branch}"));
        self.branch(branch).expect("the branch was just written")
    }

    pub(crate) fn set_ref(&self, name: &str, commit: &str) {
        self.run(&["update-ref", name, commit]);
    }

    /// Copies a commit and what it needs from another repository.
    pub(crate) fn fetch(&self, from: &Self, commit: &str) {
        let dir = from.dir.display().to_string();
        self.run(&[
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            &dir,
            commit,
        ]);
    }

    /// The merge of two commits, or `None` when they conflict.
    pub(crate) fn merge(&self, ours: &str, theirs: &str, message: &str) -> Option<String> {
        let tree = self.try_fixed(&["merge-tree", "--write-tree", ours, theirs])?;
        // The same commit as long as both sides are the same.
        Some(self.fixed(&[
            "commit-tree",
            &tree,
            "-p",
            ours,
            "-p",
            theirs,
            "-m",
            message,
        ]))
    }

    /// The commits of `base..head` replayed on `onto`; panics on a conflict.
    pub(crate) fn rebased(&self, base: &str, head: &str, onto: &str) -> String {
        let list = self.run(&[
            "rev-list",
            "--reverse",
            "--no-merges",
            &format!("{base}..{head}"),
        ]);
        let mut tip = onto.to_owned();
        for commit in list.lines() {
            let parent = self.run(&["rev-parse", &format!("{commit}^")]);
            let merge_base = format!("--merge-base={parent}");
            let tree = self.run(&["merge-tree", "--write-tree", &merge_base, &tip, commit]);
            let message = self.run(&["log", "-1", "--format=%B", commit]);
            tip = self.run(&["commit-tree", &tree, "-p", &tip, "-m", &message]);
        }
        tip
    }
}

/// Whether this is the name of an object in full.
fn is_name(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// git with nothing of the user's configuration and environment.
pub(crate) fn plain_git() -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_TERMINAL_PROMPT", "0");
    command.env("LC_ALL", "C");
    command
}

fn quoted(path: &str) -> String {
    let mut text = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            0x20..=0x7e => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}
