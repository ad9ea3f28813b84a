//! What the doctor says: one check, its state, and what repairs it.

use serde_json::{Value, json};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// In place.
    Good,
    /// Not as it should be, but no way around the gate.
    Weak,
    /// The gate can be walked around here.
    Open,
    /// Could not be looked at, and the gate might be walked around there.
    NotChecked,
    /// Could not be looked at; the worst that might be there is weak.
    NotCheckedWeak,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Weak => "weak",
            Self::Open => "open",
            Self::NotChecked | Self::NotCheckedWeak => "not-checked",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// Its permanent name.
    pub(super) name: &'static str,
    pub(super) state: State,
    /// What was seen.
    pub(super) says: String,
    /// The command or click that repairs it.
    pub(super) repair: Option<String>,
}

impl Check {
    pub(super) fn good(name: &'static str, says: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Good,
            says: says.into(),
            repair: None,
        }
    }

    pub(super) fn new(
        name: &'static str,
        state: State,
        says: impl Into<String>,
        repair: impl Into<String>,
    ) -> Self {
        Self {
            name,
            state,
            says: says.into(),
            repair: Some(repair.into()),
        }
    }
}

/// The verdict on all checks: the first of open, not checked, good that holds for one.
pub(super) fn verdict(checks: &[Check]) -> State {
    let any = |state| checks.iter().any(|check| check.state == state);
    if any(State::Open) {
        State::Open
    } else if any(State::NotChecked) {
        State::NotChecked
    } else {
        State::Good
    }
}

fn verdict_text(verdict: State) -> &'static str {
    match verdict {
        State::Open => "The gate can be walked around.",
        State::NotChecked => {
            "No way around the gate was seen, but not everything could be looked at."
        }
        State::Good | State::Weak | State::NotCheckedWeak => "No way around the gate was seen.",
    }
}

/// For people.
pub(super) fn text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let word = match check.state {
            State::Good => "ok",
            State::Weak => "weak",
            State::Open => "OPEN",
            State::NotChecked | State::NotCheckedWeak => "not checked",
        };
        text.push_str(&format!("{word}: {}: {}\n", check.name, check.says));
        if let Some(repair) = &check.repair {
            text.push_str(&format!("    help: {repair}\n"));
        }
    }
    text.push_str(verdict_text(verdict(checks)));
    text.push('\n');
    text
}

/// For programs.
pub(super) fn json(checks: &[Check]) -> String {
    let rows: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "state": check.state.word(),
                "says": check.says,
                "repair": check.repair,
            })
        })
        .collect();
    let all = json!({
        "version": 1,
        "verdict": verdict(checks).word(),
        "checks": rows,
    });
    format!("{all}\n")
}
