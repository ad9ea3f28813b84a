//! Who sees what.

use axum::http::StatusCode;

use super::*;

#[tokio::test]
async fn what_one_may_not_see_is_not_there() {
    let fixture = filled().await;
    for path in [
        "",
        "?format=json",
        "?table=reviews&format=csv",
        "/deviations.toml",
        "/records.jsonl",
        "/pulls",
        "/records?format=json",
        "/pulls/6",
        "/pulls/6?format=json",
        "/pulls/6?table=findings&format=csv",
        "/pulls/6/record",
        "/pulls/6/record.json",
        "/pulls/99",
    ] {
        let hidden = format!("/repositories/acme/secret-project{path}");
        let unknown = format!("/repositories/acme/no-such-thing{path}");
        let (hidden, unknown) = (fixture.get(&hidden).await, fixture.get(&unknown).await);
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{path}");
        // Byte for byte the answer for one that does not exist.
        assert_eq!(hidden.text, unknown.text, "{path}");
        assert_eq!(hidden.headers, unknown.headers, "{path}");
        // It is there for those who may.
        let mine = fixture.get(&format!("/repositories/acme/pump{path}")).await;
        assert!(
            mine.status == StatusCode::OK || path == "/pulls/99",
            "{path}"
        );
    }
}

#[tokio::test]
async fn no_page_names_or_counts_what_one_may_not_see() {
    let fixture = filled().await;
    for path in export::PATHS {
        for format in ["html", "json"] {
            let got = fixture.get(&format!("{path}?format={format}")).await;
            for hidden in ["secret-project", "hidden title", "RISK-13"] {
                assert!(!got.text.contains(hidden), "{path} {format}: {hidden}");
            }
        }
    }
    // The numbers are those of a database without it.
    let alone = fixture_without_secret().await;
    for table in [
        "repositories",
        "reviews",
        "months",
        "weaknesses",
        "groups",
        "repairs",
        "precision",
        "decisions",
    ] {
        let path = format!("/?table={table}&format=csv");
        let (with, without) = (fixture.get(&path).await, alone.get(&path).await);
        assert_eq!(with.text, without.text, "{table}");
        assert!(with.text.lines().count() > 1, "{table}");
    }
}

async fn fixture_without_secret() -> Fixture {
    let alone = fixture(Set::default()).await;
    for (id, name) in [(PUMP, "acme/pump"), (MONITOR, "acme/monitor")] {
        let row = repository(id, name);
        alone.store.note_repository(&row, NOW).await.unwrap();
        history(&alone.store, id).await;
    }
    alone.sign_in(&[PUMP, MONITOR]).await;
    alone
}

#[tokio::test]
async fn names_read_in_any_case_and_removed_repositories_are_gone() {
    let fixture = filled().await;
    let got = fixture.get("/repositories/ACME/Pump").await;
    assert_eq!(got.status, StatusCode::OK);
    let removed = RepositoryRow {
        state: RepositoryState::Removed,
        ..repository(PUMP, "acme/pump")
    };
    fixture.store.note_repository(&removed, NOW).await.unwrap();
    let got = fixture.get("/repositories/acme/pump").await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert!(!fixture.get("/").await.text.contains("acme/pump"));
}

#[tokio::test]
async fn nobody_gets_in_without_a_session_that_holds() {
    let fixture = filled().await;
    let other = "ff".repeat(32);
    for cookie in [
        String::new(),
        "scrubin=".to_owned(),
        format!("scrubin={other}"),
        // What stands in the database is no cookie.
        format!("scrubin={}", id_of(COOKIE)),
        format!("Scrubin={COOKIE}"),
    ] {
        for path in export::PATHS {
            let got = fixture.ask("GET", path, &cookie, "").await;
            assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{path} {cookie}");
            assert!(got.text.contains("href=\"/login?next="), "{path}");
            assert!(
                !got.text.contains("acme/") || path.contains("acme/"),
                "{path}"
            );
        }
    }
    let twelve_hours = Duration::from_secs(12 * 60 * 60);
    fixture.clock.sleep(twelve_hours).await;
    assert_eq!(fixture.get("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn access_is_asked_for_again_after_half_an_hour() {
    let fixture = filled().await;
    fixture.clock.sleep(Duration::from_secs(30 * 60)).await;
    assert_eq!(fixture.get("/").await.status, StatusCode::OK);
    fixture.clock.sleep(Duration::from_secs(1)).await;
    let got = fixture.get("/queue?format=csv").await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    assert_eq!(
        got.header("location"),
        "/login?next=%2Fqueue%3Fformat%3Dcsv"
    );
    assert!(got.text.is_empty());
}

#[tokio::test]
async fn without_a_sign_in_every_page_says_how_to_configure_one() {
    let fixture = fixture(Set {
        is_open: false,
        ..Set::default()
    })
    .await;
    fill(&fixture.store).await;
    fixture.sign_in(&[PUMP]).await;
    for path in export::PATHS.iter().chain(&["/login", "/login/callback"]) {
        let got = fixture.get(path).await;
        assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(got.text.contains("github.client-id"), "{path}");
    }
}

#[tokio::test]
async fn answers_forbid_browsers_everything_but_showing_them() {
    let fixture = filled().await;
    for path in ["/", "/nothing", "/?format=json", "/login"] {
        let got = fixture.get(path).await;
        assert!(
            got.header("content-security-policy")
                .starts_with("default-src 'none'; style-src 'self';")
        );
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("referrer-policy"), "no-referrer");
        assert_eq!(got.header("cache-control"), "no-store", "{path}");
        assert_eq!(got.header("strict-transport-security"), "", "{path}");
    }
    // What the policy allows is all that pages ask for.
    for path in export::PATHS {
        let text = fixture.get(path).await.text;
        for part in ["<script", " style=", "<style", "javascript:", " onclick"] {
            assert!(!text.contains(part), "{path}: {part}");
        }
    }
    let got = fixture.get("/style.css").await;
    assert!(got.header("cache-control").contains("immutable"));
    let safe = super::fixture(Set {
        public_url: "https://scrubin.example",
        ..Set::default()
    })
    .await;
    let got = safe.get("/").await;
    assert_eq!(got.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn signing_out_takes_a_form_of_the_session() {
    let fixture = filled().await;
    let cookie = format!("scrubin={COOKIE}");
    let page = fixture.get("/").await.text;
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
    let csrf = csrf.split('"').next().unwrap();
    for body in ["", "csrf=", "csrf=0011", &format!("csrf={}", id_of(COOKIE))] {
        let got = fixture.ask("POST", "/logout", &cookie, body).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{body}");
    }
    assert_eq!(
        fixture.get("/logout").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(fixture.get("/").await.status, StatusCode::OK);
    let body = format!("csrf={csrf}");
    let got = fixture.ask("POST", "/logout", &cookie, &body).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    assert!(
        got.header("set-cookie")
            .starts_with("scrubin=; Path=/; Max-Age=0;")
    );
    assert_eq!(fixture.get("/").await.status, StatusCode::UNAUTHORIZED);
}
