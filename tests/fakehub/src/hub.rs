//! Starting the fake, its repositories, branches, commits and tokens.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fault::Fault;
use crate::git::{Edit, plain_git};
use crate::push;
use crate::server;
use crate::state::{Repo, State};
use crate::tls;
use crate::token::{Token, TokenSpec};
use crate::webhook;

/// Names a file that every fake of a process appends its accepted GraphQL operations to.
const GRAPHQL_LOG: &str = "FAKEHUB_GRAPHQL_LOG";

/// A running fake GitHub. It stops when this value is dropped.
pub struct FakeHub {
    hub: Hub,
    runtime: Option<tokio::runtime::Runtime>,
    _folder: TempDir,
}

impl FakeHub {
    /// Starts on a free port of 127.0.0.1, with nothing in it.
    pub fn start() -> Self {
        Self::start_on(0)
    }

    /// Starts on a given port of 127.0.0.1; 0 = a free one.
    pub fn start_on(port: u16) -> Self {
        Self::serve(port, false)
    }

    /// Starts with TLS on a free port; [`Hub::ca_file`] is what clients must trust.
    pub fn start_tls() -> Self {
        Self::serve(0, true)
    }

    fn serve(port: u16, with_tls: bool) -> Self {
        let folder = TempDir::with_prefix("fakehub-").expect("a folder for the repositories");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
        listener
            .set_nonblocking(true)
            .expect("a socket for the runtime");
        let address = listener.local_addr().expect("a bound socket");
        let (ca_file, tls) = with_tls.then(|| tls::prepare(folder.path())).unzip();
        let scheme = if with_tls { "https" } else { "http" };
        let shared = Shared {
            address,
            scheme,
            ca_file,
            folder: folder.path().to_owned(),
            state: Mutex::new(State::new(format!("{scheme}://{address}"))),
            settled: Condvar::new(),
        };
        let hub = Hub(Arc::new(shared));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.spawn(webhook::dispatch(hub.clone()));
        let served = hub.clone();
        runtime.spawn(async move {
            server::serve(listener, tls, served).await;
        });
        Self {
            hub,
            runtime: Some(runtime),
            _folder: folder,
        }
    }
}

impl Drop for FakeHub {
    fn drop(&mut self) {
        if let Some(file) = std::env::var_os(GRAPHQL_LOG)
            && let Err(error) = self.hub.record_graphql(Path::new(&file))
        {
            eprintln!("{}: {error}", file.display());
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Deref for FakeHub {
    type Target = Hub;

    fn deref(&self) -> &Hub {
        &self.hub
    }
}

/// A handle on the fake; cheap to clone, usable from hooks and threads.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    address: SocketAddr,
    scheme: &'static str,
    ca_file: Option<PathBuf>,
    folder: PathBuf,
    state: Mutex<State>,
    /// Told when a delivery or an exchange ended.
    settled: Condvar,
}

impl Hub {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one handler fails its own request; the rest of the state is whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a delivery or an exchange ended, after its outcome was stored.
    pub(crate) fn settled(&self) {
        self.0.settled.notify_all();
    }

    /// Waits, for two minutes at most, until the deliveries are as `look` wants them.
    pub(crate) fn wait_for<T>(&self, look: impl Fn(&State) -> Option<T>) -> T {
        let until = Instant::now() + Duration::from_secs(120);
        let mut state = self.state();
        loop {
            if let Some(found) = look(&state) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "deliveries are still on their way after two minutes"
            );
            let waited = self.0.settled.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until what a client does here makes `look` true, for `most` at most; says whether it did.
    #[must_use]
    pub fn wait_until(&self, most: Duration, look: impl Fn(&Self) -> bool) -> bool {
        let until = Instant::now() + most;
        while !look(self) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // Something may have ended between the look and the wait: that is seen a little later.
            let nap = left.min(Duration::from_millis(50));
            let waited = self.0.settled.wait_timeout(self.state(), nap);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
        true
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Root: what `https://api.github.com` (REST), `https://github.com` (pages, git) are elsewhere.
    pub fn url(&self) -> String {
        format!("{}://{}", self.0.scheme, self.0.address)
    }

    pub(crate) fn scheme(&self) -> &'static str {
        self.0.scheme
    }

    /// The certificate of the authority behind a fake with TLS, for `SSL_CERT_FILE`.
    ///
    /// # Panics
    /// When the fake was started without TLS.
    pub fn ca_file(&self) -> &Path {
        self.0.ca_file.as_deref().expect("started with TLS")
    }

    /// REST root of an Enterprise Server.
    pub fn enterprise_api_url(&self) -> String {
        format!("{}/api/v3", self.url())
    }

    /// GraphQL address beside [`Self::url`].
    pub fn graphql_url(&self) -> String {
        format!("{}/graphql", self.url())
    }

    /// GraphQL address of an Enterprise Server.
    pub fn enterprise_graphql_url(&self) -> String {
        format!("{}/api/graphql", self.url())
    }

    /// Where git fetches a repository.
    pub fn clone_url(&self, repo: &str) -> String {
        format!("{}/{repo}.git", self.url())
    }

    /// Sets the root of the URLs in answers, for a proxy in front. Without it they follow the `Host`
    /// header of the request.
    pub fn set_public_url(&self, url: &str) {
        self.state().public_url = Some(url.trim_end_matches('/').to_owned());
    }

    /// Stops the fake's clock at this many seconds since 1970; calls later in a test move it on.
    pub fn set_clock(&self, seconds: i64) {
        self.state().frozen_clock = Some(seconds);
    }

    /// Puts the fake's clock forward, whether it is stopped or runs.
    pub fn advance_clock(&self, seconds: i64) {
        let mut state = self.state();
        match &mut state.frozen_clock {
            Some(stopped) => *stopped += seconds,
            None => state.clock_ahead += seconds,
        }
    }

    /// The fake's time in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.state().now()
    }

    /// Makes an account an organisation.
    pub fn add_organization(&self, login: &str) {
        let mut state = self.state();
        state.user(login);
        state.organizations.insert(login.to_owned());
    }

    /// Adds a fault to the end of the script.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Forgets the faults that are not played yet.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// Number of faults not played yet: a test that ends with some left did not test them.
    pub fn faults_left(&self) -> usize {
        self.state().faults.len()
    }

    /// The bare repository on disk. After writing to it directly call [`Self::branch_moved`].
    pub fn git_dir(&self, name: &str) -> PathBuf {
        repo(&self.state(), name).git.dir.clone()
    }

    /// Commits on top of a branch (made if missing) and returns the commit, as a push of one commit.
    pub fn commit(&self, name: &str, branch: &str, message: &str, edits: &[Edit]) -> String {
        let parent = repo(&self.state(), name).git.branch(branch);
        self.commit_on(name, branch, parent.as_deref(), message, edits)
    }

    /// Like [`Self::commit`] with a list of paths and whole contents.
    pub fn commit_files(&self, name: &str, branch: &str, files: &[(&str, &str)]) -> String {
        let edits: Vec<Edit> = files
            .iter()
            .map(|(path, content)| Edit::write(path, *content))
            .collect();
        self.commit(name, branch, "change", &edits)
    }

    /// Makes a branch consist of one new commit on `parent`: a force push when the branch exists.
    pub fn commit_on(
        &self,
        name: &str,
        branch: &str,
        parent: Option<&str>,
        message: &str,
        edits: &[Edit],
    ) -> String {
        let commit = repo(&self.state(), name)
            .git
            .commit(branch, parent, "author", message, edits);
        self.branch_moved(name, branch);
        commit
    }

    /// Creates a branch at a commit or at another branch.
    pub fn create_branch(&self, name: &str, branch: &str, from: &str) {
        let commit = repo(&self.state(), name)
            .git
            .commit_of(from)
            .expect("the start exists");
        self.force_push(name, branch, &commit);
    }

    /// Sets a branch to any commit of the repository.
    pub fn force_push(&self, name: &str, branch: &str, commit: &str) {
        repo(&self.state(), name)
            .git
            .set_ref(&format!("refs/heads/{branch}"), commit);
        self.branch_moved(name, branch);
    }

    /// Pushes a revision of a work tree to a branch, by force.
    pub fn push_from(&self, work_tree: &Path, revision: &str, name: &str, branch: &str) {
        let dir = self.git_dir(name);
        let mut command = plain_git();
        command
            .arg("-C")
            .arg(work_tree)
            .args(["push", "--quiet", "--force"]);
        command
            .arg(dir)
            .arg(format!("{revision}:refs/heads/{branch}"));
        let done = command.output().expect("git is installed");
        assert!(done.status.success(), "git push: {done:?}");
        self.branch_moved(name, branch);
    }

    /// The tip of a branch, or what any other revision names.
    pub fn tip(&self, name: &str, revision: &str) -> String {
        repo(&self.state(), name)
            .git
            .commit_of(revision)
            .expect("the revision exists")
    }

    /// Brings pull requests and their comments up to date with a branch that was moved.
    pub fn branch_moved(&self, name: &str, branch: &str) {
        push::branch_moved(&mut self.state(), name, branch);
    }

    /// Deletes a branch; open pull requests from it and against it close, as on GitHub.
    pub fn delete_branch(&self, name: &str, branch: &str) {
        let (full_name, mut gone) = {
            let mut state = self.state();
            let repo = repo_mut(&mut state, name);
            let reference = format!("refs/heads/{branch}");
            repo.git.run(&["update-ref", "-d", &reference]);
            repo.tips.remove(branch);
            (repo.full_name.clone(), Vec::new())
        };
        for (at, repo) in &self.state().repos {
            let here = repo.pulls.values().filter(|pull| {
                let from = pull.head_repo == full_name && pull.head_ref == branch;
                let onto = repo.full_name == full_name && pull.base_ref == branch;
                pull.open && (from || onto)
            });
            gone.extend(here.map(|pull| (at.clone(), pull.number)));
        }
        for (at, number) in gone {
            self.close(&at, number);
        }
    }

    /// Renames a branch; open pull requests against it follow, as on GitHub.
    pub fn rename_branch(&self, name: &str, from: &str, to: &str) {
        let mut state = self.state();
        let repo = repo_mut(&mut state, name);
        repo.git.run(&["branch", "-m", from, to]);
        if repo.default_branch == from {
            to.clone_into(&mut repo.default_branch);
        }
        if let Some(protection) = repo.protections.remove(from) {
            repo.protections.insert(to.to_owned(), protection);
        }
        for pull in repo.pulls.values_mut().filter(|pull| pull.base_ref == from) {
            to.clone_into(&mut pull.base_ref);
        }
        let full_name = repo.full_name.clone();
        for pull in state
            .repos
            .values_mut()
            .flat_map(|repo| repo.pulls.values_mut())
        {
            if pull.head_repo == full_name && pull.head_ref == from {
                to.clone_into(&mut pull.head_ref);
            }
        }
    }

    /// Issues a token.
    pub fn add_token(&self, spec: TokenSpec) -> String {
        let mut state = self.state();
        let now = state.now();
        let id = state.id();
        let token = Token::new(spec, now);
        state.user(&token.login());
        let prefix = if token.app().is_some() { "ghs" } else { "ghp" };
        // Longer than the 40 characters of earlier days, with dots and dashes: tokens are opaque.
        let secret = format!("{prefix}_{id:06}_fakehub.{:0<56}-{}", "Zk9", id * 7919);
        state.tokens.insert(secret.clone(), token);
        secret
    }

    /// Ends a token now: it is answered 401 from here on, as an expired or a revoked one is.
    pub fn revoke(&self, token: &str) {
        if let Some(token) = self.state().tokens.get_mut(token) {
            token.dead = true;
        }
    }

    /// Sets what is left of a token's primary rate limit and when it starts anew.
    pub fn set_rate_limit(&self, token: &str, remaining: u64, reset_in: i64) {
        let mut state = self.state();
        let now = state.now();
        let budget = state.budget(token).expect("a token of this hub");
        budget.remaining = remaining;
        budget.reset = now + reset_in;
    }
}

/// A repository that a test named.
pub(crate) fn repo<'a>(state: &'a State, name: &str) -> &'a Repo {
    state
        .repo(name)
        .unwrap_or_else(|| panic!("no repository {name}"))
}

pub(crate) fn repo_mut<'a>(state: &'a mut State, name: &str) -> &'a mut Repo {
    state
        .repo_mut(name)
        .unwrap_or_else(|| panic!("no repository {name}"))
}
