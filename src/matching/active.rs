//! A rule that is ready to run: its head at hand, the rest decoded when it is first needed.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::features::Feature;
use super::globs::any_matches;
use super::needs;
use super::program::{Node, Op, Program};
use crate::finding::{Precision, RepoPath, RuleId, RuleStatus, Severity};
use crate::rules::{PathFilter, RuleInfo, RuleLanguage};

/// What is needed of a rule to decide whether it runs on a file at all.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// Permanent code, or the id of a user's rule.
    pub id: RuleId,
    /// Readable name.
    pub slug: String,
    /// Former names.
    pub aliases: Vec<String>,
    /// Harm if true.
    pub severity: Severity,
    /// Chance to be true.
    pub precision: Precision,
    /// Whether it may block.
    pub status: RuleStatus,
    /// Whether it rests on code that is not there.
    pub argues_from_absence: bool,
    /// Whether one function has one finding with the same message.
    pub once_per_function: bool,
    /// The analysis that finds it, and in which languages; `None` for a rule of patterns.
    pub analysis: Option<(String, Vec<RuleLanguage>)>,
    /// Rules whose findings at the same place are left out for its own.
    pub supersedes: Vec<RuleId>,
    /// On which files.
    pub paths: PathFilter,
    /// Per language: lists of features of which a file must hold one each.
    pub forms: Vec<(RuleLanguage, Vec<Vec<Feature>>)>,
    /// Whether a pattern asks for a function and for what stands beside it.
    pub spans_functions: bool,
    /// Names that its patterns look up beside those.
    pub names: Vec<String>,
}

/// A rule that is ready to run. Clones share what one of them decoded.
#[derive(Debug, Clone)]
pub struct ActiveRule {
    head: Arc<Head>,
    info: Arc<OnceLock<Arc<RuleInfo>>>,
    program: Arc<OnceLock<Arc<Program>>>,
    /// Encoded `RuleInfo` and `Program` of a built-in rule.
    encoded: (&'static [u8], &'static [u8]),
}

impl ActiveRule {
    /// A rule that was compiled in this process.
    pub fn new(info: RuleInfo, program: Program) -> Self {
        let head = Arc::new(Head::of(&info, &program));
        let rule = Self {
            head,
            info: Arc::default(),
            program: Arc::default(),
            encoded: (&[], &[]),
        };
        let _ = rule.info.set(Arc::new(info));
        let _ = rule.program.set(Arc::new(program));
        rule
    }

    /// A built-in rule; `info` and `program` are decoded at their first use.
    pub(super) fn encoded(head: Head, info: &'static [u8], program: &'static [u8]) -> Self {
        Self {
            head: Arc::new(head),
            info: Arc::default(),
            program: Arc::default(),
            encoded: (info, program),
        }
    }

    /// What decides whether it runs.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// What people are told; `None` only if the build's own bundle is damaged.
    pub fn info(&self) -> Option<&Arc<RuleInfo>> {
        if self.info.get().is_none()
            && let Ok(info) = postcard::from_bytes::<RuleInfo>(self.encoded.0)
        {
            let _ = self.info.set(Arc::new(info));
        }
        self.info.get()
    }

    /// How it matches; `None` only if the build's own bundle is damaged.
    pub fn program(&self) -> Option<&Arc<Program>> {
        if self.program.get().is_none()
            && let Ok(program) = postcard::from_bytes::<Program>(self.encoded.1)
        {
            let _ = self.program.set(Arc::new(program));
        }
        self.program.get()
    }

    /// Whether `name` is the rule's id, slug or a former slug.
    pub fn is_called(&self, name: &str) -> bool {
        let head = &self.head;
        head.id.as_str() == name
            || (!head.slug.is_empty() && head.slug == name)
            || head.aliases.iter().any(|alias| alias == name)
    }
}

impl Head {
    /// Whether the rule's `paths` let it run on this file.
    pub fn is_on(&self, path: &RepoPath) -> bool {
        let paths = &self.paths;
        if paths.include.is_empty() && paths.exclude.is_empty() {
            return true;
        }
        let name = String::from_utf8_lossy(path.as_bytes());
        (paths.include.is_empty() || any_matches(&paths.include, &name))
            && !any_matches(&paths.exclude, &name)
    }

    /// The head of a compiled rule.
    pub(super) fn of(info: &RuleInfo, program: &Program) -> Self {
        let mut names = Vec::new();
        for form in &program.forms {
            push_names(&form.formula, &mut names);
        }
        names.sort_unstable();
        names.dedup();
        Self {
            id: info.id.clone(),
            slug: info.slug.clone(),
            aliases: info.aliases.clone(),
            severity: info.severity,
            precision: info.precision,
            status: info.status,
            argues_from_absence: info.argues_from_absence,
            once_per_function: info.once_per_function,
            analysis: info
                .analysis
                .clone()
                .map(|name| (name, info.languages.clone())),
            supersedes: info.supersedes.clone(),
            paths: program.paths.clone(),
            forms: program
                .forms
                .iter()
                .map(|form| (form.language, form.clauses.clone()))
                .collect(),
            spans_functions: program
                .forms
                .iter()
                .any(|form| spans_functions(&form.formula)),
            names,
        }
    }
}

/// Whether a pattern of the formula is a list with a function in it.
fn spans_functions(node: &Node) -> bool {
    match &node.op {
        Op::Pattern(pattern) => pattern.spans_functions(),
        Op::Generic(_) | Op::Regex(_) => false,
        Op::Either(nodes) => nodes.iter().any(spans_functions),
        Op::All(all) => needs::parts(all).any(spans_functions),
    }
}

fn push_names(node: &Node, names: &mut Vec<String>) {
    match &node.op {
        Op::Pattern(pattern) => names.extend(pattern.names.iter().cloned()),
        Op::Generic(_) | Op::Regex(_) => {}
        Op::Either(nodes) => nodes.iter().for_each(|node| push_names(node, names)),
        Op::All(all) => needs::parts(all).for_each(|node| push_names(node, names)),
    }
}
