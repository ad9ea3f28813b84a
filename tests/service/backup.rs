//! Copies of a database, made the documented way while the service runs, and what becomes of one that is
//! put in its place.

use std::path::Path;
use std::process::Command;

use crate::PlainTest;
use crate::crashes::{ReplicaTest, hook};
use crate::load::{Dice, Load, alone};
use crate::postgres::Cluster;
use crate::process::{BINARY, Process, free_address, serve};
use crate::stage::{
    Database, FILE, REPO, Scene, file, record_signers, runtime, store_of, unsafe_copy,
};

/// On SQLite: `scrubin serve backup`.
pub(crate) const SQLITE: &[PlainTest] = &[("a_backup_serves", of_sqlite)];

/// On PostgreSQL: `pg_dump` and `pg_restore`.
pub(crate) const POSTGRES: &[ReplicaTest] = &[("a_copy_of_the_database_serves", of_postgres)];

/// A way to copy and to look into a database.
struct Way<'w> {
    /// Copies the scene's database under a name; gives the address of the copy.
    copy: &'w dyn Fn(&Scene, &Path, &str) -> String,
    /// Every row of a database, as text.
    rows: &'w dyn Fn(&str) -> String,
}

fn of_sqlite() {
    let copy = |scene: &Scene, configuration: &Path, name: &str| {
        let file = scene.folder.path().join(name);
        let name = file.to_str().unwrap();
        let made = serve(configuration, &["backup", name]);
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success(), "{said}");
        // An older copy is never written over.
        let again = serve(configuration, &["backup", name]);
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert_eq!(again.status.code(), Some(2), "{said}");
        assert!(said.contains("exists already"), "{said}");
        format!("sqlite:{name}")
    };
    let rows = |url: &str| {
        let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\n\
             assert c.execute('PRAGMA integrity_check').fetchone()==('ok',)\n\
             print('\\n'.join(sorted(c.iterdump())))";
        let path = url.strip_prefix("sqlite:").unwrap();
        let said = Command::new("python3").args(["-c", script, path]).output();
        let said = said.unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap()
    };
    let way = Way {
        copy: &copy,
        rows: &rows,
    };
    round(&Database::sqlite(), &way);
}

fn of_postgres(cluster: &Cluster) {
    let database = Database::postgres(cluster);
    let copy = |scene: &Scene, configuration: &Path, name: &str| {
        // The command of the other database says which one belongs to this.
        let file = scene.folder.path().join(name);
        let refused = serve(configuration, &["backup", file.to_str().unwrap()]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("pg_dump") && !file.exists(), "{said}");
        cluster.copy(&scene.database)
    };
    let rows = |url: &str| cluster.rows(url);
    let way = Way {
        copy: &copy,
        rows: &rows,
    };
    round(&database, &way);
}

fn round(database: &Database, way: &Way<'_>) {
    let mut scene = Scene::new(database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    hook(&scene, &address);
    // So that nothing is written beside what is asked for.
    alone(&scene);
    let process = Process::start(&configuration);
    let mut load = Load::new(&scene, 2);
    let mut dice = Dice(4);
    // What people decided is in the copy too.
    for login in ["ada", "bo"] {
        scene.hub.set_role(REPO, login, "write");
    }
    let talk = scene.pull("talk", &[(FILE, &file(&[unsafe_copy("talk")]))]);
    scene.hub.wait_idle();
    process.drain();
    let comment = scene.comments(talk)[0].id;
    let reason = "scrubin accept the frame is never longer than that";
    for (login, words) in [("ada", reason), ("bo", "scrubin accept")] {
        scene.hub.reply(REPO, comment, login, words);
        scene.hub.wait_idle();
        process.drain();
    }
    assert_eq!(scene.conclusion("talk").as_deref(), Some("success"));
    let quiet = (way.copy)(&scene, &configuration, "quiet");
    let (have, copied) = ((way.rows)(&scene.database), (way.rows)(&quiet));
    assert!(have == copied, "{have}\nis not\n{copied}");
    assert!(have.contains("the frame is never longer"), "{have}");
    // One that is made in the midst of work.
    for _ in 0..4 {
        load.push(&scene, &mut dice);
    }
    let busy = (way.copy)(&scene, &configuration, "busy");
    for _ in 0..4 {
        load.push(&scene, &mut dice);
    }
    load.open(&scene);
    load.check(&scene);
    scene.hub.wait_idle();
    process.drain();
    process.end();
    scene.hub.clear_faults();
    // What was said since then is not in it: it is found, and not said twice.
    scene.database = busy;
    let process = Process::start(&scene.configuration(&address));
    load.push(&scene, &mut dice);
    load.check(&scene);
    scene.hub.wait_idle();
    process.drain();
    assert_eq!(scene.conclusion("talk").as_deref(), Some("success"));
    scene.assert_sound(talk);
    process.end();
    check_records(&scene, false);
}

/// The chain that goes on in the copy is one that `scrubin record verify` takes. Records of an older state of
/// this version were made with other rules, which is all that may be said of them.
pub(crate) fn check_records(scene: &Scene, are_older: bool) {
    let runtime = runtime();
    let store = store_of(&runtime, &scene.database);
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let log = runtime.block_on(store.log_of(id)).unwrap();
    assert!(log.lines().count() > 4, "{log}");
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let verified = |log: &str| {
        let (log, signers) = (place("log.jsonl", log), place("signers", &record_signers()));
        let mut command = Command::new(BINARY);
        command
            .current_dir(folder.path())
            .args(["record", "verify"]);
        let command = command.arg(log).arg("--signers").arg(signers);
        command.output().unwrap()
    };
    let done = verified(&log);
    let text = String::from_utf8_lossy(&done.stdout);
    let is_of_rules = |line: &&str| line.contains(": its built-in rules ");
    let of_rules = text.lines().filter(is_of_rules).count();
    let is_all = text.contains(&format!(" records, {of_rules} problems\n"));
    assert!(done.status.success() || are_older && is_all, "{done:?}");
    // So that it is known to look: a record less.
    let short: String = log
        .lines()
        .skip(1)
        .map(|line| format!("{line}\n"))
        .collect();
    let done = verified(&short);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
}
