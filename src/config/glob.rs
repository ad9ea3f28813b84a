//! Path patterns, read the way `.gitignore` reads them.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Deserializer};

use crate::finding::RepoPath;

/// A path pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// The pattern is empty.
    #[error("the path pattern is empty")]
    Empty,
    /// A pattern that takes paths back, which no list of ours knows.
    #[error("`{0}`: a pattern cannot start with `!`; name what is meant instead")]
    Negated(String),
    /// The pattern has a syntax error.
    #[error("`{pattern}` is no path pattern: {cause}")]
    Syntax {
        /// The pattern as written.
        pattern: String,
        /// What globset says of it.
        cause: String,
    },
}

/// One path pattern. `*` and `?` stay inside a path component, `**` does not; without a `/` in the
/// middle or in front it matches at any depth; a folder stands for everything below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Glob(String);

impl Glob {
    /// Checks the pattern.
    ///
    /// # Errors
    /// [`GlobError`] where it is empty, negated or malformed.
    pub fn parse(pattern: &str) -> Result<Self, GlobError> {
        if pattern.trim().is_empty() {
            return Err(GlobError::Empty);
        }
        if pattern.starts_with('!') {
            return Err(GlobError::Negated(pattern.to_owned()));
        }
        let glob = Self(pattern.to_owned());
        glob.compile()?;
        Ok(glob)
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can only mean one path: no wildcard, no folder.
    pub fn is_exact_path(&self) -> bool {
        !self.0.contains(['*', '?', '[', '{', '\\']) && self.0.trim_matches('/').contains('/')
    }

    /// The same pattern, counted from a folder instead of the root.
    ///
    /// # Errors
    /// The name of the folder makes no pattern.
    pub fn under(&self, folder: &RepoPath) -> Result<Self, GlobError> {
        let folder = literal(&folder.to_string());
        if folder.is_empty() {
            return Ok(self.clone());
        }
        let body = self.0.trim_end_matches('/');
        // Without a slash inside it matches at any depth.
        let middle = if body.contains('/') { "/" } else { "/**/" };
        Self::parse(&format!(
            "{folder}{middle}{}",
            self.0.trim_start_matches('/')
        ))
    }

    /// How many characters of the pattern can only match themselves: of two patterns that match, the
    /// one with more says more about the path.
    pub(super) fn weight(&self) -> usize {
        let plain = |byte: &u8| !matches!(byte, b'*' | b'?' | b'[' | b'{');
        self.0.trim_matches('/').bytes().take_while(plain).count()
    }

    /// globset's form: the path itself and everything below it.
    fn compile(&self) -> Result<[globset::Glob; 2], GlobError> {
        let body = self.0.trim_end_matches('/');
        let anchored = match body.strip_prefix('/') {
            Some(rest) => rest.to_owned(),
            None if body.contains('/') => body.to_owned(),
            None => format!("**/{body}"),
        };
        let build = |text: &str| {
            GlobBuilder::new(text)
                .literal_separator(true)
                .build()
                .map_err(|error| GlobError::Syntax {
                    pattern: self.0.clone(),
                    cause: error.kind().to_string(),
                })
        };
        Ok([build(&anchored)?, build(&format!("{anchored}/**"))?])
    }
}

/// A name as a pattern that matches it alone.
fn literal(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '*' | '?' | '[' | ']' | '{' | '}' => text.extend(['[', letter, ']']),
            // Escapes on some systems and not on others.
            '\\' => text.push('?'),
            other => text.push(other),
        }
    }
    text
}

impl TryFrom<String> for Glob {
    type Error = GlobError;

    fn try_from(pattern: String) -> Result<Self, GlobError> {
        Self::parse(&pattern)
    }
}

/// A list of path patterns, compiled.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    patterns: Vec<Glob>,
    set: GlobSet,
}

impl Globs {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// [`GlobError`] where one is malformed, or all together are too large for the matcher.
    pub fn new(patterns: Vec<Glob>) -> Result<Self, GlobError> {
        let mut builder = GlobSetBuilder::new();
        for pattern in &patterns {
            for glob in pattern.compile()? {
                builder.add(glob);
            }
        }
        let set = builder.build().map_err(|error| GlobError::Syntax {
            pattern: error.glob().unwrap_or_default().to_owned(),
            cause: error.kind().to_string(),
        })?;
        Ok(Self { patterns, set })
    }

    /// Whether any pattern matches the path.
    pub fn is_match(&self, path: &RepoPath) -> bool {
        // Git paths are bytes; globset takes them as they are.
        !self.patterns.is_empty()
            && self
                .set
                .is_match_candidate(&Candidate::from_bytes(path.as_bytes()))
    }

    /// The same patterns, counted from a folder instead of the root.
    ///
    /// # Errors
    /// As [`Glob::under`].
    pub fn under(&self, folder: &RepoPath) -> Result<Self, GlobError> {
        Self::new(
            self.patterns
                .iter()
                .map(|pattern| pattern.under(folder))
                .collect::<Result<_, _>>()?,
        )
    }

    /// The patterns as written.
    pub fn patterns(&self) -> &[Glob] {
        &self.patterns
    }
}

impl PartialEq for Globs {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl Eq for Globs {}

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let patterns = Vec::<Glob>::deserialize(deserializer)?;
        Self::new(patterns).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Globs::new(vec![Glob::parse(pattern).unwrap()])
            .unwrap()
            .is_match(&RepoPath::from(path))
    }

    #[test]
    fn patterns_read_as_in_gitignore() {
        assert!(matches("vendor/", "vendor/cmsis/core.h"));
        assert!(matches("vendor", "lib/vendor/x.c"));
        assert!(!matches("/vendor", "lib/vendor/x.c"));
        assert!(matches("lib/vendor", "lib/vendor/x.c"));
        assert!(!matches("lib/vendor", "src/lib/vendor/x.c"));
        assert!(matches("*.gen.c", "src/a/b.gen.c"));
        assert!(matches("src/*.c", "src/a.c"));
        assert!(!matches("src/*.c", "src/sub/a.c"));
        assert!(matches("src/**/*.c", "src/sub/deep/a.c"));
        assert!(matches("**/tests/**", "a/tests/b.c"));
        assert!(!matches("ven", "vendor/a.c"));
    }

    #[test]
    fn patterns_of_a_folder_count_from_it() {
        let under = |pattern: &str, path: &str| {
            let folder = RepoPath::from("apps/[old] pump");
            let glob = Glob::parse(pattern).unwrap().under(&folder).unwrap();
            Globs::new(vec![glob])
                .unwrap()
                .is_match(&RepoPath::from(path))
        };
        assert!(under("tests/", "apps/[old] pump/lib/tests/a.c"));
        assert!(under("/tests", "apps/[old] pump/tests/a.c"));
        assert!(!under("/tests", "apps/[old] pump/lib/tests/a.c"));
        assert!(!under("tests/", "tests/a.c"));
        assert!(under("src/*.c", "apps/[old] pump/src/a.c"));
        assert!(under("**", "apps/[old] pump/src/a.c"));
        assert!(!under("**", "apps/o pump/src/a.c"));
        assert!(Glob::parse("a/b/*.c").unwrap().weight() > Glob::parse("a/**").unwrap().weight());
    }

    #[test]
    fn bytes_that_are_not_utf8_match_too() {
        let globs = Globs::new(vec![Glob::parse("src/*.c").unwrap()]).unwrap();
        assert!(globs.is_match(&RepoPath::new(b"src/caf\xe9.c".to_vec())));
    }

    #[test]
    fn bad_patterns_are_named() {
        assert_eq!(Glob::parse(" "), Err(GlobError::Empty));
        assert!(matches!(Glob::parse("!a"), Err(GlobError::Negated(_))));
        let error = Glob::parse("src/[a").unwrap_err().to_string();
        assert!(error.contains("`src/[a`"), "{error}");
    }

    #[test]
    fn only_a_plain_path_is_exact() {
        assert!(Glob::parse("src/a.c").unwrap().is_exact_path());
        assert!(!Glob::parse("a.c").unwrap().is_exact_path());
        assert!(!Glob::parse("src/*.c").unwrap().is_exact_path());
    }
}
