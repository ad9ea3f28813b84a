//! What stands on the pages.

use axum::http::StatusCode;
use serde_json::Value;

use super::*;

const PULL: &str = "/repositories/acme/pump/pulls/6";

#[tokio::test]
async fn the_overview_counts_what_is_there() {
    let fixture = filled().await;
    let got = fixture.get("/?table=repositories&format=csv").await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(
        got.text,
        "repository,blocking,blocked_pull_requests,open,last_review,state\n\
         acme/monitor,1,1,1,2026-11-13T07:34:14Z,active\n\
         acme/pump,1,1,1,2026-11-13T07:34:14Z,active\n"
    );
    assert!(got.header("content-disposition").contains(".csv\""));
    let got = fixture.get("/?table=months&format=csv").await;
    let last = got.text.lines().last().unwrap();
    // Two of each repository that were decided about yesterday; pull request 6 and its five repairs.
    assert_eq!(last, "2026-11,16,10,2,2", "{}", got.text);
    let got = fixture.get("/?table=repairs&format=csv").await;
    assert!(got.text.contains("error,30,"), "{}", got.text);
    let got = fixture.get("/?table=weaknesses&format=csv").await;
    assert!(got.text.contains("L-LEN-BOUND,12,1.25,"), "{}", got.text);
    // Six people worked in each: repositories are told apart.
    let got = fixture.get("/?table=groups&format=csv").await;
    assert!(got.text.contains("acme/pump,4800,12,2.5,"), "{}", got.text);
}

#[tokio::test]
async fn a_pull_request_shows_its_findings_decisions_and_record() {
    let fixture = filled().await;
    let got = fixture.get(PULL).await;
    assert_eq!(got.status, StatusCode::OK);
    for part in [
        "acme/pump#6: change 6",
        "author-of-it",
        "href=\"/rules/C-LEN-014\"",
        "href=\"http://127.0.0.1:1/acme/pump/blob/0000000000000000000000000000000000000006/src/drivers/uart0.c#L40\"",
        "/pulls/6/record\"",
    ] {
        assert!(got.text.contains(part), "{part}: {}", got.text);
    }
    let got = fixture
        .get(&format!("{PULL}?table=findings&format=json"))
        .await;
    let value: Value = serde_json::from_str(&got.text).unwrap();
    let rows = value["tables"][0]["rows"].as_array().unwrap();
    let states: Vec<&str> = rows
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        ["open", "fixed", "fixed", "fixed", "fixed", "fixed"]
    );
    assert_eq!(rows[0]["fingerprint"].as_str().unwrap().len(), 66);
}

#[tokio::test]
async fn the_author_stands_on_the_page_of_the_pull_request_alone() {
    let fixture = filled().await;
    assert!(fixture.get(PULL).await.text.contains("author-of-it"));
    for path in ["/", "/repositories/acme/pump", "/queue", "/decisions"] {
        for format in ["html", "json"] {
            let got = fixture.get(&format!("{path}?format={format}")).await;
            assert_eq!(got.status, StatusCode::OK, "{path}");
            assert!(!got.text.contains("author-of-it"), "{path} {format}");
        }
    }
}

#[tokio::test]
async fn every_table_has_both_exports() {
    let fixture = filled().await;
    let mut tables = 0;
    for path in export::PATHS {
        let whole = fixture.get(&format!("{path}?format=json")).await;
        assert_eq!(whole.status, StatusCode::OK, "{path}");
        let whole: Value = serde_json::from_str(&whole.text).unwrap();
        let page = fixture.get(path).await;
        for table in whole["tables"].as_array().unwrap() {
            let name = table["table"].as_str().unwrap();
            let rows = table["rows"].as_array().unwrap();
            let csv = fixture
                .get(&format!("{path}?table={name}&format=csv"))
                .await;
            assert_eq!(csv.text.lines().count(), rows.len() + 1, "{path} {name}");
            for row in rows {
                assert_eq!(row.as_object().unwrap().len(), csv_columns(&csv.text));
            }
            let json = fixture
                .get(&format!("{path}?table={name}&format=json"))
                .await;
            let json: Value = serde_json::from_str(&json.text).unwrap();
            assert_eq!(&json["tables"][0], table);
            if !rows.is_empty() {
                let link = format!("href=\"{path}?table={name}&amp;format=csv\"");
                assert!(page.text.contains(&link), "{path} {name}");
            }
            tables += 1;
        }
    }
    assert!(tables > 20, "{tables}");
}

fn csv_columns(text: &str) -> usize {
    text.lines().next().unwrap_or_default().split(',').count()
}

#[tokio::test]
async fn what_is_no_format_or_table_is_said() {
    let fixture = filled().await;
    for (query, words) in [
        ("format=xml", "no such format"),
        ("table=nothing&format=csv", "repositories, reviews, months"),
        ("format=csv", "name one table"),
    ] {
        let got = fixture.get(&format!("/?{query}")).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(got.text.contains(words), "{query}: {}", got.text);
    }
    // A page with one table needs no name.
    let got = fixture.get("/queue?format=csv").await;
    assert_eq!(got.text.lines().count(), 3, "{}", got.text);
}

#[tokio::test]
async fn a_record_is_shown_and_handed_out_as_it_was_signed() {
    let fixture = filled().await;
    let got = fixture.get(&format!("{PULL}/record")).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.text.contains("Its signature holds") && got.text.contains("Pump"));
    let got = fixture.get(&format!("{PULL}/record.json")).await;
    let keys = [key().verifying()];
    assert!(evidence::verify_line(got.text.trim_end(), &keys).is_ok());
    let got = fixture.get("/repositories/acme/pump/records.jsonl").await;
    let verified = evidence::verify(&got.text, &keys, &evidence::Expected::default());
    assert_eq!((verified.records.len(), verified.problems), (1, Vec::new()));
    let got = fixture.get("/repositories/acme/pump/pulls/5/record").await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_record_of_an_unknown_key_is_not_shown() {
    let fixture = fixture(Set {
        keys: vec![SigningKey::from_seed([8; 32]).verifying()],
        ..Set::default()
    })
    .await;
    fill(&fixture.store).await;
    fixture.sign_in(&[PUMP]).await;
    let got = fixture.get(&format!("{PULL}/record")).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.text.contains("by none of the keys") && !got.text.contains("Pump"));
    assert!(got.text.contains("/pulls/6/record.json\""));
}

#[tokio::test]
async fn decisions_are_exported_for_their_repository() {
    let fixture = filled().await;
    let got = fixture.get("/repositories/acme/pump/deviations.toml").await;
    assert_eq!(
        got.header("content-type"),
        "application/toml; charset=utf-8"
    );
    let path = crate::finding::RepoPath::from("deviations.toml");
    let file = crate::triage::DeviationFile::parse(&got.text, &path).unwrap();
    assert_eq!(file.entries.len(), 2, "{}", got.text);
    let got = fixture.get("/decisions").await;
    assert!(got.text.contains("in force, ends soon") && got.text.contains("RISK-11"));
}

#[tokio::test]
async fn somebody_without_repositories_is_told_what_to_do() {
    let fixture = fixture(Set::default()).await;
    fill(&fixture.store).await;
    fixture.sign_in(&[]).await;
    let got = fixture.get("/").await;
    assert!(got.text.contains("installs the App") && !got.text.contains("acme"));
    for path in ["/queue", "/decisions"] {
        assert!(!fixture.get(path).await.text.contains("acme"), "{path}");
    }
}

#[tokio::test]
async fn pages_lie_below_the_path_of_their_public_address() {
    let fixture = fixture(Set {
        public_url: "http://127.0.0.1:8080/scrubin",
        ..Set::default()
    })
    .await;
    fill(&fixture.store).await;
    fixture.sign_in(&[PUMP]).await;
    let got = fixture.get("/").await;
    let own = got
        .text
        .split("href=\"/")
        .skip(1)
        .all(|rest| rest.starts_with("scrubin/"));
    assert!(
        own && got
            .text
            .contains("href=\"/scrubin/repositories/acme/pump\"")
    );
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_said_so() {
    let fixture = filled().await;
    fixture.store.close().await;
    let got = fixture.get("/").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.text.contains("The database does not answer"));
    assert!(!got.text.to_lowercase().contains("sqlx") && !got.text.contains("s.db"));
}
