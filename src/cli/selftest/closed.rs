//! What could not be reviewed is never a pass: every way in which a review can fail ends in exit code 2.

use super::scene::{Expected, Scene, Seen, case};
use crate::evidence::validation::{Case, CaseGroup};

/// A harmless text.
const CALM: &str = "int f(int a)\n{\n    return a;\n}\n";

/// Another one, so that the file changes.
const CALMER: &str = "int f(int a)\n{\n    return a + 1;\n}\n";

/// A way to fail.
struct Failing {
    name: &'static str,
    what: &'static str,
    requirements: &'static [&'static str],
    /// Brings the failure about in a repository with a change staged, and runs the program.
    run: fn(&Scene) -> Result<Seen, String>,
    says: &'static [&'static str],
}

const FAILINGS: [Failing; 18] = [
    Failing {
        name: "not-text",
        what: "a staged file with NUL bytes",
        requirements: &["R-20"],
        run: |scene| {
            scene.write("b.c", b"int g(void) { return 0; }\0\0")?;
            scene.git(&["add", "--all"])?;
            scene.scrubin(&["check"])
        },
        says: &["b.c", "encoding"],
    },
    Failing {
        name: "too-large",
        what: "a staged file above the limit of size",
        requirements: &["R-20"],
        run: |scene| {
            scene.write("b.c", &vec![b' '; (1 << 20) + 1])?;
            scene.git(&["add", "--all"])?;
            scene.scrubin(&["check"])
        },
        says: &["b.c", "size"],
    },
    Failing {
        name: "parser-bound",
        what: "a staged file that takes more steps of the parser than the limit",
        requirements: &["R-20"],
        run: |scene| {
            scene.stage(&[("scrubin.toml", "[limits]\nparser-steps = 1\n")])?;
            scene.stage(&[("b.c", &CALM.repeat(400))])?;
            scene.scrubin(&["check"])
        },
        says: &["b.c", "bound"],
    },
    Failing {
        name: "findings-and-unread",
        what: "a file that cannot be read beside one with an error: both are told",
        requirements: &["R-20"],
        run: |scene| {
            scene.write("b.c", b"\0")?;
            scene.write(
                "c.c",
                b"void g(char *n)\n{\n    char t[4];\n    gets(t);\n    use(t, n);\n}\n",
            )?;
            scene.git(&["add", "--all"])?;
            scene.scrubin(&["check"])
        },
        says: &["b.c", "c.c:4"],
    },
    Failing {
        name: "crash",
        what: "a defect of scrubin itself in a staged file",
        requirements: &["R-25"],
        run: |scene| scene.scrubin(&["selftest", "--probe", "crash"]),
        says: &["a.c", "crash"],
    },
    Failing {
        name: "hang",
        what: "a review that does not end",
        requirements: &["R-26"],
        run: |scene| scene.scrubin(&["selftest", "--probe", "hang"]),
        says: &["did not end within 1 s", "a.c"],
    },
    Failing {
        name: "missing-object",
        what: "the repository lost the staged text",
        requirements: &["R-27"],
        run: |scene| {
            lose_objects(scene)?;
            scene.scrubin(&["check"])
        },
        says: &["is missing from the repository"],
    },
    Failing {
        name: "damaged-index",
        what: "the index of git is damaged",
        requirements: &["R-27"],
        run: |scene| {
            scene.write(".git/index", b"DIRC is all that is left")?;
            scene.scrubin(&["check"])
        },
        says: &["index"],
    },
    Failing {
        name: "no-repository",
        what: "a review of a change outside of a repository",
        requirements: &["R-27"],
        run: |scene| {
            std::fs::remove_dir_all(scene.root().join(".git"))
                .map_err(|error| error.to_string())?;
            scene.scrubin(&["check", "--staged"])
        },
        says: &["repository"],
    },
    Failing {
        name: "cut-rule",
        what: "a rule file that ends in the middle",
        requirements: &["R-32"],
        run: |scene| with_rules(scene, "rules:\n  - id: mine\n    languages: [c"),
        says: &["mine.yaml"],
    },
    Failing {
        name: "misspelt-rule",
        what: "a rule file with a key that does not exist",
        requirements: &["R-32"],
        run: |scene| {
            with_rules(
                scene,
                "rules:\n  - id: mine\n    languages: [c]\n    severity: ERROR\n    message: m\n    patern: f($X)\n",
            )
        },
        says: &["mine.yaml:6", "patern"],
    },
    Failing {
        name: "no-rules",
        what: "a review without any rule",
        requirements: &["R-32"],
        run: |scene| scene.scrubin(&["check", "--no-builtin-rules"]),
        says: &["no rule"],
    },
    Failing {
        name: "misspelt-setting",
        what: "a configuration with a key that does not exist",
        requirements: &["R-30"],
        run: |scene| with_settings(scene, "[check]\npresicion = \"high\"\n"),
        says: &["scrubin.toml:2:1", "presicion"],
    },
    Failing {
        name: "lowered-without-reason",
        what: "a configuration that lowers a severity without a reason",
        requirements: &["R-31"],
        run: |scene| with_settings(scene, "[rules.\"C-LEN-014\"]\nseverity = \"info\"\n"),
        says: &["scrubin.toml", "reason"],
    },
    Failing {
        name: "unknown-revision",
        what: "a base that does not exist",
        requirements: &["R-30"],
        run: |scene| scene.scrubin(&["check", "--base", "nosuch"]),
        says: &["nosuch"],
    },
    Failing {
        name: "unknown-rule",
        what: "a review of one rule that does not exist",
        requirements: &["R-30"],
        run: |scene| scene.scrubin(&["check", "--only", "C-LEN-999"]),
        says: &["C-LEN-999"],
    },
    Failing {
        name: "broken-deviations",
        what: "a file of deviations with a key that does not exist",
        requirements: &["R-50"],
        run: |scene| {
            let text = "[[deviation]]\nrule = \"C-LEN-014\"\nreson = \"The caller checks it.\"\n";
            scene.stage(&[("deviations.toml", text)])?;
            scene.scrubin(&["check"])
        },
        says: &["deviations.toml", "reson"],
    },
    Failing {
        name: "foreign-baseline",
        what: "a baseline of another format",
        requirements: &["R-54"],
        run: |scene| {
            let text = "{\"version\": 99, \"fingerprints\": \"v1\", \"findings\": []}\n";
            scene.stage(&[("scrubin-baseline.json", text)])?;
            scene.scrubin(&["check", "--all"])
        },
        says: &["scrubin-baseline.json"],
    },
];

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    FAILINGS
        .iter()
        .map(|failing| {
            let seen = Scene::new().and_then(|scene| {
                scene.commit(&[("a.c", CALM)])?;
                scene.stage(&[("a.c", CALMER)])?;
                (failing.run)(&scene)
            });
            let expected = Expected {
                code: 2,
                says: failing.says,
            };
            let name = (CaseGroup::FailClosed, failing.name);
            case(name, failing.requirements, failing.what, expected, seen)
        })
        .collect()
}

fn with_rules(scene: &Scene, text: &str) -> Result<Seen, String> {
    scene.write(".git/mine.yaml", text.as_bytes())?;
    scene.scrubin(&["check", "--rules", ".git/mine.yaml"])
}

fn with_settings(scene: &Scene, text: &str) -> Result<Seen, String> {
    scene.stage(&[("scrubin.toml", text)])?;
    scene.scrubin(&["check"])
}

/// Empties the object database.
fn lose_objects(scene: &Scene) -> Result<(), String> {
    let objects = scene.root().join(".git/objects");
    let failed = |error: std::io::Error| error.to_string();
    for entry in std::fs::read_dir(&objects).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        // Two hex digits: a folder of loose objects.
        if name.len() == 2 {
            std::fs::remove_dir_all(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_expects_words() {
        for one in &FAILINGS {
            assert!(!one.says.is_empty(), "{}", one.name);
        }
    }
}
