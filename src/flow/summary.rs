//! What other files may know of a file: what its functions do, and how it treats the results of the
//! functions it calls.
//!
//! A summary is computed from one file and what it includes, and from nothing else. The index of a
//! repository (`crate::index`) keeps one for each blob and joins them by name.

use serde::{Deserialize, Serialize};

use crate::finding::{Position, RepoPath, Span};

/// Most constants of a result that are kept; a function with more is one of unknown results.
pub const MAX_CONSTANTS: usize = 16;

/// A place in a file whose text is not at hand any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The bytes.
    pub span: Span,
    /// Position of the first byte.
    pub start: Position,
    /// Position one past the last byte.
    pub end: Position,
}

/// A place in another file, with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarNote {
    /// The file.
    pub path: RepoPath,
    /// Where.
    pub place: Place,
    /// What happens there, in one sentence.
    pub message: String,
}

/// What kind of value a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ResultKind {
    /// None: `void`.
    Nothing,
    /// An address.
    Pointer,
    /// An integer, an enumerator, a truth value.
    Number,
    /// Anything else, or not known.
    #[default]
    Other,
}

/// What a function gives back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Returns {
    /// Of what kind.
    pub kind: ResultKind,
    /// Where it returns NULL, or hands on what may be NULL.
    pub null: Option<Place>,
    /// The constants it returns, sorted.
    pub constants: Vec<i64>,
    /// Whether it returns nothing but [`Self::constants`].
    pub is_complete: bool,
}

impl Returns {
    /// Whether some constant lies below zero.
    pub fn has_negative(&self) -> bool {
        self.constants.first().is_some_and(|least| *least < 0)
    }

    /// Whether some constant lies above zero.
    pub fn has_positive(&self) -> bool {
        self.constants.last().is_some_and(|most| *most > 0)
    }
}

/// What a function does, as far as its own body tells. Parameters are bits: the first is bit 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionFacts {
    /// Its head, without the body.
    pub place: Place,
    /// Seen by its own file alone (`static`, unless a header defines it).
    pub is_private: bool,
    /// Number of parameters.
    pub parameters: u8,
    /// What it gives back.
    pub returns: Returns,
    /// Parameters that some condition depends on.
    pub compared: u16,
    /// Pointer parameters that it goes through whatever they are.
    pub dereferenced: u16,
    /// Pointer parameters that it writes through.
    pub written: u16,
    /// Parameters that it releases.
    pub released: u16,
    /// Parameters that it keeps in memory.
    pub stored: u16,
    /// It takes a lock.
    pub locks: bool,
    /// It releases a lock.
    pub unlocks: bool,
    /// No way through it comes to an end.
    pub never_returns: bool,
}

/// How calls of a function treat its result. Each call counts in [`Self::calls`] and, by what becomes
/// of the result, in one of `tested`, `dropped`, `discarded`, or in none where it is used otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Uses {
    /// Calls in all.
    pub calls: u32,
    /// The result is compared, or handed to the caller.
    pub tested: u32,
    /// `f();`
    pub dropped: u32,
    /// `(void)f();`
    pub discarded: u32,
    /// Of the tested ones: compared with zero or NULL for equality.
    pub zero: u32,
    /// Compared to be below zero.
    pub negative: u32,
    /// Compared to be above zero.
    pub positive: u32,
    /// Compared with another constant for equality.
    pub constant: u32,
}

impl Uses {
    /// Adds those of another file.
    pub fn add(&mut self, other: &Self) {
        self.each(other, u32::saturating_add);
    }

    /// Takes those of a file away.
    pub fn subtract(&mut self, other: &Self) {
        self.each(other, u32::saturating_sub);
    }

    fn each(&mut self, other: &Self, with: fn(u32, u32) -> u32) {
        self.calls = with(self.calls, other.calls);
        self.tested = with(self.tested, other.tested);
        self.dropped = with(self.dropped, other.dropped);
        self.discarded = with(self.discarded, other.discarded);
        self.zero = with(self.zero, other.zero);
        self.negative = with(self.negative, other.negative);
        self.positive = with(self.positive, other.positive);
        self.constant = with(self.constant, other.constant);
    }
}

/// What a file knows of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameSummary {
    /// The function's name.
    pub name: String,
    /// What it does, if the file has its body and other files may call it.
    pub definition: Option<FunctionFacts>,
    /// Calls of it, unless it is the file's own (`static`).
    pub uses: Uses,
    /// The first call that tests the result.
    pub example: Option<Place>,
}

/// What others may know of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileSummary {
    /// Sorted by name, each once.
    pub names: Vec<NameSummary>,
}

/// What the other files of a repository know of a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The only body there is, and the file that has it.
    pub definition: Option<(RepoPath, FunctionFacts)>,
    /// Calls in other files.
    pub uses: Uses,
    /// Other files with a call.
    pub files: u32,
    /// A call in another file that tests the result.
    pub example: Option<(RepoPath, Place)>,
}

/// Answers what the files of a repository but the one at hand know of a name.
pub trait Elsewhere: std::fmt::Debug {
    /// What is known of the function of that name; `None` if nothing.
    fn of(&self, name: &str) -> Option<Known>;
}
