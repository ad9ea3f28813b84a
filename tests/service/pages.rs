//! The dashboard of a service that runs: signed in through GitHub's page, over what was really reviewed.

use std::io::{Read as _, Write as _};

use scrubin::evidence::{Expected, SigningKey, verify};

use crate::Test;
use crate::stage::{Database, FILE, REPO, Stage, file, safe_copy, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    (
        "people_see_what_was_reviewed_where_github_lets_them",
        dashboard,
    ),
    ("a_page_shows_what_waits_and_what_was_given_up", queue),
];

/// An answer.
struct Got {
    status: u16,
    head: String,
    text: String,
}

impl Got {
    /// The values of a header, in their order.
    fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

/// A browser without pictures: it keeps its cookies.
struct Browser {
    address: String,
    cookies: Vec<String>,
}

impl Browser {
    fn new(stage: &Stage) -> Self {
        Self {
            address: stage.address(),
            cookies: Vec::new(),
        }
    }

    fn get(&mut self, path: &str) -> Got {
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        // The older version: a body whose length nobody knows ends with the connection, and has no chunks.
        let head = format!(
            "GET {path} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n\r\n",
            self.address,
            self.cookies.join("; ")
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        let got = Got {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            text: text.to_owned(),
        };
        for line in got.headers("set-cookie") {
            let pair = line.split(';').next().unwrap();
            let name = pair.split('=').next().unwrap();
            self.cookies
                .retain(|one| !one.starts_with(&format!("{name}=")));
            if !line.contains("Max-Age=0") {
                self.cookies.push(pair.to_owned());
            }
        }
        got
    }

    /// Signs in as one of the hub's people; gives where that ends.
    fn sign_in(&mut self, stage: &Stage, login: &str, next: &str) -> String {
        let got = self.get(&format!("/login?next={next}"));
        assert_eq!(got.status, 303, "{}", got.text);
        let there = got.headers("location")[0].to_owned();
        let back = stage.scene.hub.authorize(&there, Some(login));
        let path = back.strip_prefix("https://scrubin.acme.example").unwrap();
        let got = self.get(path);
        assert_eq!(got.status, 303, "{}", got.text);
        got.headers("location")[0].to_owned()
    }
}

fn dashboard(database: &Database) {
    let stage = Stage::new(database);
    let hub = &stage.scene.hub;
    hub.set_private(REPO, true);
    hub.set_role(REPO, "olga", "read");
    hub.add_repository("acme/elsewhere");
    hub.set_role("acme/elsewhere", "eve", "admin");
    let both = file(&[unsafe_copy("a"), unsafe_copy("b")]);
    let number = stage.scene.pull("fix", &[(FILE, &both)]);
    stage.settle();
    let one = file(&[safe_copy("a"), unsafe_copy("b")]);
    hub.commit_files(REPO, "fix", &[(FILE, &one)]);
    stage.settle();
    let page = format!("/repositories/{REPO}/pulls/{number}");

    let mut nobody = Browser::new(&stage);
    assert_eq!(nobody.get(&page).status, 401);

    let mut olga = Browser::new(&stage);
    let ends = olga.sign_in(&stage, "olga", &page.replace('/', "%2F"));
    assert_eq!(ends, page);
    let got = olga.get(&page);
    assert_eq!(got.status, 200, "{}", got.text);
    let csv = olga.get(&format!("{page}?table=findings&format=csv")).text;
    let states: Vec<&str> = csv
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(1))
        .collect();
    assert_eq!(states, ["open", "fixed"], "{csv}");
    let overview = olga.get("/?table=repositories&format=csv").text;
    assert!(overview.contains("acme/pump,1,1,1,"), "{overview}");
    let months = olga.get("/?table=months&format=csv").text;
    assert!(months.trim_end().ends_with(",2,1,0,0"), "{months}");
    for path in ["/", "/decisions", "/queue", "/rules/C-LEN-014", "/help"] {
        assert_eq!(olga.get(path).status, 200, "{path}");
    }
    let record = olga.get(&format!("{page}/record"));
    assert!(
        record.text.contains("Its signature holds"),
        "{}",
        record.text
    );
    let log = olga
        .get(&format!("/repositories/{REPO}/records.jsonl"))
        .text;
    let keys = [SigningKey::from_seed([7; 32]).verifying()];
    let verified = verify(&log, &keys, &Expected::default());
    // A look through the installation may have asked for one more review of a head.
    assert!(verified.records.len() >= 2, "{}", verified.records.len());
    assert!(verified.problems.is_empty(), "{:?}", verified.problems);

    let mut eve = Browser::new(&stage);
    eve.sign_in(&stage, "eve", "%2F");
    for path in [
        page.clone(),
        format!("{page}?format=json"),
        format!("{page}/record.json"),
        format!("/repositories/{REPO}"),
        format!("/repositories/{REPO}/records.jsonl"),
    ] {
        assert_eq!(eve.get(&path).status, 404, "{path}");
    }
    assert!(!eve.get("/").text.contains("pump"));
    stage.scene.assert_sound(number);
}

fn queue(database: &Database) {
    let stage = Stage::new(database);
    let hub = &stage.scene.hub;
    hub.set_role(REPO, "olga", "read");
    let mut olga = Browser::new(&stage);
    olga.sign_in(&stage, "olga", "%2Fqueue");
    let got = olga.get("/queue");
    assert!(
        got.text.contains("No job of a repository that you see"),
        "{}",
        got.text
    );
    let store = &stage.service.store;
    let id = i64::try_from(hub.repository_id(REPO)).unwrap();
    let job = scrubin::store::Job {
        kind: scrubin::store::JobKind::Pull,
        // No installation of ours: no worker takes it up to its end.
        installation: 4_711,
        repository: id,
        number: 3,
        head: String::new(),
        base: String::new(),
    };
    let far = stage.service.now();
    stage
        .wait(store.note_repository(
            &scrubin::store::RepositoryRow {
                id,
                installation: 4_711,
                full_name: REPO.to_owned(),
                default_branch: "main".to_owned(),
                is_private: false,
                state: scrubin::store::RepositoryState::Active,
            },
            far,
        ))
        .unwrap();
    stage
        .wait(store.note_installation(
            &scrubin::store::Installation {
                id: 4_711,
                account: "acme".to_owned(),
                state: scrubin::store::InstallationState::Suspended,
            },
            far,
        ))
        .unwrap();
    stage.wait(store.enqueue(&job, "d", far)).unwrap();
    let csv = olga.get("/queue?format=csv").text;
    assert!(csv.contains("acme/pump#3,waiting,0,"), "{csv}");
}
