//! Texts that every match of a regular expression must hold, so that most expressions never need to
//! be compiled.

/// Texts kept of one expression.
const MAX: usize = 4;

/// The longest such texts, longest first; none where none is known. Only runs of at least two plain
/// characters outside of groups, classes and repetitions count.
pub(super) fn literals(expression: &str) -> Vec<String> {
    let mut runs = find(expression).unwrap_or_default();
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    runs.truncate(MAX);
    runs
}

/// `None` = the expression holds something that this function does not judge.
fn find(expression: &str) -> Option<Vec<String>> {
    let mut runs = Runs::default();
    let mut rest = expression;
    let mut ignores_case = false;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..)?;
        rest = match c {
            '|' => return None,
            '(' => {
                runs.end();
                let close = closing(rest)?;
                let inner = behind.get(..close - 1)?;
                // `(?i)`: flags for all that follows.
                if let Some(flags) = inner.strip_prefix('?')
                    && flags
                        .chars()
                        .all(|flag| flag.is_ascii_alphabetic() || flag == '-')
                {
                    if flags.contains('x') {
                        return None;
                    }
                    ignores_case |= flags.contains('i');
                }
                rest.get(close + 1..)?
            }
            '[' => {
                runs.end();
                rest.get(class_end(rest)? + 1..)?
            }
            '\\' => {
                let escaped = behind.chars().next()?;
                let behind = behind.get(escaped.len_utf8()..)?;
                match escaped {
                    'b' | 'B' | 'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'K' | 'A' | 'z' | 'Z' | 'n'
                    | 'r' | 't' => runs.end(),
                    // References, code points, properties: their ends are not worth knowing.
                    _ if escaped.is_alphanumeric() || matches!(escaped, '<' | '>') => return None,
                    _ => runs.push(escaped),
                }
                behind
            }
            '*' | '?' => {
                runs.end_without_last();
                behind
            }
            '{' => {
                runs.end_without_last();
                let close = behind.find('}')?;
                let is_count = |c: char| c.is_ascii_digit() || c == ',';
                if !behind.get(..close)?.chars().all(is_count) {
                    return None;
                }
                behind.get(close + 1..)?
            }
            '+' | '.' | '^' | '$' => {
                runs.end();
                behind
            }
            _ if ignores_case && (c.is_alphabetic() || !c.is_ascii()) => {
                runs.end();
                behind
            }
            _ => {
                runs.push(c);
                behind
            }
        };
    }
    runs.end();
    Some(runs.ended)
}

#[derive(Default)]
struct Runs {
    current: String,
    ended: Vec<String>,
}

impl Runs {
    fn push(&mut self, c: char) {
        self.current.push(c);
    }

    fn end(&mut self) {
        let run = std::mem::take(&mut self.current);
        if run.len() > 1 && !self.ended.contains(&run) {
            self.ended.push(run);
        }
    }

    /// The last character may be missing from a match.
    fn end_without_last(&mut self) {
        self.current.pop();
        self.end();
    }
}

/// Index of the `)` that closes the `(` the text begins with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let c = text.get(at..)?.chars().next()?;
        match c {
            '\\' => at += text.get(at + 1..)?.chars().next()?.len_utf8(),
            '[' => at += class_end(text.get(at..)?)?,
            '(' => depth += 1,
            ')' if depth <= 1 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
        at += c.len_utf8();
    }
}

/// Index of the `]` that closes the class the text begins with.
fn class_end(text: &str) -> Option<usize> {
    let mut inside = text.char_indices().skip(1).peekable();
    // A bracket right after the opening one is a plain character.
    inside.next_if(|(_, c)| *c == '^');
    inside.next_if(|(_, c)| *c == ']');
    while let Some((at, c)) = inside.next() {
        match c {
            '\\' => {
                inside.next();
            }
            // `[[:alpha:]]` and nested classes: not worth knowing.
            '[' => return None,
            ']' => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[test]
    fn the_longest_runs_outside_of_groups_count() {
        let cases: [(&str, &[&str]); 15] = [
            (
                "-----BEGIN (?:(?:RSA|EC) )?PRIVATE KEY-----(?:\\s|x)*",
                &["PRIVATE KEY-----", "-----BEGIN "],
            ),
            ("(?m)^PuTTY-File-[23]:\\s*\\S+$", &["PuTTY-File-"]),
            ("(?m)abc?d", &["ab"]),
            ("abc{0,2}def+g", &["def", "ab"]),
            ("(?i)\\b0x30,\\s*0x82,\\s*0x30,", &["30,", "82,"]),
            ("a|bcd", &[]),
            ("(?:a|b)cd", &["cd"]),
            ("(?x) a b c", &[]),
            ("\\x41bc", &[]),
            ("a\\.b\\(c", &["a.b(c"]),
            ("[^)\\]]xy[]z]", &["xy"]),
            ("(?=.*[)(])abc", &["abc"]),
            ("a[[:alpha:]]bcd", &[]),
            ("(unclosed", &[]),
            ("(\\)|\\()ok", &["ok"]),
        ];
        for (expression, expected) in cases {
            assert_eq!(literals(expression), expected, "{expression}");
        }
    }
}
