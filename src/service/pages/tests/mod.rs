//! The pages as a browser asks for them, over a database with two repositories that a person may see and one that
//! they may not.

mod access;
mod content;
mod export;
mod github;
mod hostile;
mod lists;
mod signing_in;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::moment::DAY_MS;
use super::session::id_of;
use super::{Pages, router, weaknesses};
use crate::evidence::{self, Entry, SigningKey, VerifyingKey};
use crate::github::event::Addresses;
use crate::github::{Client, ClientOptions, Clock, Token};
use crate::service::config::OAuth;
use crate::store::{
    Decision, DecisionKind, DecisionState, FindingRow, FindingState, Installation,
    InstallationState, Job, JobKind, Millis, RepositoryRow, RepositoryState, Retry, ReviewRow,
    Session, Store, Url,
};
use crate::training::history::{Found, Run, Stage, Time};

/// 2026-11-30, 07:34 UTC.
const NOW: Millis = 1_796_024_054_000;

/// The cookie of the person who is signed in.
const COOKIE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Repositories: two that the person may see, one that they may not.
const PUMP: i64 = 11;
const MONITOR: i64 = 12;
const SECRET: i64 = 13;

/// The pages over a database.
struct Fixture {
    store: Store,
    pages: Router,
    clock: Clock,
    _folder: TempDir,
}

/// What a browser got.
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed([7; 32])
}

/// What differs between tests.
struct Set {
    public_url: &'static str,
    server: String,
    is_open: bool,
    keys: Vec<VerifyingKey>,
}

impl Default for Set {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080",
            server: "http://127.0.0.1:1".to_owned(),
            is_open: true,
            keys: vec![key().verifying()],
        }
    }
}

async fn fixture(set: Set) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("s.db").display());
    let store = Store::open(&Url::parse(&url).unwrap()).await.unwrap();
    let clock = Clock::simulated(Duration::from_millis(NOW.unsigned_abs()));
    let addresses = Addresses {
        api: set.server.clone(),
        graphql: format!("{}/graphql", set.server),
        server: set.server,
    };
    let options = ClientOptions {
        clock: clock.clone(),
        timeout: Duration::from_secs(5),
        ..ClientOptions::new(addresses.clone(), Token::new("none").unwrap())
    };
    let pages = router(Pages {
        store: store.clone(),
        public_url: set.public_url.to_owned(),
        addresses,
        oauth: set.is_open.then(|| OAuth {
            client_id: "Iv1.abc".to_owned(),
            secret: Token::new("s3cret-of-the-app").unwrap(),
        }),
        client: Arc::new(Client::new(options).unwrap()),
        clock: clock.clone(),
        keys: set.keys,
    });
    Fixture {
        store,
        pages,
        clock,
        _folder: folder,
    }
}

impl Fixture {
    /// Asks as the person with a cookie.
    async fn ask(&self, method: &str, path: &str, cookie: &str, body: &str) -> Got {
        let mut request = Request::builder().method(method).uri(path);
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        Got {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Asks as the person who is signed in.
    async fn get(&self, path: &str) -> Got {
        self.ask("GET", path, &format!("scrubin={COOKIE}"), "")
            .await
    }

    async fn sign_in(&self, repositories: &[i64]) {
        let session = Session {
            id: id_of(COOKIE),
            login: "olga".to_owned(),
            repositories: repositories.to_vec(),
            checked_ms: NOW,
            expires_ms: NOW + DAY_MS / 2,
        };
        self.store.sign_in(&session).await.unwrap();
    }
}

/// The pages over a database with something in it, and a person who is signed in.
async fn filled() -> Fixture {
    let fixture = fixture(Set::default()).await;
    fill(&fixture.store).await;
    fixture.sign_in(&[PUMP, MONITOR]).await;
    fixture
}

fn repository(id: i64, full_name: &str) -> RepositoryRow {
    RepositoryRow {
        id,
        installation: 1,
        full_name: full_name.to_owned(),
        default_branch: "main".to_owned(),
        is_private: true,
        state: RepositoryState::Active,
    }
}

fn review(repository: i64, number: i64, ended: Millis) -> ReviewRow {
    ReviewRow {
        repository,
        number,
        head: format!("{number:040x}"),
        base: "b".repeat(40),
        title: format!("change {number}"),
        author: "author-of-it".to_owned(),
        outcome: "passed".to_owned(),
        files: 3,
        changed_lines: 120,
        started_ms: ended - 900,
        ended_ms: ended,
        ..ReviewRow::default()
    }
}

fn finding(number: u32, rule: &str, state: FindingState) -> FindingRow {
    FindingRow {
        repository: 0,
        number: 0,
        fingerprint: format!("{}:0", format!("{number:02x}").repeat(32)),
        moved: "m".to_owned(),
        rule: rule.to_owned(),
        lesson: "L-LEN-BOUND".to_owned(),
        severity: "error".to_owned(),
        precision: "high".to_owned(),
        component: "src".to_owned(),
        path: format!("src/drivers/uart{number}.c"),
        line: 40 + i64::from(number),
        message: "`rx` bytes are copied into `frame` without a bound by its size".to_owned(),
        state,
        first_ms: 0,
        last_ms: 0,
        ended_ms: 0,
    }
}

fn run(repository: i64, number: u32, person: u32, lesson: &str) -> Run {
    let at = NOW - i64::from(number) * 13 * DAY_MS;
    Run {
        id: format!("r{number}"),
        at: Time(at),
        stage: Stage::Review,
        source: "range".to_owned(),
        who: Some(format!("p{person}")),
        key: "k".to_owned(),
        change: format!("pull-{number}"),
        lines: vec![(format!("src/part{}", number % 2), 400)],
        found: vec![Found {
            fingerprint: format!("{repository}{number}:0"),
            moved: "m".to_owned(),
            rule: "C-LEN-014".to_owned(),
            lesson: lesson.to_owned(),
            severity: "error".to_owned(),
            component: format!("src/part{}", number % 2),
            file: "f".to_owned(),
            func: "g".to_owned(),
            blob: String::new(),
        }],
        gone: match number % 3 {
            0 => vec![format!("{repository}{}:0", number + 1)],
            _ => Vec::new(),
        },
        open: Vec::new(),
        renamed: Vec::new(),
        partial: true,
    }
}

/// Half a year of three repositories.
async fn fill(store: &Store) {
    let installation = Installation {
        id: 1,
        account: "acme".to_owned(),
        state: InstallationState::Active,
    };
    store.note_installation(&installation, NOW).await.unwrap();
    for (id, name) in [
        (PUMP, "acme/pump"),
        (MONITOR, "acme/monitor"),
        (SECRET, "acme/secret-project"),
    ] {
        store
            .note_repository(&repository(id, name), NOW)
            .await
            .unwrap();
        history(store, id).await;
    }
    let secret = ReviewRow {
        title: "the hidden title".to_owned(),
        ..review(SECRET, 99, NOW)
    };
    store.note_review(&secret).await.unwrap();
    jobs(store).await;
}

/// Pull requests of a repository: some repaired, one open with a closed gate, decisions about two.
async fn history(store: &Store, id: i64) {
    let rules = ["C-LEN-014", "C-STR-001", "clippy/unwrap_used"];
    for number in 1..=6 {
        let day = NOW - (200 - i64::from(number) * 30) * DAY_MS;
        let rule = |step: u32| rules[(step as usize) % rules.len()];
        let seen: Vec<FindingRow> = (0..number)
            .map(|step| finding(step, rule(step), FindingState::Open))
            .collect();
        let pull = i64::from(number);
        store.note_findings(id, pull, &seen, day).await.unwrap();
        // The next push leaves one of them.
        let left: Vec<FindingRow> = seen.iter().take(1).cloned().collect();
        let later = day + i64::from(number) * DAY_MS / 2;
        store.note_findings(id, pull, &left, later).await.unwrap();
        if number < 6 {
            store.close_findings(id, pull, true, later).await.unwrap();
        }
        let is_closed = number == 6;
        let row = ReviewRow {
            outcome: if is_closed { "findings" } else { "passed" }.to_owned(),
            blocking: i64::from(is_closed),
            reported: i64::from(is_closed),
            ..review(id, pull, later)
        };
        store.note_review(&row).await.unwrap();
    }
    let excused = [
        finding(60, "C-LEN-014", FindingState::Accepted),
        finding(61, "C-STR-001", FindingState::Disputed),
    ];
    store
        .note_findings(id, 5, &excused, NOW - DAY_MS)
        .await
        .unwrap();
    for (index, one) in excused.iter().enumerate() {
        let is_wrong = one.state == FindingState::Disputed;
        let decision = Decision {
            id: format!("review-comment:{id}{index}"),
            repository: id,
            number: 5,
            fingerprint: one.fingerprint.clone(),
            moved: one.moved.clone(),
            rule: one.rule.clone(),
            path: one.path.clone(),
            kind: match is_wrong {
                true => DecisionKind::FalsePositive,
                false => DecisionKind::Accept,
            },
            reason: "the hardware never sends more than eight bytes".to_owned(),
            until: if is_wrong { "" } else { "2026-12-20" }.to_owned(),
            ticket: format!("RISK-{id}"),
            proposed_by: "maria".to_owned(),
            proposed_ms: NOW - DAY_MS,
            approved_by: "bert".to_owned(),
            approved_ms: NOW - DAY_MS,
            state: DecisionState::Active,
        };
        store.decide(&decision).await.unwrap();
    }
    for number in 0..12 {
        let lesson = ["L-LEN-BOUND", "L-STR-UNBOUNDED"][number as usize % 2];
        let run = run(id, number, number % 6, lesson);
        let at = run.at.0;
        let (run_id, line) = (run.id.clone(), weaknesses::line(run));
        store
            .add_run((id, 1), (&run_id, line.trim_end()), None, at)
            .await
            .unwrap();
    }
    record(store, id, 6).await;
}

/// Adds a signed record to the chain of a repository.
async fn record(store: &Store, id: i64, number: i64) {
    let head = format!("{number:040x}");
    let entry = Entry::Review(Box::new(evidence::samples::record(&head)));
    store
        .add_record(id, number, &head, NOW, |end| {
            let end = end.map(|end| evidence::ChainEnd {
                entries: u64::try_from(end.entries).unwrap_or_default(),
                last: &end.last,
                checkpoint: &end.checkpoint,
            });
            let link = evidence::link(end, entry, &key())?;
            Ok((link.line, link.checkpoint))
        })
        .await
        .unwrap();
}

/// A job that waits and one that was given up, of a repository that is seen; one that waits of another.
async fn jobs(store: &Store) {
    let job = |repository: i64, number: i64| Job {
        kind: JobKind::Pull,
        installation: 1,
        repository,
        number,
        head: String::new(),
        base: String::new(),
    };
    store
        .enqueue(&job(PUMP, 6), "d", NOW - 60_000)
        .await
        .unwrap();
    let claim = store.claim("w", 9, 60_000, NOW).await.unwrap().unwrap();
    let dead = Retry {
        due_ms: None,
        counts: true,
        error: "GitHub answers 502".to_owned(),
    };
    store.give_back(&claim.lease, &dead, NOW).await.unwrap();
    for (repository, number) in [(MONITOR, 4), (SECRET, 98)] {
        store
            .enqueue(&job(repository, number), "d", NOW - 30_000)
            .await
            .unwrap();
    }
}
