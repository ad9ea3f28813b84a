//! What the parser of C sees instead of the original bytes. Every variant keeps the length.

use super::arms::{Choose, choose};
use super::directives::{Directive, blank, dead_spans, scan};
use super::macros::MacroTable;
use super::outline::Outline;
use super::rewrite::{Rewritten, rewrite};
use super::tokens::{Token, tokenize};
use crate::finding::Span;

/// How much of a file is rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// One arm of the `#if` groups that split a construct, macros rewritten.
    Splitting,
    /// One arm of every `#if` group, macros rewritten.
    AllGroups,
}

/// Buffers of the pre-pass, reused from file to file.
#[derive(Default)]
pub(super) struct PrePass {
    directives: Vec<Directive>,
    /// What is blanked in `plain`.
    pub(super) dead: Vec<Span>,
    tokens: Vec<Token>,
    /// The tokens of the text before any variant.
    base_tokens: Vec<Token>,
    own: MacroTable,
    /// The text without its dead groups.
    pub(super) plain: Vec<u8>,
    /// The text of the last variant.
    pub(super) rewritten: Vec<u8>,
    /// The texts of all variants of the file.
    tried: Vec<Vec<u8>>,
}

impl PrePass {
    /// Blanks the groups C never sees, and what is left out of the file; tells whether `plain` now
    /// replaces the text.
    pub(super) fn blank_dead(&mut self, text: &[u8], left_out: &[Span]) -> bool {
        scan(text, &mut self.directives);
        dead_spans(&self.directives, &mut self.dead);
        self.dead.extend_from_slice(left_out);
        if self.dead.is_empty() {
            return false;
        }
        self.plain.clear();
        self.plain.extend_from_slice(text);
        for &span in &self.dead {
            blank(&mut self.plain, span);
        }
        true
    }

    /// The file-level items of a C text; `None` where they cannot be told without parsing.
    pub(super) fn outline(&mut self, text: &[u8]) -> Option<Outline> {
        let text = match self.blank_dead(text, &[]) {
            true => &self.plain,
            false => text,
        };
        tokenize(text, &self.directives, &mut self.tokens);
        Outline::of(text, &self.tokens, &self.directives)
    }

    /// Makes `rewritten` from the text (`plain` where it was blanked). `first` on the first
    /// variant of a file. `unchosen` gets the arms with code that were left out.
    pub(super) fn vary(
        &mut self,
        text: &[u8],
        variant: Variant,
        first: bool,
        table: &MacroTable,
        unchosen: &mut Vec<Span>,
    ) -> Rewritten {
        let base = if self.dead.is_empty() {
            text
        } else {
            &self.plain
        };
        if first {
            self.own.clear();
            self.own.scan(text);
            tokenize(base, &self.directives, &mut self.base_tokens);
        }
        self.rewritten.clear();
        self.rewritten.extend_from_slice(base);
        let which = match variant {
            Variant::Splitting => Choose::Splitting,
            Variant::AllGroups => Choose::All,
        };
        choose(
            &mut self.rewritten,
            &self.base_tokens,
            &self.directives,
            which,
            unchosen,
        );
        // What the arms hid is gone now.
        tokenize(&self.rewritten, &self.directives, &mut self.tokens);
        rewrite(&mut self.rewritten, &self.tokens, table, &self.own)
    }
    /// Whether an earlier variant of the file had the same text as `rewritten`. `first` on the first
    /// variant of a file.
    pub(super) fn was_tried(&mut self, first: bool) -> bool {
        if first {
            self.tried.clear();
        }
        let known = self.tried.contains(&self.rewritten);
        if !known {
            self.tried.push(self.rewritten.clone());
        }
        known
    }
}
