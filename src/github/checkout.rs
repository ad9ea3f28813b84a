//! The local checkout: which commits it has, one more commit from the remote, the diff GitHub shows.
//!
//! Everything else about git is in `change::git`, which only reads; fetching a commit writes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::anchor::Anchors;
use super::event::Addresses;
use super::marker::is_hex;
use super::secret::Token;

/// What git could not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckoutError {
    /// git cannot be started.
    #[error("git cannot be started: {message}")]
    GitMissing {
        /// What the system said.
        message: String,
    },
    /// git ran and failed.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// Its subcommand.
        command: &'static str,
        /// git's words, without secrets.
        message: String,
    },
    /// A name that is no full hex object name.
    #[error("`{name}` is no commit")]
    NotACommit {
        /// As given.
        name: String,
    },
}

/// A checkout in a folder.
#[derive(Debug, Clone)]
pub struct Checkout {
    folder: PathBuf,
}

impl Checkout {
    /// The checkout around a folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn git(&self) -> Command {
        let mut command = Command::new(crate::change::git::program());
        command
            .current_dir(&self.folder)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .stdin(Stdio::null());
        command
    }

    fn run(
        command: &mut Command,
        name: &'static str,
        token: Option<&Token>,
    ) -> Result<Vec<u8>, CheckoutError> {
        let output = command
            .output()
            .map_err(|error| CheckoutError::GitMissing {
                message: error.to_string(),
            })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let message = String::from_utf8_lossy(&output.stderr);
        let message: Vec<&str> = message.lines().take(3).map(str::trim).collect();
        let message = message.join("; ");
        Err(CheckoutError::Failed {
            command: name,
            message: match token {
                Some(token) => token.redact(&message),
                None => super::secret::redact(&message),
            },
        })
    }

    /// Whether the commit and its tree are here.
    pub fn has_commit(&self, name: &str) -> bool {
        is_hex(name)
            && Self::run(
                self.git()
                    .args(["cat-file", "-e", &format!("{name}^{{tree}}")]),
                "cat-file",
                None,
            )
            .is_ok()
    }

    /// The full name of what a revision names; `None` if it names no commit here.
    pub fn resolve(&self, revision: &str) -> Option<String> {
        let name = format!("{revision}^{{commit}}");
        let output = Self::run(
            self.git().args([
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &name,
            ]),
            "rev-parse",
            None,
        );
        let text = String::from_utf8(output.ok()?).ok()?;
        let text = text.trim();
        (text.len() >= 40 && is_hex(text)).then(|| text.to_owned())
    }

    /// The best common ancestor of two commits, as far as the history here shows one.
    pub fn merge_base(&self, one: &str, other: &str) -> Option<String> {
        let output = Self::run(
            self.git().args(["merge-base", one, other]),
            "merge-base",
            None,
        );
        let text = String::from_utf8(output.ok()?).ok()?;
        let text = text.lines().next()?.trim();
        is_hex(text).then(|| text.to_owned())
    }

    /// Fetches one commit, without its history if `alone`: that cuts the history of the checkout off
    /// there, and is for one that is cut off already. First with what the checkout is configured for,
    /// then with the token: two authorizations at once GitHub refuses.
    ///
    /// # Errors
    /// The remote does not have it or does not give it.
    pub fn fetch(
        &self,
        commit: &str,
        addresses: &Addresses,
        token: Option<&Token>,
        alone: bool,
    ) -> Result<(), CheckoutError> {
        if commit.len() < 40 || !is_hex(commit) {
            return Err(CheckoutError::NotACommit {
                name: commit.to_owned(),
            });
        }
        let fetch = |with: Option<&Token>| {
            let mut command = self.git();
            command.args([
                "-c",
                "core.hooksPath=/dev/null",
                // A remote that falls silent: less than 1,000 bytes a second for half a minute.
                "-c",
                "http.lowSpeedLimit=1000",
                "-c",
                "http.lowSpeedTime=30",
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-recurse-submodules",
                "--no-write-fetch-head",
            ]);
            if alone {
                command.arg("--depth=1");
            }
            command.args(["origin", commit]);
            if let Some(token) = with {
                let inherited = std::env::var("GIT_CONFIG_COUNT").ok();
                command.envs(credentials(inherited.as_deref(), &addresses.server, token));
            }
            Self::run(&mut command, "fetch", token).map(|_| ())
        };
        match (fetch(None), token) {
            (Err(CheckoutError::Failed { .. }), Some(token)) => fetch(Some(token)),
            (result, _) => result,
        }
    }

    /// The lines of the head that GitHub shows for the change from `base` to `head`: git's diff with
    /// renames and three lines of context, which GitHub makes as well.
    ///
    /// # Errors
    /// git failed.
    pub fn anchors(&self, base: &str, head: &str) -> Result<Anchors, CheckoutError> {
        let output = Self::run(
            self.git().args([
                "-c",
                "core.quotePath=true",
                "-c",
                "diff.suppressBlankEmpty=false",
                "diff",
                "--no-color",
                "--no-ext-diff",
                "--no-textconv",
                "--diff-algorithm=myers",
                "--indent-heuristic",
                "--find-renames",
                "--unified=3",
                "--inter-hunk-context=0",
                "--src-prefix=a/",
                "--dst-prefix=b/",
                base,
                head,
                "--",
            ]),
            "diff",
            None,
        )?;
        Ok(anchors_of(&output))
    }
}

/// The variables that give git a token for a server, beside the settings it takes from its environment already.
/// Not an argument: those are visible to every process of the machine.
pub(crate) fn credentials(
    inherited: Option<&str>,
    server: &str,
    token: &Token,
) -> Vec<(String, String)> {
    one_more_setting(
        inherited,
        &format!("http.{server}/.extraheader"),
        &format!("AUTHORIZATION: basic {}", token.basic()),
    )
}

/// The variables that add a setting to those git already takes from its environment (git-config(1),
/// `GIT_CONFIG_COUNT`): somebody may have given `safe.directory` there. A count that git would refuse
/// stays as it is, so that git says so.
fn one_more_setting(inherited: Option<&str>, key: &str, value: &str) -> Vec<(String, String)> {
    let count = inherited.unwrap_or_default().trim();
    let number: u32 = match (count.is_empty(), count.parse()) {
        (true, _) => 0,
        (false, Ok(number)) => number,
        (false, Err(_)) => return Vec::new(),
    };
    vec![
        (
            "GIT_CONFIG_COUNT".to_owned(),
            (u64::from(number) + 1).to_string(),
        ),
        (format!("GIT_CONFIG_KEY_{number}"), key.to_owned()),
        (format!("GIT_CONFIG_VALUE_{number}"), value.to_owned()),
    ]
}

/// Splits a diff of many files and takes the hunks of each.
pub fn anchors_of(diff: &[u8]) -> Anchors {
    let mut anchors = Anchors::default();
    let mut file: Option<OpenFile> = None;
    // Lines of the hunk that are still to come, so that a removed line `diff --git` is no header.
    let (mut base_left, mut head_left) = (0_u32, 0_u32);
    for line in diff.split_inclusive(|byte| *byte == b'\n') {
        let in_hunk = base_left > 0 || head_left > 0;
        if !in_hunk && line.starts_with(b"diff --git ") {
            if let Some(done) = file.replace(OpenFile::new(line)) {
                done.finish(&mut anchors);
            }
            continue;
        }
        let Some(open) = &mut file else {
            continue;
        };
        if in_hunk {
            match line.first() {
                Some(b'+') => head_left = head_left.saturating_sub(1),
                Some(b'-') => base_left = base_left.saturating_sub(1),
                Some(b'\\') => {}
                _ => {
                    base_left = base_left.saturating_sub(1);
                    head_left = head_left.saturating_sub(1);
                }
            }
            open.hunks.extend_from_slice(line);
        } else if let Some(counts) = line.strip_prefix(b"@@ -").and_then(hunk_counts) {
            (base_left, head_left) = counts;
            open.hunks.extend_from_slice(line);
        } else if line.starts_with(b"\\") {
            open.hunks.extend_from_slice(line);
        } else {
            open.header(line);
        }
    }
    if let Some(done) = file {
        done.finish(&mut anchors);
    }
    anchors
}

/// `B[,N] +H[,M] @@` → N and M.
fn hunk_counts(text: &[u8]) -> Option<(u32, u32)> {
    let text = String::from_utf8_lossy(text);
    let mut words = text.split(' ');
    let count = |word: &str| match word.split_once(',') {
        Some((_, count)) => count.parse().ok(),
        None => Some(1),
    };
    let base = count(words.next()?)?;
    let head = count(words.next()?.strip_prefix('+')?)?;
    Some((base, head))
}

/// One file of a diff.
struct OpenFile {
    path: Option<String>,
    is_deleted: bool,
    hunks: Vec<u8>,
}

impl OpenFile {
    /// From `diff --git a/PATH b/PATH`. Only without a rename the path can be told from it, and it
    /// is needed only where no `+++` follows.
    fn new(line: &[u8]) -> Self {
        let rest = line.get(b"diff --git ".len()..).unwrap_or_default();
        let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
        let half = rest.len().saturating_sub(1) / 2;
        let path = rest
            .get(half + 1..)
            .and_then(|name| name_of(name, b"b/"))
            .filter(|name| {
                rest.get(..half)
                    .and_then(|old| name_of(old, b"a/"))
                    .as_ref()
                    == Some(name)
            });
        Self {
            path,
            is_deleted: false,
            hunks: Vec::new(),
        }
    }

    fn header(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if line.starts_with(b"deleted file mode") || line == b"+++ /dev/null" {
            self.is_deleted = true;
        } else if let Some(name) = line.strip_prefix(b"+++ ") {
            // A name with a blank has a tab behind it.
            self.path = name_of(name.strip_suffix(b"\t").unwrap_or(name), b"b/");
        } else if let Some(name) = line.strip_prefix(b"rename to ") {
            self.path = name_of(name, b"");
        }
    }

    fn finish(self, anchors: &mut Anchors) {
        if self.is_deleted {
            return;
        }
        if let Some(path) = self.path {
            anchors.add_text(&path, &self.hunks);
        }
    }
}

/// The path behind a prefix, git's quoting undone; `None` where it is not UTF-8.
fn name_of(name: &[u8], prefix: &[u8]) -> Option<String> {
    let bytes = match name
        .strip_prefix(b"\"")
        .and_then(|name| name.strip_suffix(b"\""))
    {
        Some(quoted) => unquoted(quoted)?,
        None => name.to_vec(),
    };
    String::from_utf8(bytes.strip_prefix(prefix)?.to_vec()).ok()
}

/// Undoes git's C-style quoting (git-config(1), core.quotePath).
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let escaped = match rest.next()? {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            first @ b'0'..=b'3' => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    let digit = rest.next().filter(|digit| (b'0'..=b'7').contains(digit))?;
                    value = value * 8 + u32::from(digit - b'0');
                }
                u8::try_from(value).ok()?
            }
            other => other,
        };
        out.push(escaped);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_of_many_files_is_taken_apart() {
        let diff = b"diff --git a/a.c b/a.c\nindex 1..2 100644\n--- a/a.c\n+++ b/a.c\n\
            @@ -1,2 +1,3 @@\n x\n+diff --git a/evil.c b/evil.c\n y\n\
            @@ -10 +11 @@ int f(void)\n--- a/b\n+++ b/c\n\
            diff --git a/old.c b/new dir/n.c\nsimilarity index 90%\nrename from old.c\nrename to new dir/n.c\n\
            --- a/old.c\n+++ b/new dir/n.c\t\n@@ -3,0 +4,2 @@\n+a\n+b\n\\ No newline at end of file\n\
            diff --git a/gone.c b/gone.c\ndeleted file mode 100644\n--- a/gone.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
            diff --git \"a/\\303\\251.c\" \"b/\\303\\251.c\"\n--- \"a/\\303\\251.c\"\n+++ \"b/\\303\\251.c\"\n@@ -1 +1 @@\n-x\n+y\n\
            diff --git a/i.png b/i.png\nindex 1..2\nBinary files a/i.png and b/i.png differ\n";
        let anchors = anchors_of(diff);
        let line = |path: &str, line| anchors.place(path, line, line).map(|anchor| anchor.line);
        assert_eq!(line("a.c", 3), Some(3));
        assert_eq!(line("a.c", 11), Some(11));
        assert_eq!(line("a.c", 12), None);
        assert!(!anchors.has_file("evil.c"));
        assert_eq!(line("new dir/n.c", 5), Some(5));
        assert!(!anchors.has_file("gone.c"));
        assert_eq!(line("\u{e9}.c", 1), Some(1));
        assert!(anchors.has_file("i.png"));
    }

    #[test]
    fn a_token_reaches_git_in_its_environment() {
        let token = Token::new("s3cret").unwrap();
        let variables = credentials(None, "https://github.com", &token);
        let lines: Vec<String> = variables
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            lines,
            [
                "GIT_CONFIG_COUNT=1",
                "GIT_CONFIG_KEY_0=http.https://github.com/.extraheader",
                "GIT_CONFIG_VALUE_0=AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46czNjcmV0",
            ]
        );
    }

    #[test]
    fn a_setting_stands_behind_the_inherited_ones() {
        let variables = |inherited| {
            let variables = one_more_setting(inherited, "a.b", "c");
            variables
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
        };
        let first = [
            "GIT_CONFIG_COUNT=1",
            "GIT_CONFIG_KEY_0=a.b",
            "GIT_CONFIG_VALUE_0=c",
        ];
        assert_eq!(variables(None), first);
        assert_eq!(variables(Some("")), first);
        assert_eq!(variables(Some("0")), first);
        assert_eq!(
            variables(Some("2")),
            [
                "GIT_CONFIG_COUNT=3",
                "GIT_CONFIG_KEY_2=a.b",
                "GIT_CONFIG_VALUE_2=c",
            ]
        );
        assert_eq!(variables(Some("two")), [""; 0]);
        assert_eq!(variables(Some("-1")), [""; 0]);
    }

    #[test]
    fn what_is_no_commit_is_not_fetched() {
        let checkout = Checkout::new(Path::new("."));
        let addresses = super::super::event::addresses(&Default::default());
        for name in ["--upload-pack=x", "main", "", "abc"] {
            assert!(matches!(
                checkout.fetch(name, &addresses, None, true),
                Err(CheckoutError::NotACommit { .. })
            ));
        }
    }
}
