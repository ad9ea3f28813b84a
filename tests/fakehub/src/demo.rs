//! `cargo run --release -p fakehub -- demo`: the service, a fake GitHub and a seeded organisation on this
//! machine, to look around in.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fakehub::{FakeHub, WebhookTarget, reviewer_permissions};

use crate::program::{Program, SECRET, Setting};

/// Repositories of the organisation.
const REPOSITORIES: [&str; 3] = [
    "acme/infusion-pump",
    "acme/patient-monitor",
    "acme/glucose-sensor",
];

/// People, and what they may do.
const PEOPLE: [(&str, &str); 5] = [
    ("ada", "admin"),
    ("bo", "write"),
    ("chen", "write"),
    ("dee", "write"),
    ("eli", "read"),
];

/// A change: its branch and title, what is pushed first, and what repairs it, where somebody does.
struct Change {
    branch: &'static str,
    title: &'static str,
    path: &'static str,
    first: &'static str,
    then: Option<&'static str>,
}

const CHANGES: [Change; 6] = [
    Change {
        branch: "ble-frames",
        title: "Read bolus frames over BLE",
        path: "src/ble.c",
        first: "#include <stdint.h>\n#include <string.h>\n\nstatic uint8_t bolus[16];\n\nvoid on_write(const uint8_t *in, uint16_t len)\n{\n    memcpy(bolus, in, len);\n}\n",
        then: Some(
            "#include <stdint.h>\n#include <string.h>\n\nstatic uint8_t bolus[16];\n\nvoid on_write(const uint8_t *in, uint16_t len)\n{\n    if (len > sizeof(bolus)) {\n        return;\n    }\n    memcpy(bolus, in, len);\n}\n",
        ),
    },
    Change {
        branch: "uart-command",
        title: "Parse commands of the service port",
        path: "src/uart.c",
        first: "#include <stdio.h>\n#include <string.h>\n\nvoid on_command(const char *line)\n{\n    char name[8];\n\n    strcpy(name, line);\n    printf(name);\n}\n",
        then: None,
    },
    Change {
        branch: "alarm-queue",
        title: "Queue alarms until they are acknowledged",
        path: "src/alarm.c",
        first: "#include <stdlib.h>\n\nstruct alarm { int code; struct alarm *next; };\n\nstruct alarm *alarm_new(int code)\n{\n    struct alarm *a = malloc(sizeof(*a));\n\n    a->code = code;\n    a->next = 0;\n    return a;\n}\n",
        then: Some(
            "#include <stdlib.h>\n\nstruct alarm { int code; struct alarm *next; };\n\nstruct alarm *alarm_new(int code)\n{\n    struct alarm *a = malloc(sizeof(*a));\n\n    if (a == 0) {\n        return 0;\n    }\n    a->code = code;\n    a->next = 0;\n    return a;\n}\n",
        ),
    },
    Change {
        branch: "update-tag",
        title: "Check the tag of an update",
        path: "src/update.c",
        first: "#include <stdint.h>\n#include <string.h>\n\nint tag_is_right(const uint8_t *tag, const uint8_t *want)\n{\n    return memcmp(tag, want, 16) == 0;\n}\n",
        then: None,
    },
    Change {
        branch: "ring",
        title: "Ring buffer for samples",
        path: "src/ring.c",
        first: "#include <stdint.h>\n\n#define SIZE 32u\n\nstatic uint16_t ring[SIZE];\nstatic uint32_t head;\n\nvoid ring_put(uint16_t sample)\n{\n    ring[head % SIZE] = sample;\n    head++;\n}\n",
        then: None,
    },
    Change {
        branch: "glucose-frame",
        title: "Copy the frame of the sensor",
        path: "src/frame.c",
        first: "#include <string.h>\n\nstatic char frame[64];\n\nvoid on_frame(void)\n{\n    char buf[16];\n\n    memcpy(buf, frame, sizeof(frame));\n}\n",
        then: None,
    },
];

/// Builds the service with the cargo that runs this; gives its program.
fn build() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let is_release = !cfg!(debug_assertions);
    eprintln!("building the service (some minutes for the first time)");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&root)
        .args(["build", "--features", "service", "--bin", "scrubin"]);
    if is_release {
        command.arg("--release");
    }
    let status = command
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err("the service cannot be built".to_owned());
    }
    let program = own
        .parent()
        .map(|folder| folder.join(format!("scrubin{}", std::env::consts::EXE_SUFFIX)));
    program
        .filter(|program| program.is_file())
        .ok_or("the built service is not beside this program".to_owned())
}

/// Waits until every check of a repository's open pull requests is complete.
fn settle(hub: &FakeHub) {
    let until = Instant::now() + Duration::from_secs(60);
    let mut quiet = 0;
    // Nothing open for a while: events, jobs and answers follow each other.
    while quiet < 10 && Instant::now() < until {
        hub.wait_idle();
        let is_done = REPOSITORIES.iter().all(|name| {
            hub.check_runs(name)
                .iter()
                .all(|run| run.status == "completed")
        });
        quiet = if is_done { quiet + 1 } else { 0 };
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn seed(hub: &FakeHub) {
    for (index, change) in CHANGES.iter().enumerate() {
        let name = REPOSITORIES[index % REPOSITORIES.len()];
        hub.create_branch(name, change.branch, "main");
        hub.commit_files(name, change.branch, &[(change.path, change.first)]);
        let number = hub.open_pull(name, change.branch, "main");
        hub.set_title(name, number, change.title);
        hub.set_author(name, number, ["chen", "dee"][index % 2]);
    }
    settle(hub);
    for (index, change) in CHANGES.iter().enumerate() {
        let name = REPOSITORIES[index % REPOSITORIES.len()];
        if let Some(repaired) = change.then {
            hub.commit_files(name, change.branch, &[(change.path, repaired)]);
        }
    }
    settle(hub);
    // Two people accept a risk, one waits for a second one.
    let of = |name: &str, path: &str| {
        let pulls = 1..=CHANGES.len() as u64;
        pulls
            .flat_map(|number| hub.diff_comments(name, number))
            .find(|comment| comment.path == path && comment.body.contains("scrubin:finding"))
    };
    if let Some(comment) = of(REPOSITORIES[1], "src/uart.c") {
        hub.reply(REPOSITORIES[1], comment.id, "bo", "scrubin accept the service port is behind a screwed cover until 2099-12-31 ticket RISK-12");
        settle(hub);
        hub.reply(REPOSITORIES[1], comment.id, "ada", "scrubin accept");
    }
    if let Some(comment) = of(REPOSITORIES[0], "src/update.c") {
        hub.reply(
            REPOSITORIES[0],
            comment.id,
            "bo",
            "scrubin false-positive both tags are public values here",
        );
    }
    settle(hub);
}

/// Serves until Ctrl-C.
pub(crate) fn run(mut words: impl Iterator<Item = String>) -> Result<(), String> {
    let mut program = None;
    while let Some(word) = words.next() {
        match (word.as_str(), words.next()) {
            ("--binary", Some(file)) => program = Some(PathBuf::from(file)),
            _ => return Err("usage: fakehub demo [--binary FILE]".to_owned()),
        }
    }
    let program = match program {
        Some(program) => program,
        None => build()?,
    };
    let hub = FakeHub::start();
    let app = hub.add_app("scrubin");
    hub.add_organization("acme");
    for name in REPOSITORIES {
        hub.add_repository(name);
        hub.commit_files(name, "main", &[("README.md", "Firmware.\n")]);
        for (login, role) in PEOPLE {
            hub.set_role(name, login, role);
        }
    }
    hub.set_delivery_mode(fakehub::DeliveryMode::Drop);
    hub.add_installation("scrubin", "acme", &REPOSITORIES, reviewer_permissions());
    hub.set_delivery_mode(fakehub::DeliveryMode::Automatic);
    let port = fakehub::free_port().map_err(|error| error.to_string())?;
    let address = format!("http://127.0.0.1:{port}");
    hub.set_callbacks("scrubin", &[&format!("{address}/login/callback")]);
    let setting = Setting {
        binary: &program,
        postgres: None,
        listen: &format!("127.0.0.1:{port}"),
        work: "pace-ms = 0\n",
        whole: true,
    };
    let _service = Program::start(&setting, &hub, &app)?;
    hub.set_webhook(WebhookTarget::new(&format!("{address}/webhook"), SECRET));
    eprintln!("pull requests are opened and reviewed");
    seed(&hub);
    let names: Vec<&str> = PEOPLE.iter().map(|(login, _)| *login).collect();
    println!("dashboard    {address}/");
    println!(
        "sign in as   one of {} (the fake GitHub asks which)",
        names.join(", ")
    );
    println!(
        "fake GitHub  {} (pull requests: {}/{}/pull/1)",
        hub.url(),
        hub.url(),
        REPOSITORIES[0]
    );
    println!("\nCtrl-C ends it; everything lies in a temporary folder.");
    loop {
        std::thread::park();
    }
}
