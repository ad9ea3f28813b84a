//! GitHub over TLS, with a certificate of an authority that only this machine knows.

use std::process::{Command, Output};
use std::time::Duration;

use fakehub::{FakeHub, Hub, WebhookTarget};

use crate::Test;
use crate::process::{Process, free_address};
use crate::stage::{Database, FILE, SECRET, Scene, file, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    ("an_authority_of_ones_own_is_trusted", trusted),
    ("nobody_else_is", refused),
];

/// A review takes less, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The API and git, both through `SSL_CERT_FILE`.
fn trusted(database: &Database) {
    let scene = Scene::on(FakeHub::start_tls(), database);
    assert!(scene.hub.url().starts_with("https://"));
    let address = free_address();
    let configuration = scene.configuration(&address);
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrubin"));
    command.env("SSL_CERT_FILE", scene.hub.ca_file());
    let process = Process::started(command, &configuration);
    let hook = format!("http://{address}/webhook");
    scene.hub.set_webhook(WebhookTarget::new(&hook, SECRET));
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    let is_reviewed = |_: &Hub| scene.conclusion("fix").as_deref() == Some("failure");
    assert!(scene.hub.wait_until(PATIENCE, is_reviewed));
    process.end();
    assert_eq!(scene.comments(number).len(), 1);
    let fetched = scene.hub.log().into_iter().any(|one| {
        one.path.ends_with("/git-upload-pack")
            && one
                .credential
                .is_some_and(|used| used.installation.is_some())
    });
    assert!(fetched, "git did not fetch");
    scene.assert_sound(number);
}

fn check(scene: &Scene, trusting: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrubin"));
    command.args(["serve", "--check-config", "--config"]);
    command.arg(scene.configuration("127.0.0.1:0"));
    command
        .env_remove("SSL_CERT_FILE")
        .env_remove("SSL_CERT_DIR");
    if trusting {
        command.env("SSL_CERT_FILE", scene.hub.ca_file());
    }
    command.output().unwrap()
}

fn refused(database: &Database) {
    let scene = Scene::on(FakeHub::start_tls(), database);
    let fine = check(&scene, true);
    assert!(fine.status.success(), "{fine:?}");
    scene.hub.clear_log();
    let strange = check(&scene, false);
    assert!(!strange.status.success(), "{strange:?}");
    let said = String::from_utf8_lossy(&strange.stderr);
    assert!(said.contains("no usable answer from GitHub"), "{said}");
    assert!(
        scene.hub.log().is_empty(),
        "something was sent to a stranger"
    );
}
