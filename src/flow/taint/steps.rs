//! The ways that values took, kept as chains that share their beginnings.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::finding::Span;
use crate::flow::defect::Note;

/// Longest way that is told; longer ones lose their middle.
const MAX_TOLD: usize = 12;

/// Sources whose values an object may hold at once, by index in the query, each with its way.
pub(super) const MAX_SOURCES: usize = 16;

/// Index of a step.
pub(super) type StepId = u32;

/// The sources that a value may come from, sorted, each with the last step of its way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Taint(pub(super) SmallVec<[(u32, StepId); 2]>);

impl Taint {
    pub(super) fn is_clean(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a source, unless it is there: the way that was known first stays.
    pub(super) fn add(&mut self, source: u32, step: StepId) {
        if let Err(at) = self.0.binary_search_by_key(&source, |(source, _)| *source)
            && self.0.len() < MAX_SOURCES
        {
            self.0.insert(at, (source, step));
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (source, step) in &other.0 {
            self.add(*source, *step);
        }
    }

    /// Whether both have the same sources; their ways may differ.
    pub(super) fn has_same(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|(one, two)| one.0 == two.0)
    }
}

/// One step of a way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Step {
    span: Span,
    /// The object that takes the value; empty for the source.
    name: String,
    before: Option<StepId>,
}

/// All steps of a function.
#[derive(Debug, Default)]
pub(super) struct Steps {
    steps: Vec<Step>,
    known: FxHashMap<Step, StepId>,
}

impl Steps {
    fn intern(&mut self, step: Step) -> StepId {
        if let Some(known) = self.known.get(&step) {
            return *known;
        }
        let id = StepId::try_from(self.steps.len()).unwrap_or(StepId::MAX);
        self.steps.push(step.clone());
        self.known.insert(step, id);
        id
    }

    /// Where a way begins.
    pub(super) fn source(&mut self, span: Span) -> StepId {
        self.intern(Step {
            span,
            name: String::new(),
            before: None,
        })
    }

    /// The same values, taken by an object.
    pub(super) fn taken(&mut self, taint: &Taint, span: Span, name: &str) -> Taint {
        let mut taken = Taint::default();
        for (source, before) in &taint.0 {
            let is_there = |step: &Step| step.span == span && step.name == name;
            // Round a loop, the way does not grow.
            let step = match self.find(*before, is_there) {
                Some(known) => known,
                None => self.intern(Step {
                    span,
                    name: name.to_owned(),
                    before: Some(*before),
                }),
            };
            taken.add(*source, step);
        }
        taken
    }

    fn find(&self, last: StepId, is: impl Fn(&Step) -> bool) -> Option<StepId> {
        let mut at = Some(last);
        while let Some(id) = at {
            let step = self.steps.get(id as usize)?;
            if is(step) {
                return Some(id);
            }
            at = step.before;
        }
        None
    }

    /// The way to a sink in words.
    pub(super) fn told(&self, last: StepId, sink: Span) -> Vec<Note> {
        let mut notes = vec![Note {
            span: sink,
            message: "it gets to this sink".to_owned(),
        }];
        let mut at = Some(last);
        while let Some(step) = at.and_then(|id| self.steps.get(id as usize)) {
            let message = if step.before.is_none() {
                "the value comes from this source".to_owned()
            } else {
                format!("`{}` takes it", step.name)
            };
            notes.push(Note {
                span: step.span,
                message,
            });
            at = step.before;
        }
        notes.reverse();
        if notes.len() > MAX_TOLD {
            let tail = notes.split_off(notes.len() - MAX_TOLD / 2);
            notes.truncate(MAX_TOLD / 2);
            notes.extend(tail);
        }
        notes
    }
}
