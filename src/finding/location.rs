//! Paths and positions.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A path relative to the repository root (outside git: to the current folder), `/`-separated.
///
/// Git paths are bytes; they need not be UTF-8, so neither is this.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Takes the bytes as git gives them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The folder that holds it; empty at the root.
    pub fn parent(&self) -> Self {
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Self(self.0.get(..end).unwrap_or_default().to_vec())
    }

    /// The last component.
    pub fn file_name(&self) -> &[u8] {
        self.0.rsplit(|&b| b == b'/').next().unwrap_or(&self.0)
    }

    /// The bytes after the last dot of the file name; empty if there is none.
    pub fn extension(&self) -> &[u8] {
        let name = self.file_name();
        match memchr::memrchr(b'.', name) {
            Some(dot) if dot > 0 => name.get(dot + 1..).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Percent-encoded per RFC 3986, for SARIF and JSON URIs.
    pub fn to_uri(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        for &byte in &self.0 {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    out.push(char::from(byte));
                }
                _ => {
                    use fmt::Write as _;
                    // Writing to a String cannot fail.
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
        out
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// Printable form: valid UTF-8 as it is, control and invalid bytes as `\xNN`.
impl fmt::Display for RepoPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() {
                    write!(out, "\\x{:02x}", u32::from(character))?;
                } else {
                    write!(out, "{character}")?;
                }
            }
            for byte in chunk.invalid() {
                write!(out, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

/// Half-open range of bytes in the original file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span `start..end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether `other` lies wholly inside `self` (equal counts).
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The bytes of the span in `text`; empty where it does not fit.
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// 1-based line and column; the column counts Unicode scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode scalars.
    pub column: u32,
}

/// A place in a file of the head.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file.
    pub path: RepoPath,
    /// Bytes in the file.
    pub span: Span,
    /// Position of the first byte.
    pub start: Position,
    /// Position one past the last byte.
    pub end: Position,
}
