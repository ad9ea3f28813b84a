//! Which weaknesses somebody has met so often that a reminder is enough.

use std::collections::{BTreeMap, BTreeSet};

use super::run::{Run, Time};

/// Days that count.
const DAYS: i64 = 90;

/// Earlier changes with a weakness after which a finding of it is told in short.
const OFTEN: usize = 2;

/// The lessons that a person met in two earlier changes of the last 90 days. `change` is the one that is
/// being reviewed: trying it again is no further meeting.
pub fn familiar(runs: &[Run], who: &str, (change, now): (&str, Time)) -> BTreeSet<String> {
    let since = now.plus_days(-DAYS);
    let mut changes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for run in runs {
        if run.who.as_deref() != Some(who) || run.at < since || run.change == change {
            continue;
        }
        for found in run.found.iter().filter(|found| !found.lesson.is_empty()) {
            changes
                .entry(&found.lesson)
                .or_default()
                .insert(&run.change);
        }
    }
    changes
        .into_iter()
        .filter(|(_, changes)| changes.len() >= OFTEN)
        .map(|(lesson, _)| lesson.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::run::Stage;
    use super::super::run::samples::{found, run};
    use super::*;

    #[test]
    fn the_third_change_within_ninety_days_is_familiar() {
        let met = |id: &str, at: &str, who: &str| {
            let mut run = run(id, at, Stage::Hook);
            run.change = id.to_owned();
            run.who = Some(who.to_owned());
            run.found
                .push(found(&format!("{id}:0"), "L-LEN-BOUND", "src"));
            run
        };
        let mut runs = vec![
            met("c1", "2026-01-01T00:00:00Z", "ada"),
            met("c2", "2026-05-01T00:00:00Z", "ada"),
            met("c3", "2026-05-02T00:00:00Z", "bob"),
            met("c4", "2026-05-03T00:00:00Z", "ada"),
        ];
        let now = Time::parse("2026-06-01T00:00:00Z").unwrap_or_default();
        let told = |runs: &[Run], change: &str| familiar(runs, "ada", (change, now)).len();
        assert_eq!(told(&runs, "c9"), 1);
        // The same change again, and one that is too old.
        assert_eq!(told(&runs, "c4"), 0);
        runs.remove(1);
        assert_eq!(told(&runs, "c9"), 0);
    }
}
