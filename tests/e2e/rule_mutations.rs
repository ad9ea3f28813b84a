//! The examples of a rule are its tests, so a broken rule has to fail them: rules drawn at random are
//! broken in several ways, and `rules test` must notice each.
//!
//! `SCRUBIN_TEST_RULES=all` takes every rule, `SCRUBIN_TEST_RULES=SEED` repeats a draw.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};

use super::repository::scrubin_in;

/// Number of rules that are drawn.
const DRAWN: usize = 30;

/// A rule file taken apart by its lines.
struct RuleText {
    path: PathBuf,
    lines: Vec<String>,
}

/// A broken rule and what was done to it.
struct Mutant {
    what: String,
    text: String,
}

/// A list item of the search part: `- pattern-not: ...`, to the line before the next one.
struct Item {
    key: String,
    start: usize,
    end: usize,
}

fn rule_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rulesets")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

impl RuleText {
    /// A file of rules; `None` for other data in the folder.
    fn read(path: PathBuf) -> Option<Self> {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        (lines.first().map(String::as_str) == Some("rules:")).then_some(Self { path, lines })
    }

    /// Number of lines before `metadata:`.
    fn search_end(&self) -> usize {
        let is_metadata = |line: &String| line == "    metadata:";
        self.lines.iter().position(is_metadata).unwrap()
    }

    fn indent(line: &str) -> usize {
        line.len() - line.trim_start().len()
    }

    /// Where the block that begins at a line ends: before the next line indented no deeper.
    fn end_of(&self, start: usize) -> usize {
        let depth = Self::indent(&self.lines[start]);
        (start + 1..self.lines.len())
            .find(|line| {
                !self.lines[*line].trim().is_empty() && Self::indent(&self.lines[*line]) <= depth
            })
            .unwrap_or(self.lines.len())
    }

    fn items(&self) -> Vec<Item> {
        (0..self.search_end())
            .filter_map(|start| {
                let (key, _) = self.lines[start]
                    .trim_start()
                    .strip_prefix("- ")?
                    .split_once(':')?;
                Some(Item {
                    key: key.to_owned(),
                    start,
                    end: self.end_of(start),
                })
            })
            .collect()
    }

    /// The text without the lines of those items.
    fn without(&self, items: &[&Item]) -> String {
        let is_kept = |line: &usize| {
            !items
                .iter()
                .any(|item| (item.start..item.end).contains(line))
        };
        let kept: Vec<&str> = (0..self.lines.len())
            .filter(is_kept)
            .map(|line| self.lines[line].as_str())
            .collect();
        kept.join("\n")
    }

    /// The text with every positive pattern made one that matches nothing.
    fn matching_nothing(&self) -> Option<String> {
        let mut lines = Vec::new();
        let mut line = 0;
        let mut changed = false;
        while let Some(text) = self.lines.get(line) {
            let key = text.trim_start().trim_start_matches("- ");
            let is_regex = key.starts_with("pattern-regex:");
            if line < self.search_end() && (key.starts_with("pattern:") || is_regex) {
                let lead = &text[..text.len() - key.len()];
                let never = if is_regex { "pattern-regex" } else { "pattern" };
                lines.push(format!("{lead}{never}: zzz_never_there_zzz"));
                changed = true;
                line = self.end_of(line);
            } else {
                lines.push(text.clone());
                line += 1;
            }
        }
        changed.then(|| lines.join("\n"))
    }

    /// The rule, broken in each of the ways that apply to it.
    fn mutants(&self, analyses: &[String]) -> Vec<Mutant> {
        let mut mutants = Vec::new();
        let mut add = |what: &str, text: String| {
            mutants.push(Mutant {
                what: what.to_owned(),
                text,
            });
        };
        if let Some(text) = self.matching_nothing() {
            add("it matches nothing", text);
        }
        let items = self.items();
        let exclusions: Vec<&Item> = items
            .iter()
            .filter(|item| item.key.starts_with("pattern-not"))
            .collect();
        if !exclusions.is_empty() {
            add("all exclusions removed", self.without(&exclusions));
        }
        if let Some((at, name)) = self.analysis() {
            let next = analyses.iter().position(|other| *other == name).unwrap() + 1;
            let other = &analyses[next % analyses.len()];
            let mut lines = self.lines.clone();
            lines[at] = format!("    analysis: {{name: {other}}}");
            add(&format!("its analysis is {other}"), lines.join("\n"));
        }
        for (kind, marker, other) in [("bad", "ruleid:", "ok:"), ("good", "ok:", "ruleid:")] {
            let marked = self.lines.iter().position(|line| line.contains(marker));
            if let Some(at) = marked {
                let mut lines = self.lines.clone();
                lines[at] = lines[at].replacen(marker, other, 1);
                add(
                    &format!("a {kind} line expects the opposite"),
                    lines.join("\n"),
                );
            }
        }
        mutants
    }

    /// The line of `analysis: {name: NAME}` and the name.
    fn analysis(&self) -> Option<(usize, String)> {
        let at = (0..self.search_end())
            .find(|line| self.lines[*line].starts_with("    analysis: {name: "))?;
        let name = self.lines[at]
            .trim_start()
            .strip_prefix("analysis: {name: ")?;
        Some((at, name.trim_end_matches('}').to_owned()))
    }
}

/// `DRAWN` of the rules, or all of them, and how to have the same ones again.
fn draw(mut rules: Vec<RuleText>) -> (Vec<RuleText>, String) {
    let wish = std::env::var("SCRUBIN_TEST_RULES").ok();
    if wish.as_deref() == Some("all") {
        return (rules, "all".to_owned());
    }
    let seed = match wish.map(|text| text.parse::<u64>().unwrap()) {
        Some(seed) => seed,
        None => RandomState::new().hash_one(std::process::id()),
    };
    // Numbers from a linear congruence (Knuth, MMIX) are random enough to draw rules.
    let mut state = seed;
    let mut drawn = Vec::new();
    while drawn.len() < DRAWN && !rules.is_empty() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(state >> 33).unwrap() % rules.len();
        drawn.push(rules.swap_remove(at));
    }
    (drawn, seed.to_string())
}

#[test]
fn a_broken_rule_fails_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<RuleText> = rule_files()
        .into_iter()
        .filter_map(RuleText::read)
        .collect();
    let mut analyses: Vec<String> = rules
        .iter()
        .filter_map(|rule| Some(rule.analysis()?.1))
        .collect();
    analyses.sort();
    let (drawn, repeat) = draw(rules);
    assert!(drawn.len() >= DRAWN);
    let mut unnoticed = Vec::new();
    for rule in &drawn {
        let name = rule.path.file_name().unwrap().to_str().unwrap();
        assert_eq!(
            verdict(folder.path(), name, &rule.lines.join("\n")),
            0,
            "{name} is broken as it is"
        );
        for mutant in rule.mutants(&analyses) {
            if verdict(folder.path(), name, &mutant.text) == 0 {
                unnoticed.push(format!("{}: {}", rule.path.display(), mutant.what));
            }
        }
    }
    assert!(
        unnoticed.is_empty(),
        "the examples do not notice (SCRUBIN_TEST_RULES={repeat} repeats this):\n{}",
        unnoticed.join("\n")
    );
}

/// The exit code of `rules test` on that text. A text that is no rule any more is noticed, too.
fn verdict(folder: &Path, name: &str, text: &str) -> i32 {
    std::fs::write(folder.join(name), text).unwrap();
    scrubin_in(folder, &["rules", "test", name]).code
}
