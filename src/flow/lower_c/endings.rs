//! Functions that do not come back, told by their bodies: the last statement is an endless loop or
//! a call of another such function, and nothing before leaves.

use super::call::leaves;
use super::scan::{Space, is_word};
use super::unit::Lowerer;
use crate::flow::ir::Symbol;
use crate::syntax::Field;

/// Longest body that is read, in bytes.
const LONGEST: usize = 4_000;

/// Calls of calls that are followed to an end.
const CHAIN: u32 = 16;

/// The last statement of a body.
#[derive(Debug, PartialEq, Eq)]
enum Last<'t> {
    /// `for (;;) …`, `while (1) …`
    Loop,
    /// `name(…);`
    Call(&'t [u8]),
}

impl<'a> Lowerer<'a> {
    /// Whether a function does not return: by its name, its declaration or its body.
    pub(super) fn never_returns(&mut self, text: &[u8], name: Symbol) -> bool {
        if self.noreturn.contains(&name) || leaves(text) {
            return true;
        }
        if let Some(&known) = self.endings.get(&name) {
            return known;
        }
        // A function that calls itself tells nothing, nor does one at the end of a long chain.
        self.endings.insert(name, false);
        if self.ending_depth >= CHAIN {
            return false;
        }
        self.ending_depth += 1;
        let bodies = self.bodies_of(text, name);
        let found = !bodies.is_empty() && bodies.iter().all(|body| self.ends(body));
        self.ending_depth -= 1;
        self.endings.insert(name, found);
        found
    }

    /// Every body that the file, or else its headers, give a function.
    fn bodies_of(&mut self, text: &[u8], name: Symbol) -> Vec<&'a [u8]> {
        if let Some(own) = self.bodies.get(&name) {
            let own = own.clone();
            return own
                .into_iter()
                .filter_map(|at| self.child(at, Field::BODY))
                .map(|body| self.text(body))
                .collect();
        }
        self.headers
            .declarations(Space::Name, text)
            .into_iter()
            .filter_map(|found| found.body())
            .collect()
    }

    fn ends(&mut self, body: &[u8]) -> bool {
        if body.len() > LONGEST {
            return false;
        }
        let plain = plain(body);
        match last(&plain) {
            Some(Last::Loop) => true,
            Some(Last::Call(callee)) => {
                let name = self.intern_new(callee);
                if self.noreturn.contains(&name) || leaves(callee) {
                    return true;
                }
                if let Some(definition) = self.definition(callee) {
                    let call: &[u8] = match definition.parameters {
                        Some(_) => b";}",
                        None => b"();}",
                    };
                    let inner = [b"{", &*definition.body, call].concat();
                    return self.ends_once(name, &inner);
                }
                // Reads what the headers say of it.
                self.meaning(callee, name);
                self.never_returns(callee, name)
            }
            None => false,
        }
    }

    /// A macro's body, which may name the macro again.
    fn ends_once(&mut self, name: Symbol, body: &[u8]) -> bool {
        if let Some(&known) = self.endings.get(&name) {
            return known;
        }
        self.endings.insert(name, false);
        let found = self.ends(body);
        self.endings.insert(name, found);
        found
    }
}

/// A body without comments and texts; of a directive `#` stays.
fn plain(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut is_line_start = true;
    while let Some((&byte, behind)) = rest.split_first() {
        let skipped = match byte {
            b'/' if behind.first() == Some(&b'*') => {
                memchr::memmem::find(rest, b"*/").map_or(rest.len(), |at| at + 2)
            }
            b'/' if behind.first() == Some(&b'/') => {
                memchr::memchr(b'\n', rest).unwrap_or(rest.len())
            }
            b'"' | b'\'' => 2 + text_length(behind, byte),
            b'#' if is_line_start => {
                out.push(b'#');
                let mut length = 0;
                loop {
                    let line = rest.get(length..).unwrap_or_default();
                    let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
                    length += end;
                    let text = line.get(..end).unwrap_or_default().trim_ascii_end();
                    if !text.ends_with(b"\\") || length >= rest.len() {
                        break;
                    }
                    length += 1;
                }
                length
            }
            _ => 0,
        };
        if skipped > 0 {
            out.push(b' ');
            rest = rest.get(skipped..).unwrap_or_default();
            continue;
        }
        is_line_start = byte == b'\n' || is_line_start && byte.is_ascii_whitespace();
        // A macro's body goes on behind the end of a line.
        out.push(if byte == b'\\' { b' ' } else { byte });
        rest = behind;
    }
    out
}

/// Bytes of a literal up to its end.
fn text_length(behind: &[u8], quote: u8) -> usize {
    let mut is_escaped = false;
    for (at, &byte) in behind.iter().enumerate() {
        if is_escaped {
            is_escaped = false;
        } else if byte == b'\\' {
            is_escaped = true;
        } else if byte == quote {
            return at;
        }
    }
    behind.len()
}

/// The last statement of a plain body in braces, if nothing in the body leaves another way.
fn last(body: &[u8]) -> Option<Last<'_>> {
    let has = |wanted: &[u8]| {
        body.split(|byte| !is_word(*byte))
            .any(|word| word == wanted)
    };
    // `RETURN_ON_ERROR(read(&b));` in a loop leaves it.
    let may_leave = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_uppercase)
            && !word.iter().any(u8::is_ascii_lowercase)
            && [
                &b"RETURN"[..],
                b"CHECK",
                b"GOTO",
                b"EXIT",
                b"LEAVE",
                b"TRY",
                b"ERROR",
                b"FAIL",
            ]
            .iter()
            .any(|part| memchr::memmem::find(word, part).is_some())
    };
    let words = || body.split(|byte| !is_word(*byte));
    let returns = words().filter(|word| *word == b"return").count();
    if returns > 1 || has(b"goto") || words().any(may_leave) {
        return None;
    }
    last_of(body, !has(b"break"), returns == 1)
}

/// `returns`: there is one `return` in it, which has to be the last statement and hand on to a function.
fn last_of(body: &[u8], may_loop: bool, returns: bool) -> Option<Last<'_>> {
    let inner = body.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
    let mut depth = 0_i32;
    let mut start = 0;
    let mut statements: Vec<&[u8]> = Vec::new();
    for (at, &byte) in inner.iter().enumerate() {
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
        if depth == 0 && matches!(byte, b';' | b'}') {
            let found = inner.get(start..=at)?.trim_ascii();
            start = at + 1;
            if found != b";" {
                statements.push(found);
            }
        }
    }
    // A directive in the last statement or behind it: it is one of several builds.
    let is_behind = !inner.get(start..)?.trim_ascii().is_empty();
    let written = statements.pop()?;
    let directive = written.iter().rposition(|byte| *byte == b'#');
    let (before, statement) = written.split_at(directive.map_or(0, |at| at + 1));
    let is_split = !before
        .iter()
        .all(|byte| *byte == b'#' || byte.is_ascii_whitespace());
    if is_behind || is_split {
        return None;
    }
    let mut statement = statement.trim_ascii();
    match statement.strip_prefix(b"return") {
        Some(handed) if returns && handed.starts_with(b" ") => statement = handed.trim_ascii(),
        None if !returns => {}
        _ => return None,
    }
    let length = statement.iter().position(|byte| !is_word(*byte))?;
    let (word, behind) = statement.split_at(length);
    let behind = behind.trim_ascii_start();
    let close = closing(behind)?;
    let inside: Vec<u8> = behind
        .get(1..close)?
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'(' | b')'))
        .collect();
    match (word, inside.as_slice()) {
        (b"for", b";;") | (b"while", b"1" | b"1U" | b"1u" | b"true" | b"TRUE")
            if may_loop && !returns =>
        {
            Some(Last::Loop)
        }
        // `do { … } while (0)`, as macros are written.
        (b"while", b"0" | b"false") => {
            last_of(statements.pop()?.strip_prefix(b"do")?, may_loop, returns)
        }
        (b"for" | b"while" | b"if" | b"switch" | b"do" | b"else" | b"", _) => None,
        _ => (behind.get(close + 1..)?.trim_ascii() == b";").then_some(Last::Call(word)),
    }
}

/// Where the bracket closes that a text begins with.
fn closing(text: &[u8]) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at),
            b')' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Last, last, plain};

    #[test]
    fn the_last_statement_tells_whether_a_body_comes_back() {
        for (body, expected) in [
            ("{ for (;;); }", Some(Last::Loop)),
            ("{ x = 1; while (1) { wait(); } }", Some(Last::Loop)),
            (
                "{ log(\"};\"); /* } */ while (true) ; // end\n }",
                Some(Last::Loop),
            ),
            ("{ halt(\"x\"); }", Some(Last::Call(b"halt"))),
            (
                "{ do { f(); halt(2); } while (0);}",
                Some(Last::Call(b"halt")),
            ),
            (
                "{\n#ifdef A\n f();\n#endif\n halt(1);\n}",
                Some(Last::Call(b"halt")),
            ),
            ("{\n#ifdef A\n halt(1);\n#endif\n}", None),
            ("{\n#ifdef A\n halt(1);\n#else\n halt(2);\n#endif\n}", None),
            ("{ if (a)\n#ifdef A\n halt(1);\n}", None),
            ("{ if (a) return; halt(1); }", None),
            ("{ if (a) halt(1); }", None),
            ("{ while (1) { if (a) break; } }", None),
            ("{ while (a) ; }", None),
            ("{ int x = halt(1); }", None),
            ("{ }", None),
            ("{", None),
        ] {
            assert_eq!(last(&plain(body.as_bytes())), expected, "{body}");
        }
    }
}
