//! Whoever opens a pull request cannot switch its review off.

use std::slice::from_ref;

use fakehub::Edit;

use crate::scene::{Depth, FILE, REPO, Scene, file, safe_copy, unsafe_copy, unsafe_file};

/// The unsafe function with a deviation beside its finding.
fn excused(name: &str) -> String {
    unsafe_copy(name).replace(
        "    memcpy",
        "    // scrubin: allow(C-LEN-014, reason = \"frame is filled with 8 bytes only\", ticket = \"RISK-41\")\n    memcpy",
    )
}

#[test]
fn a_deviation_of_the_pull_request_itself_waits_for_a_second_person() {
    let scene = Scene::new(&file(&[excused("dose")]));
    scene.hub.set_role(REPO, "bob", "write");
    scene.hub.set_role(REPO, "eve", "read");
    let run = scene.run("opened", &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.number("proposed"), 1);
    assert!(scene.living()[0].1.body.contains("**Proposed deviation:**"));
    assert!(scene.summaries()[0].contains("RISK-41"));

    // Neither the author nor somebody who may not write.
    scene.hub.review(REPO, scene.number, "eve", "APPROVED", "");
    assert_eq!(scene.run("synchronize", &[]).code, 1);
    scene
        .hub
        .review(REPO, scene.number, "bob", "APPROVED", "fine");
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(scene.living().is_empty());
    assert!(run.summary.contains("bob"), "{}", run.summary);

    // Taken back, on the event that says so; then given again.
    for (state, action, code) in [("DISMISSED", "dismissed", 1), ("APPROVED", "submitted", 0)] {
        scene.hub.review(REPO, scene.number, "bob", state, "");
        let place = scene.checkout();
        let event = scene.event(action);
        let run = scene.run_in(&place, "pull_request_review", &event, &[]);
        assert_eq!(run.code, code, "{run:#?}");
        scene.assert_settled(&run);
    }

    // An approval is for what was approved.
    scene.push(&file(&[excused("dose"), excused("rate")]));
    assert_eq!(scene.run("synchronize", &[]).code, 1);
}

#[test]
fn deviations_may_be_left_to_their_authors() {
    let scene = Scene::with(
        &[
            (FILE, "#include \"pump.h\"\n"),
            ("scrubin.toml", "[deviations]\nself = \"allow\"\n"),
        ],
        &[(FILE, &file(&[excused("dose")]))],
    );
    let run = scene.run("opened", &[]);
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn an_entry_in_the_deviations_file_waits_as_well() {
    let entry =
        "[[deviation]]\nrule = \"C-LEN-014\"\npath = \"src/*\"\nreason = \"checked above\"\n";
    let scene = Scene::with(
        &[(FILE, "#include \"pump.h\"\n")],
        &[(FILE, &unsafe_file(&["dose"])), ("deviations.toml", entry)],
    );
    let run = scene.run("opened", &[]);
    assert_eq!((run.code, run.number("proposed")), (1, 1), "{run:#?}");
    assert!(scene.summaries()[0].contains("`deviations.toml`"));
}

#[test]
fn a_deviation_of_the_base_counts() {
    let old = file(&[excused("dose")]);
    let new = file(&[excused("dose"), unsafe_copy("rate")]);
    let scene = Scene::with(&[(FILE, &old)], &[(FILE, &new)]);
    let run = scene.run("opened", &[]);
    assert_eq!(
        (run.number("findings"), run.number("proposed")),
        (1, 0),
        "{run:#?}"
    );
}

/// Two old lines, one new one between them: the comment is old, what it excuses is not.
#[test]
fn a_finding_under_an_old_deviation_waits_as_well() {
    let old = excused("dose");
    let slipped = old.replace(
        "    memcpy",
        "    memmove(buf_dose, frame, sizeof(frame));\n    memcpy",
    );
    // The old comment stands above the new line, a copy of it above the old one.
    let copied = slipped.replace(
        "sizeof(frame));\n    memcpy",
        "sizeof(frame));\n    // scrubin: allow(C-LEN-014, reason = \"frame is filled with 8 bytes only\", ticket = \"RISK-41\")\n    memcpy",
    );
    // The same lines in another function.
    let twice = format!("{old}{}", old.replace("on_dose", "on_rate"));
    for (what, new) in [
        ("slipped", &slipped),
        ("copied", &copied),
        ("twice", &twice),
    ] {
        let (before, after) = (file(from_ref(&old)), file(from_ref(new)));
        let scene = Scene::with(&[(FILE, &before)], &[(FILE, &after)]);
        let run = scene.run("opened", &[]);
        assert_eq!(
            (run.code, run.number("proposed")),
            (1, 1),
            "{what}: {run:#?}"
        );
    }
    // Neither code beside it, nor other words in the comment, nor another file make it new.
    let words = old.replace("8 bytes only", "8 bytes at most");
    for new in [format!("{}{old}", safe_copy("rate")), words] {
        let (before, after) = (file(from_ref(&old)), file(&[new]));
        let scene = Scene::with(&[(FILE, &before)], &[(FILE, &after)]);
        let run = scene.run("opened", &[]);
        assert_eq!((run.code, run.number("proposed")), (0, 0), "{run:#?}");
    }
    let scene = Scene::with(
        &[(FILE, &file(from_ref(&old)))],
        &[(FILE, &file(&[old])), ("src/other.c", "int other;\n")],
    );
    scene.hub.commit(
        REPO,
        "fix",
        "rename",
        &[Edit::rename(FILE, "src/infusion.c")],
    );
    let run = scene.run("synchronize", &[]);
    assert_eq!((run.code, run.number("proposed")), (0, 0), "{run:#?}");
}

/// Where old findings are shown as well, a comment nobody touched still excuses them.
#[test]
fn in_wider_scopes_old_deviations_count() {
    let old = excused("dose");
    let slipped = old.replace(
        "    memcpy",
        "    memmove(buf_dose, frame, sizeof(frame));\n    memcpy",
    );
    for (new, proposed) in [(format!("{old}{}", safe_copy("rate")), 0), (slipped, 1)] {
        let (before, after) = (file(from_ref(&old)), file(&[new]));
        let scene = Scene::with(&[(FILE, &before)], &[(FILE, &after)]);
        let run = scene.run("opened", &["--scope", "file"]);
        assert_eq!(run.number("proposed"), proposed, "{run:#?}");
        assert_eq!(run.code, i32::from(proposed > 0), "{run:#?}");
    }
}

/// Who opens a pull request chooses the commit it starts at, and so the merge base.
#[test]
fn settings_are_those_of_the_base_branch_as_it_is_now() {
    for depth in [Depth::Full, Depth::Shallow(1), Depth::Shallow(2)] {
        let mut scene = Scene::with(
            &[
                (FILE, "#include \"pump.h\"\n"),
                ("scrubin.toml", "[check]\nfail-on = \"never\"\n"),
            ],
            &[(FILE, &unsafe_file(&["dose"]))],
        );
        scene.depth = depth;
        assert_eq!(scene.run("opened", &[]).code, 0);
        let strict = "[check]\nfail-on = \"error\"\n";
        scene
            .hub
            .commit_files(REPO, "main", &[("scrubin.toml", strict)]);
        let run = scene.run("synchronize", &[]);
        assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
        // What the base branch changed since is no change of the pull request.
        assert!(!scene.summaries()[0].contains("what steers the review"));
        assert_eq!(run.output("base").len(), 40);
        assert_ne!(run.output("base"), scene.hub.tip(REPO, "main"));
    }
}

#[test]
fn the_settings_of_the_base_apply_and_changes_to_them_are_listed() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let off = "[check]\nfail-on = \"never\"\ndisable = [\"C-LEN-014\"]\n";
    scene.hub.commit(
        REPO,
        "fix",
        "switch it off",
        &[
            Edit::write("scrubin.toml", off),
            Edit::write("scrubin-baseline.json", "{}"),
        ],
    );
    let run = scene.run("synchronize", &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    let summary = scene.summaries().remove(0);
    assert!(summary.contains("- `scrubin.toml`"), "{summary}");
    assert!(summary.contains("- `scrubin-baseline.json`"), "{summary}");
}

#[test]
fn the_rules_of_the_base_apply() {
    let rule = "rules:\n  - id: acme.no-goto\n    languages: [c]\n    severity: ERROR\n    message: no goto\n    pattern: goto $L;\n";
    let code = "void f(void)\n{\n    goto end;\nend:\n    g();\n}\n";
    let scene = Scene::with(
        &[
            (FILE, "#include \"pump.h\"\n"),
            ("scrubin.toml", "rule-folders = [\"rules\"]\n"),
            ("rules/goto.yaml", rule),
        ],
        &[(FILE, code)],
    );
    scene.hub.commit(
        REPO,
        "fix",
        "drop the rule",
        &[Edit::delete("rules/goto.yaml")],
    );
    let run = scene.run("synchronize", &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    assert!(scene.summaries()[0].contains("- `rules/`"));
}

/// The checkout holds what the pull request made of a rule that the workflow names.
#[test]
fn rules_that_the_workflow_names_are_those_of_the_base() {
    let rule = "rules:\n  - id: acme.no-goto\n    languages: [c]\n    severity: ERROR\n    message: no goto\n    pattern: goto $L;\n";
    let code = "void f(void)\n{\n    goto end;\nend:\n    g();\n}\n";
    let scene = Scene::with(
        &[(FILE, "#include \"pump.h\"\n"), ("rules/goto.yaml", rule)],
        &[(FILE, code)],
    );
    let tamed = rule.replace("goto $L;", "never_called();");
    for (edit, named) in [
        (Edit::write("rules/goto.yaml", tamed), "rules/goto.yaml"),
        (Edit::delete("rules/goto.yaml"), "rules/goto.yaml"),
        // A folder in the place of the file.
        (
            Edit::write("rules/goto.yaml/a.yaml", ""),
            "./src/../rules/goto.yaml",
        ),
    ] {
        scene.hub.commit(REPO, "fix", "tame the rule", &[edit]);
        let run = scene.run("synchronize", &["--rules", named]);
        assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
        assert!(scene.summaries()[0].contains("- `rules/goto.yaml`"));
    }
}

/// No path below the root, but all of the tree.
#[test]
fn rules_that_the_workflow_names_by_the_root_are_those_of_the_base() {
    let rule = "rules:\n  - id: acme.no-goto\n    languages: [c]\n    severity: ERROR\n    message: no goto\n    pattern: goto $L;\n";
    let code = "void f(void)\n{\n    goto end;\nend:\n    g();\n}\n";
    let scene = Scene::with(
        &[(FILE, "#include \"pump.h\"\n"), ("rules/goto.yaml", rule)],
        &[(FILE, code)],
    );
    let run = scene.run("opened", &["--rules", "."]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    // Only rules steer the review.
    assert!(!scene.summaries()[0].contains("rules below"));
    scene.hub.commit(
        REPO,
        "fix",
        "drop the rule",
        &[Edit::delete("rules/goto.yaml")],
    );
    for named in [".", "src/.."] {
        let run = scene.run("synchronize", &["--rules", named]);
        assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
        assert!(scene.summaries()[0].contains("rules below"));
    }
}

/// A rule folder that the settings name and their commit does not have is said.
#[test]
fn a_rule_folder_without_rules_is_said() {
    let scene = Scene::with(
        &[
            (FILE, "#include \"pump.h\"\n"),
            ("scrubin.toml", "rule-folders = [\"rules\"]\n"),
        ],
        &[(FILE, &unsafe_file(&["dose"]))],
    );
    let run = scene.run("opened", &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    assert!(run.summary.contains("the rule folder `rules`"), "{run:#?}");
}
