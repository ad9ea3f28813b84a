//! Whether changed lines of a C file mean what they say, wherever they stand.

use memchr::{memchr3, memmem};

use super::tokens::{line_of_code_ends, skip_string};
use crate::finding::Span;

/// Whether changed lines mean the same wherever they stand: they hold no preprocessor line, no
/// comment that begins or ends elsewhere, and go on no line before them. `span` are bytes of
/// `text`.
pub fn is_self_contained(text: &[u8], span: Span) -> bool {
    let before = text.get(..span.start as usize).unwrap_or_default();
    let before = before.strip_suffix(b"\n").unwrap_or_default();
    if before.trim_ascii_end().ends_with(b"\\") {
        return false;
    }
    let lines = span.of(text);
    if lines.trim_ascii_end().ends_with(b"\\") {
        return false;
    }
    let mut at = 0;
    while let Some(step) = lines
        .get(at..)
        .and_then(|rest| memchr3(b'/', b'"', b'#', rest))
    {
        let here = at + step;
        let (byte, next) = (lines.get(here), lines.get(here + 1));
        at = match (byte, next) {
            (Some(b'#'), _) => return false,
            // A character, no string.
            (Some(b'"'), _) if here > 0 && lines.get(here - 1) == Some(&b'\'') => here + 1,
            (Some(b'"'), _) | (_, Some(b'/')) => {
                let end = match byte {
                    Some(b'"') => skip_string(lines, here),
                    _ => line_of_code_ends(lines, here),
                };
                // In a comment that began before, this is its end.
                let inside = lines.get(here..end).unwrap_or_default();
                if memmem::find(inside, b"*/").is_some() {
                    return false;
                }
                end
            }
            (_, Some(b'*')) => {
                let behind = lines.get(here + 2..).unwrap_or_default();
                match memmem::find(behind, b"*/") {
                    Some(length) => here + 2 + length + 2,
                    None => return false,
                }
            }
            _ if here > 0 && lines.get(here - 1) == Some(&b'*') => return false,
            _ => here + 1,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_mean_more_than_they_say_are_known() {
        let of = |before: &str, lines: &str| {
            let text = format!("{before}{lines}\nint after;\n");
            let start = before.len() as u32;
            is_self_contained(
                text.as_bytes(),
                Span::new(start, start + lines.len() as u32),
            )
        };
        for lines in [
            "int f(void) { return a / b * c; }",
            "/** doc\n * more\n */\nint a; // why /* not",
            "char *text = \"/* # \"; char quote = '\"';",
            "",
        ] {
            assert!(of("int before;\n", lines), "{lines}");
        }
        for lines in [
            "/*",
            "*/",
            "#if 0",
            "  # define N 3",
            "// */",
            "a = \"*/\";",
            "int a; /* b",
            "x \\",
            "quote = '\"'; /*",
        ] {
            assert!(!of("int before;\n", lines), "{lines}");
        }
        assert!(!of("#define N 1 \\\n", "\n"));
    }
}
