//! SQLite's own troubles: a full disk, a file that another holds, a second process.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::PlainTest;
use crate::crashes::hook;
use crate::load::{Dice, Load, alone, check_store, looked_after};
use crate::process::{BINARY, Process, free_address, serve};
use crate::stage::{Database, Scene};

pub(crate) const TESTS: &[PlainTest] = &[
    ("a_full_disk_refuses_and_recovers", full_disk),
    ("a_locked_file_refuses_and_recovers", locked),
    ("a_second_process_is_refused", second_process),
];

/// Runs the service with a limit on the size of its files, as a full disk has it.
fn full_disk() {
    let database = Database::sqlite();
    let scene = Scene::new(&database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    alone(&scene);
    // The schema first; then no file may grow beyond what the journal has.
    Process::start(&configuration).end();
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 600; exec \"$0\" \"$@\"",
        BINARY,
    ]);
    hook(&scene, &address);
    let process = Process::started(command, &configuration);
    let mut load = Load::new(&scene, 3);
    let mut dice = Dice(5);
    for _ in 0..60 {
        load.push(&scene, &mut dice);
    }
    scene.hub.wait_idle();
    let refused = scene
        .hub
        .deliveries()
        .iter()
        .filter(|one| one.status() == Some(503))
        .count();
    assert!(refused > 0, "a full disk took everything");
    assert!(
        process.said().contains("cannot be stored"),
        "{}",
        process.said()
    );
    process.kill();
    // Room again: what was taken is worked off by itself, the rest is found.
    let process = Process::start(&configuration);
    process.drain();
    load.settle(&scene, process, &configuration);
}

fn locked() {
    let database = Database::sqlite();
    let scene = Scene::new(&database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    hook(&scene, &address);
    alone(&scene);
    let process = Process::start(&configuration);
    let mut load = Load::new(&scene, 1);
    load.check(&scene);
    let path = database.url.strip_prefix("sqlite:").unwrap();
    let script = "import sqlite3,sys,time\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\n\
                  c.execute('BEGIN IMMEDIATE')\nprint('held',flush=True)\ntime.sleep(8)\nc.execute('ROLLBACK')\n";
    let mut holder = Command::new("python3")
        .args(["-c", script, path])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    load.push(&scene, &mut Dice(2));
    scene.hub.wait_idle();
    let last = scene
        .hub
        .deliveries_of("pull_request", "synchronize")
        .pop()
        .unwrap();
    assert_eq!(last.status(), Some(503), "{last:#?}");
    holder.wait().unwrap();
    process.drain();
    load.check_promises(&scene);
    looked_after(&scene);
    // GitHub does not send it again by itself; here a person does.
    assert!(scene.hub.deliver_again(last.id).accepted());
    load.check(&scene);
    process.drain();
    process.end();
    check_store(&scene);
}

fn second_process() {
    let database = Database::sqlite();
    let scene = Scene::new(&database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    hook(&scene, &address);
    let process = Process::start(&configuration);
    let load = Load::new(&scene, 1);
    let other = serve(&configuration, &[]);
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(
        said.contains("in use by another process") && said.contains("PostgreSQL"),
        "{said}"
    );
    // The first one goes on.
    load.check(&scene);
    process.drain();
    process.end();
    check_store(&scene);
}
