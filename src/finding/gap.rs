//! Text that could not be understood. Silence is never mistaken for safety: every gap is counted
//! and shown.

use super::{RepoPath, Span};

/// Why a file or a part of it was not analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// The parser could not read a part of a file. The rest of the file was analysed.
    Syntax,
    /// An `#if` arm that was not chosen. The rest of the file was analysed.
    InactiveArm,
    /// Nesting deeper than the limit. The rest of the file was analysed.
    Depth,
    /// Not UTF-8, UTF-16, or NUL bytes inside.
    Encoding,
    /// Larger than the size limit.
    Size,
    /// A counted bound of the parser or of the matcher was reached.
    Bound,
    /// A defect of scrubin itself stopped the analysis of this file.
    Crash,
    /// The content could not be read (missing object, unreadable file).
    Unreadable,
    /// A vendor register header.
    Vendor,
    /// A language scrubin does not analyse (C++).
    Language,
    /// A Git LFS pointer instead of the content.
    LfsPointer,
}

impl GapKind {
    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::InactiveArm => "inactive-arm",
            Self::Depth => "depth",
            Self::Encoding => "encoding",
            Self::Size => "size",
            Self::Bound => "bound",
            Self::Crash => "crash",
            Self::Unreadable => "unreadable",
            Self::Vendor => "vendor",
            Self::Language => "language",
            Self::LfsPointer => "lfs-pointer",
        }
    }

    /// Whether the whole file was left out because of it. A *changed* file with such a gap makes
    /// the review fail (exit 2), except where leaving it out is the rule (`Vendor`, `Language`,
    /// `LfsPointer`).
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Encoding | Self::Size | Self::Bound | Self::Crash | Self::Unreadable
        )
    }
}

/// A span or a whole file that was not analysed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The file.
    pub path: RepoPath,
    /// Why.
    pub kind: GapKind,
    /// Bytes of the gap; `None` where the whole file is meant.
    pub span: Option<Span>,
    /// 1-based first and last line of the gap; `None` where the whole file is meant.
    pub lines: Option<(u32, u32)>,
    /// The function it lies in, if any.
    pub function: Option<String>,
    /// What a person can do with it, in one sentence.
    pub detail: String,
}
