//! Bytes → syntax tree: one reused parser per thread.

use std::ops::ControlFlow;

use super::flatten::{Flattened, flatten};
use super::functions::{function_at, functions, mark};
use super::kind::Kind;
use super::language::Language;
use super::lines::LineTable;
use super::macros::MacroSource;
use super::outline::Outline;
use super::prepass::{PrePass, Variant};
use super::rewrite::Rewritten;
use super::source::{MacroLoop, SourceFile, SyntaxGap};
use super::tree::{NodeId, Tree};
use crate::finding::{GapKind, Span};

/// Counted limits of one parse. No clock: the same input always gives the same result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file in bytes.
    pub file_bytes: usize,
    /// Deepest nesting kept in the tree.
    pub depth: usize,
    /// Calls of tree-sitter's progress callback (one per 100 parser operations) for all parses of
    /// one file together. Measured: 0.001 to 0.028 calls per byte of real C and Rust, 20 µs each;
    /// up to 150 µs each on input made to be slow.
    pub parser_steps: u64,
    /// Bytes of stack that the calling thread has to spare. tree-sitter frees its parse stack
    /// recursively, so deep input needs a deep stack: files for which these bytes might not do are
    /// parsed on a thread of their own, at a cost of about 1 ms each. Whoever parses many files
    /// does it on threads with [`Limits::worker_stack`] bytes and says so here.
    pub stack_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 20,
            depth: 2_000,
            parser_steps: 25_000,
            // Threads of the standard library have 2 MiB.
            stack_bytes: 3 << 19,
        }
    }
}

impl Limits {
    /// Stack a thread needs to parse any file within the size limit, in bytes. Reserved address
    /// space; only pages that deep input touches are used.
    pub fn worker_stack(&self) -> usize {
        self.file_bytes
            .saturating_mul(STACK_PER_BYTE)
            .saturating_add(1 << 22)
    }

    /// The same limits for a parser on a thread with [`Limits::worker_stack`] bytes of stack.
    pub fn on_worker(self) -> Self {
        let stack_bytes = self.file_bytes.saturating_mul(STACK_PER_BYTE);
        Self {
            stack_bytes,
            ..self
        }
    }
}

/// Why there is no tree at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The file is larger than the limit; its size in bytes.
    #[error("{0} bytes are more than the size limit")]
    Size(usize),
    /// The counted bound was reached.
    #[error("the parser gave up after {0} steps")]
    Bound(u64),
    /// tree-sitter refused the grammar; a defect of the build.
    #[error("the grammar does not fit the parser library")]
    Grammar,
}

/// Parses files one after the other, reusing its buffers.
pub struct Parser {
    inner: tree_sitter::Parser,
    language: Option<Language>,
    /// Whether `inner` leaves out parts of the text.
    has_gaps: bool,
    limits: Limits,
    spare: Vec<Tree>,
    prepass: PrePass,
}

/// tree-sitter's tree and what was done to the text before.
struct Parsed {
    tree: tree_sitter::Tree,
    rewritten: Rewritten,
    unchosen: Vec<Span>,
}

impl Parser {
    /// A parser with these limits.
    pub fn new(limits: Limits) -> Self {
        super::use_fast_allocator();
        Self {
            inner: tree_sitter::Parser::new(),
            language: None,
            has_gaps: false,
            limits,
            spare: Vec::new(),
            prepass: PrePass::default(),
        }
    }

    /// Parses a file. C goes through the pre-pass: code that C never sees is blanked, and where the
    /// file then does not parse cleanly, `#if` arms are chosen and macros rewritten as far as that
    /// helps. `macros` tells what is known of the project's macros; the file's own are found here.
    ///
    /// # Errors
    /// [`ParseError`] where the file is too large, the counted bound was reached or the grammar
    /// does not load.
    pub fn parse<'s>(
        &mut self,
        language: Language,
        text: &'s [u8],
        macros: &dyn MacroSource,
    ) -> Result<SourceFile<'s>, ParseError> {
        self.parse_without(language, text, &[], macros)
    }

    /// As [`Self::parse`], but a C file is read as if nothing stood in the bytes of `left_out`.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_without<'s>(
        &mut self,
        language: Language,
        text: &'s [u8],
        left_out: &[Span],
        macros: &dyn MacroSource,
    ) -> Result<SourceFile<'s>, ParseError> {
        if text.len() > self.limits.file_bytes {
            return Err(ParseError::Size(text.len()));
        }
        // The buffers are lent out while the parser itself is needed.
        let mut prepass = std::mem::take(&mut self.prepass);
        let lines = LineTable::new(text);
        let parsed = self.best_tree(language, (text, left_out), macros, &lines, &mut prepass);
        self.prepass = prepass;
        let mut file = self.source_file(language, text, lines, parsed?);
        file.left_out = left_out.to_vec();
        Ok(file)
    }

    /// The file-level items of a C text, found without parsing; `None` where that is not possible or
    /// the text is too large.
    pub fn outline(&mut self, text: &[u8]) -> Option<Outline> {
        if text.len() > self.limits.file_bytes {
            return None;
        }
        self.prepass.outline(text)
    }

    /// Parses `text` as it is, without any pre-pass, whatever its size.
    ///
    /// # Errors
    /// [`ParseError`] where the counted bound was reached or the grammar does not load.
    pub fn parse_verbatim<'s>(
        &mut self,
        language: Language,
        text: &'s [u8],
    ) -> Result<SourceFile<'s>, ParseError> {
        let mut steps = 0;
        let parsed = Parsed {
            tree: self.tree_of(language, (text, &[]), None, &mut steps)?,
            rewritten: Rewritten::default(),
            unchosen: Vec::new(),
        };
        Ok(self.source_file(language, text, LineTable::new(text), parsed))
    }

    /// Gives the memory of a file back for the next one.
    pub fn recycle(&mut self, file: SourceFile<'_>) {
        self.spare.push(file.tree);
    }

    /// The tree with the fewest bytes under ERROR among the variants of the pre-pass.
    fn best_tree(
        &mut self,
        language: Language,
        (text, left_out): (&[u8], &[Span]),
        macros: &dyn MacroSource,
        lines: &LineTable,
        prepass: &mut PrePass,
    ) -> Result<Parsed, ParseError> {
        let masked = language == Language::C && prepass.blank_dead(text, left_out);
        let base = if masked { &prepass.plain } else { text };
        let read = if masked {
            ranges_without(base, &prepass.dead, lines)
        } else {
            Vec::new()
        };
        let mut steps = 0;
        let first = self.tree_of(language, (base, &read), None, &mut steps)?;
        let mut best = Parsed {
            tree: first.clone(),
            rewritten: Rewritten::default(),
            unchosen: Vec::new(),
        };
        if language != Language::C || !first.root_node().has_error() {
            return Ok(best);
        }
        let mut cost = error_bytes(&first);
        let rounds = [
            (Variant::Splitting, false),
            (Variant::AllGroups, false),
            (Variant::Splitting, true),
            (Variant::AllGroups, true),
        ];
        for (round, (variant, with_others)) in rounds.into_iter().enumerate() {
            // Definitions elsewhere are gathered for the few files that need them.
            let table = if with_others {
                macros.table()
            } else {
                macros.settings()
            };
            if with_others && !table.knows_more_than(macros.settings()) {
                break;
            }
            let mut unchosen = Vec::new();
            let rewritten = prepass.vary(text, variant, round == 0, table, &mut unchosen);
            // The same text again, because there was nothing more to choose or to rewrite.
            if prepass.was_tried(round == 0) {
                continue;
            }
            let base = if masked { &prepass.plain } else { text };
            let mut old = first.clone();
            edit(&mut old, base, &prepass.rewritten, lines);
            // The bound holds for all variants of a file together; what was parsed before counts.
            let variant = (prepass.rewritten.as_slice(), read.as_slice());
            let Ok(tree) = self.tree_of(language, variant, Some(&old), &mut steps) else {
                break;
            };
            let new = error_bytes(&tree);
            if new < cost {
                cost = new;
                best = Parsed {
                    tree,
                    rewritten,
                    unchosen,
                };
            }
            if cost == 0 {
                break;
            }
        }
        Ok(best)
    }

    /// Runs tree-sitter over the ranges of `text` that are to be read (all of it where none are
    /// given), reusing what an edited tree shares with it.
    fn tree_of(
        &mut self,
        language: Language,
        (text, read): (&[u8], &[tree_sitter::Range]),
        old: Option<&tree_sitter::Tree>,
        steps: &mut u64,
    ) -> Result<tree_sitter::Tree, ParseError> {
        if self.language != Some(language) {
            self.inner
                .set_language(&language.grammar())
                .map_err(|_| ParseError::Grammar)?;
            self.language = Some(language);
        }
        if self.has_gaps || !read.is_empty() {
            self.has_gaps = !read.is_empty();
            if self.inner.set_included_ranges(read).is_err() {
                // All of it: blanks are read one by one.
                let _ = self.inner.set_included_ranges(&[]);
                self.has_gaps = false;
            }
        }
        let inner = &mut self.inner;
        let limit = self.limits.parser_steps;
        let needed = text.len().saturating_mul(STACK_PER_BYTE);
        let parsed = if needed <= self.limits.stack_bytes {
            run(inner, text, old, steps, limit)
        } else {
            std::thread::scope(|scope| {
                std::thread::Builder::new()
                    .stack_size(needed.saturating_add(STACK_AT_LEAST))
                    .spawn_scoped(scope, || run(inner, text, old, steps, limit))
                    .ok()
                    .and_then(|thread| thread.join().ok())
                    .flatten()
            })
        };
        parsed.ok_or(ParseError::Bound(limit))
    }

    /// Flattens a tree and collects functions and gaps.
    fn source_file<'s>(
        &mut self,
        language: Language,
        text: &'s [u8],
        lines: LineTable,
        parsed: Parsed,
    ) -> SourceFile<'s> {
        let mut tree = self.spare.pop().unwrap_or_default();
        let seen = flatten(&parsed.tree, language, self.limits.depth, &mut tree);
        let mut functions = functions(language, &tree, text, &lines, &parsed.rewritten);
        let mut gaps = Vec::new();
        let mut gap = |kind, span: Span, function: Option<String>| {
            let last = span.end.saturating_sub(1).max(span.start);
            gaps.push(SyntaxGap {
                kind,
                span,
                lines: (lines.line(span.start), lines.line(last)),
                function,
            });
        };
        let Flattened { errors, too_deep } = seen;
        let nodes = errors
            .iter()
            .map(|found| (GapKind::Syntax, found))
            .chain(too_deep.iter().map(|found| (GapKind::Depth, found)));
        for (kind, &(node, span)) in nodes {
            let innermost = mark(&mut functions, &tree, NodeId(node));
            let name = innermost.and_then(|index| functions.get(index));
            gap(kind, span, name.map(|function| function.name.clone()));
        }
        for &span in &parsed.unchosen {
            let innermost = function_at(&functions, span.start);
            let name = innermost.and_then(|index| functions.get(index));
            gap(
                GapKind::InactiveArm,
                span,
                name.map(|function| function.name.clone()),
            );
        }
        gaps.sort_by_key(|gap| (gap.span, gap.kind));
        let macro_loops = macro_loops(&tree, &parsed.rewritten.loops);
        SourceFile {
            language,
            text,
            tree,
            lines,
            functions,
            gaps,
            left_out: Vec::new(),
            macro_loops,
        }
    }
}

/// Stack that tree-sitter may need for one byte of text: one frame of `stack_node_release` (112
/// bytes in release builds of 0.27.1) for every token that waits for its construct to end.
const STACK_PER_BYTE: usize = 160;

/// Stack of a parsing thread for an empty text.
const STACK_AT_LEAST: usize = 1 << 19;

/// Parses with a counted bound; leaves the parser ready for the next file.
fn run(
    parser: &mut tree_sitter::Parser,
    text: &[u8],
    old: Option<&tree_sitter::Tree>,
    steps: &mut u64,
    limit: u64,
) -> Option<tree_sitter::Tree> {
    let mut progress = |_: &tree_sitter::ParseState| {
        *steps += 1;
        if *steps > limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = tree_sitter::ParseOptions::new().progress_callback(&mut progress);
    let parsed = parser.parse_with_options(
        &mut |at, _| text.get(at..).unwrap_or_default(),
        old,
        Some(options),
    );
    if parsed.is_none() {
        parser.reset();
    }
    parsed
}

/// Bytes under ERROR nodes; a MISSING token counts as one.
fn error_bytes(tree: &tree_sitter::Tree) -> usize {
    let mut cursor = tree.walk();
    let mut bytes = 0;
    loop {
        let node = cursor.node();
        if node.is_error() {
            bytes += node.end_byte().saturating_sub(node.start_byte()).max(1);
        } else if node.is_missing() {
            bytes += 1;
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return bytes;
            }
        }
    }
}

/// Blanks that are worth being skipped, in bytes: tree-sitter's lexer takes 290 instructions for each
/// (measured on C with callgrind), as the test for blanks comes last in it.
const SKIPPED_AT_LEAST: usize = 64;

/// Most ranges given to tree-sitter, which walks them for every token.
const RANGES_MAX: usize = 128;

/// The parts of a text that are to be read where the spans `dead` were blanked: at least the lines
/// where blanks begin and end, since line ends close preprocessor lines. Empty where there is nothing
/// to gain.
fn ranges_without(text: &[u8], dead: &[Span], lines: &LineTable) -> Vec<tree_sitter::Range> {
    let mut gaps: Vec<(usize, usize)> = dead
        .iter()
        .filter_map(|span| {
            let blanks = span.of(text);
            let start = span.start as usize;
            let first = memchr::memchr(b'\n', blanks)?;
            let last = memchr::memrchr(b'\n', blanks)?;
            Some((start + first + 1, start + last))
        })
        .filter(|(start, end)| end.saturating_sub(*start) >= SKIPPED_AT_LEAST)
        .collect();
    gaps.sort_by_key(|(start, end)| std::cmp::Reverse(end - start));
    gaps.truncate(RANGES_MAX - 1);
    gaps.sort_unstable();
    if gaps.is_empty() {
        return Vec::new();
    }
    let mut ranges = Vec::with_capacity(gaps.len() + 1);
    let mut range = |start: usize, end: usize| {
        let point = |byte| {
            let (row, column) = lines.row_and_column(byte);
            tree_sitter::Point::new(row, column)
        };
        ranges.push(tree_sitter::Range {
            start_byte: start,
            end_byte: end,
            start_point: point(start),
            end_point: point(end),
        });
    };
    let mut at = 0;
    for (start, end) in gaps {
        // Spans may lie in each other.
        if start > at {
            range(at, start);
        }
        at = at.max(end);
    }
    range(at, text.len());
    ranges
}

/// Unchanged bytes between two edits that are not worth two edits.
const NEARBY: usize = 32;

/// Tells the tree of `before` which bytes differ in `after`, which is as long.
fn edit(tree: &mut tree_sitter::Tree, before: &[u8], after: &[u8], lines: &LineTable) {
    let mut changed: Option<(usize, usize)> = None;
    let mut apply = |(start, end): (usize, usize)| {
        let position = |byte: usize| {
            let (row, column) = lines.row_and_column(byte);
            tree_sitter::Point::new(row, column)
        };
        tree.edit(&tree_sitter::InputEdit {
            start_byte: start,
            old_end_byte: end,
            new_end_byte: end,
            start_position: position(start),
            old_end_position: position(end),
            new_end_position: position(end),
        });
    };
    for (at, _) in before
        .iter()
        .zip(after)
        .enumerate()
        .filter(|(_, (old, new))| old != new)
    {
        match &mut changed {
            Some((_, end)) if at <= *end + NEARBY => *end = at + 1,
            _ => {
                if let Some(last) = changed.replace((at, at + 1)) {
                    apply(last);
                }
            }
        }
    }
    if let Some(last) = changed {
        apply(last);
    }
}

/// The nodes of macros that were rewritten to `while` or `if`; `names` are in the order of the file.
fn macro_loops(tree: &Tree, names: &[Span]) -> Vec<MacroLoop> {
    let mut found = Vec::new();
    let mut names = names.iter().peekable();
    if names.peek().is_none() {
        return found;
    }
    for node in tree.subtree(tree.root()) {
        let start = tree.span(node).start;
        while names.next_if(|name| name.start < start).is_some() {}
        let Some(&&name) = names.peek() else { break };
        if name.start == start
            && matches!(tree.kind(node), Kind::WHILE_STATEMENT | Kind::IF_STATEMENT)
        {
            found.push(MacroLoop { node, name });
            names.next();
        }
    }
    found
}
