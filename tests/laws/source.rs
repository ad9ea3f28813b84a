//! Reads Rust files the way the laws need them: code without comments, literals and tests, and the
//! comments apart. No parser: the laws ask for names only.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Text of a file given by its path from the root; invalid UTF-8 replaced.
pub(crate) fn read(path: &str) -> String {
    let bytes = fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// All files below a folder, as sorted paths from the root with `/`; none if there is no such folder.
/// Build output and installed packages are left out.
pub(crate) fn files_under(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![root().join(folder)];
    while let Some(place) = pending.pop() {
        let Ok(entries) = fs::read_dir(&place) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(
                    name.as_str(),
                    "target" | "node_modules" | "__pycache__" | "corpus"
                ) {
                    pending.push(path);
                }
            } else {
                found.push(relative(&path));
            }
        }
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    let below = path.strip_prefix(root()).unwrap();
    below.to_string_lossy().replace('\\', "/")
}

/// One Rust file.
pub(crate) struct SourceFile {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// Its code; comments, literals and everything under `#[cfg(test)]` blanked.
    pub(crate) code: String,
    /// Its comments; everything else blanked.
    pub(crate) comments: String,
}

impl SourceFile {
    /// Reads one file.
    pub(crate) fn load(path: &str) -> Self {
        let (code, comments) = split(&read(path));
        Self {
            path: path.to_owned(),
            code: without_tests(&code).0,
            comments,
        }
    }

    /// The first-level module it belongs to; empty for files directly under `src` that are none.
    pub(crate) fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or_default();
        below.split(['/', '.']).next().unwrap_or_default()
    }

    /// How many levels below the crate root its items lie.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count() - 1;
        parts - usize::from(self.path.ends_with("/mod.rs"))
    }

    /// First-level names it takes from the crate, by `crate::` or by enough `super::`.
    pub(crate) fn imported_modules(&self) -> BTreeSet<String> {
        let up = vec!["super"; self.depth()].join("::");
        let mut names = names_after(&self.code, "crate");
        names.extend(names_after(&self.code, &up));
        names.remove(self.module());
        names
    }
}

/// Rust files below a folder without test files and without the demo's sample repository.
pub(crate) fn source_files(folder: &str) -> Vec<SourceFile> {
    let paths: Vec<String> = files_under(folder)
        .into_iter()
        .filter(|path| path.ends_with(".rs"))
        .filter(|path| {
            !path.starts_with("src/cli/demo/base") && !path.starts_with("src/cli/demo/head")
        })
        .collect();
    let mut tests = BTreeSet::new();
    for path in &paths {
        let (code, _) = split(&read(path));
        let place = path.strip_suffix(".rs").unwrap().trim_end_matches("/mod");
        let place = if path.ends_with("/lib.rs") {
            "src"
        } else {
            place
        };
        for name in without_tests(&code).1 {
            tests.insert(format!("{place}/{name}"));
        }
    }
    let is_test = |path: &str| {
        tests.iter().any(|test| {
            path.strip_prefix(test.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
    };
    paths
        .iter()
        .filter(|path| !is_test(path))
        .map(|path| SourceFile::load(path))
        .collect()
}

/// The modules of `src/lib.rs`, top to bottom.
pub(crate) fn module_order() -> Vec<String> {
    let (code, _) = split(&read("src/lib.rs"));
    let mut order = Vec::new();
    for line in code.lines() {
        let line = line.trim();
        let line = line.strip_prefix("pub ").unwrap_or(line);
        if let Some(name) = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            order.push(name.to_owned());
        }
    }
    order
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Identifiers and keywords in order.
pub(crate) fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !is_word(c))
        .filter(|word| !word.is_empty())
}

/// `PatternManager` and `pattern_manager` both as `["pattern", "manager"]`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            spaced.push('_');
        }
        spaced.extend(c.to_lowercase());
    }
    spaced
        .split('_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What follows `root::` in paths and use trees: `crate::a::b` gives `a`, `crate::{a::x, b}` gives
/// `a` and `b`. `root` may itself be a path (`super::super`).
pub(crate) fn names_after(code: &str, root: &str) -> BTreeSet<String> {
    let dense: String = collapse(code);
    let mut names = BTreeSet::new();
    let mut from = 0;
    while let Some(at) = dense[from..].find(root).map(|at| at + from) {
        from = at + root.len();
        let before = dense[..at].chars().next_back();
        let starts_path = !before.is_some_and(|c| is_word(c) || c == ':' || c == '.');
        let Some(rest) = dense[from..].strip_prefix("::") else {
            continue;
        };
        if !starts_path {
            continue;
        }
        if let Some(group) = rest.strip_prefix('{') {
            names.extend(group_heads(group));
        } else {
            names.extend(
                identifiers(rest)
                    .next()
                    .filter(|_| rest.starts_with(is_word))
                    .map(str::to_owned),
            );
        }
    }
    names.remove("super");
    names
}

/// The code with white space removed where it stands beside punctuation.
fn collapse(code: &str) -> String {
    let mut dense = String::with_capacity(code.len());
    for part in code.split_whitespace() {
        let needs_space =
            dense.chars().next_back().is_some_and(is_word) && part.starts_with(is_word);
        if needs_space {
            dense.push(' ');
        }
        dense.push_str(part);
    }
    dense
}

/// First names of the entries of a use group whose opening brace is consumed.
fn group_heads(group: &str) -> BTreeSet<String> {
    let mut heads = BTreeSet::new();
    let mut depth = 0usize;
    let mut entry = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.extend(identifiers(&entry).next().map(str::to_owned));
                entry.clear();
            }
            _ => {}
        }
        if depth == 0 {
            entry.push(c);
        }
    }
    heads.extend(identifiers(&entry).next().map(str::to_owned));
    heads
}

/// Code and comments of a Rust text, each with the other and all literals blanked; lines are kept.
pub(crate) fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut comments = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_or_comment_end(&chars, at);
        let is_comment = chars[at] == '/';
        match end {
            Some(end) => {
                for &c in &chars[at..end] {
                    let blank = if c == '\n' { '\n' } else { ' ' };
                    code.push(blank);
                    comments.push(if is_comment { c } else { blank });
                }
                at = end;
            }
            None => {
                code.push(chars[at]);
                comments.push(if chars[at] == '\n' { '\n' } else { ' ' });
                at += 1;
            }
        }
    }
    (code, comments)
}

/// End of the comment, string or character literal that starts here, if one does.
fn literal_or_comment_end(chars: &[char], at: usize) -> Option<usize> {
    let next = |offset: usize| chars.get(at + offset).copied().unwrap_or('\0');
    let follows_word = at > 0 && is_word(chars[at - 1]);
    match (chars[at], next(1)) {
        ('/', '/') => Some(
            (at..chars.len())
                .find(|&i| chars[i] == '\n')
                .unwrap_or(chars.len()),
        ),
        ('/', '*') => Some(block_comment_end(chars, at)),
        ('"', _) => Some(quoted_end(chars, at + 1, '"')),
        ('r', '"' | '#') if !follows_word || chars[at - 1] == 'b' => raw_end(chars, at + 1),
        ('\'', '\\') => Some(quoted_end(chars, at + 1, '\'')),
        ('\'', _) if next(2) == '\'' => Some(at + 3),
        _ => None,
    }
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0usize;
    let mut i = at;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => {
                depth += 1;
                i += 2;
            }
            ('*', '/') => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return i;
                }
            }
            _ => i += 1,
        }
    }
    chars.len()
}

fn quoted_end(chars: &[char], mut i: usize, quote: char) -> usize {
    while i < chars.len() && chars[i] != quote {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// End of `r"…"` or `r#"…"#`, given the place after the `r`; none for a raw identifier.
fn raw_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|&&c| c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let mut i = at + hashes + 1;
    while i < chars.len() {
        let closing = chars[i + 1..]
            .iter()
            .take(hashes)
            .take_while(|&&c| c == '#')
            .count();
        if chars[i] == '"' && closing == hashes {
            return Some(i + 1 + hashes);
        }
        i += 1;
    }
    Some(chars.len())
}

/// The code without what stands under `#[cfg(test)]`, and the names of test modules in own files.
fn without_tests(code: &str) -> (String, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut modules = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        let item = &rest[at + MARK.len()..];
        let end = item_end(item);
        let head: Vec<&str> = identifiers(&item[..end]).collect();
        if item[..end].trim_end().ends_with(';')
            && let Some(place) = head.iter().position(|&word| word == "mod")
        {
            modules.extend(head.get(place + 1).map(|&name| name.to_owned()));
        }
        rest = &item[end..];
    }
    kept.push_str(rest);
    (kept, modules)
}

/// End of the item at the start of the text: its `;`, or the brace that closes its body.
fn item_end(item: &str) -> usize {
    let mut braces = 0usize;
    let mut brackets = 0usize;
    for (at, c) in item.char_indices() {
        match c {
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    return at + 1;
                }
            }
            ';' if braces == 0 && brackets == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

#[test]
fn comments_literals_and_tests_are_blanked() {
    let text = "use crate::a; // crate::b\nlet s = \"crate::c\"; let r = r#\"crate::d\"#; let c = '\"';\nfn f<'a>(x: &'a str) {}\n#[cfg(test)]\nmod tests {\n use crate::e;\n}\nuse crate::{f::{g, h}, i};";
    let (code, comments) = split(text);
    let names: Vec<String> = names_after(&without_tests(&code).0, "crate")
        .into_iter()
        .collect();
    assert_eq!(names, ["a", "f", "i"]);
    assert!(comments.contains("crate::b") && !comments.contains("crate::c"));
}

#[test]
fn test_modules_in_their_own_file_are_named() {
    let (code, names) = without_tests("#[cfg(test)]\n#[path = \"\"]\nmod tests;\nfn kept() {}");
    assert_eq!(names, ["tests"]);
    assert!(code.contains("kept"));
}

#[test]
fn super_paths_count_from_the_file() {
    let file = SourceFile {
        path: String::from("src/report/sarif/rules.rs"),
        code: String::from("use super::super::super::triage::Triaged; use super::super::value;"),
        comments: String::new(),
    };
    let names: Vec<String> = file.imported_modules().into_iter().collect();
    assert_eq!(names, ["triage"]);
}
