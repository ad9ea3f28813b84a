//! Path filters of rules: Semgrep's globs, each asked once for a path.

use std::borrow::Cow;
use std::cell::RefCell;

use smallvec::SmallVec;

use crate::finding::RepoPath;

/// A glob of a path filter.
#[derive(Debug)]
pub(super) struct Glob {
    text: String,
    /// How the components of a path have to begin and end: for each of these one must fit.
    components: Vec<Ends>,
}

/// What a component of a path holds.
#[derive(Debug)]
struct Ends {
    start: String,
    end: String,
    /// Texts between, in any order.
    middle: Vec<String>,
    /// Whether there is nothing between.
    is_whole: bool,
}

impl Glob {
    /// Reads a glob.
    pub(super) fn new(text: &str) -> Self {
        // Alternatives and classes may hold anything.
        let is_plain = !text.contains(['{', '[', '\\', '!', '?']);
        let components = text.trim_end_matches('/').split('/');
        let components = components
            .filter(|component| is_plain && !component.is_empty() && *component != "**")
            .map(|component| {
                let mut parts: Vec<String> = component.split('*').map(str::to_owned).collect();
                let end = parts.pop().unwrap_or_default();
                let is_whole = parts.is_empty();
                let mut parts = parts.into_iter();
                Ends {
                    start: parts.next().unwrap_or_default(),
                    end,
                    middle: parts.collect(),
                    is_whole,
                }
            })
            .collect();
        Self {
            text: text.to_owned(),
            components,
        }
    }

    /// Semgrep's rules: a glob without a leading `/` matches in every folder; one that names a
    /// folder matches what lies in it. `components` are those of the path.
    fn matches(&self, path: &str, components: &[&str]) -> bool {
        let fits = |wanted: &Ends| {
            components.iter().any(|component| {
                if wanted.is_whole {
                    *component == wanted.end
                } else {
                    component.starts_with(&wanted.start)
                        && component.ends_with(&wanted.end)
                        && wanted.middle.iter().all(|part| component.contains(part))
                }
            })
        };
        // Most globs end here.
        if !self.components.iter().all(fits) {
            return false;
        }
        let anchored = self.text.strip_prefix('/');
        let glob = anchored.unwrap_or(&self.text).trim_end_matches('/');
        let direct = |pattern: &str| fast_glob::glob_match(pattern, path);
        if direct(glob) || direct(&format!("{glob}/**")) {
            return true;
        }
        anchored.is_none() && (direct(&format!("**/{glob}")) || direct(&format!("**/{glob}/**")))
    }
}

/// Whether the path matches one of the globs, read for this one question.
pub(super) fn any_matches(globs: &[String], path: &str) -> bool {
    let path = path.trim_start_matches("./");
    let components: SmallVec<[&str; 16]> = path.split('/').collect();
    globs
        .iter()
        .any(|glob| Glob::new(glob).matches(path, &components))
}

/// The numbers of `wanted` among `globs`, where new ones are added.
pub(super) fn numbered(globs: &mut Vec<Glob>, wanted: &[String]) -> Vec<usize> {
    let mut number = |glob: &String| {
        let known = globs.iter().position(|known| known.text == *glob);
        known.unwrap_or_else(|| {
            globs.push(Glob::new(glob));
            globs.len() - 1
        })
    };
    wanted.iter().map(&mut number).collect()
}

/// Which globs one path matches, found out as they are asked for.
pub(super) struct GlobAnswers<'p> {
    globs: &'p [Glob],
    path: Cow<'p, str>,
    known: RefCell<Vec<Option<bool>>>,
}

impl<'p> GlobAnswers<'p> {
    pub(super) fn new(globs: &'p [Glob], path: &'p RepoPath) -> Self {
        Self {
            globs,
            path: String::from_utf8_lossy(path.as_bytes()),
            known: RefCell::default(),
        }
    }

    /// Whether the path matches one of the globs with these numbers.
    pub(super) fn holds_any(&self, numbers: &[usize]) -> bool {
        let mut known = self.known.borrow_mut();
        if known.is_empty() {
            known.resize(self.globs.len(), None);
        }
        let path = self.path.trim_start_matches("./");
        let mut components: SmallVec<[&str; 16]> = SmallVec::new();
        numbers.iter().any(|&number| {
            let (Some(slot), Some(glob)) = (known.get_mut(number), self.globs.get(number)) else {
                return false;
            };
            *slot.get_or_insert_with(|| {
                if components.is_empty() {
                    components.extend(path.split('/'));
                }
                glob.matches(path, &components)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn globs_match_in_every_folder_unless_they_are_anchored() {
        for (glob, path, expected) in [
            ("**/tests/**", "tests/a.c", true),
            ("**/tests/**", "drivers/tests/x/a.c", true),
            ("**/tests/**", "drivers/test/a.c", false),
            ("**/test_*", "sys/test_utils/a.c", true),
            ("**/*_test.c", "sys/a_test.c", true),
            ("**/*_test.c", "sys/a_test.h", false),
            ("*.mk", "make/rules.mk", true),
            ("*.mk", "make/rules.mk.in", false),
            ("Makefile", "sys/net/Makefile", true),
            ("/Makefile", "sys/net/Makefile", false),
            ("/sys/", "sys/net/Makefile", true),
            ("net", "sys/net/Makefile", true),
            ("**/*vector*", "sys/test_vectors/a.c", true),
            ("a?.c", "sys/ab.c", true),
            ("{a,b}.c", "sys/b.c", true),
        ] {
            let components: Vec<&str> = path.split('/').collect();
            let found = Glob::new(glob).matches(path, &components);
            assert_eq!(found, expected, "{glob} {path}");
        }
    }
}
