//! Signed records as the real program leaves and verifies them: as written, changed, cut.

use super::scene::{Expected, Scene, Seen, case};
use crate::evidence::validation::{Case, CaseGroup};

/// The log of the cases, and the key that signs it.
const LOG: &str = ".git/log.jsonl";
const KEY: &str = ".git/gate";

/// What is done to a log, and what has to be said of it.
struct Change {
    name: &'static str,
    what: &'static str,
    /// The log as it is verified.
    change: fn(&str) -> String,
    code: i32,
    says: &'static str,
}

const CHANGES: [Change; 6] = [
    Change {
        name: "as-written",
        what: "a log of two records as it was written",
        change: str::to_owned,
        code: 0,
        says: "2 records, 0 problems",
    },
    Change {
        name: "changed-byte",
        what: "one character of a record differs",
        change: |log| {
            let middle = log.find('\n').unwrap_or(0) / 2;
            let turned = |(at, c): (usize, char)| match (at == middle, c) {
                (true, 'A') => 'B',
                (true, _) => 'A',
                (false, c) => c,
            };
            log.char_indices().map(turned).collect()
        },
        code: 1,
        says: "log.jsonl:1: ",
    },
    Change {
        name: "removed-record",
        what: "the first record is gone",
        change: |log| {
            log.lines()
                .skip(1)
                .map(|line| format!("{line}\n"))
                .collect()
        },
        code: 1,
        says: "a record was removed, added or moved",
    },
    Change {
        name: "cut",
        what: "the end of the log is gone",
        change: |log| {
            log.lines()
                .take(1)
                .map(|line| format!("{line}\n"))
                .collect()
        },
        code: 1,
        says: "the log does not end in a checkpoint",
    },
    Change {
        name: "emptied",
        what: "nothing is left of the log",
        change: |_| String::new(),
        code: 1,
        says: "the log is empty",
    },
    Change {
        name: "swapped",
        what: "the records stand in another order",
        change: |log| {
            let mut lines: Vec<&str> = log.lines().collect();
            if lines.len() > 1 {
                lines.swap(0, 1);
            }
            lines.iter().map(|line| format!("{line}\n")).collect()
        },
        code: 1,
        says: "a record was removed, added or moved",
    },
];

/// All cases: one log, verified in each of its forms.
pub(super) fn cases() -> Vec<Case> {
    let written = Scene::new().and_then(|scene| {
        let log = write(&scene)?;
        Ok((scene, log))
    });
    CHANGES
        .iter()
        .map(|change| {
            let seen = written
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|(scene, log)| {
                    scene.write(LOG, (change.change)(log).as_bytes())?;
                    verify(scene)
                });
            let expected = Expected {
                code: change.code,
                says: &[change.says],
            };
            let name = (CaseGroup::Record, change.name);
            case(name, &["R-70"], change.what, expected, seen)
        })
        .collect()
}

/// Leaves two records; gives the log.
fn write(scene: &Scene) -> Result<String, String> {
    scene.commit(&[("a.c", "int f(int a)\n{\n    return a;\n}\n")])?;
    scene.git(&["tag", "base"])?;
    scene.scrubin(&["record", "key", KEY])?;
    for number in ["1", "2"] {
        let text = format!("int f(int a)\n{{\n    return a + {number};\n}}\n");
        scene.commit(&[("a.c", &text)])?;
        let arguments = [
            "check",
            "--base",
            "base",
            "--record",
            LOG,
            "--record-key",
            KEY,
        ];
        let seen = scene.scrubin(&arguments)?;
        if seen.code != Some(0) {
            return Err(format!("no record was left: {}", seen.text.trim()));
        }
    }
    std::fs::read_to_string(scene.root().join(LOG)).map_err(|error| error.to_string())
}

fn verify(scene: &Scene) -> Result<Seen, String> {
    let signers = format!("{KEY}.pub");
    scene.scrubin(&["record", "verify", LOG, "--signers", &signers])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_expects_words() {
        assert!(CHANGES.iter().all(|change| !change.says.is_empty()));
    }
}
