//! Repositories that are hostile below the level of files: forged objects, crafted packs, links, names.
//! What the database is does not matter to them.

use std::process::Command;
use std::time::Instant;

use fakehub::{Edit, Fault, FaultKind};

use crate::house::{House, listing};
use crate::objects::{FILE_MODE, FOLDER_MODE, LINK_MODE, Objects};
use crate::objects::{Packed, answer, copies, pack, sorted};
use crate::process::{PATIENCE, Watch};
use crate::stage::{FILE, REPO, Scene, file, safe_copy, unsafe_copy};
use crate::{PlainTest, soak};

pub(crate) const TESTS: &[PlainTest] = &[
    ("a_tree_with_forbidden_names_is_refused", forbidden_names),
    ("odd_names_are_reviewed_and_write_nothing", odd_names),
    ("links_are_not_followed", links),
    (
        "a_repository_runs_nothing_and_writes_nothing_outside",
        nothing_is_run,
    ),
    ("what_stands_in_the_cache_is_not_trusted", planted),
    ("a_damaged_pack_is_fetched_anew", damaged_pack),
    ("a_blob_that_unfolds_is_a_gap", unfolding_blob),
    ("trees_that_unfold_are_refused", unfolding_trees),
    ("a_pack_that_unfolds_is_refused", unfolding_pack),
    ("many_files_take_bounded_time", many_files),
    ("one_blob_of_many_names_takes_bounded_memory", many_names),
];

/// Most of it and one of its git processes together.
const MOST_WITH_GIT_MIB: u64 = 1_000;

/// Opens a pull request of one commit.
fn pull_of(scene: &Scene, branch: &str, commit: &str) -> u64 {
    scene.hub.force_push(REPO, branch, commit);
    scene.hub.open_pull(REPO, branch, "main")
}

/// Names that would leave a work tree or fool one. Nothing is checked out here, and they are refused all
/// the same: whoever merges them would hand them on.
fn forbidden_names() {
    let names: &[&[u8]] = &[
        b".git",
        b".GIT",
        b"git~1",
        b"..",
        b".",
        b"a/b",
        ".g\u{200c}it".as_bytes(),
        b".git ",
    ];
    let house = House::new(|_| {});
    let scene = &house.scene;
    let objects = Objects::of(scene);
    let trap = scene.folder.path().join("bait/trap");
    let text = format!("[core]\n\tfsmonitor = {}\n", trap.display());
    let blob = objects.blob(text.as_bytes());
    let inner = objects.tree(&[(FILE_MODE, b"config", &blob)]);
    let branch = |index: usize| format!("fix{index}");
    // Opened with something harmless: GitHub's stand-in has to show it.
    let numbers: Vec<u64> = (0..names.len())
        .map(|index| scene.pull(&branch(index), &[(FILE, &file(&[safe_copy("a")]))]))
        .collect();
    house.settle();
    for (index, name) in names.iter().enumerate() {
        assert_eq!(house.said(&branch(index)).0, "success");
        let (mode, object) = match index % 2 {
            0 => (FILE_MODE, &blob),
            _ => (FOLDER_MODE, &inner),
        };
        let commit = objects.commit(&objects.tree(&[(mode, name, object)]));
        scene.hub.force_push(REPO, &branch(index), &commit);
    }
    for (index, name) in names.iter().enumerate() {
        let shown = String::from_utf8_lossy(name);
        let is_refused =
            |_: &fakehub::Hub| scene.conclusion(&branch(index)).as_deref() == Some("failure");
        assert!(
            scene.hub.wait_until(PATIENCE, is_refused),
            "`{shown}` was taken: {:#?}",
            scene.checks(&scene.hub.tip(REPO, &branch(index)))
        );
        let (_, words) = house.said(&branch(index));
        assert!(words.contains("git fetch refused"), "`{shown}`: {words}");
    }
    for number in numbers {
        scene.hub.close(REPO, number);
    }
    house.goes_on("next");
}

/// Names that are allowed and awkward: for shells, pathspecs, options, terminals, other systems.
fn odd_names() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    let long = format!("{}.c", "n".repeat(200));
    let names = [
        "$(touch owned).c",
        "`touch owned`.c",
        "; touch owned;.c",
        "--output=owned.c",
        "-rf.c",
        ":(exclude)x.c",
        "[a-z]*.c",
        "*.c",
        "back\\slash.c",
        "..\\..\\up.c",
        "C:\\x.c",
        "con.c",
        "blank at the end .c",
        " .c",
        "quote\".c",
        "single'.c",
        "new\nline.c",
        "tab\t.c",
        "bell\u{7}.c",
        "\u{202e}c.gnp.c",
        "e\u{301}.c",
        "<img src=x onerror=alert(1)>.c",
        "@everyone.c",
        "%2e%2e%2fx.c",
        "a|b.c",
        "a&b.c",
        "!history.c",
        "#c.c",
        &long,
    ];
    let mut edits = vec![Edit::write(
        &format!("{}/deep.c", vec!["d"; 200].join("/")),
        file(&[unsafe_copy("deep")]),
    )];
    for (index, name) in names.iter().enumerate() {
        edits.push(Edit::write(
            &format!("src/{name}"),
            file(&[unsafe_copy(&format!("n{index}"))]),
        ));
    }
    scene.hub.create_branch(REPO, "fix", "main");
    scene.hub.commit(REPO, "fix", "names", &edits);
    let number = scene.hub.open_pull(REPO, "fix", "main");
    house.settle();
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    // Each is told, as a place in the code or by name.
    let told = format!("{:?}{:?}", run.output, run.annotations);
    let comments = format!(
        "{:?}{:?}",
        scene.comments(number),
        scene.hub.comments(REPO, number)
    );
    for (index, name) in names.iter().enumerate() {
        let variable = format!("buf_n{index}");
        assert!(
            told.contains(&variable) || comments.contains(&variable),
            "nothing about {name:?}: {told}\n{comments}"
        );
    }
    assert!(!scene.folder.path().join("work/owned").exists());
    scene.hub.assert_clean();
    house.goes_on("next");
}

/// Links that lead out, to settings, or to themselves.
fn links() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("bait.c"), file(&[unsafe_copy("bait")])).unwrap();
    std::fs::write(
        outside.path().join("lax.toml"),
        "[check]\nfail-on = \"never\"\n",
    )
    .unwrap();
    let to = |name: &str| outside.path().join(name).display().to_string();
    let house = House::new(|scene| {
        let objects = Objects::of(scene);
        let settings = objects.blob(to("lax.toml").as_bytes());
        let source = objects.in_main("src");
        let tree = objects.tree(&sorted(vec![
            (LINK_MODE, b"scrubin.toml", &settings),
            (FOLDER_MODE, b"src", &source),
        ]));
        let commit = objects.commit(&tree);
        scene.hub.force_push(REPO, "main", &commit);
    });
    let scene = &house.scene;
    let objects = Objects::of(scene);
    let link = |target: &str| objects.blob(target.as_bytes());
    let text = objects.blob(file(&[unsafe_copy("real")]).as_bytes());
    let (out, up, own) = (
        link(&to("bait.c")),
        link("../../../../../../etc/passwd"),
        link("loop.c"),
    );
    let (folder, settings) = (link(&to("")), objects.in_main("scrubin.toml"));
    let source = objects.tree(&sorted(vec![
        (FILE_MODE, b"pump.c", &text),
        (LINK_MODE, b"out.c", &out),
        (LINK_MODE, b"up.c", &up),
        (LINK_MODE, b"loop.c", &own),
        (LINK_MODE, b"pump.h", &out),
    ]));
    let tree = objects.tree(&sorted(vec![
        (LINK_MODE, b"scrubin.toml", &settings),
        (LINK_MODE, b"lib", &folder),
        (FOLDER_MODE, b"src", &source),
    ]));
    let number = pull_of(scene, "fix", &objects.commit(&tree));
    house.settle();
    let comments = scene.comments(number);
    assert_eq!(comments.len(), 1, "{comments:#?}");
    assert!(comments[0].body.contains("buf_real"), "{comments:#?}");
    let (conclusion, words) = house.said("fix");
    assert_eq!(
        conclusion, "failure",
        "settings of this machine counted: {words}"
    );
    for word in ["bait", "root:", "lax.toml"] {
        assert!(!words.contains(word), "{words}");
    }
    scene.assert_sound(number);
    house.goes_on("next");
}

/// Attributes, submodules, hooks and settings in the repository that name programs, in the base and in
/// the change, on a machine whose own git is set up to obey them.
fn nothing_is_run() {
    let edits = |trap: &str| {
        let named = format!(
            "[filter \"trap\"]\n\tsmudge = {trap}\n\tclean = {trap}\n[core]\n\tfsmonitor = {trap}\n"
        );
        vec![
            Edit::write(
                ".gitattributes",
                "* filter=trap diff=trap merge=trap export-subst ident working-tree-encoding=UTF-16\n*.bin filter=lfs\n",
            ),
            Edit::write(".gitconfig", named.clone()),
            Edit::write(".lfsconfig", format!("[lfs]\n\turl = ext::{trap}\n")),
            Edit::write("config", named),
            Edit::write(
                "hooks/reference-transaction",
                format!("#!/bin/sh\n{trap}\n"),
            ),
            Edit::write("objects/info/alternates", "/etc\n"),
            Edit::write(
                ".gitmodules",
                format!(
                    "[submodule \"x\"]\n\tpath = x\n\turl = ext::{trap}\n\tupdate = !{trap}\n\
                     [submodule \"../../y\"]\n\tpath = ../../y\n\turl = --upload-pack={trap}\n\tignore = none\n"
                ),
            ),
            Edit::write(
                "scrubin.toml",
                "[rules]\nfolders = [\"../../../../etc\", \"/etc\"]\n",
            ),
            Edit::write(
                "build.rs",
                format!(
                    "fn main() {{ std::process::Command::new(\"{trap}\").spawn().unwrap(); }}\n"
                ),
            ),
            Edit::write("Makefile", format!("all:\n\t{trap}\n$(shell {trap})\n")),
            Edit::write(
                ".cargo/config.toml",
                format!("[build]\nrustc-wrapper = \"{trap}\"\n"),
            ),
            Edit::write(
                "data.bin",
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
            ),
        ]
    };
    let trap_of = |scene: &Scene| scene.folder.path().join("bait/trap").display().to_string();
    let house = House::new(|scene| {
        scene
            .hub
            .commit(REPO, "main", "traps", &edits(&trap_of(scene)));
    });
    let scene = &house.scene;
    let mut change = edits(&format!("{} again", trap_of(scene)));
    change.push(Edit::write(FILE, file(&[unsafe_copy("a")])));
    scene.hub.create_branch(REPO, "fix", "main");
    scene.hub.commit(REPO, "fix", "more of them", &change);
    let number = scene.hub.open_pull(REPO, "fix", "main");
    house.settle();
    assert_eq!(house.said("fix").0, "failure");
    let comments = scene.comments(number);
    assert!(
        comments.iter().any(|one| one.body.contains("buf_a")),
        "{comments:#?}"
    );
    scene.assert_sound(number);
    house.goes_on("next");
    // The mark is one that would be seen.
    let trap = scene.folder.path().join("bait/trap");
    assert!(Command::new(&trap).status().unwrap().success());
    assert!(scene.folder.path().join("ran").exists());
}

/// Somebody, or a version of long ago, left things in the cache.
fn planted() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    house.settle();
    let id = scene.hub.repository_id(REPO);
    let cache = scene.folder.path().join(format!("cache/{id}.git"));
    let trap = scene.folder.path().join("bait/trap");
    // Objects of others, as if the whole disk were this repository's.
    let strange = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let place = cache.join(name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    };
    put(
        "objects/info/alternates",
        &format!("{}\n", strange.path().display()),
    );
    put(
        "config",
        &format!(
            "[core]\n\tbare = true\n\tfsmonitor = {0}\n\thooksPath = {1}\n[diff]\n\texternal = {0}\n[remote \"origin\"]\n\turl = ext::{0}\n",
            trap.display(),
            trap.parent().unwrap().display()
        ),
    );
    put("info/attributes", "* diff=trap filter=trap\n");
    for hook in ["reference-transaction", "post-checkout", "pre-auto-gc"] {
        std::fs::create_dir_all(cache.join("hooks")).unwrap();
        std::fs::copy(&trap, cache.join("hooks").join(hook)).unwrap();
    }
    // Left by processes that were killed.
    for name in [
        "shallow.lock",
        "objects/pack/tmp_pack_x",
        "refs/scrubin/x.lock",
    ] {
        put(name, "");
    }
    house.goes_on("next");
    assert!(!cache.join("objects/info/alternates").exists());
    let config = std::fs::read_to_string(cache.join("config")).unwrap();
    assert!(!config.contains("trap"), "{config}");
    assert!(listing(strange.path(), &[]).is_empty());
    // Taken away altogether, half, or not a repository any more: made anew.
    for (index, gone) in ["HEAD", "refs", "objects", ""].iter().enumerate() {
        let place = cache.join(gone);
        match place.is_dir() {
            true => std::fs::remove_dir_all(&place).unwrap(),
            false => std::fs::remove_file(&place).unwrap(),
        }
        house.goes_on(&format!("after{index}"));
    }
}

/// The next fetch of what `main` and a branch have is answered with these bytes instead of a pack.
///
/// Set before the pull request has the commit: the service looks for what it missed by itself, too.
fn answer_with(scene: &Scene, head: &str, bytes: &[u8]) {
    let instead = FaultKind::Pack(answer(head, bytes));
    let fault = Fault::new("POST", "/*/*/git-upload-pack", instead).containing("command=fetch");
    scene.hub.fault(fault);
}

/// A pack that is cut off, changed on the way, or lacks what was asked for.
fn damaged_pack() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    let id = scene.hub.repository_id(REPO);
    let cache = scene.folder.path().join(format!("cache/{id}.git"));
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    house.settle();
    let objects = Objects::of(scene);
    let whole = objects.git(&["pack-objects", "--all", "--stdout", "-q"], b"");
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 0x40;
    let mut counted = whole.clone();
    counted[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
    let empty = pack(&[]);
    let strange = pack(&[Packed::Whole(3, b"not what was asked for".to_vec())]);
    let kinds: [(&str, &[u8]); 6] = [
        ("cut off", &whole[..whole.len() / 2]),
        ("changed", &changed),
        ("of four billion objects", &counted),
        ("empty", &empty),
        ("of something else", &strange),
        ("none", b"no pack at all"),
    ];
    for (index, (kind, bytes)) in kinds.into_iter().enumerate() {
        // Without anything in the cache there is nothing to talk about before the pack comes.
        std::fs::remove_dir_all(&cache).unwrap();
        let push = |branch: &str, name: &str| {
            let text = file(&[unsafe_copy("a"), unsafe_copy(name)]);
            scene.hub.commit_files(REPO, branch, &[(FILE, &text)])
        };
        let beside = format!("beside{index}");
        scene.hub.create_branch(REPO, &beside, "fix");
        let head = push(&beside, &format!("x{index}"));
        answer_with(scene, &head, bytes);
        scene.hub.force_push(REPO, "fix", &head);
        let is_taken = |hub: &fakehub::Hub| hub.faults_left() == 0;
        assert!(
            scene.hub.wait_until(PATIENCE, is_taken),
            "{kind}: not fetched"
        );
        // Asked for once more at once, not after a pause.
        push("fix", &format!("y{index}"));
        house.settle();
        assert_eq!(house.said("fix").0, "failure", "{kind}");
        let comments = scene.comments(number);
        let wanted = format!("buf_y{index}");
        assert!(
            comments.iter().any(|one| one.body.contains(&wanted)),
            "{kind}: {comments:#?}"
        );
    }
    scene.assert_sound(number);
}

/// Nine trees of ten names, each within the next: some hundred bytes that name two billion paths.
fn unfolding_trees() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    let objects = Objects::of(scene);
    let mut tree = objects.tree(&[(FILE_MODE, b"a.c", &objects.blob(b"int a;\n"))]);
    for _ in 0..9 {
        let names: Vec<String> = (0..10).map(|at| format!("t{at}")).collect();
        let inner = tree.clone();
        let entries: Vec<(&str, &[u8], &str)> = names
            .iter()
            .map(|name| (FOLDER_MODE, name.as_bytes(), inner.as_str()))
            .collect();
        tree = objects.tree(&entries);
    }
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    house.settle();
    assert_eq!(house.said("fix").0, "failure");
    scene.hub.close(REPO, number);
    // It stands on the branch that others start from: no change that is shown touches it.
    let source = objects.in_main("src");
    let whole = objects.tree(&sorted(vec![
        (FOLDER_MODE, b"bomb", &tree),
        (FOLDER_MODE, b"src", &source),
    ]));
    let main = objects.commit(&whole);
    objects.git(&["update-ref", "refs/heads/main", &main], b"");
    let changed = objects.blob(file(&[unsafe_copy("b")]).as_bytes());
    let name = FILE.strip_prefix("src/").unwrap().as_bytes();
    let source = objects.tree(&[(FILE_MODE, name, &changed)]);
    let head = objects.commit(&objects.tree(&sorted(vec![
        (FOLDER_MODE, b"bomb", &tree),
        (FOLDER_MODE, b"src", &source),
    ])));
    objects.git(&["update-ref", "refs/heads/late", &head], b"");
    let watch = Watch::over(house.process.id());
    let began = Instant::now();
    let number = scene.hub.open_pull(REPO, "late", "main");
    // It is tried a few times more, which is not waited for.
    let is_refused = |_: &fakehub::Hub| scene.conclusion("late").as_deref() == Some("failure");
    assert!(scene.hub.wait_until(PATIENCE, is_refused), "not refused");
    let (conclusion, words) = house.said("late");
    assert_eq!(conclusion, "failure");
    assert!(words.contains("names more than"), "{words}");
    assert!(began.elapsed().as_secs() < 60);
    scene.hub.close(REPO, number);
    house.settle();
    let most = watch.most_mib();
    assert!(most > 0 && most <= MOST_WITH_GIT_MIB, "git took {most} MiB");
}

/// A few kilobytes whose objects have gigabytes: git takes them apart in memory.
fn unfolding_pack() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    scene.hub.create_branch(REPO, "fix", "main");
    let text = file(&[unsafe_copy("a")]);
    let head = scene.hub.commit_files(REPO, "fix", &[(FILE, &text)]);
    let objects = Objects::of(scene);
    let piece = 0x00ff_ffff;
    let mut bomb = vec![
        Packed::Whole(1, objects.content("commit", &head)),
        Packed::Whole(3, vec![b' '; piece]),
    ];
    for back in 1..=4 {
        // A gibibyte each.
        bomb.push(Packed::Delta {
            back,
            delta: copies(piece, 64),
        });
    }
    let bytes = pack(&bomb);
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    let watch = Watch::over(house.process.id());
    let began = Instant::now();
    answer_with(scene, &head, &bytes);
    scene.hub.open_pull(REPO, "fix", "main");
    let is_taken = |hub: &fakehub::Hub| hub.faults_left() == 0;
    assert!(scene.hub.wait_until(PATIENCE, is_taken), "not fetched");
    house.settle();
    assert_eq!(house.said("fix").0, "failure");
    let most = watch.most_mib();
    assert!(most > 0 && most <= MOST_WITH_GIT_MIB, "git took {most} MiB");
    assert!(began.elapsed() < std::time::Duration::from_secs(120));
    house.goes_on("next");
}

/// A blob of zeros: a thousandth of its size on the wire.
fn unfolding_blob() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    let size = if soak() { 512 << 20 } else { 128 << 20 };
    scene.hub.create_branch(REPO, "fix", "main");
    let edits = [
        Edit::write("src/zeros.c", vec![0; size]),
        Edit::write("src/blanks.c", vec![b' '; size / 8]),
        Edit::write(FILE, file(&[unsafe_copy("a")])),
    ];
    scene.hub.commit(REPO, "fix", "unfolds", &edits);
    drop(edits);
    let watch = Watch::over(house.process.id());
    let number = scene.hub.open_pull(REPO, "fix", "main");
    house.settle();
    let (conclusion, words) = house.said("fix");
    assert_eq!(conclusion, "failure");
    assert!(
        words.contains("blanks.c"),
        "silence about a file that was not read: {words}"
    );
    assert_eq!(scene.comments(number).len(), 1);
    let most = watch.most_mib();
    assert!(most > 0 && most <= MOST_WITH_GIT_MIB, "git took {most} MiB");
    scene.assert_sound(number);
    house.goes_on("next");
}

fn many_files() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    let count = if soak() { 100_000 } else { 3_000 };
    let edits: Vec<Edit> = (0..count)
        .map(|index| {
            Edit::write(
                &format!("src/d{}/f{index}.c", index % 100),
                format!("int v{index};\n"),
            )
        })
        .collect();
    scene.hub.create_branch(REPO, "fix", "main");
    scene.hub.commit(REPO, "fix", "many", &edits);
    let watch = Watch::over(house.process.id());
    let began = Instant::now();
    let number = scene.hub.open_pull(REPO, "fix", "main");
    house.settle();
    assert!(scene.conclusion("fix").is_some());
    assert!(began.elapsed().as_secs() < if soak() { 600 } else { 120 });
    let most = watch.most_mib();
    assert!(most > 0 && most <= MOST_WITH_GIT_MIB, "git took {most} MiB");
    scene.assert_sound(number);
    if soak() {
        println!(
            "{count} files: {:.1} s, service {} MiB, with git {most} MiB",
            began.elapsed().as_secs_f64(),
            house.process.peak_mib()
        );
    }
}

/// One blob of many names: some kilobytes whose difference nobody should make.
fn many_names() {
    let house = House::new(|_| {});
    let scene = &house.scene;
    let objects = Objects::of(scene);
    let large = format!("/* {} */\n", "x".repeat(60_000)).repeat(35);
    let blob = objects.blob(large.as_bytes());
    let names: Vec<String> = (0..40).map(|at| format!("n{at:03}.c")).collect();
    let real = objects.blob(file(&[unsafe_copy("real")]).as_bytes());
    let mut entries = vec![(FILE_MODE, b"pump.c".as_slice(), real.as_str())];
    for name in &names {
        entries.push((FILE_MODE, name.as_bytes(), blob.as_str()));
    }
    let source = objects.tree(&sorted(entries));
    let head = objects.commit(&objects.tree(&[(FOLDER_MODE, b"src", &source)]));
    let watch = Watch::over(house.process.id());
    let number = pull_of(scene, "fix", &head);
    house.settle();
    let (conclusion, words) = house.said("fix");
    assert_eq!(conclusion, "failure");
    for said in ["could not be reviewed", "n000.c", "more than 64 MiB"] {
        assert!(words.contains(said), "`{said}`: {words}");
    }
    assert_eq!(scene.comments(number).len(), 1);
    let most = watch.most_mib();
    assert!(most > 0 && most <= MOST_WITH_GIT_MIB, "git took {most} MiB");
    scene.assert_sound(number);
    house.goes_on("next");
}
