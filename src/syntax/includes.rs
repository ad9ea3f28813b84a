//! The files a C file includes, by a scan of its lines.

use memchr::memmem;

/// One `#include`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include<'t> {
    /// The name between the quotes or angle brackets.
    pub name: &'t [u8],
    /// Whether it stands in quotes, which look beside the including file first.
    pub is_quoted: bool,
}

/// The includes of a text in its order. As with `#define`s, one in a comment or in dead code counts
/// too; one by a macro (`#include HEADER`) does not.
pub fn includes(text: &[u8]) -> Vec<Include<'_>> {
    let finder = memmem::Finder::new(b"include");
    let mut found = Vec::new();
    for word in finder.find_iter(text) {
        let before = text.get(..word).unwrap_or_default().trim_ascii_end();
        let blanks = text.get(before.len()..word).unwrap_or_default();
        if before.last() != Some(&b'#') || blanks.contains(&b'\n') {
            continue;
        }
        let rest = text.get(word + b"include".len()..).unwrap_or_default();
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = line.trim_ascii_start();
        let (is_quoted, end) = match line.first() {
            Some(b'"') => (true, b'"'),
            Some(b'<') => (false, b'>'),
            _ => continue,
        };
        let name = line.get(1..).unwrap_or_default();
        if let Some(length) = memchr::memchr(end, name)
            && length > 0
        {
            found.push(Include {
                name: name.get(..length).unwrap_or_default(),
                is_quoted,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_both_forms() {
        let text = b"#include \"a.h\"\n # include <net/b.h> // why\n#include MACRO\nint include;\n#include \"\"\n#include \"cut";
        let found: Vec<(&[u8], bool)> = includes(text)
            .iter()
            .map(|one| (one.name, one.is_quoted))
            .collect();
        assert_eq!(found, [(&b"a.h"[..], true), (b"net/b.h", false)]);
        assert!(includes(b"").is_empty());
    }
}
