//! The organisation of the demo: its repositories, people and pull requests.

use fakehub::{Edit, Hub};

/// The account everything is in.
pub(crate) const ORGANIZATION: &str = "acme";

/// Its repositories: two of C, one of Rust; the first is private.
pub(crate) const REPOSITORIES: [&str; 3] =
    ["acme/infusion-pump", "acme/ventilator", "acme/telemetry"];

/// Its people, and their role in each repository.
pub(crate) const PEOPLE: [(&str, &str); 4] = [
    ("alice", "admin"),
    ("bo", "write"),
    ("chris", "write"),
    ("dana", "read"),
];

/// A function of C that copies a frame; unsafe ones copy more than there is room for.
fn copy(name: &str, is_safe: bool) -> String {
    let size = if is_safe { "buffer" } else { "frame" };
    format!(
        "void on_{name}(void)\n{{\n    char buffer[16];\n    static char frame[64];\n    \
         memcpy(buffer, frame, sizeof({size}));\n}}\n\n"
    )
}

/// A function of C with a text that may be longer than its place.
fn text(name: &str, is_safe: bool) -> String {
    let call = match is_safe {
        true => "snprintf(line, sizeof(line), \"%s\", value)",
        false => "strcpy(line, value)",
    };
    format!("void show_{name}(const char *value)\n{{\n    char line[32];\n    {call};\n}}\n\n")
}

fn c_file(functions: &[String]) -> String {
    format!(
        "#include <stdio.h>\n#include <string.h>\n\n{}",
        functions.concat()
    )
}

/// A driver of Rust; unsafe ones take an index from outside as it is.
fn rust_file(name: &str, is_safe: bool) -> String {
    let body = match is_safe {
        true => "    frame.get(at).copied().unwrap_or(0)",
        false => "    unsafe { *frame.get_unchecked(at) }",
    };
    format!("//! Reads {name}.\n\npub fn {name}(frame: &[u8], at: usize) -> u8 {{\n{body}\n}}\n")
}

/// Repositories with a first commit, and people.
pub(crate) fn organization(hub: &Hub) {
    hub.add_organization(ORGANIZATION);
    for name in REPOSITORIES {
        hub.add_repository(name);
        hub.commit_files(
            name,
            "main",
            &[
                ("README.md", "Firmware of the demo.\n"),
                ("src/main.c", &c_file(&[copy("start", true)])),
            ],
        );
        for (login, role) in PEOPLE {
            hub.set_role(name, login, role);
        }
    }
    hub.set_private(REPOSITORIES[0], true);
}

fn open(
    hub: &Hub,
    name: &str,
    branch: &str,
    author: &str,
    title: &str,
    edits: &[Edit],
) -> (String, u64) {
    hub.create_branch(name, branch, "main");
    hub.commit(name, branch, title, edits);
    let number = hub.open_pull(name, branch, "main");
    hub.set_author(name, number, author);
    hub.set_title(name, number, title);
    (name.to_owned(), number)
}

/// The pull requests that are there before anybody says a word.
pub(crate) fn first_round(hub: &Hub) -> Vec<(String, u64)> {
    let [pump, ventilator, telemetry] = REPOSITORIES;
    let dose = c_file(&[copy("dose", false), text("dose", false), copy("rate", true)]);
    let alarm = c_file(&[text("alarm", false), copy("alarm", true)]);
    let pressure = c_file(&[copy("pressure", false), copy("flow", false)]);
    let clean = c_file(&[copy("valve", true), text("valve", true)]);
    let mut made = vec![
        open(
            hub,
            pump,
            "dose",
            "bo",
            "Show the dose",
            &[Edit::write("src/dose.c", dose)],
        ),
        open(
            hub,
            pump,
            "alarm",
            "chris",
            "Raise an alarm",
            &[Edit::write("src/alarm.c", alarm)],
        ),
        open(
            hub,
            ventilator,
            "pressure",
            "bo",
            "Measure pressure",
            &[Edit::write("src/pressure.c", pressure)],
        ),
        open(
            hub,
            ventilator,
            "valve",
            "alice",
            "Drive the valve",
            &[Edit::write("src/valve.c", clean)],
        ),
        open(
            hub,
            telemetry,
            "frame",
            "chris",
            "Read a frame",
            &[Edit::write("src/frame.rs", rust_file("frame", false))],
        ),
    ];
    hub.add_fork(telemetry, "erin/telemetry");
    hub.create_branch("erin/telemetry", "header", "main");
    let header = rust_file("header", false);
    hub.commit_files("erin/telemetry", "header", &[("src/header.rs", &header)]);
    let number = hub.open_pull_from(telemetry, "erin/telemetry", "header", "main");
    hub.set_title(telemetry, number, "Read the header, from a fork");
    made.push((telemetry.to_owned(), number));
    made
}

/// What people do about it: repair, accept with reason, dispute, ask; and a new pull request that
/// repeats a mistake of an earlier one.
pub(crate) fn second_round(hub: &Hub, pulls: &[(String, u64)]) -> Vec<(String, u64)> {
    let [pump, ventilator, _] = REPOSITORIES;
    let answer = |index: usize, login: &str, words: &str| {
        let Some((name, number)) = pulls.get(index) else {
            return;
        };
        let comments = hub.diff_comments(name, *number);
        if let Some(first) = comments.iter().find(|one| one.in_reply_to.is_none()) {
            hub.reply(name, first.id, login, words);
            hub.wait_idle();
        }
    };
    answer(0, "dana", "scrubin explain");
    answer(
        2,
        "chris",
        "scrubin accept the frame is never longer than that until 2099-06-30 ticket RISK-41",
    );
    answer(2, "alice", "scrubin accept");
    answer(
        4,
        "bo",
        "scrubin false-positive the caller checks the index",
    );
    let repaired = c_file(&[copy("dose", true), text("dose", true), copy("rate", true)]);
    hub.commit(
        pump,
        "dose",
        "repair what the review found",
        &[Edit::write("src/dose.c", repaired)],
    );
    let again = c_file(&[copy("battery", false), text("battery", false)]);
    vec![open(
        hub,
        ventilator,
        "battery",
        "bo",
        "Show the battery",
        &[Edit::write("src/battery.c", again)],
    )]
}
