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
    /// What another body of the same function gives back, too.
    pub(crate) fn join(&mut self, other: Self) {
        self.is_complete &= other.is_complete && self.kind == other.kind;
        self.null = self.null.or(other.null);
        self.constants.extend(other.constants);
        self.constants.sort_unstable();
        self.constants.dedup();
    }

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
    /// Parameters of which it compares the length that the object behind them holds.
    pub measured: u16,
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
    /// Calls before which the caller compares how much there is of what it hands over. Counted
    /// whatever becomes of the result.
    pub looked: u32,
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
        self.looked = with(self.looked, other.looked);
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

/// What is asked of a result by a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentinel {
    /// Equal to zero, or not.
    Zero,
    /// Below zero, or not.
    Negative,
    /// Above zero, or not.
    Positive,
    /// Equal to another constant, or not.
    Constant(i128),
}

/// What an analysis asks of a function that the file does not define.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// May its result be NULL? With the calls in this file, and those that test.
    MayBeNull {
        /// Calls that test the result.
        tested: u32,
        /// Calls in all.
        calls: u32,
    },
    /// Does it compare what it is given?
    Compares,
    /// Does it fail, and do its callers look? With the other calls in this file.
    Peers {
        /// Calls that test the result.
        tested: u32,
        /// Calls in all.
        calls: u32,
    },
    /// Does it compare the length that the object behind that parameter holds?
    Measures(u32),
    /// Do all callers compare, before they call it, how much there is of what they hand over? Those
    /// in this file do.
    CallersLook {
        /// Calls in this file.
        calls: u32,
    },
    /// Is that comparison one that none of its results passes, or all?
    NeverTells(Sentinel),
}

impl Question {
    /// Whether an answer can only take findings away.
    pub fn only_calms(self) -> bool {
        matches!(
            self,
            Self::Compares | Self::Measures(_) | Self::CallersLook { .. }
        )
    }
}

/// What is known: yes, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// In words that follow the function's name.
    pub what: String,
    /// Calls that test the result, in all files.
    pub tested: u32,
    /// Calls in all.
    pub calls: u32,
    /// Where it is seen.
    pub notes: Vec<FarNote>,
}

/// Answers what the files of a repository but the one at hand know of a function.
pub trait Elsewhere: std::fmt::Debug {
    /// The answer; `None` for no, and where nothing is known.
    fn answer(&self, name: &str, question: Question) -> Option<Answer>;
}

/// Whether so many tests of a result are a habit, of so many other calls.
pub fn is_habit(tested: u32, calls: u32) -> bool {
    calls >= 4 && tested.saturating_mul(10) >= calls.saturating_mul(9)
}

/// Whether a function says in its own words that it may fail: by a negative number.
pub fn fails(returns: &Returns) -> bool {
    returns.kind == ResultKind::Number && returns.has_negative() && !returns.has_positive()
}

/// Why a comparison does not tell the failures of a function from its successes, if it is so.
pub fn never_tells(returns: &Returns, sentinel: Sentinel) -> Option<String> {
    if returns.kind == ResultKind::Pointer {
        let is_wrong = matches!(sentinel, Sentinel::Negative | Sentinel::Constant(-1));
        return (returns.null.is_some() && is_wrong)
            .then(|| "returns NULL where it fails".to_owned());
    }
    if returns.kind != ResultKind::Number || !returns.is_complete || returns.constants.len() < 2 {
        return None;
    }
    let never = match sentinel {
        // A function that only returns zero has no failure.
        Sentinel::Negative if !returns.has_negative() => "a negative number".to_owned(),
        Sentinel::Positive if !returns.has_positive() => "a positive number".to_owned(),
        // Without a negative one all may be successes.
        Sentinel::Zero if returns.has_negative() && !returns.constants.contains(&0) => {
            "0".to_owned()
        }
        Sentinel::Constant(number)
            if returns.constants.contains(&0)
                && !returns
                    .constants
                    .iter()
                    .any(|known| i128::from(*known) == number) =>
        {
            number.to_string()
        }
        _ => return None,
    };
    let all: Vec<String> = returns.constants.iter().map(ToString::to_string).collect();
    Some(format!("never returns {never}, only {}", all.join(", ")))
}

/// What the other files say to a question.
pub fn answer(name: &str, known: &Known, question: Question) -> Option<Answer> {
    let tested = known.example.as_ref().map(|(path, place)| FarNote {
        path: path.clone(),
        place: *place,
        message: format!("here the result of `{name}` is tested"),
    });
    let body = |place: Place, message: String| {
        known.definition.as_ref().map(|(path, _)| FarNote {
            path: path.clone(),
            place,
            message,
        })
    };
    let (path_and_facts, uses) = (known.definition.as_ref(), known.uses);
    match question {
        Question::Compares => (path_and_facts?.1.compared != 0).then(Answer::default),
        Question::Measures(parameter) => {
            let bit = 1_u16.checked_shl(parameter).unwrap_or(0);
            (path_and_facts?.1.measured & bit != 0).then(Answer::default)
        }
        Question::CallersLook { calls } => {
            let is_called = calls.saturating_add(uses.calls) > 0;
            (is_called && uses.looked == uses.calls).then(Answer::default)
        }
        Question::NeverTells(sentinel) => {
            let facts = &path_and_facts?.1;
            let what = never_tells(&facts.returns, sentinel)?;
            let note = body(facts.place, format!("`{name}` {what}"));
            Some(Answer {
                what,
                notes: note.into_iter().collect(),
                ..Answer::default()
            })
        }
        Question::MayBeNull {
            tested: own_tested,
            calls: own_calls,
        } => {
            let null = path_and_facts?.1.returns.null?;
            let (all, good) = (own_calls + uses.calls, own_tested + uses.tested);
            // What many callers know to be there may be so here, too.
            if !is_habit(good, all.saturating_sub(1)) {
                return None;
            }
            let note = body(null, format!("`{name}` returns NULL here"));
            Some(Answer {
                tested: good,
                calls: all,
                notes: note.into_iter().chain(tested).collect(),
                ..Answer::default()
            })
        }
        Question::Peers {
            tested: own_tested,
            calls: own_calls,
        } => {
            let facts = &path_and_facts?.1;
            let (all, good) = (own_calls + uses.calls, own_tested + uses.tested);
            if !fails(&facts.returns) || !is_habit(good, all) || known.files == 0 {
                return None;
            }
            let least = facts.returns.constants.first().copied().unwrap_or(-1);
            let note = body(facts.place, format!("`{name}` fails with {least}, say"));
            Some(Answer {
                tested: good,
                calls: all,
                notes: note.into_iter().chain(tested).collect(),
                ..Answer::default()
            })
        }
    }
}
