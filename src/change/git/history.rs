//! What a review record says of commits: people, trees, patch ids, and what a trunk took in.

use std::process::Stdio;

use super::command::git;
use super::error::Error;
use super::objects::{Objects, oid_of_hex};
use super::repository::Repository;
use crate::finding::RepoPath;

/// People and tree of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitFacts {
    /// `NAME <ADDRESS>`.
    pub author: String,
    /// The same.
    pub committer: String,
    /// Hex name of its tree.
    pub tree: String,
}

/// A commit that a branch took in: a merge, or one that was made on the branch itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Hex name.
    pub commit: String,
    /// Hex names of its parents, the branch's own first.
    pub parents: Vec<String>,
    /// Hex name of its tree.
    pub tree: String,
    /// First line of its message.
    pub subject: String,
}

/// The facts in a commit object (gitformat: headers, an empty line, the message).
fn facts_of(object: &[u8]) -> Option<CommitFacts> {
    let end = memchr::memmem::find(object, b"\n\n").unwrap_or(object.len());
    let header = String::from_utf8_lossy(object.get(..end)?);
    let field = |name: &str| {
        let mut lines = header.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
    };
    // `NAME <ADDRESS> SECONDS ZONE`
    let person = |line: &str| {
        let end = line.rfind('>').map_or(line.len(), |at| at + 1);
        line.get(..end).unwrap_or_default().to_owned()
    };
    Some(CommitFacts {
        author: person(field("author")?),
        committer: person(field("committer")?),
        tree: field("tree")?.to_owned(),
    })
}

/// Most commits whose trailers are read: a change is smaller, a first import is no review.
const TRAILED: usize = 1_000;

/// Between fields of git's answers; no name and no subject holds it.
const FIELD: char = '\u{1f}';

impl Repository {
    /// Author, committer and tree of a commit.
    ///
    /// # Errors
    /// There is no such commit.
    pub fn commit_facts(&self, commit: &str) -> Result<CommitFacts, Error> {
        if let Some(facts) = self.plain.as_ref().and_then(|plain| plain.facts(commit)) {
            return Ok(facts);
        }
        // Not `git show`: it compares a first commit with nothing before it leaves the comparison out, and a
        // few small trees within each other can name more paths than a machine has memory for.
        let object = self.run(&["cat-file", "commit", commit])?;
        facts_of(&object).ok_or_else(|| {
            self.unexpected(
                "cat-file",
                format!("`{commit}` is no commit as git makes them"),
            )
        })
    }

    /// How many paths a commit names, folders included; some number above `most` where they are more. `None`
    /// where its objects cannot be read in this process.
    pub fn paths_of(&self, commit: &str, most: u64) -> Option<u64> {
        let commit = oid_of_hex(commit.as_bytes())?;
        self.with_objects(|objects| objects.paths(commit, most))
    }

    /// Bytes of all files that differ between two commits, on both sides; some number above `most` where they
    /// are more. `None` where objects cannot be read in this process.
    pub fn differing_bytes(&self, base: &str, head: &str, most: u64) -> Option<u64> {
        let (base, head) = (oid_of_hex(base.as_bytes())?, oid_of_hex(head.as_bytes())?);
        self.with_objects(|objects| objects.differing_bytes(base, head, most))
    }

    /// Asks the objects, also where contents are left to git.
    fn with_objects<T>(&self, ask: impl FnOnce(&Objects) -> Option<T>) -> Option<T> {
        match self.blobs.objects() {
            Some(objects) => ask(objects),
            None if self.is_sha256() => None,
            None => ask(&Objects::open(&self.git_dir().join("objects"))?),
        }
    }

    /// Trailers (`Reviewed-by: NAME <ADDRESS>`) of the messages of the commits after `base` up to `head`,
    /// of `head` alone without a base: name and value, newest commit first, each once.
    ///
    /// # Errors
    /// A revision does not exist.
    pub fn trailers(&self, base: Option<&str>, head: &str) -> Result<Vec<(String, String)>, Error> {
        let range = match base {
            Some(base) => format!("{base}..{head}"),
            None => head.to_owned(),
        };
        let most = if base.is_some() { TRAILED } else { 1 };
        let most = format!("--max-count={most}");
        let format = "--format=%(trailers:only,unfold)";
        let arguments = ["log", "--no-show-signature", &most, format, &range, "--"];
        let answer = self.run(&arguments)?;
        let mut trailers: Vec<(String, String)> = Vec::new();
        for line in String::from_utf8_lossy(&answer).lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let trailer = (name.trim().to_owned(), value.trim().to_owned());
            if !trailer.1.is_empty() && !trailers.contains(&trailer) {
                trailers.push(trailer);
            }
        }
        Ok(trailers)
    }

    /// Everybody who had a hand in the commits after `base` up to `head`, in `head` alone without a base: authors,
    /// committers, `Co-authored-by`, as `NAME <ADDRESS>`; newest commit first, each once.
    ///
    /// # Errors
    /// A revision does not exist.
    pub fn makers(&self, base: Option<&str>, head: &str) -> Result<Vec<String>, Error> {
        let plain = self.plain.as_ref();
        if let Some(makers) = plain.and_then(|plain| plain.makers(base, head)) {
            return Ok(makers);
        }
        let format = "--format=%an <%ae>%n%cn <%ce>%n\
                      %(trailers:key=Co-authored-by,valueonly,unfold)";
        let range = match base {
            Some(base) => format!("{base}..{head}"),
            None => head.to_owned(),
        };
        let mut arguments = vec!["log", "--no-show-signature", format, &range, "--"];
        if base.is_none() {
            arguments.insert(1, "--max-count=1");
        }
        let answer = self.run(&arguments)?;
        let mut makers: Vec<String> = Vec::new();
        for line in String::from_utf8_lossy(&answer).lines() {
            let name = line.trim();
            if !name.is_empty() && !makers.iter().any(|known| known == name) {
                makers.push(name.to_owned());
            }
        }
        Ok(makers)
    }

    /// The branch that is checked out; `None` where `HEAD` names a commit.
    ///
    /// # Errors
    /// Git fails.
    pub fn branch(&self) -> Result<Option<String>, Error> {
        let answer = super::command::run(&self.start, ["symbolic-ref", "--short", "-q", "HEAD"])?;
        // git-symbolic-ref(1): 1 = not a symbolic name.
        if answer.code == Some(1) && answer.message.is_empty() {
            return Ok(None);
        }
        let name = answer.success("symbolic-ref", self.place())?;
        let name = String::from_utf8_lossy(&name).trim().to_owned();
        Ok((!name.is_empty()).then_some(name))
    }

    /// Address of the remote `origin`, without user and password; `None` where there is none.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn address(&self) -> Result<Option<String>, Error> {
        let address = self.config("remote.origin.url")?;
        Ok(address.as_deref().map(without_credentials))
    }

    /// `git patch-id --stable` of the difference between two commits: the same after a rebase. `None`
    /// where nothing differs.
    ///
    /// # Errors
    /// Git fails.
    pub fn patch_id(&self, base: &str, head: &str) -> Result<Option<String>, Error> {
        let missing = |source| Error::GitMissing { source };
        let mut diff = git(&self.start)
            .args(["diff", "--no-ext-diff", "--no-textconv", base, head, "--"])
            .stderr(Stdio::null())
            .spawn()
            .map_err(missing)?;
        let input = diff.stdout.take().map_or_else(Stdio::null, Stdio::from);
        let output = git(&self.start)
            .args(["patch-id", "--stable"])
            .stdin(input)
            .output()
            .map_err(missing)?;
        let status = diff.wait().map_err(missing)?;
        if !status.success() || !output.status.success() {
            return Err(self.unexpected("patch-id", "the difference could not be read".to_owned()));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.split_whitespace().next().map(str::to_owned))
    }

    /// The newest tag on the way to a commit that is no tag of the commit itself; `None` where there is none.
    ///
    /// # Errors
    /// There is no such commit.
    pub fn tag_before(&self, commit: &str) -> Result<Option<String>, Error> {
        let parents = self.run(&["log", "--max-count=1", "--format=%P", commit, "--"])?;
        let parents = String::from_utf8_lossy(&parents);
        let Some(parent) = parents.split_whitespace().next() else {
            return Ok(None);
        };
        // `git describe` fails alike where there is no tag and where something is wrong.
        let merged = format!("--merged={parent}");
        if self
            .run(&["for-each-ref", "--count=1", &merged, "refs/tags"])?
            .is_empty()
        {
            return Ok(None);
        }
        let answer = self.run(&["describe", "--tags", "--abbrev=0", parent])?;
        let name = String::from_utf8_lossy(&answer).trim().to_owned();
        Ok((!name.is_empty()).then_some(name))
    }

    /// The authors of all commits, `NAME <ADDRESS>`, sorted, each once.
    ///
    /// # Errors
    /// The history cannot be read.
    pub fn authors(&self) -> Result<Vec<String>, Error> {
        let answer = self.run(&["log", "--all", "--no-show-signature", "--format=%an <%ae>"])?;
        let text = String::from_utf8_lossy(&answer);
        let mut authors: Vec<String> = text.lines().map(str::to_owned).collect();
        authors.sort();
        authors.dedup();
        Ok(authors)
    }

    /// Paths that one commit has and a later one has not; renamed files among them.
    ///
    /// # Errors
    /// A revision does not exist.
    pub fn deleted_between(&self, from: &str, to: &str) -> Result<Vec<RepoPath>, Error> {
        let plain = self.plain.as_ref();
        if let Some(names) = plain.and_then(|plain| plain.differing(from, to)) {
            let gone = names.into_iter().filter(|(_, is_gone)| *is_gone);
            return Ok(gone.map(|(path, _)| path).collect());
        }
        let arguments = [
            "diff",
            "--name-only",
            "--no-renames",
            "--diff-filter=D",
            "-z",
            from,
            to,
            "--",
        ];
        let answer = self.run(&arguments)?;
        let names = answer.split(|byte| *byte == 0);
        Ok(names
            .filter(|name| !name.is_empty())
            .map(RepoPath::new)
            .collect())
    }

    /// What a branch took in after `from` (or since its beginning), up to `to`, oldest first: its own line of
    /// commits, merges among them, not what came with the merges.
    ///
    /// # Errors
    /// A revision does not exist; the history is shallow, so that commits would be missed.
    pub fn taken_in(&self, from: Option<&str>, to: &str) -> Result<Vec<Taken>, Error> {
        self.listed(from, to, &["--first-parent", "--reverse"])
    }

    /// All commits after `from` (or since the beginning), up to `to`, with all that came with merges: a commit
    /// stands before its parents. Of `bases` those on the way to `from` are listed too, with what lies
    /// between.
    ///
    /// # Errors
    /// As [`Self::taken_in`].
    pub fn commits(
        &self,
        from: Option<&str>,
        to: &str,
        bases: &[&str],
    ) -> Result<Vec<Taken>, Error> {
        let order = ["--topo-order"];
        let Some(from) = from else {
            return self.listed(None, to, &order);
        };
        let mut before = Vec::new();
        for base in bases {
            let arguments = ["merge-base", "--is-ancestor", base, from];
            // Another code is one that git does not have, or an error; neither is on the way.
            if super::command::run(&self.start, arguments)?.code == Some(0) {
                before.push(*base);
            }
        }
        if before.is_empty() {
            return self.listed(Some(from), to, &order);
        }
        let mut arguments = vec!["merge-base", "--octopus", from];
        arguments.extend(&before);
        let answer = super::command::run(&self.start, &arguments)?;
        if answer.code == Some(1) {
            return self.listed(None, to, &order);
        }
        let shared = answer.success("merge-base", self.place())?;
        let shared = String::from_utf8_lossy(&shared).trim().to_owned();
        // What all of them descend from is listed itself, so that it can be found there.
        let without = format!("{shared}^@");
        self.listed(
            None,
            to,
            &[&order[..], &["--not", &without, "--not"]].concat(),
        )
    }

    fn listed(&self, from: Option<&str>, to: &str, options: &[&str]) -> Result<Vec<Taken>, Error> {
        if self.is_shallow() {
            return Err(Error::Shallow {
                repository: self.git_dir().to_path_buf(),
            });
        }
        let format = format!("--format=%H{FIELD}%P{FIELD}%T{FIELD}%s");
        let range = match from {
            Some(from) => format!("{from}..{to}"),
            None => to.to_owned(),
        };
        let mut arguments = vec!["log", "--no-show-signature", &format];
        arguments.extend(options);
        arguments.extend([range.as_str(), "--"]);
        let answer = self.run(&arguments)?;
        let mut taken = Vec::new();
        for line in String::from_utf8_lossy(&answer).lines() {
            let fields: Vec<&str> = line.splitn(4, FIELD).collect();
            let [commit, parents, tree, subject] = fields.as_slice() else {
                return Err(self.unexpected("log", format!("`{line}` is not understood")));
            };
            taken.push(Taken {
                commit: (*commit).to_owned(),
                parents: parents.split_whitespace().map(str::to_owned).collect(),
                tree: (*tree).to_owned(),
                subject: (*subject).to_owned(),
            });
        }
        Ok(taken)
    }
}

/// `https://user:secret@host/x` → `https://host/x`. An address of ssh (`git@host:x`) has no secret.
fn without_credentials(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = place.rsplit('@').next().unwrap_or(place);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn an_address_keeps_no_secret() {
        for (given, kept) in [
            (
                "https://bob:t0ken@git.example/pump.git",
                "https://git.example/pump.git",
            ),
            (
                "https://t0ken@git.example:8443/a@b",
                "https://git.example:8443/a@b",
            ),
            ("git@git.example:pump.git", "git@git.example:pump.git"),
            ("../pump", "../pump"),
            ("https://git.example", "https://git.example"),
        ] {
            assert_eq!(without_credentials(given), kept);
        }
    }
}
