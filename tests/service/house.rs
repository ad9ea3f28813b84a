//! The service in a house of its own, where everything that is run or written is seen.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::crashes::hook;
use crate::process::{BINARY, Process, free_address};
use crate::stage::{Database, REPO, Scene, file, unsafe_copy};

/// Most memory of the service itself in these tests, in MiB; its container has 1.5 GiB.
const MOST_MIB: u64 = 400;

/// All files below a folder with their length, but for what lies below one of `except`.
pub(crate) fn listing(folder: &Path, except: &[&str]) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            if except.contains(&name) {
                continue;
            }
            let meta = std::fs::symlink_metadata(&path).unwrap();
            if meta.is_dir() {
                folders.push(path.clone());
            }
            found.insert(name.to_owned(), if meta.is_dir() { 0 } else { meta.len() });
        }
    }
    found
}

/// The service in a house of its own: home, temporary files and working directory are watched, and every
/// program that git could be talked into running leaves a mark.
pub(crate) struct House {
    pub(crate) scene: Scene,
    pub(crate) process: Process,
    before: BTreeMap<String, u64>,
}

/// Below the scene's folder: where the service may write.
const ITS_OWN: &[&str] = &["cache"];

/// Programs that git looks for on its way, or that a configuration could name.
const BAIT: &[&str] = &[
    "git-lfs",
    "git-remote-ext",
    "git-credential-store",
    "git-credential-trap",
    "ssh",
    "gpg",
    "less",
    "pager",
    "vi",
    "editor",
    "askpass",
    "trap",
];

impl House {
    pub(crate) fn new(prepare: impl FnOnce(&Scene)) -> Self {
        let database = Database::sqlite();
        let scene = Scene::new(&database);
        let folder = scene.folder.path().to_owned();
        for name in ["home", "tmp", "work", "bait", "home/xdg/git"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let trap = folder.join("bait/trap");
        for name in BAIT {
            let script = format!(
                "#!/bin/sh\necho $0 $* >> {}\n",
                folder.join("ran").display()
            );
            let program = folder.join("bait").join(name);
            std::fs::write(&program, script).unwrap();
            let status = Command::new("chmod").arg("755").arg(&program).status();
            assert!(status.unwrap().success());
        }
        // A home whose owner has been talked into something.
        let trap = trap.display();
        let traps = format!(
            "[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n\thooksPath = {hooks}\n\tsshCommand = {trap}\n\
             \taskPass = {trap}\n\teditor = {trap}\n\tattributesFile = {hooks}/attributes\n[diff]\n\texternal = {trap}\n\
             [diff \"trap\"]\n\ttextconv = {trap}\n\tcommand = {trap}\n[filter \"trap\"]\n\tsmudge = {trap}\n\
             \tclean = {trap}\n\tprocess = {trap}\n\trequired = true\n[credential]\n\thelper = {trap}\n\
             [uploadpack]\n\tpackObjectsHook = {trap}\n[gpg]\n\tprogram = {trap}\n[alias]\n\tfetch = !{trap}\n\
             [protocol]\n\tallow = always\n[protocol \"ext\"]\n\tallow = always\n",
            hooks = folder.join("bait").display()
        );
        std::fs::write(folder.join("bait/attributes"), "* diff=trap filter=trap\n").unwrap();
        for hook in [
            "reference-transaction",
            "post-checkout",
            "post-merge",
            "pre-auto-gc",
        ] {
            std::fs::copy(folder.join("bait/trap"), folder.join("bait").join(hook)).unwrap();
        }
        std::fs::write(folder.join("home/.gitconfig"), &traps).unwrap();
        std::fs::write(folder.join("home/xdg/git/config"), &traps).unwrap();
        prepare(&scene);
        let address = free_address();
        let configuration = scene.configuration(&address);
        hook(&scene, &address);
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(BINARY);
        command
            .current_dir(folder.join("work"))
            .env("PATH", format!("{}:{path}", folder.join("bait").display()))
            .env("HOME", folder.join("home"))
            .env("XDG_CONFIG_HOME", folder.join("home/xdg"))
            .env("TMPDIR", folder.join("tmp"));
        let before = listing(&folder, ITS_OWN);
        Self {
            process: Process::started(command, &configuration),
            scene,
            before,
        }
    }

    /// Waits until all is done; looks for what was run or written.
    pub(crate) fn settle(&self) {
        self.scene.hub.wait_idle();
        self.process.drain();
        let ran = std::fs::read_to_string(self.scene.folder.path().join("ran"));
        assert!(ran.is_err(), "something was run: {ran:?}");
        let after = listing(self.scene.folder.path(), ITS_OWN);
        assert_eq!(
            after, self.before,
            "something was written outside the cache"
        );
        let peak = self.process.peak_mib();
        assert!(peak > 0 && peak <= MOST_MIB, "{peak} MiB");
    }

    /// The newest check of a branch: how it ended, and its words.
    pub(crate) fn said(&self, branch: &str) -> (String, String) {
        let run = self.scene.checks(&self.scene.hub.tip(REPO, branch)).pop();
        let run = run.unwrap_or_else(|| panic!("{branch} has no check"));
        let words = format!("{}\n{}", run.output["title"], run.output["summary"]);
        (run.conclusion.unwrap_or_default(), words)
    }

    /// A change that has nothing to do with what was hostile is reviewed as ever.
    pub(crate) fn goes_on(&self, branch: &str) {
        let number = self
            .scene
            .pull(branch, &[("src/next.c", &file(&[unsafe_copy(branch)]))]);
        self.settle();
        assert_eq!(self.said(branch).0, "failure");
        assert_eq!(self.scene.comments(number).len(), 1);
        self.scene.assert_sound(number);
    }
}
