//! The steps of a trend, each with enough people in it that no number is that of a person.

use super::groups::{self, FEWEST};
use super::people::People;
use super::period::Period;
use super::{Question, Time};
use crate::training::history::{Episode, Run};

/// Steps of time that are shown, each a few periods long at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Steps {
    by: Period,
    /// Number of the first period.
    first: i32,
    /// The step of each period, from the first on.
    step_of: Vec<usize>,
    /// Names, in order.
    pub(super) labels: Vec<String>,
    /// Whether periods were put together, because few people worked in one.
    pub(super) are_joined: bool,
}

impl Steps {
    /// Those of a question. A period in which somebody worked, and fewer than five people, is joined with
    /// those after it until five people stand behind the step; the last ones with those before.
    pub(super) fn of(question: &Question, runs: &[&Run], episodes: &[&Episode<'_>]) -> Self {
        let by = question.by;
        let first = by.of(question.since);
        let count = usize::try_from(by.of(question.until) - first + 1).unwrap_or(1);
        let mut people = vec![People::default(); count];
        let place = |at: Time| usize::try_from(by.of(at.day()) - first).unwrap_or(0);
        for run in runs {
            if let Some(there) = people.get_mut(place(run.at)) {
                there.add(run.who.as_deref(), &run.key);
            }
        }
        for episode in episodes {
            if let Some(there) = people.get_mut(place(episode.at)) {
                there.add(episode.who, episode.key);
            }
        }
        let ends = ends(&people);
        let mut step_of = Vec::with_capacity(count);
        for period in 0..count {
            step_of.push(ends.partition_point(|end| *end < period));
        }
        let mut labels = Vec::with_capacity(ends.len());
        let mut from = 0;
        for end in &ends {
            labels.push(if from == *end {
                by.label(first, from)
            } else {
                format!("{} to {}", by.label(first, from), by.label(first, *end))
            });
            from = end + 1;
        }
        Self {
            by,
            first,
            step_of,
            are_joined: labels.len() < count,
            labels,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The step that a moment falls into.
    pub(super) fn at(&self, time: Time) -> usize {
        let period = usize::try_from(self.by.of(time.day()) - self.first).unwrap_or(0);
        let last = self.len().saturating_sub(1);
        self.step_of.get(period).copied().unwrap_or(last)
    }

    /// Whether some step has people of a group in it, and fewer than five.
    pub(super) fn are_too_fine(&self, runs: &[&Run], is_of_group: impl Fn(&str) -> bool) -> bool {
        let mut people = vec![People::default(); self.len()];
        for run in runs {
            if groups::components(run).any(&is_of_group)
                && let Some(there) = people.get_mut(self.at(run.at))
            {
                there.add(run.who.as_deref(), &run.key);
            }
        }
        people.iter().any(is_few)
    }
}

fn is_few(people: &People<'_>) -> bool {
    !people.is_empty() && people.at_least() < FEWEST
}

/// The last period of each step.
fn ends(people: &[People<'_>]) -> Vec<usize> {
    let mut ends: Vec<usize> = Vec::new();
    let mut open = People::default();
    for (period, there) in people.iter().enumerate() {
        open.extend(there);
        if !is_few(&open) {
            ends.push(period);
            open = People::default();
        }
    }
    if !open.is_empty() {
        // What is left over belongs to the step before, where there is one.
        ends.pop();
        ends.push(people.len().saturating_sub(1));
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends of steps over periods in which these people worked.
    fn check(periods: &[&str], expected: &[usize]) {
        let people: Vec<People<'_>> = periods
            .iter()
            .map(|names| {
                let mut people = People::default();
                for name in names.split_terminator(' ') {
                    people.add(Some(name), "k");
                }
                people
            })
            .collect();
        assert_eq!(ends(&people), expected, "{periods:?}");
    }

    #[test]
    fn five_people_stand_behind_every_step() {
        let five = "a b c d e";
        check(&[five, five, five], &[0, 1, 2]);
        check(&[five, "", five], &[0, 1, 2]);
        check(&["a", "b c", "d e", five], &[2, 3]);
        check(&["a", "", five], &[2]);
        // The last ones go to those before, or stand alone with all others.
        check(&[five, five, "a"], &[0, 2]);
        check(&["a", "b"], &[1]);
        check(&["", ""], &[0, 1]);
        check(&[], &[]);
    }
}
