//! Random pushes, force pushes, rebases and comments: a comment that is not outdated stands on the
//! very text it was made on, and on a line of today's diff.

use fakehub::Edit;
use serde_json::json;

use crate::client::{REPO, Scene, lines, text};

/// Numbers that are the same in every run (a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn edited(numbers: &mut Numbers, all: &mut Vec<String>, step: usize) {
    for change in 0..=numbers.below(4) {
        let at = numbers.below(all.len());
        match numbers.below(3) {
            0 => all.insert(at, format!("inserted in {step}.{change}")),
            1 if all.len() > 40 => drop(all.remove(at)),
            _ => all[at] = format!("changed in {step}.{change}"),
        }
    }
}

/// Lines of today's diff on the right side, from the patch the API gives.
fn commentable(scene: &Scene) -> Vec<u64> {
    let files = scene.client.get(&scene.pull("/files")).expect(200);
    let Some(file) = files
        .list()
        .iter()
        .find(|file| file["filename"] == "pump.c")
    else {
        return Vec::new();
    };
    let (mut found, mut line) = (Vec::new(), 0);
    for text in file["patch"].as_str().unwrap_or_default().lines() {
        if let Some(header) = text.strip_prefix("@@ ") {
            let start = header.split(['+', ',', ' ']).nth(3).unwrap();
            line = start.parse().unwrap();
        } else if text.starts_with([' ', '+']) {
            found.push(line);
            line += 1;
        }
    }
    found
}

fn run(seed: u64) {
    let mut numbers = Numbers(seed);
    let scene = Scene::new();
    let (mut base, mut head) = (lines(60), lines(60));
    let mut made: Vec<(u64, String)> = Vec::new();
    for step in 0..12 {
        match numbers.below(4) {
            0 => {
                // The base moves apart from the head: at its end, so that a rebase has no conflict.
                base.push(format!("base {step}"));
                scene
                    .hub
                    .commit(REPO, "main", "base", &[Edit::write("other.c", text(&base))]);
                scene.hub.rebase(REPO, scene.number);
            }
            1 => {
                edited(&mut numbers, &mut head, step);
                let main = scene.hub.tip(REPO, "main");
                let edits = [Edit::write("pump.c", text(&head))];
                scene
                    .hub
                    .commit_on(REPO, "fix", Some(&main), "force", &edits);
            }
            _ => {
                edited(&mut numbers, &mut head, step);
                scene
                    .hub
                    .commit(REPO, "fix", "push", &[Edit::write("pump.c", text(&head))]);
            }
        }
        let lines_of_diff = commentable(&scene);
        if let Some(line) = lines_of_diff.get(numbers.below(lines_of_diff.len().max(1))) {
            let commit = scene.hub.tip(REPO, "fix");
            let body = json!({"path": "pump.c", "line": line, "side": "RIGHT", "body": "x", "commit_id": commit});
            let id = scene
                .client
                .post(&scene.pull("/comments"), body)
                .expect(201)
                .id();
            made.push((
                id,
                content(&scene)[usize::try_from(*line).unwrap() - 1].clone(),
            ));
        }
        let today = content(&scene);
        for comment in scene.hub.diff_comments(REPO, scene.number) {
            let (_, text) = made.iter().find(|(id, _)| *id == comment.id).unwrap();
            assert_eq!(
                comment.outdated,
                comment.line.is_none(),
                "seed {seed}, step {step}"
            );
            if let Some(line) = comment.line {
                assert_eq!(
                    &today[usize::try_from(line).unwrap() - 1],
                    text,
                    "seed {seed}, step {step}"
                );
                assert!(
                    lines_of_diff.contains(&line),
                    "seed {seed}, step {step}: line {line}"
                );
            }
        }
    }
    scene.hub.assert_clean();
}

/// `pump.c` at the head.
fn content(scene: &Scene) -> Vec<String> {
    let mut raw = crate::client::Client::new(&scene.hub.url(), scene.client.token.as_deref());
    raw.accept = "application/vnd.github.raw+json";
    let answer = raw
        .get(&format!("/repos/{REPO}/contents/pump.c?ref=fix"))
        .expect(200);
    answer.text.lines().map(str::to_owned).collect()
}

#[test]
fn comments_stand_on_their_text() {
    (1..=4).for_each(run);
}
