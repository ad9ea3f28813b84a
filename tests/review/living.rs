//! Comments stay true while the branch moves.

use fakehub::Edit;

use crate::scene::{FILE, REPO, Scene, file, safe_copy, unsafe_copy, unsafe_file};

#[test]
fn an_opened_pull_request_gets_its_comments() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    let run = scene.run("opened", &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.number("comments-created"), 2);
    let living = scene.living();
    assert_eq!(living[0].1.path, FILE);
    assert_eq!(living[0].1.line, Some(6));
    // One review, one notification.
    let ours = scene.hub.reviews(REPO, scene.number);
    assert_eq!(ours.len(), 1, "{ours:#?}");
    assert_eq!(ours[0].state, "COMMENTED");
    // The first comment of the rule says why, the second is short.
    assert!(living[0].1.body.len() > living[1].1.body.len());
    assert_eq!(scene.summaries().len(), 1);
}

#[test]
fn a_clean_pull_request_hears_nothing() {
    let scene = Scene::new(&file(&[safe_copy("dose")]));
    let run = scene.run("opened", &[]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(scene.hub.comments(REPO, scene.number).is_empty());
    assert!(scene.hub.diff_comments(REPO, scene.number).is_empty());
    assert!(scene.hub.reviews(REPO, scene.number).is_empty());
}

#[test]
fn a_run_without_a_change_writes_nothing() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    scene.run("opened", &[]);
    scene.hub.clear_log();
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-kept"), 2);
    assert_eq!(scene.writes(), [""; 0]);
}

#[test]
fn a_second_push_makes_no_duplicates() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    scene.push(&unsafe_file(&["dose", "rate"]));
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-created"), 1, "{run:#?}");
    assert_eq!(scene.living().len(), 2);
}

#[test]
fn code_that_moves_keeps_its_comment() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    scene.push(&file(&[safe_copy("rate"), unsafe_copy("dose")]));
    let run = scene.run("synchronize", &[]);
    assert_eq!(scene.living().len(), 1, "{run:#?}");
}

#[test]
fn a_fixed_finding_is_answered_and_folded_away() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    scene.run("opened", &[]);
    let first = scene.living()[0].1.clone();
    scene.hub.reply(REPO, first.id, "bob", "Is that so?");
    let head = scene.push(&file(&[safe_copy("dose"), unsafe_copy("rate")]));
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-retired"), 1, "{run:#?}");
    let all = scene.hub.diff_comments(REPO, scene.number);
    let root = all.iter().find(|one| one.id == first.id).unwrap();
    assert_eq!(
        root.minimized.as_deref().map(str::to_lowercase).as_deref(),
        Some("resolved")
    );
    let replies: Vec<&str> = all
        .iter()
        .filter(|one| one.in_reply_to == Some(first.id))
        .map(|one| one.body.as_str())
        .collect();
    assert_eq!(replies.len(), 2, "{replies:?}");
    assert_eq!(replies[0], "Is that so?");
    assert!(
        replies[1].contains(&format!("Fixed in {}.", &head[..7])),
        "{replies:?}"
    );

    // All of it fixed: the gate opens, the summary says so.
    scene.push(&file(&[safe_copy("dose"), safe_copy("rate")]));
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(scene.summaries()[0].contains("no findings"));
}

/// Code that cannot be read is not code that was repaired.
#[test]
fn what_cannot_be_analysed_is_not_called_fixed() {
    let broken = unsafe_copy("dose").replace("    memcpy(", "    if ((( { memcpy memcpy(");
    let plusplus =
        unsafe_copy("dose").replace("void on", "namespace pump { class P {}; }\nvoid P::on");
    for text in [broken, plusplus] {
        let scene = Scene::new(&unsafe_file(&["dose"]));
        scene.run("opened", &[]);
        scene.push(&file(&[text]));
        let run = scene.run_loosely("synchronize", &[]);
        let all = scene.hub.diff_comments(REPO, scene.number);
        assert!(
            !all.iter().any(|one| one.body.contains("Fixed in")),
            "{run:#?} {all:#?}"
        );
    }
}

#[test]
fn a_finding_that_comes_back_gets_a_new_comment() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    scene.push(&file(&[safe_copy("dose")]));
    scene.run("synchronize", &[]);
    scene.push(&unsafe_file(&["dose"]));
    scene.run("synchronize", &[]);
    assert_eq!(scene.living().len(), 1);
}

#[test]
fn a_force_push_leaves_nothing_stale() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    scene.run("opened", &[]);
    let main = scene.hub.tip(REPO, "main");
    let text = file(&[
        safe_copy("a"),
        safe_copy("b"),
        unsafe_copy("rate"),
        unsafe_copy("new"),
    ]);
    scene.hub.commit_on(
        REPO,
        "fix",
        Some(&main),
        "again",
        &[Edit::write(FILE, text)],
    );
    let run = scene.run("synchronize", &[]);
    assert_eq!(scene.living().len(), 2, "{run:#?}");
}

#[test]
fn a_rebase_makes_no_duplicates_and_counts_no_changes_of_others() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    // The base branch gets findings of its own meanwhile; they are not this pull request's.
    scene
        .hub
        .commit_files(REPO, "main", &[("src/other.c", &unsafe_file(&["other"]))]);
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("findings"), 1, "{run:#?}");
    scene.hub.rebase(REPO, scene.number);
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("findings"), 1, "{run:#?}");
    assert_eq!(scene.living().len(), 1);
}

#[test]
fn a_renamed_file_keeps_its_findings() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    scene.run("opened", &[]);
    scene.hub.commit(
        REPO,
        "fix",
        "rename",
        &[Edit::rename(FILE, "src/infusion.c")],
    );
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("findings"), 2, "{run:#?}");
    let living = scene.living();
    assert!(
        living
            .iter()
            .all(|(_, comment)| comment.path == "src/infusion.c"),
        "{living:#?}"
    );
}

#[test]
fn another_base_takes_findings_out_of_the_change() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    // A branch that has the code already.
    scene.hub.create_branch(REPO, "next", "fix");
    scene.push(&unsafe_file(&["dose", "rate"]));
    scene.hub.change_base(REPO, scene.number, "next");
    let run = scene.run("edited", &[]);
    assert_eq!(run.number("findings"), 1, "{run:#?}");
    assert_eq!(scene.living().len(), 1);
}

#[test]
fn a_reopened_pull_request_goes_on_as_it_was() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    scene.hub.close(REPO, scene.number);
    scene.hub.reopen(REPO, scene.number);
    let run = scene.run("reopened", &[]);
    assert_eq!(run.number("comments-kept"), 1, "{run:#?}");
}

#[test]
fn a_comment_that_a_person_deleted_stays_away() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    scene.run("opened", &[]);
    let gone = scene.living()[0].1.id;
    scene.hub.delete_comment(REPO, gone);
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-created"), 0, "{run:#?}");
    assert_eq!((scene.living().len(), scene.rows()), (1, 1));
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-created"), 0, "{run:#?}");
}

#[test]
fn texts_of_other_people_stay_as_they_are() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    let ours = scene.living()[0].1.clone();
    // Somebody quotes a comment of ours whole, marker and all.
    let quoted = scene
        .hub
        .comment_on_line(REPO, scene.number, "eve", (FILE, 4), &ours.body);
    let general = scene
        .hub
        .comment(REPO, scene.number, "eve", &scene.summaries()[0]);
    scene.push(&file(&[safe_copy("dose")]));
    scene.run_loosely("synchronize", &[]);
    let all = scene.hub.diff_comments(REPO, scene.number);
    let theirs = all.iter().find(|one| one.id == quoted).unwrap();
    assert_eq!(
        (theirs.body.as_str(), theirs.minimized.as_deref()),
        (ours.body.as_str(), None)
    );
    assert!(!all.iter().any(|one| one.in_reply_to == Some(quoted)));
    let comments = scene.hub.comments(REPO, scene.number);
    let theirs = comments.iter().find(|one| one.id == general).unwrap();
    assert!(theirs.body.contains("1 finding"), "{}", theirs.body);
}

#[test]
fn many_findings_are_ranked_and_the_rest_is_in_the_table() {
    let names: Vec<String> = (0..30).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let scene = Scene::new(&unsafe_file(&names));
    let run = scene.run("opened", &[]);
    assert_eq!((scene.living().len(), scene.rows()), (10, 20), "{run:#?}");
    assert_eq!(
        (
            run.on_rung("inline"),
            run.on_rung("annotation"),
            run.on_rung("table")
        ),
        (10, 10, 10)
    );
    let run = scene.run("synchronize", &["--max-comments", "3"]);
    // Comments that stand are not taken away by a smaller number.
    assert_eq!(run.number("comments-kept"), 10);
}

#[test]
fn a_finding_outside_the_shown_lines_is_a_comment_on_the_file() {
    // The declaration changes far away from the use: what makes it unsafe is new, the line is not.
    let filler = "int filler;\n".repeat(40);
    let use_of_it = "\nvoid on_rate(void)\n{\n    strcpy(rate, text);\n}\n";
    let scene = Scene::with(
        &[(FILE, &format!("#include \"pump.h\"\n{filler}{use_of_it}"))],
        &[(
            FILE,
            &format!("#include \"pump.h\"\nint added;\n{filler}{use_of_it}"),
        )],
    );
    let run = scene.run("opened", &["--scope", "file"]);
    assert!(run.on_rung("file") >= 1, "{run:#?}");
    let living = scene.living();
    assert!(
        living.iter().all(|(_, comment)| comment.whole_file),
        "{living:#?}"
    );
    let again = scene.run("synchronize", &["--scope", "file"]);
    assert_eq!(again.number("comments-created"), 0, "{again:#?}");
}

/// A call over several lines: the comment is on all of them, as far as one hunk shows them.
#[test]
fn a_finding_over_lines_is_a_comment_on_all_of_them() {
    let call = "    memcpy(buf_dose,\n           frame,\n           sizeof(frame));";
    let one = unsafe_copy("dose").replace("    memcpy(buf_dose, frame, sizeof(frame));", call);
    let scene = Scene::new(&file(&[one]));
    let run = scene.run("opened", &[]);
    let living = scene.living();
    assert_eq!((run.code, living.len()), (1, 1), "{run:#?}");
    assert_eq!(
        (living[0].1.start_line, living[0].1.line),
        (Some(6), Some(8))
    );
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-kept"), 1, "{run:#?}");
}

#[test]
fn two_hundred_and_fifty_comments_are_read_page_by_page() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    for number in 0..250 {
        scene.hub.comment_on_line(
            REPO,
            scene.number,
            "bob",
            (FILE, 3),
            &format!("remark {number}"),
        );
        scene.hub.comment(REPO, scene.number, "bob", "remark");
    }
    scene.hub.clear_log();
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-created"), 0, "{run:#?}");
    let pages = scene
        .hub
        .log()
        .iter()
        .filter(|exchange| {
            exchange.path.ends_with("/comments") && exchange.path.contains("/pulls/")
        })
        .count();
    assert_eq!(pages, 3);
}

#[test]
fn six_hundred_files_are_reviewed() {
    let text = unsafe_file(&["dose"]);
    let names: Vec<String> = (0..600)
        .map(|number| format!("src/part_{number}.c"))
        .collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), text.as_str()))
        .collect();
    let scene = Scene::with(&[(FILE, "int x;\n")], &files);
    let run = scene.run_loosely("opened", &[]);
    assert_eq!(run.number("findings"), 600, "{}", run.stderr);
    assert_eq!(scene.living().len(), 10);
    assert_eq!(
        run.on_rung("inline")
            + run.on_rung("annotation")
            + run.on_rung("table")
            + run.on_rung("log"),
        600
    );
    scene.assert_nothing_twice();
    scene.assert_accounted(&run);
    scene.hub.assert_clean();
}

#[test]
fn requested_changes_are_lifted_when_nothing_blocks() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &["--request-changes"]);
    let states = |scene: &Scene| -> Vec<&'static str> {
        scene
            .hub
            .reviews(REPO, scene.number)
            .iter()
            .map(|review| review.state)
            .collect()
    };
    assert_eq!(states(&scene), ["CHANGES_REQUESTED"]);
    scene.push(&file(&[safe_copy("dose")]));
    scene.run("synchronize", &["--request-changes"]);
    assert!(
        states(&scene).starts_with(&["DISMISSED"]),
        "{:?}",
        states(&scene)
    );
}

/// Nobody may request changes of a pull request of their own; the comments stand at their lines.
#[test]
fn a_pull_request_of_our_own_gets_comments_alone() {
    let mut scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    let author = scene.hub.pull_request_event(REPO, scene.number, "opened");
    let author = author["pull_request"]["user"]["login"]
        .as_str()
        .unwrap()
        .to_owned();
    scene.hub.set_role(REPO, &author, "write");
    scene.token = scene.hub.add_token(fakehub::TokenSpec::user(&author));
    let run = scene.run_loosely("opened", &["--request-changes"]);
    assert_eq!((run.code, run.on_rung("inline")), (1, 2), "{run:#?}");
    let reviews = scene.hub.reviews(REPO, scene.number);
    assert_eq!((reviews.len(), reviews[0].state), (1, "COMMENTED"));
    assert!(run.stderr.contains("no changes are requested"), "{run:#?}");
    scene.assert_accounted(&run);
    scene.hub.assert_clean();
}

#[test]
fn a_safe_fix_is_a_suggestion_of_its_exact_lines() {
    let code = "#include \"pump.h\"\n\nvoid show(const char *text)\n{\n    printf(text);\n}\n";
    let scene = Scene::new(code);
    let run = scene.run("opened", &[]);
    let living = scene.living();
    assert_eq!(living.len(), 1, "{run:#?}");
    let body = &living[0].1.body;
    assert!(
        body.contains("```suggestion\n    printf(\"%s\", text);\n```\n"),
        "{body}"
    );
    // Lines that end with a carriage return cannot be given back as they are.
    scene.push(&code.replace('\n', "\r\n"));
    scene.run("synchronize", &[]);
    let living = scene.living();
    assert_eq!(living.len(), 1);
    assert!(
        !living[0].1.body.contains("suggestion"),
        "{}",
        living[0].1.body
    );
}

#[test]
fn a_person_s_token_knows_its_own_comments() {
    let mut scene = Scene::new(&unsafe_file(&["dose"]));
    scene.hub.set_role(REPO, "machine", "write");
    scene.token = scene.hub.add_token(fakehub::TokenSpec::user("machine"));
    for _ in 0..2 {
        // Neither where GraphQL answers, nor where it does not.
        let run = scene.run_loosely("synchronize", &[]);
        assert_eq!(run.code, 1, "{run:#?}");
        assert_eq!(scene.hub.diff_comments(REPO, scene.number).len(), 1);
        assert_eq!(scene.summaries().len(), 1);
        scene.hub.fault(
            fakehub::Fault::new("POST", "/graphql", fakehub::FaultKind::PermissionMissing)
                .containing("viewer"),
        );
    }
    scene.hub.assert_clean();
}

#[test]
fn a_diff_of_25_megabytes_is_read() {
    // Each below the size limit of a file, which would be a finding of its own kind.
    let table: String = (0..24_000).map(|line| format!("{line:040}\n")).collect();
    let names: Vec<String> = (0..26)
        .map(|number| format!("data/table_{number}.txt"))
        .collect();
    let code = unsafe_file(&["dose"]);
    let mut files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), table.as_str()))
        .collect();
    assert!(table.len() * files.len() > 25_000_000);
    files.push((FILE, &code));
    let scene = Scene::with(&[(FILE, "int x;\n")], &files);
    let run = scene.run("opened", &[]);
    assert_eq!((run.code, run.on_rung("inline")), (1, 1), "{run:#?}");
}

#[test]
fn a_draft_hears_the_summary_alone_until_it_is_ready() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    scene.hub.set_draft(REPO, scene.number, true);
    let run = scene.run("opened", &[]);
    assert_eq!(run.code, 1, "the gate is the same: {run:#?}");
    assert_eq!((scene.living().len(), scene.rows()), (0, 2), "{run:#?}");
    assert!(run.stderr.contains("draft"), "{}", run.stderr);
    // Ready at the same commit.
    scene.hub.set_draft(REPO, scene.number, false);
    let run = scene.run("ready_for_review", &[]);
    assert_eq!((scene.living().len(), scene.rows()), (2, 0), "{run:#?}");
    // A draft again: what stands is kept true, and nothing is added.
    scene.hub.set_draft(REPO, scene.number, true);
    scene.push(&file(&[
        safe_copy("dose"),
        unsafe_copy("rate"),
        unsafe_copy("alarm"),
    ]));
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-retired"), 1, "{run:#?}");
    assert_eq!((scene.living().len(), scene.rows()), (1, 1), "{run:#?}");
}

#[test]
fn a_draft_can_be_left_alone_or_reviewed_in_full() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.hub.set_draft(REPO, scene.number, true);
    let run = scene.run_loosely("opened", &["--drafts", "skip"]);
    assert_eq!((run.code, run.output("gate")), (0, "skipped"), "{run:#?}");
    assert!(run.stderr.contains("nothing was reviewed"));
    assert!(scene.summaries().is_empty());
    let run = scene.run("synchronize", &["--drafts", "full"]);
    assert_eq!((run.code, scene.living().len()), (1, 1), "{run:#?}");
    // Without a token the event says what it is.
    let mut scene = scene;
    scene.token = String::from("nobodys-token");
    let (place, event) = (scene.checkout(), scene.event("opened"));
    scene.hub.set_draft(REPO, scene.number, false);
    let run = scene.run_in(&place, "pull_request", &event, &["--drafts", "skip"]);
    assert_eq!(run.output("gate"), "skipped", "{run:#?}");
}

/// Two runs at once may each make a summary; only one is kept true.
#[test]
fn a_second_summary_is_closed() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    let copy = scene.summaries().remove(0);
    let bot = "github-actions[bot]";
    let second = scene.hub.comment(REPO, scene.number, bot, &copy);
    assert_eq!(scene.summaries().len(), 2);
    scene.run("synchronize", &[]);
    assert_eq!(scene.summaries().len(), 1);
    let all = scene.hub.comments(REPO, scene.number);
    let closed = all.iter().find(|one| one.id == second).unwrap();
    assert!(closed.body.contains("Superseded"), "{}", closed.body);
    assert!(closed.minimized.is_some());
    scene.hub.clear_log();
    scene.run("synchronize", &[]);
    assert_eq!(scene.writes(), [""; 0]);
}
