//! A fake GitHub with our App installed, and the service in this process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fakehub::{
    AppCredentials, CheckRunView, DiffComment, FakeHub, WebhookTarget, reviewer_permissions,
};
use scrubin::github::Clock;
use scrubin::service::config::Settings;
use scrubin::service::{Server, Service};
use scrubin::store::Store;

use crate::postgres::Cluster;

pub(crate) const REPO: &str = "acme/pump";
pub(crate) const FILE: &str = "src/pump.c";
pub(crate) const SECRET: &str = "the webhook's secret";

/// An empty database.
pub(crate) struct Database {
    pub(crate) url: String,
    /// For SQLite: the folder it lies in, there as long as this value and every scene on it.
    folder: Option<Arc<tempfile::TempDir>>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite:{}", folder.path().join("store.db").display()),
            folder: Some(Arc::new(folder)),
        }
    }

    pub(crate) fn postgres(cluster: &Cluster) -> Self {
        Self {
            url: cluster.database(),
            folder: None,
        }
    }
}

/// A function with one finding, C-LEN-014 on its fourth line.
pub(crate) fn unsafe_copy(name: &str) -> String {
    format!(
        "void on_{name}(void)\n{{\n    char buf_{name}[16]; static char frame[64];\n    memcpy(buf_{name}, frame, sizeof(frame));\n}}\n\n"
    )
}

/// The same function, repaired.
pub(crate) fn safe_copy(name: &str) -> String {
    unsafe_copy(name).replace("sizeof(frame)", &format!("sizeof(buf_{name})"))
}

/// A file of these functions.
pub(crate) fn file(functions: &[String]) -> String {
    format!("#include \"pump.h\"\n\n{}", functions.concat())
}

/// A fake GitHub with an App.
pub(crate) struct Scene {
    pub(crate) hub: FakeHub,
    pub(crate) app: AppCredentials,
    pub(crate) installation: u64,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) database: String,
    _store: Option<Arc<tempfile::TempDir>>,
    /// Seconds that a job is lent for without a sign of life.
    pub(crate) lease_s: u32,
    /// Further keys of the configuration.
    pub(crate) more: String,
}

impl Scene {
    /// `acme/pump` with a clean file on `main`, and our App installed in it.
    pub(crate) fn new(database: &Database) -> Self {
        Self::on(FakeHub::start(), database)
    }

    /// The same on a fake that runs already.
    pub(crate) fn on(hub: FakeHub, database: &Database) -> Self {
        let app = hub.add_app("scrubin");
        hub.add_repository(REPO);
        hub.commit_files(REPO, "main", &[(FILE, &file(&[]))]);
        let installation = hub.add_installation("scrubin", "acme", &[REPO], reviewer_permissions());
        Self {
            hub,
            app,
            installation,
            folder: tempfile::tempdir().unwrap(),
            database: database.url.clone(),
            _store: database.folder.clone(),
            lease_s: 4,
            more: String::new(),
        }
    }

    /// Writes the configuration; gives its path.
    pub(crate) fn configuration(&self, listen: &str) -> PathBuf {
        let write = |name: &str, text: &str| {
            std::fs::write(self.folder.path().join(name), text).unwrap();
        };
        write("key.pem", &self.app.private_key_pem);
        write("secret", SECRET);
        write("record.key", &record_key());
        write("client-secret", &self.app.client_secret);
        let text = format!(
            "[server]\nlisten = \"{listen}\"\nmetrics = \"127.0.0.1:0\"\npublic-url = \"https://scrubin.acme.example\"\n\
             [github]\napp-id = {}\nprivate-key-file = \"key.pem\"\nwebhook-secret-files = [\"secret\"]\n\
             client-id = \"{}\"\nclient-secret-file = \"client-secret\"\n\
             api-url = \"{}\"\nserver-url = \"{}\"\n[store]\nurl = \"{}\"\n\
             [cache]\nfolder = \"cache\"\n[record]\nkey-file = \"record.key\"\n\
             [work]\npace-ms = 0\nlease-s = {}\n{}",
            self.app.id,
            self.app.client_id,
            self.hub.url(),
            self.hub.url(),
            self.database,
            self.lease_s,
            self.more
        );
        write("service.toml", &text);
        self.folder.path().join("service.toml")
    }

    pub(crate) fn settings(&self) -> Settings {
        let file = self.configuration("127.0.0.1:0");
        Settings::load(&file, &BTreeMap::new()).unwrap()
    }

    /// A pull request that brings these files.
    pub(crate) fn pull(&self, branch: &str, files: &[(&str, &str)]) -> u64 {
        self.hub.create_branch(REPO, branch, "main");
        self.hub.commit_files(REPO, branch, files);
        self.hub.open_pull(REPO, branch, "main")
    }

    /// Our checks of a commit, oldest first.
    pub(crate) fn checks(&self, head: &str) -> Vec<CheckRunView> {
        let all = self.hub.check_runs(REPO);
        all.into_iter().filter(|run| run.head_sha == head).collect()
    }

    /// What the newest check of a branch's tip came to.
    pub(crate) fn conclusion(&self, branch: &str) -> Option<String> {
        let head = self.hub.tip(REPO, branch);
        self.checks(&head).pop()?.conclusion
    }

    /// Comments on lines and files, by whoever.
    pub(crate) fn comments(&self, number: u64) -> Vec<DiffComment> {
        self.hub.diff_comments(REPO, number)
    }

    /// No finding has two comments; no exchange broke GitHub's rules.
    pub(crate) fn assert_sound(&self, number: u64) {
        let mut prints: Vec<String> = self
            .comments(number)
            .iter()
            .filter_map(|comment| {
                let (_, rest) = comment.body.split_once("fp=")?;
                rest.split(' ').next().map(str::to_owned)
            })
            .collect();
        let all = prints.len();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), all, "a finding has two comments");
        self.hub.assert_clean();
    }
}

fn signing_key() -> scrubin::evidence::SigningKey {
    scrubin::evidence::SigningKey::from_seed([7; 32])
}

/// A key that signs records.
pub(crate) fn record_key() -> String {
    signing_key().to_openssh().unwrap()
}

/// Who may have signed them.
pub(crate) fn record_signers() -> String {
    signing_key().verifying().to_openssh().unwrap()
}

/// The service, running in this process.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) service: Arc<Service>,
    listening: String,
    numbers: String,
    runtime: tokio::runtime::Runtime,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    task: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
}

impl Stage {
    pub(crate) fn new(database: &Database) -> Self {
        Self::of(Scene::new(database))
    }

    pub(crate) fn with(database: &Database, more: &str) -> Self {
        let mut scene = Scene::new(database);
        more.clone_into(&mut scene.more);
        Self::of(scene)
    }

    /// Starts the service, and tells GitHub where it listens.
    pub(crate) fn of(mut scene: Scene) -> Self {
        // Nobody is killed or frozen here; a machine that is busy for some seconds must not look like it.
        scene.lease_s = 20;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let settings = scene.settings();
        let (service, server) = runtime.block_on(async {
            let service = Service::new(settings, Clock::real()).await.unwrap();
            let server = Server::bind(Arc::clone(&service)).await.unwrap();
            (service, server)
        });
        let address = server.address().unwrap();
        let numbers = server.metrics_address().unwrap();
        scene.hub.set_webhook(WebhookTarget::new(
            &format!("http://{address}/webhook"),
            SECRET,
        ));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let pages = service.pages().unwrap();
        let task = runtime.spawn(server.run(pages, async move {
            let _ = stopped.await;
        }));
        Self {
            scene,
            service,
            listening: address.to_string(),
            numbers: numbers.to_string(),
            runtime,
            stop: Some(stop),
            task: Some(task),
        }
    }

    /// Runs something of the service's.
    pub(crate) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Waits until all was delivered and no job is left but dead ones.
    pub(crate) fn settle(&self) {
        let until = Instant::now() + Duration::from_secs(90);
        loop {
            self.scene.hub.wait_idle();
            let depth = self.wait(self.service.store.depth()).unwrap();
            if depth.queued + depth.leased == 0 {
                return;
            }
            let jobs = self.wait(self.service.store.jobs(20)).unwrap();
            assert!(Instant::now() < until, "jobs are left: {jobs:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the service as SIGTERM does; gives the scene back.
    pub(crate) fn end(mut self) -> Scene {
        let _ = self.stop.take().unwrap().send(());
        let task = self.task.take().unwrap();
        self.runtime.block_on(task).unwrap().unwrap();
        self.scene
    }
}

/// Opens a database by itself.
pub(crate) fn store_of(runtime: &tokio::runtime::Runtime, url: &str) -> Store {
    let url = scrubin::store::Url::parse(url).unwrap();
    runtime.block_on(Store::open(&url)).unwrap()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

impl Stage {
    /// `HOST:PORT` of the service.
    pub(crate) fn address(&self) -> String {
        self.listening.clone()
    }

    /// `HOST:PORT` of its numbers.
    pub(crate) fn numbers(&self) -> String {
        self.numbers.clone()
    }
}

/// Sends a body by hand; gives the status of the answer.
pub(crate) fn post(address: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let mut head = format!(
        "POST /webhook HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // It may be refused before it was read.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    text.split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or_default()
}
