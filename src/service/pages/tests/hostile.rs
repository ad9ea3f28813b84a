//! Texts that strangers wrote.

use axum::http::StatusCode;

use super::*;

#[tokio::test]
async fn texts_of_strangers_stay_texts() {
    let fixture = fixture(Set::default()).await;
    fixture.sign_in(&[PUMP]).await;
    let evil = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>{{ 7*7 }}\u{202e}txt\u{0}`";
    let long = format!("=HYPERLINK(\"http://evil.example\"){}", "A".repeat(100_000));
    let row = RepositoryRow {
        default_branch: evil.to_owned(),
        ..repository(PUMP, "acme/pump")
    };
    let store = &fixture.store;
    store.note_repository(&row, NOW).await.unwrap();
    for (number, text) in [(1, evil), (2, long.as_str())] {
        let review = ReviewRow {
            title: text.to_owned(),
            author: text.to_owned(),
            head: text.to_owned(),
            base: text.to_owned(),
            outcome: text.to_owned(),
            notes: format!("{text}\n{text}"),
            ..review(PUMP, number, NOW)
        };
        store.note_review(&review).await.unwrap();
        let seen = FindingRow {
            rule: text.to_owned(),
            lesson: text.to_owned(),
            path: text.to_owned(),
            message: text.to_owned(),
            severity: text.to_owned(),
            ..finding(1, "x", FindingState::Open)
        };
        store
            .note_findings(PUMP, number, &[seen], NOW)
            .await
            .unwrap();
        let decision = Decision {
            id: text.to_owned(),
            repository: PUMP,
            number,
            rule: text.to_owned(),
            path: text.to_owned(),
            reason: text.to_owned(),
            ticket: text.to_owned(),
            proposed_by: text.to_owned(),
            approved_by: text.to_owned(),
            fingerprint: text.to_owned(),
            until: text.to_owned(),
            ..crate::service::pages::decisions::samples::decision("x")
        };
        store.decide(&decision).await.unwrap();
        let mut run = run(PUMP, u32::try_from(number).unwrap(), 1, text);
        run.lines = vec![(text.to_owned(), 3)];
        let line = weaknesses::line(run);
        let id = number.to_string();
        store
            .add_run((PUMP, number), (&id, &line), None, NOW)
            .await
            .unwrap();
    }
    let pages = [
        "/",
        "/repositories/acme/pump",
        "/repositories/acme/pump/pulls/1",
        "/repositories/acme/pump/pulls/2",
        "/decisions",
    ];
    for path in pages {
        let got = fixture.get(path).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        for part in ["<script", "<img", "onerror=alert(1)>", "\u{202e}", "\u{0}"] {
            assert!(!got.text.contains(part), "{path}: {part:?}");
        }
        assert!(got.text.len() < 300_000, "{path}: {}", got.text.len());
        let json = fixture.get(&format!("{path}?format=json")).await;
        assert!(!json.text.contains('\u{202e}'), "{path}");
        let names: serde_json::Value = serde_json::from_str(&json.text).unwrap();
        for table in names["tables"].as_array().unwrap() {
            let name = table["table"].as_str().unwrap();
            let csv = fixture
                .get(&format!("{path}?table={name}&format=csv"))
                .await;
            // A cell that began like a formula begins with an apostrophe.
            let bad = csv.text.contains(",=HYPER") || csv.text.contains("\"=HYPER");
            assert!(!bad, "{path} {name}");
        }
    }
    let got = fixture.get("/repositories/acme/pump/deviations.toml").await;
    assert_eq!(got.status, StatusCode::OK);
}

#[tokio::test]
async fn odd_addresses_are_not_found() {
    let fixture = filled().await;
    for path in [
        "/repositories/acme/pump/pulls/0",
        "/repositories/acme/pump/pulls/-1",
        "/repositories/acme/pump/pulls/06",
        "/repositories/acme/pump/pulls/6%00",
        "/repositories/acme/pump/pulls/99999999999999999999999",
        "/repositories/acme/..%2f..%2fetc/pulls/6",
        "/repositories/%27%20OR%201=1--/pump",
        "/repositories/acme/pump/",
        "/rules/..%2f..%2fetc%2fpasswd",
        "/rules/%3Cscript%3E",
        "/lessons/nothing",
        "/admin",
    ] {
        let got = fixture.get(path).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!got.text.contains("<script") && got.text.contains("<h1>Not found</h1>"));
    }
    // No UTF-8 behind the escapes.
    let got = fixture.get("/rules/%ff").await;
    assert!(got.status.is_client_error());
}
