//! What a review falls short of beside its findings: counted, and said in its check.

use std::fmt::Display;

use super::metrics::Metrics;

/// A part of a review without which it is still one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Where comments can stand.
    Anchors,
    /// What tells the same change under another commit.
    PatchId,
    /// Which files are gone.
    Deleted,
}

impl Part {
    /// The word in the numbers for operators.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Anchors => "anchors",
            Self::PatchId => "patch-id",
            Self::Deleted => "deleted",
        }
    }
}

/// A part that could not be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Short {
    pub(super) part: Part,
    why: String,
}

impl Short {
    pub(super) fn new(part: Part, why: impl Display) -> Self {
        let why = why.to_string();
        tracing::warn!(part = part.as_str(), why, "a part of the review is missing");
        Self { part, why }
    }

    /// What follows from it, as a sentence for whoever reads the check.
    fn sentence(&self) -> String {
        let why = &self.why;
        match self.part {
            Part::Anchors => format!(
                "where comments can stand was taken from GitHub's list of files, because {why}"
            ),
            Part::PatchId => format!(
                "the record does not know the same change under another commit (no patch id), because {why}"
            ),
            Part::Deleted => format!(
                "findings in files that are gone may still count as open in the history, because {why}"
            ),
        }
    }
}

/// What was found out, or how the review falls short of it: it is worth more than what goes with it.
pub(super) fn told<T, E: Display>(
    found: Result<T, E>,
    part: Part,
    short: &mut Vec<Short>,
) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(error) => {
            short.push(Short::new(part, error));
            None
        }
    }
}

/// The sentences for the check. Each is counted here, so that the numbers hold what people were told and no more.
pub(super) fn said<'s>(
    short: impl IntoIterator<Item = &'s Short>,
    metrics: &Metrics,
) -> Vec<String> {
    let mut sentences = Vec::new();
    for one in short {
        metrics.shortfall(one.part.as_str());
        sentences.push(one.sentence());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_its_reason() {
        let mut short = Vec::new();
        assert_eq!(told(Ok::<_, String>(7), Part::PatchId, &mut short), Some(7));
        assert!(short.is_empty());
        for part in [Part::Anchors, Part::PatchId, Part::Deleted] {
            let failed = Err::<u8, _>("`git diff` failed: no room");
            assert_eq!(told(failed, part, &mut short), None);
        }
        let words: Vec<&str> = short.iter().map(|one| one.part.as_str()).collect();
        assert_eq!(words, ["anchors", "patch-id", "deleted"]);
        for one in &short {
            let sentence = one.sentence();
            assert!(
                sentence.ends_with("because `git diff` failed: no room"),
                "{sentence}"
            );
        }
    }
}
