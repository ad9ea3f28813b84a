//! Reads a unified diff of one file, as `git diff` and GitHub's `patch` field give it.

use std::ops::Range;

use super::Hunk;

/// One `@@` block with its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnifiedHunk {
    /// 1-based lines of the base that the block shows, context included.
    pub base: Range<u32>,
    /// 1-based lines of the head that the block shows, context included.
    pub head: Range<u32>,
    /// The runs of changed lines inside.
    pub changes: Vec<Hunk>,
}

/// A text that is no unified diff of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the diff: {problem}")]
pub struct UnifiedError {
    /// 1-based line of the diff.
    pub line: usize,
    /// What is wrong with it.
    pub problem: UnifiedProblem,
}

/// What is wrong with a line of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnifiedProblem {
    /// A `@@` line that does not read `@@ -B[,N] +H[,M] @@`.
    #[error("the hunk header does not read `@@ -LINE[,COUNT] +LINE[,COUNT] @@`")]
    Header,
    /// A line inside a hunk that starts with none of ` `, `+`, `-`, `\`.
    #[error("a line of a hunk must start with a space, `+`, `-` or `\\`")]
    Prefix,
    /// The hunk ends before its header's counts are used up.
    #[error("the hunk is shorter than its header says")]
    Short,
    /// A line of content after the counts were used up.
    #[error("the hunk is longer than its header says")]
    Long,
    /// Hunks overlap or are not in file order.
    #[error("the hunk starts before the end of the one above it")]
    Order,
    /// The diff goes on with another file.
    #[error("the diff of a second file starts here")]
    SecondFile,
}

/// Parses the diff of one file: hunks, with or without the file header above them.
///
/// An empty text, or one with a file header alone (mode change, binary file), has no hunks.
///
/// # Errors
/// The first line that does not fit, with its number.
pub fn parse_unified(text: &[u8]) -> Result<Vec<UnifiedHunk>, UnifiedError> {
    let mut hunks: Vec<UnifiedHunk> = Vec::new();
    let mut open: Option<Open> = None;
    let mut last = 0;
    for (index, line) in text.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let number = index + 1;
        last = number;
        let fail = |problem| UnifiedError {
            line: number,
            problem,
        };
        if let Some(hunk) = &mut open {
            if hunk.take(line).map_err(fail)? {
                continue;
            }
            hunks.extend(open.take().map(Open::finish));
        }
        let end = hunks
            .last()
            .map_or((1, 1), |hunk| (hunk.base.end, hunk.head.end));
        match line.first() {
            Some(b'@') => {
                let hunk = Open::new(line).ok_or_else(|| fail(UnifiedProblem::Header))?;
                if hunk.base.start < end.0 || hunk.head.start < end.1 {
                    return Err(fail(UnifiedProblem::Order));
                }
                open = Some(hunk);
            }
            // File header, `\ No newline at end of file`, or an empty line at the end.
            _ if hunks.is_empty() || matches!(line.first(), Some(b'\\' | b'\n' | b'\r')) => {}
            Some(b' ' | b'+') => return Err(fail(UnifiedProblem::Long)),
            Some(b'-') if !line.starts_with(b"--- ") => return Err(fail(UnifiedProblem::Long)),
            Some(b'-' | b'd') => return Err(fail(UnifiedProblem::SecondFile)),
            _ => return Err(fail(UnifiedProblem::Prefix)),
        }
    }
    if let Some(hunk) = open {
        if !hunk.is_complete() {
            return Err(UnifiedError {
                line: last,
                problem: UnifiedProblem::Short,
            });
        }
        hunks.push(hunk.finish());
    }
    Ok(hunks)
}

/// A hunk being read.
struct Open {
    base: Range<u32>,
    head: Range<u32>,
    next_base: u32,
    next_head: u32,
    changes: Vec<Hunk>,
}

impl Open {
    fn new(line: &[u8]) -> Option<Self> {
        let text = line.strip_prefix(b"@@ -")?;
        let (base, text) = range(text)?;
        let text = text.strip_prefix(b" +")?;
        let (head, text) = range(text)?;
        text.starts_with(b" @@").then(|| Self {
            next_base: base.start,
            next_head: head.start,
            base,
            head,
            changes: Vec::new(),
        })
    }

    fn is_complete(&self) -> bool {
        self.next_base == self.base.end && self.next_head == self.head.end
    }

    /// Takes one line; `false` if the hunk was complete before it.
    fn take(&mut self, line: &[u8]) -> Result<bool, UnifiedProblem> {
        if line.first() == Some(&b'\\') {
            return Ok(true);
        }
        if self.is_complete() {
            return Ok(false);
        }
        let (base, head) = match line.first() {
            // Some mailers and web forms strip the space of an empty context line.
            Some(b' ' | b'\n' | b'\r') => (1, 1),
            Some(b'+') => (0, 1),
            Some(b'-') => (1, 0),
            Some(b'@') => return Err(UnifiedProblem::Short),
            _ => return Err(UnifiedProblem::Prefix),
        };
        let (from_base, from_head) = (self.next_base, self.next_head);
        self.next_base += base;
        self.next_head += head;
        if self.next_base > self.base.end || self.next_head > self.head.end {
            return Err(UnifiedProblem::Long);
        }
        if base == head {
            return Ok(true);
        }
        match self.changes.last_mut() {
            Some(change) if change.base.end == from_base && change.head.end == from_head => {
                change.base.end = self.next_base;
                change.head.end = self.next_head;
            }
            _ => self.changes.push(Hunk {
                base: from_base..self.next_base,
                head: from_head..self.next_head,
            }),
        }
        Ok(true)
    }

    fn finish(self) -> UnifiedHunk {
        UnifiedHunk {
            base: self.base,
            head: self.head,
            changes: self.changes,
        }
    }
}

/// `LINE[,COUNT]` as a half-open range, and the rest of the text.
///
/// With a count of 0 git names the line *before* the place, we the line after it.
fn range(text: &[u8]) -> Option<(Range<u32>, &[u8])> {
    let (start, text) = number(text)?;
    let (count, text) = match text.strip_prefix(b",") {
        Some(text) => number(text)?,
        None => (1, text),
    };
    let start = if count == 0 {
        start.checked_add(1)?
    } else {
        start
    };
    // Line 0 exists only as "before the first line".
    if start == 0 {
        return None;
    }
    // One below the maximum, so that counting past the end cannot overflow.
    let end = start.checked_add(count).filter(|&end| end < u32::MAX)?;
    Some((start..end, text))
}

fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    let value = str::from_utf8(digits).ok()?.parse().ok()?;
    Some((value, rest))
}
