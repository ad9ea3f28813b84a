//! Chooses one arm of `#if` groups that a parser of unpreprocessed C cannot read as they are.
//!
//! The grammar takes `#if` groups between statements, declarations and fields. A group inside an
//! initialiser, an argument list or an expression, or with unbalanced arms, makes it lose its way;
//! such groups are reduced to one arm, the others become gaps.

use super::directives::{Directive, Truth, Word, blank};
use super::tokens::{Token, TokenKind};
use crate::finding::Span;

/// Which groups lose their directives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choose {
    /// Those that split a construct.
    Splitting,
    /// All.
    All,
}

/// An `#if`, `#elif` or `#else` with the code below it.
struct Arm {
    /// The directive's line.
    line: Span,
    /// Whether any code stands in the arm.
    code: bool,
}

/// An `#if` group.
struct Group {
    arms: Vec<Arm>,
    /// The line of the `#endif`.
    end: Span,
    /// Whether it splits a construct.
    splits: bool,
    /// The first arm never holds.
    first_dead: bool,
    /// Open brackets where the group begins.
    depth: usize,
    /// Open brackets at the end of the first arm: how many of the outer ones are left, and those
    /// opened inside.
    after_first: Option<(usize, Vec<u8>)>,
}

/// Reads the tokens of `text`, blanks what is not chosen, and lists the arms left out that hold
/// code. `lines` are the directives that `tokens` refer to.
pub(super) fn choose(
    text: &mut [u8],
    tokens: &[Token],
    lines: &[Directive],
    which: Choose,
    unchosen: &mut Vec<Span>,
) {
    let mut scan = Scan::default();
    let mut blanks: Vec<Span> = Vec::new();
    let mut open: Vec<Group> = Vec::new();
    let mut closed: Vec<Group> = Vec::new();
    let mut just_closed = false;
    let mut lines = lines.iter();
    for &token in tokens {
        if token.kind != TokenKind::Directive {
            let goes_on = scan.continues(token, text);
            if just_closed
                && goes_on
                && let Some(group) = closed.last_mut()
            {
                group.splits = true;
            }
            just_closed = false;
            if let Some(group) = open.last_mut()
                && let Some(arm) = group.arms.last_mut()
            {
                group.splits |= goes_on && !arm.code;
                arm.code = true;
            }
            scan.step(token, text);
            continue;
        }
        let Some(line) = lines.find(|line| line.span.end == token.span.end) else {
            break;
        };
        let arm = Arm {
            line: line.span,
            code: false,
        };
        match line.word {
            Word::Open => open.push(Group {
                arms: vec![arm],
                end: line.span,
                splits: scan.inside_construct(),
                first_dead: line.truth == Truth::False,
                depth: scan.brackets.len(),
                after_first: None,
            }),
            Word::Elif | Word::Else => {
                if let Some(group) = open.last_mut() {
                    scan.end_arm(group);
                    scan.brackets.resize(group.depth, BLOCK);
                    group.arms.push(arm);
                }
            }
            Word::End => {
                let Some(mut group) = open.pop() else {
                    continue;
                };
                scan.end_arm(&mut group);
                if let Some((left, inside)) = group.after_first.take() {
                    scan.brackets.truncate(left);
                    scan.brackets.extend(inside);
                }
                if let Some(outer) = open.last_mut().and_then(|outer| outer.arms.last_mut()) {
                    outer.code |= group.arms.iter().any(|arm| arm.code);
                }
                group.end = line.span;
                closed.push(group);
            }
            // `#define` or `#pragma` in the middle of an expression.
            Word::Other => {
                if scan.inside_list() {
                    blanks.push(line.span);
                }
            }
        }
        just_closed = line.word == Word::End;
    }
    unchosen.clear();
    for group in &closed {
        if which == Choose::All || group.splits {
            pick(group, &mut blanks, unchosen);
        }
    }
    drop_inner(&mut blanks);
    drop_inner(unchosen);
    for &span in &blanks {
        blank(text, span);
    }
}

/// Blanks the directives of a group and all arms but one: the first with code.
fn pick(group: &Group, blanks: &mut Vec<Span>, unchosen: &mut Vec<Span>) {
    let chosen = group
        .arms
        .iter()
        .enumerate()
        .position(|(index, arm)| arm.code && !(index == 0 && group.first_dead))
        .unwrap_or(0);
    for (index, arm) in group.arms.iter().enumerate() {
        if index == chosen {
            blanks.push(arm.line);
            continue;
        }
        let next = group
            .arms
            .get(index + 1)
            .map_or(group.end, |next| next.line);
        blanks.push(Span::new(arm.line.start, next.start));
        if arm.code {
            unchosen.push(Span::new(arm.line.end, next.start));
        }
    }
    blanks.push(group.end);
}

/// Sorts, and leaves out spans that lie in another one.
fn drop_inner(spans: &mut Vec<Span>) {
    spans.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut end = 0;
    spans.retain(|span| {
        let outer = span.end > end;
        end = end.max(span.end);
        outer
    });
}

/// Kinds of open brackets besides `(` and `[`.
const BLOCK: u8 = b'{';
const INITIALISER: u8 = b'=';
const ENUMERATORS: u8 = b'e';

/// Stands for a word and for a literal in [`Scan::last`].
const WORD: u8 = b'w';
const LITERAL: u8 = b'"';

/// Where in the code the scan is.
#[derive(Default)]
struct Scan {
    /// Open brackets.
    brackets: Vec<u8>,
    /// The last token; 0 at the beginning.
    last: u8,
    /// `enum` since the last `;`, `{` or `}`.
    enumeration: bool,
    /// `=` or `return` since the last `;`, `{` or `}`, outside parentheses.
    value: bool,
}

impl Scan {
    fn step(&mut self, token: Token, text: &[u8]) {
        self.last = match token.kind {
            TokenKind::Word => {
                match token.span.of(text) {
                    b"enum" => self.enumeration = true,
                    b"return" => self.value = true,
                    _ => {}
                }
                WORD
            }
            TokenKind::Literal | TokenKind::Directive => LITERAL,
            TokenKind::Punct(byte) => {
                self.punctuation(byte);
                byte
            }
        };
    }

    fn punctuation(&mut self, byte: u8) {
        let top = self.brackets.last().copied();
        match byte {
            b'(' | b'[' => self.brackets.push(byte),
            b')' | b']' | b'}' => {
                self.brackets.pop();
            }
            b'{' => {
                let inner = matches!(top, Some(b'(' | INITIALISER));
                let kind = match self.last {
                    _ if self.enumeration => ENUMERATORS,
                    b'=' | b',' => INITIALISER,
                    b'{' | b')' | WORD if inner => INITIALISER,
                    b')' if self.value => INITIALISER,
                    _ => BLOCK,
                };
                self.brackets.push(kind);
            }
            b'=' if top != Some(b'(') => self.value = true,
            _ => {}
        }
        if matches!(byte, b';' | b'{' | b'}') {
            self.enumeration = false;
            self.value = false;
        }
    }

    /// Whether the scan is neither between statements nor between declarations, fields or
    /// enumerators.
    fn inside_construct(&self) -> bool {
        match self.brackets.last() {
            Some(b'(' | b'[' | &INITIALISER) => true,
            Some(&ENUMERATORS) => !matches!(self.last, b',' | b'{'),
            _ => !matches!(self.last, 0 | b';' | b'{' | b'}' | b':'),
        }
    }

    /// Whether the scan is between parentheses or inside an initialiser.
    fn inside_list(&self) -> bool {
        matches!(self.brackets.last(), Some(b'(' | b'[' | &INITIALISER))
    }

    /// Notes what the end of an arm says about its group.
    fn end_arm(&self, group: &mut Group) {
        let code = group.arms.last().is_some_and(|arm| arm.code);
        let depth = self.brackets.len();
        group.splits |= depth != group.depth || (code && self.inside_construct());
        if group.after_first.is_none() && code {
            let left = depth.min(group.depth);
            let inside = self.brackets.get(group.depth..).unwrap_or_default();
            group.after_first = Some((left, inside.to_vec()));
        }
    }

    /// Whether code that begins with the token goes on with something begun before it.
    fn continues(&self, token: Token, text: &[u8]) -> bool {
        match token.kind {
            TokenKind::Word => token.span.of(text) == b"else",
            TokenKind::Punct(b'{') => self.last == b')',
            TokenKind::Punct(byte) => b"|&,)]+/?:.=<>^%".contains(&byte),
            _ => false,
        }
    }
}
