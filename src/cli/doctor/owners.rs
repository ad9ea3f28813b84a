//! CODEOWNERS: who has to agree to a change of a file. Pure.

use regex::Regex;

/// The places GitHub looks at, in its order; the first file there is wins.
pub(super) const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// The rules of a CODEOWNERS file.
#[derive(Debug)]
pub(super) struct Owners(Vec<(Regex, bool)>);

impl Owners {
    /// Reads a file. A line that cannot be understood owns nothing, as on GitHub.
    pub(super) fn parse(text: &str) -> Self {
        let rules = text.lines().filter_map(|line| {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                return None;
            }
            let mut words = line.split_whitespace();
            let pattern = regex_of(words.next()?)?;
            let is_owned = words.any(|word| word.contains('@'));
            Some((pattern, is_owned))
        });
        Self(rules.collect())
    }

    /// Whether a file has an owner: the last rule that names it decides, and may name nobody.
    pub(super) fn owns(&self, path: &str) -> bool {
        let last = self.0.iter().rev().find(|(rule, _)| rule.is_match(path));
        last.is_some_and(|(_, is_owned)| *is_owned)
    }
}

/// A pattern as GitHub reads it: gitignore's, but without `!` and `[ ]`, and `dir/*` goes one level
/// down only.
fn regex_of(pattern: &str) -> Option<Regex> {
    if pattern.starts_with('!') || pattern.contains(['[', ']']) {
        return None;
    }
    let (body, is_folder) = match pattern.strip_suffix('/') {
        Some(body) => (body, true),
        None => (pattern, false),
    };
    let is_anchored = body.contains('/');
    let body = body.strip_prefix('/').unwrap_or(body);
    let mut regex = String::from(if is_anchored { "^" } else { "^(?:.*/)?" });
    let mut rest = body;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            regex.push_str("(?:.*/)?");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            regex.push_str(".*");
            rest = after;
            continue;
        }
        match first {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    let end = if is_folder {
        "/.*$"
    } else if body.ends_with("/*") {
        "$"
    } else {
        "(?:/.*)?$"
    };
    regex.push_str(end);
    Regex::new(&regex).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_names_a_file_decides() {
        let owners = Owners::parse(
            "# people\n*.toml @acme/security\n/.github/ @acme/security # workflows too\n/docs/*  ada@acme.example\nscrubin.toml\n",
        );
        assert!(owners.owns("deviations.toml"));
        assert!(owners.owns("qa/deviations.toml"));
        assert!(owners.owns(".github/workflows/ci.yml"));
        assert!(!owners.owns("x/.github/workflows/ci.yml"));
        assert!(owners.owns("docs/a.md"));
        assert!(!owners.owns("docs/a/b.md"));
        assert!(!owners.owns("scrubin.toml"), "named without an owner");
        assert!(!owners.owns("src/main.c"));
    }

    #[test]
    fn patterns_are_githubs() {
        let owns = |pattern: &str, path: &str| Owners::parse(&format!("{pattern} @a\n")).owns(path);
        assert!(owns("*", "a/b/c"));
        assert!(owns("qa/rules", "qa/rules/x.yaml"));
        assert!(!owns("qa/rules", "other/qa/rules/x.yaml"));
        assert!(owns("rules/", "qa/rules/x.yaml"));
        assert!(!owns("rules/", "rules"));
        assert!(owns("**/baseline.json", "baseline.json"));
        assert!(owns("**/baseline.json", "a/b/baseline.json"));
        assert!(owns("/a/**", "a/b/c"));
        assert!(!owns("a.c", "abc"));
        assert!(!owns("!a.c", "a.c"));
        assert!(!owns("[ab].c", "a.c"));
    }
}
