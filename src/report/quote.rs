//! Quotes strangers' text in markdown, so that it stays text: no mention, no reference, no HTML, no
//! link, no fence of its own.

use super::visible;

/// Running text. Spans between single backticks stay code, everything else is escaped; words that
/// GitHub would turn into mentions, references or links become code.
///
/// The result is one line.
pub(crate) fn text(raw: &str) -> String {
    let shown = visible::line(raw);
    let mut out = String::with_capacity(shown.len() + 16);
    let mut rest = shown.as_ref();
    while let Some(open) = rest.find('`') {
        let (before, from) = rest.split_at(open);
        escape_into(&mut out, before);
        let inner = from.get(1..).unwrap_or_default();
        match inner.find('`') {
            // Two backticks in a row hold nothing: they are text.
            Some(0) => {
                out.push_str("\\`\\`");
                rest = inner.get(1..).unwrap_or_default();
            }
            Some(close) => {
                let (inside, after) = inner.split_at(close);
                out.push_str(&code(inside));
                rest = after.get(1..).unwrap_or_default();
            }
            None => {
                out.push_str("\\`");
                rest = inner;
            }
        }
    }
    escape_into(&mut out, rest);
    out
}

/// Text as HTML, hidden characters made visible.
pub(crate) fn html(raw: &str) -> String {
    super::visible::line(raw)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Running text in a cell of a table, where `|` has to be escaped even inside code.
pub(crate) fn cell(raw: &str) -> String {
    text(raw).replace("\\|", "|").replace('|', "\\|")
}

/// Inline code, with as many backticks around it as it needs; `|` escaped for tables. The result is
/// one line, empty for an empty text.
pub(crate) fn code(raw: &str) -> String {
    let shown = visible::line(raw);
    if shown.trim().is_empty() {
        return String::new();
    }
    let ticks = "`".repeat(longest_run(&shown) + 1);
    let pad = if shown.starts_with('`') || shown.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{shown}{pad}{ticks}")
}

/// Inline code in a cell of a table, where `|` has to be escaped even inside code.
pub(crate) fn code_cell(raw: &str) -> String {
    code(raw).replace('|', "\\|")
}

/// A fenced block of code whose fence is longer than any run of backticks inside. Ends with a line
/// feed.
pub(crate) fn fence(language: &str, raw: &str) -> String {
    let shown = visible::code(raw);
    let ticks = "`".repeat(longest_run(&shown).max(2) + 1);
    let newline = if shown.ends_with('\n') { "" } else { "\n" };
    format!("{ticks}{language}\n{shown}{newline}{ticks}\n")
}

/// A link to a web page; anything that is no plain `https` or `http` address becomes code.
pub(crate) fn link(raw: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#=&%+@,;".contains(&byte);
    let web = raw.starts_with("https://") || raw.starts_with("http://");
    if web && raw.bytes().all(plain) {
        format!("<{raw}>")
    } else {
        code(raw)
    }
}

/// Length of the longest run of backticks.
pub(crate) fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or_default()
}

/// Escapes what is markup; words that GitHub links become code.
fn escape_into(out: &mut String, plain: &str) {
    for piece in plain.split_inclusive(' ') {
        let word = piece.trim_end_matches(' ');
        let space = piece.get(word.len()..).unwrap_or_default();
        if is_linked(word) {
            out.push_str(&code(word));
        } else {
            escape_word(out, word);
        }
        out.push_str(space);
    }
}

/// Whether GitHub would make a mention, a reference or a link of the word.
fn is_linked(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let is_object_name = |run: &str| {
        (7..=40).contains(&run.len())
            && run.bytes().all(|byte| byte.is_ascii_hexdigit())
            && run.bytes().any(|byte| byte.is_ascii_digit())
    };
    let names_object = word
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(is_object_name);
    word.contains('@')
        || lower.contains("://")
        || lower.contains("www.")
        || lower.split('#').skip(1).any(digits)
        || lower.split("gh-").skip(1).any(digits)
        || names_object
}

fn escape_word(out: &mut String, word: &str) {
    let line_start = out.is_empty();
    let mut only_digits = line_start;
    for (index, character) in word.chars().enumerate() {
        let starts_block = line_start && index == 0 && "-+=:".contains(character);
        let numbers_list = only_digits && index > 0 && ".)".contains(character);
        if starts_block || numbers_list || "\\`*_[]<>#|~&$!".contains(character) {
            out.push('\\');
        }
        only_digits &= character.is_ascii_digit();
        out.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_of_messages_stay() {
        assert_eq!(text("`buf` gets `a*b`"), "`buf` gets `a*b`");
        assert_eq!(text("one ` only"), "one \\` only");
        assert_eq!(text("``x"), "\\`\\`x");
    }

    #[test]
    fn mentions_and_references_become_code() {
        assert_eq!(text("ask @octocat now"), "ask `@octocat` now");
        assert_eq!(text("see acme/fw#12, GH-7"), "see `acme/fw#12,` `GH-7`");
        assert_eq!(text("https://evil.example"), "`https://evil.example`");
        assert_eq!(text("commit deadbee1"), "commit `deadbee1`");
        assert_eq!(
            text("(deadbee1), x/deadbee1. but 0xdeadbee1 and deadbee1_x"),
            "`(deadbee1),` `x/deadbee1.` but 0xdeadbee1 and deadbee1\\_x"
        );
        assert_eq!(text("C-LEN-014 in a C# file"), "C-LEN-014 in a C\\# file");
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(
            text("<!-- x --> [a](b) *b* a|b &lt; $x$"),
            "\\<\\!-- x --\\> \\[a\\](b) \\*b\\* a\\|b \\&lt; \\$x\\$"
        );
        assert_eq!(text("- item"), "\\- item");
        assert_eq!(text("1. item"), "1\\. item");
        assert_eq!(text("a\nb"), "a b");
    }

    #[test]
    fn fences_and_spans_outgrow_their_content() {
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(""), "");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(fence("c", "x ```` y"), "`````c\nx ```` y\n`````\n");
    }

    #[test]
    fn only_plain_addresses_are_links() {
        assert_eq!(link("https://a.b/c?d=1"), "<https://a.b/c?d=1>");
        assert_eq!(link("javascript:x"), "`javascript:x`");
        assert_eq!(link("https://a.b/> @x"), "`https://a.b/> @x`");
    }
}
