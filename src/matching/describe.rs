//! A span that a rule reports → a finding: position, message, lines, function, tokens.

use super::active::ActiveRule;
use super::template::{fix_text, interpolate};
use crate::finding::{Finding, Fix, FixSafety, Location, Position, RepoPath, SourceLine, Span};
use crate::syntax::{Kind, LineTable, NodeId, SourceFile};

/// Source lines kept with a finding.
const MAX_LINES: u32 = 12;

/// A file under the rules.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// Its path.
    pub path: &'p RepoPath,
    /// Its bytes.
    pub text: &'p [u8],
    /// Where its lines begin.
    pub lines: &'p LineTable,
    /// Its syntax tree, where it has one.
    pub file: Option<&'p SourceFile<'p>>,
}

impl Place<'_> {
    /// Where a span of the file is.
    pub fn locate(&self, span: Span) -> Location {
        locate(self.path, self.text, self.lines, span)
    }
}

/// The finding of a rule at a span. `bound` tells what the metavariable of that number in `metas`
/// stands for.
pub fn describe(
    active: &ActiveRule,
    place: Place<'_>,
    span: Span,
    metas: &[String],
    bound: &dyn Fn(usize) -> Option<String>,
) -> Finding {
    let Place {
        path,
        text,
        lines,
        file,
    } = place;
    let head = active.head();
    let info = active.info();
    let location = locate(path, text, lines, span);
    let fix = active
        .program()
        .and_then(|program| fix_text(program, span.of(text), metas, bound))
        .map(|replacement| Fix {
            location: location.clone(),
            replacement,
            safety: info
                .and_then(|info| info.fix_safety)
                .unwrap_or(FixSafety::Suggested),
        });
    let last = location
        .end
        .line
        .min(location.start.line.saturating_add(MAX_LINES - 1));
    let shown = (location.start.line..=last)
        .map(|number| SourceLine {
            number,
            text: String::from_utf8_lossy(lines.span(number, text).of(text)).into_owned(),
        })
        .collect();
    Finding {
        rule: head.id.clone(),
        severity: head.severity,
        precision: head.precision,
        status: head.status,
        message: match info {
            Some(info) => interpolate(&info.message, metas, bound),
            None => head.id.to_string(),
        },
        location,
        related: Vec::new(),
        trace: Vec::new(),
        function: file.and_then(|file| function_name(file, span)),
        lines: shown,
        fix,
        tokens: tokens(file, text, span),
        origin: None,
    }
}

fn locate(path: &RepoPath, text: &[u8], lines: &LineTable, span: Span) -> Location {
    // The end position is that of the last byte's successor on its line.
    let end: Position = lines.position(span.end.max(span.start), text);
    Location {
        path: path.clone(),
        span,
        start: lines.position(span.start, text),
        end,
    }
}

/// Name of the innermost function around a span.
fn function_name(file: &SourceFile<'_>, span: Span) -> Option<String> {
    let tree = &file.tree;
    let mut node = tree.root();
    let mut name = None;
    loop {
        if matches!(
            tree.kind(node),
            Kind::FUNCTION_DEFINITION | Kind::FUNCTION_ITEM
        ) && let Some(found) = name_of(file, node)
        {
            name = Some(found);
        }
        match tree
            .children(node)
            .find(|&child| tree.span(child).contains(span))
        {
            Some(child) => node = child,
            None => return name,
        }
    }
}

fn name_of(file: &SourceFile<'_>, function: NodeId) -> Option<String> {
    use crate::syntax::Field;
    let tree = &file.tree;
    let name = match tree.child(function, Field::NAME) {
        Some(name) => name,
        None => {
            let declarator = tree.child(function, Field::DECLARATOR)?;
            super::view::declared(tree, declarator).name?
        }
    };
    Some(String::from_utf8_lossy(tree.text(name, file.text)).into_owned())
}

/// The tokens of a span with one space between them, comments left out.
fn tokens(file: Option<&SourceFile<'_>>, text: &[u8], span: Span) -> String {
    let mut bytes = span.of(text).to_vec();
    if let Some(file) = file {
        for comment in file.tree.comments() {
            if span.contains(*comment) {
                let from = (comment.start - span.start) as usize;
                let to = (comment.end - span.start) as usize;
                if let Some(part) = bytes.get_mut(from..to) {
                    part.fill(b' ');
                }
            }
        }
    }
    normal_tokens(&bytes)
}

/// The words of a text with one space between them where two would run together.
pub fn normal_tokens(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last: Option<char> = None;
    let mut gap = false;
    for c in String::from_utf8_lossy(text).chars() {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        let word = |c: char| c.is_alphanumeric() || c == '_';
        // White space counts only between two words.
        if gap && last.is_some_and(word) && word(c) {
            out.push(' ');
        }
        gap = false;
        out.push(c);
        last = Some(c);
    }
    out
}
