//! Line table of the original bytes.

use crate::finding::{Position, Span};

/// Start offsets of all lines of a file. The pre-pass may turn line ends into other bytes, so line
/// numbers come from here and never from tree-sitter.
#[derive(Debug, Clone, Default)]
pub struct LineTable {
    /// Byte offset of the first byte of each line; at least one entry.
    starts: Vec<u32>,
}

impl LineTable {
    /// Finds the line starts; a line ends after `\n`.
    pub fn new(text: &[u8]) -> Self {
        let mut starts = Vec::with_capacity(text.len() / 32 + 1);
        starts.push(0);
        starts.extend(
            memchr::memchr_iter(b'\n', text).map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)),
        );
        Self { starts }
    }

    /// Number of lines; the empty piece after a final `\n` does not count.
    pub fn count(&self, text: &[u8]) -> u32 {
        let lines = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
        if text.is_empty() || text.last() == Some(&b'\n') {
            lines - 1
        } else {
            lines
        }
    }

    /// 1-based line that holds the byte.
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|&start| start <= offset)).unwrap_or(u32::MAX)
    }

    /// 0-based line and byte within the line, as tree-sitter counts.
    pub(super) fn row_and_column(&self, byte: usize) -> (usize, usize) {
        let row = self
            .starts
            .partition_point(|&start| start as usize <= byte)
            .saturating_sub(1);
        let start = self.starts.get(row).copied().unwrap_or_default();
        (row, byte.saturating_sub(start as usize))
    }

    /// Bytes of a 1-based line without its `\n` or `\r\n`; empty past the end.
    pub fn span(&self, line: u32, text: &[u8]) -> Span {
        let Some(&start) = (line as usize)
            .checked_sub(1)
            .and_then(|index| self.starts.get(index))
        else {
            return Span::default();
        };
        let mut end = match self.starts.get(line as usize) {
            Some(&next) => next - 1,
            None => u32::try_from(text.len()).unwrap_or(u32::MAX),
        };
        if end > start && text.get(end as usize - 1) == Some(&b'\r') {
            end -= 1;
        }
        Span::new(start, end)
    }

    /// Line and column of a byte; the column counts Unicode scalars, an invalid byte as one.
    pub fn position(&self, offset: u32, text: &[u8]) -> Position {
        let line = self.line(offset);
        let start = (line as usize)
            .checked_sub(1)
            .and_then(|index| self.starts.get(index))
            .copied()
            .unwrap_or_default();
        let before = Span::new(start, offset).of(text);
        let scalars: usize = before
            .utf8_chunks()
            .map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty()))
            .sum();
        Position {
            line,
            column: u32::try_from(scalars).unwrap_or(u32::MAX).saturating_add(1),
        }
    }
}
