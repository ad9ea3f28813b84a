//! Which rules there are: the built-in ones, and those of the user.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use crate::change::git::{self, ReadError, Repository};
use crate::finding::RepoPath;
use crate::flow;
use crate::matching::{self, ActiveRule, BundleError, Compiler};
use crate::rules::RuleInfo;
use crate::rules::{self, RuleError, RuleLanguage, Search, Text};
use crate::syntax::Language;
pub(super) use crate::triage::hex;

/// Largest rule file that is read from a repository, in bytes.
const RULE_FILE_MAX: u64 = 4 * 1024 * 1024;

/// The built-in rules, compiled by the build script.
pub(super) static BUNDLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));

/// Hex SHA-256 of the bundle, computed by the build script.
static BUNDLE_DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.sha256"));

/// Checksum (CRC-32, IEEE 802.3) of the part of the bundle that decides what is found, little-endian, computed by the
/// build script. It finds damage at every start at the cost of a tenth of a millisecond; the digest over all of it,
/// which `selftest` compares, would take ten times that.
static BUNDLE_CHECKSUM: &[u8; 4] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.crc32"));

/// The rule files of the built-in rules as they are, for `rules export`.
pub(super) static SOURCES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sources.bin"));

/// Rules and what is worth knowing about where they came from.
#[derive(Debug, Default)]
pub struct Ruleset {
    /// The rules.
    pub rules: Vec<ActiveRule>,
    /// Rules left out because they are for languages scrubin does not have: id and languages.
    pub foreign: Vec<(String, Vec<String>)>,
    /// Hex SHA-256 over all of them.
    pub digest: String,
}

/// Rules that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RulesetError {
    /// A rule file or folder that does not exist.
    #[error("no rule file or folder `{}`", .0.display())]
    Missing(PathBuf),
    /// A file that cannot be read.
    #[error("rule file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of a commit, or of the index, that cannot be read.
    #[error("rule file `{path}` cannot be read from the repository")]
    Unread {
        /// The file.
        path: RepoPath,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// A file of a commit, or of the index, that is no text.
    #[error("rule file `{path}` is not UTF-8")]
    Encoding {
        /// The file.
        path: RepoPath,
    },
    /// The files of a commit, or of the index, cannot be listed.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// A folder without any rule file.
    #[error("no rule file (*.yaml, *.yml) in `{}`", .0.display())]
    Empty(PathBuf),
    /// A file that is no rule, or holds something scrubin does not support.
    #[error("{0}")]
    Rule(Box<RuleError>),
    /// Two rules with one id.
    #[error("rule `{id}` is defined twice; the second time in `{}`", path.display())]
    Twice {
        /// The id.
        id: String,
        /// The second file.
        path: PathBuf,
    },
    /// The program file itself is damaged.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

/// The built-in rules. Only their heads are decoded here, once in a process: one that makes many reviews decodes
/// no program and compiles no regular expression of theirs twice.
///
/// # Errors
/// The program file is damaged.
pub fn builtin() -> Result<Ruleset, RulesetError> {
    static READ: OnceLock<Vec<ActiveRule>> = OnceLock::new();
    let rules = match READ.get() {
        Some(rules) => rules,
        None => {
            let read = read(BUNDLE)?;
            READ.get_or_init(|| read)
        }
    };
    Ok(Ruleset {
        rules: rules.clone(),
        foreign: Vec::new(),
        digest: BUNDLE_DIGEST.to_owned(),
    })
}

/// Digest of the built-in rules.
pub(super) fn builtin_digest() -> &'static str {
    BUNDLE_DIGEST
}

/// Reads a bundle if it is the one that the build script wrote.
pub(super) fn read(bytes: &'static [u8]) -> Result<Vec<ActiveRule>, BundleError> {
    if crc32fast::hash(matching::deciding_part(bytes)?) != u32::from_le_bytes(*BUNDLE_CHECKSUM) {
        let damage = "their bytes are not those of the build; install it anew";
        return Err(BundleError::Decode(damage.to_owned()));
    }
    matching::read_bundle(bytes)
}

/// The files of the built-in rules: path below the repository root, text.
///
/// # Errors
/// The program file is damaged.
pub fn builtin_sources() -> Result<Vec<(String, String)>, RulesetError> {
    postcard::from_bytes(SOURCES)
        .map_err(|error| RulesetError::Bundle(BundleError::Decode(error.to_string())))
}

impl Ruleset {
    /// What people are told about the rules of the set and about those that are code (of deviations and
    /// of the change as a whole), by code.
    pub fn told(&self) -> Vec<RuleInfo> {
        let mut told: Vec<RuleInfo> = self
            .rules
            .iter()
            .filter_map(|rule| rule.info())
            .map(|info| info.as_ref().clone())
            .collect();
        told.extend(crate::triage::rules());
        told.extend(super::change_rules());
        told.sort_by(|a, b| a.id.cmp(&b.id));
        told
    }

    /// Adds the rules of files and folders (searched for `*.yaml` and `*.yml`, sorted). `as_builtin`
    /// asks of them all that built-in rules must have.
    ///
    /// # Errors
    /// A path that does not exist, a file that is no rule, an id that is taken.
    pub fn add(&mut self, paths: &[PathBuf], as_builtin: bool) -> Result<(), RulesetError> {
        self.add_texts(&rule_texts(paths)?, as_builtin)
    }

    /// Adds the rules of texts that were read elsewhere: name for messages, text.
    ///
    /// # Errors
    /// A text that is no rule, an id that is taken.
    pub fn add_texts(
        &mut self,
        texts: &[(String, String)],
        as_builtin: bool,
    ) -> Result<(), RulesetError> {
        // Without further rules it is the same set, and has the same digest.
        if texts.is_empty() {
            return Ok(());
        }
        let mut hasher = Sha256::new();
        hasher.update(self.digest.as_bytes());
        let mut compiler = Compiler::default();
        for (name, source) in texts {
            hasher.update(source.as_bytes());
            self.add_text(name, source, as_builtin, &mut compiler)?;
        }
        self.digest = hex(&hasher.finalize());
        Ok(())
    }

    fn add_text(
        &mut self,
        name: &str,
        source: &str,
        as_builtin: bool,
        compiler: &mut Compiler,
    ) -> Result<(), RulesetError> {
        let loaded =
            rules::load(name, source, as_builtin).map_err(|e| RulesetError::Rule(Box::new(e)))?;
        self.foreign.extend(loaded.foreign);
        for rule in loaded.rules {
            if self
                .rules
                .iter()
                .any(|known| known.head().id == rule.info.id)
            {
                let id = rule.info.id.to_string();
                return Err(RulesetError::Twice {
                    id,
                    path: PathBuf::from(name),
                });
            }
            if let Search::Analysis(named) = &rule.search {
                check_analysis(name, source, named, &rule.info.languages)
                    .map_err(|error| RulesetError::Rule(Box::new(error)))?;
            }
            let program = matching::compile(compiler, &rule).map_err(|error| {
                let error = RuleError::new(name, source, error.at, error.message).with_help(
                    "docs/semgrep.md says what patterns may hold; `scrubin rules test` checks a file",
                );
                RulesetError::Rule(Box::new(error))
            })?;
            self.rules.push(ActiveRule::new(rule.info, program));
        }
        Ok(())
    }

    /// The rule of that code, slug or former slug.
    pub fn find(&self, name: &str) -> Option<&ActiveRule> {
        self.rules
            .iter()
            .find(|rule| rule.head().id.as_str() == name)
            .or_else(|| self.rules.iter().find(|rule| rule.is_called(name)))
    }
}

/// Refuses an analysis that nobody knows, or that does not read a language of the rule. It stands
/// here because rules are read without knowledge of what analyses there are.
fn check_analysis(
    file: &str,
    source: &str,
    named: &Text,
    languages: &[RuleLanguage],
) -> Result<(), RuleError> {
    let error = |message: String| RuleError::new(file, source, named.at, message);
    let Some(analysis) = flow::find_analysis(&named.text) else {
        let names: Vec<&str> = flow::ANALYSES.iter().map(|one| one.name).collect();
        let nearest = crate::config::nearest(&named.text, names.iter().copied());
        let help = match nearest {
            Some(name) => format!("did you mean `{name}`? docs/analysis.md lists them all"),
            None => format!("there are {}", names.join(", ")),
        };
        return Err(error(format!("no analysis is called `{}`", named.text)).with_help(help));
    };
    let reads = |language: RuleLanguage| {
        analysis.languages.iter().any(|one| match one {
            Language::C => language == RuleLanguage::C,
            Language::Rust => language == RuleLanguage::Rust,
        })
    };
    match languages.iter().find(|&&language| !reads(language)) {
        Some(language) => Err(error(format!(
            "analysis `{}` does not read {}",
            named.text,
            language.as_str()
        ))),
        None => Ok(()),
    }
}

/// Name and text of every rule file that the paths stand for.
///
/// # Errors
/// A path that does not exist or cannot be read.
pub fn rule_texts(paths: &[PathBuf]) -> Result<Vec<(String, String)>, RulesetError> {
    let mut texts = Vec::new();
    for path in paths {
        for file in rule_files(path)? {
            let text =
                std::fs::read_to_string(&file).map_err(|source| RulesetError::Unreadable {
                    path: file.clone(),
                    source,
                })?;
            texts.push((file.display().to_string(), text));
        }
    }
    Ok(texts)
}

/// Name and text of the rule files that a path stands for in the commit `head`, or in the index: the
/// file itself, or those of the folder. Links and submodules are none.
///
/// # Errors
/// The commit or the index cannot be read; a file that is too large or no text.
pub fn tracked_rule_texts(
    repository: &Repository,
    head: Option<&str>,
    path: &RepoPath,
) -> Result<Vec<(String, String)>, RulesetError> {
    let reader = repository.reader(RULE_FILE_MAX);
    let mut texts = Vec::new();
    for (file, content) in repository.texts_under(head, path)? {
        if !is_rule_below(&file, path) {
            continue;
        }
        let bytes = reader
            .read(&content)
            .map_err(|source| RulesetError::Unread {
                path: file.clone(),
                source,
            })?;
        let name = file.to_string();
        let text = String::from_utf8(bytes).map_err(|_| RulesetError::Encoding { path: file })?;
        texts.push((name, text));
    }
    Ok(texts)
}

/// Whether a file is a rule where a path stands for rules: the file itself always, one below it by
/// its name.
pub fn is_rule_below(file: &RepoPath, path: &RepoPath) -> bool {
    let path = path.as_bytes();
    let Some(below) = file.as_bytes().strip_prefix(path) else {
        return false;
    };
    let below = below.strip_prefix(b"/").unwrap_or(below);
    below.is_empty() || is_rule_file(&String::from_utf8_lossy(below))
}

/// Whether a file of a rule folder is a rule, by its path below that folder. Tests of rules, and the
/// models and lessons of a whole copy of `rulesets`, are none.
fn is_rule_file(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    folders.split('/').all(is_rule_folder)
        && (name.ends_with(".yaml") || name.ends_with(".yml"))
        && !name.ends_with(".test.yaml")
        && !name.ends_with(".test.yml")
        && name != "controls.yaml"
}

fn is_rule_folder(name: &str) -> bool {
    !name.starts_with('.') && name != "models" && name != "lessons"
}

/// The rule files that a path stands for.
fn rule_files(path: &Path) -> Result<Vec<PathBuf>, RulesetError> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        return Err(RulesetError::Missing(path.to_owned()));
    }
    let mut found = Vec::new();
    push_rule_files(path, &mut found)?;
    found.sort();
    if found.is_empty() {
        return Err(RulesetError::Empty(path.to_owned()));
    }
    Ok(found)
}

fn push_rule_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), RulesetError> {
    let unreadable = |source| RulesetError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if kind.is_dir() {
            if is_rule_folder(&name) {
                push_rule_files(&path, found)?;
            }
        } else if is_rule_file(&name) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::builtin;
    use crate::rules::RuleInfo;

    /// Metavariables that stand for numbers or for words of ours, not for code.
    const WORDS: &[&str] = &[
        "$ALL", "$BITS", "$COUNT", "$HOW", "$LENGTH", "$LIMIT", "$N", "$NEED", "$OFFSET", "$ROOM",
        "$SIZE", "$SOURCE", "$TYPE", "$VALUE", "$WHAT",
    ];

    fn every_rule() -> Vec<RuleInfo> {
        builtin().unwrap().told()
    }

    /// A text without what stands in backquotes.
    fn without_code(text: &str) -> String {
        text.split('`').step_by(2).collect::<Vec<_>>().join("x")
    }

    fn breach(message: &str) -> Option<String> {
        let plain = without_code(message);
        let words: Vec<&str> = plain
            .split(|c: char| !(c.is_alphanumeric() || c == '$' || c == '_'))
            .collect();
        let first = message.chars().next().unwrap_or(' ');
        let is_name = words.first().is_some_and(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '$')
        });
        if !message.matches('`').count().is_multiple_of(2) {
            Some("an open backquote".to_owned())
        } else if plain.trim_end().ends_with(['.', '!', '?']) || plain.contains(". ") {
            Some("more or less than one sentence without its full stop".to_owned())
        } else if !(first.is_lowercase() || first == '`' || is_name) {
            Some("a start that is neither lower case nor a name".to_owned())
        } else if !(15..=160).contains(&message.chars().count()) {
            Some("fewer than 15 or more than 160 characters".to_owned())
        } else if let Some(word) = words.iter().find(|word| {
            matches!(
                word.to_ascii_lowercase().as_str(),
                "should" | "please" | "you" | "your" | "we" | "consider"
            )
        }) {
            Some(format!("`{word}`: say what happens, not what to do"))
        } else {
            let is_bare = |word: &&&str| word.starts_with('$') && !WORDS.contains(word);
            let bare = words.iter().find(is_bare);
            bare.map(|word| format!("{word} without backquotes"))
        }
    }

    #[test]
    fn messages_follow_one_style() {
        let breaches: Vec<String> = every_rule()
            .iter()
            .filter_map(|rule| Some(format!("{}: {}", rule.id, breach(&rule.message)?)))
            .collect();
        assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    }

    #[test]
    fn a_breach_of_the_style_is_seen() {
        for message in [
            "`$X` is too large for it. Test it",
            "`$X` is too large for the buffer.",
            "The buffer `$X` is too small for it",
            "you should test `$X` before this line",
            "the buffer $DST is too small for this",
            "`$X is too large for the buffer",
            "bad `$X`",
        ] {
            assert!(breach(message).is_some(), "{message}");
        }
        assert_eq!(breach("`$DST` gets $SIZE bytes more than fit"), None);
    }

    /// Every rule says when it is wrong, in words that are not those of another rule.
    #[test]
    fn every_rule_says_when_it_is_wrong() {
        let mut seen = std::collections::BTreeMap::new();
        for rule in every_rule() {
            let text = rule.false_positive.clone();
            assert!(text.chars().count() >= 40, "{}: {text}", rule.id);
            let known = ["Wrong ", "Never wrong", "Almost never wrong", "Harmless "];
            assert!(
                known.iter().any(|start| text.starts_with(start)),
                "{}: {text}",
                rule.id
            );
            if let Some(other) = seen.insert(text, rule.id.clone()) {
                unreachable!("{} and {other} say the same", rule.id);
            }
        }
    }

    /// A process that makes many reviews decodes a rule once.
    #[test]
    fn built_in_rules_are_decoded_once() {
        let (one, other) = (builtin().unwrap(), builtin().unwrap());
        let one = one.rules.first().unwrap().program().unwrap();
        let other = other.rules.first().unwrap().program().unwrap();
        assert!(std::sync::Arc::ptr_eq(one, other));
    }

    /// A report of validation and a record speak of the same rules.
    #[test]
    fn no_further_rules_leave_the_digest() {
        let plain = builtin().unwrap().digest;
        let mut same = builtin().unwrap();
        same.add_texts(&[], false).unwrap();
        assert_eq!(same.digest, plain);
    }
}
