//! Bytes → syntax tree: one reused parser per thread.

use std::ops::ControlFlow;

use super::flatten::{Flattened, flatten};
use super::language::Language;
use super::lines::LineTable;
use super::tree::Tree;

/// Counted limits of one parse. No clock: the same input always gives the same result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file in bytes.
    pub file_bytes: usize,
    /// Deepest nesting kept in the tree.
    pub depth: usize,
    /// Calls of tree-sitter's progress callback (one per about 100 parser operations) per file.
    pub parser_steps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 20,
            depth: 2_000,
            parser_steps: 2_000_000,
        }
    }
}

/// Why there is no tree at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The counted bound was reached.
    #[error("the parser gave up after {0} steps")]
    Bound(u64),
    /// tree-sitter refused the grammar; a defect of the build.
    #[error("the grammar does not fit the parser library")]
    Grammar,
}

/// A file with its syntax tree.
#[derive(Debug, Clone)]
pub struct SourceFile<'s> {
    /// The language it was parsed as.
    pub language: Language,
    /// The original bytes.
    pub text: &'s [u8],
    /// The flat tree over the original bytes.
    pub tree: Tree,
    /// Lines of the original bytes.
    pub lines: LineTable,
}

/// Parses files one after the other, reusing its buffers.
pub struct Parser {
    inner: tree_sitter::Parser,
    language: Option<Language>,
    limits: Limits,
    spare: Vec<Tree>,
}

impl Parser {
    /// A parser with these limits.
    pub fn new(limits: Limits) -> Self {
        Self {
            inner: tree_sitter::Parser::new(),
            language: None,
            limits,
            spare: Vec::new(),
        }
    }

    /// Parses `text` as it is, without any pre-pass.
    ///
    /// # Errors
    /// [`ParseError`] where the counted bound was reached or the grammar does not load.
    pub fn parse_verbatim<'s>(
        &mut self,
        language: Language,
        text: &'s [u8],
    ) -> Result<SourceFile<'s>, ParseError> {
        let (tree, _) = self.tree_of(language, text)?;
        Ok(SourceFile {
            language,
            text,
            tree,
            lines: LineTable::new(text),
        })
    }

    /// Gives the memory of a file back for the next one.
    pub fn recycle(&mut self, file: SourceFile<'_>) {
        self.spare.push(file.tree);
    }

    /// Parses bytes and flattens the result.
    pub(super) fn tree_of(
        &mut self,
        language: Language,
        text: &[u8],
    ) -> Result<(Tree, Flattened), ParseError> {
        if self.language != Some(language) {
            self.inner
                .set_language(&language.grammar())
                .map_err(|_| ParseError::Grammar)?;
            self.language = Some(language);
        }
        let mut steps = 0_u64;
        let limit = self.limits.parser_steps;
        let mut progress = |_: &tree_sitter::ParseState| {
            steps += 1;
            if steps > limit {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let options = tree_sitter::ParseOptions::new().progress_callback(&mut progress);
        let parsed = self.inner.parse_with_options(
            &mut |at, _| text.get(at..).unwrap_or_default(),
            None,
            Some(options),
        );
        let Some(parsed) = parsed else {
            self.inner.reset();
            return Err(ParseError::Bound(limit));
        };
        let mut tree = self.spare.pop().unwrap_or_default();
        let seen = flatten(&parsed, language, self.limits.depth, &mut tree);
        Ok((tree, seen))
    }
}
