//! Lists that are shown a part at a time.

use axum::http::StatusCode;

use super::*;

const PULLS: &str = "/repositories/acme/pump/pulls";
const RECORDS: &str = "/repositories/acme/pump/records";

/// Adds reviews of so many pull requests, two of them at each moment.
async fn review(store: &Store, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let at = NOW + number / 2;
        let row = ReviewRow {
            repository: PUMP,
            number,
            head: format!("{number:040x}"),
            title: format!("change {number}"),
            outcome: "passed".to_owned(),
            started_ms: at,
            ended_ms: at,
            ..ReviewRow::default()
        };
        store.note_review(&row).await.unwrap();
    }
}

/// The numbers in the first column of a list, and the path of the next part.
async fn part(fixture: &Fixture, path: &str) -> (Vec<i64>, Option<String>) {
    let mark = if path.contains('?') { '&' } else { '?' };
    let got = fixture.get(&format!("{path}{mark}format=json")).await;
    assert_eq!(got.status, StatusCode::OK, "{path}: {}", got.text);
    let value: serde_json::Value = serde_json::from_str(&got.text).unwrap();
    let rows = value["tables"][0]["rows"].as_array().unwrap();
    let numbers = rows.iter().map(|row| match &row["sequence"] {
        serde_json::Value::Null => {
            let name = row["pull_request"].as_str().unwrap();
            name.rsplit('#').next().unwrap().parse().unwrap()
        }
        number => number.as_i64().unwrap(),
    });
    let older = value["older"].as_str().map(str::to_owned);
    (numbers.collect(), older)
}

/// Where a link of a page leads.
async fn link(fixture: &Fixture, path: &str, words: &str) -> Option<String> {
    let got = fixture.get(path).await;
    let end = got.text.find(&format!("\">{words}</a>"))?;
    let start = got.text[..end].rfind('"')?;
    Some(
        got.text[start + 1..end]
            .replace("&amp;", "&")
            .replace("&#38;", "&"),
    )
}

#[tokio::test]
async fn all_pull_requests_are_found_by_following_the_links() {
    let fixture = filled().await;
    review(&fixture.store, 100..350).await;
    let mut found = Vec::new();
    let mut next = Some(PULLS.to_owned());
    let mut parts = 0;
    while let Some(path) = next {
        let (numbers, older) = part(&fixture, &path).await;
        assert!(numbers.len() <= 100);
        found.extend(numbers);
        parts += 1;
        // Programs and people are led to the same place.
        assert_eq!(link(&fixture, &path, "Older").await, older, "{path}");
        // What comes meanwhile moves nothing.
        if parts == 1 {
            review(&fixture.store, 400..410).await;
        }
        next = older;
    }
    let mut all: Vec<i64> = found.clone();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), found.len(), "one is listed twice");
    assert!((100..350).all(|number| found.contains(&number)));
    assert_eq!(found[..2], [349, 348]);
    assert!(found.contains(&6) && !found.contains(&400));
}

#[tokio::test]
async fn newer_ones_lead_back() {
    let fixture = filled().await;
    review(&fixture.store, 100..350).await;
    let (first, second) = part(&fixture, PULLS).await;
    let second = second.unwrap();
    let back = link(&fixture, &second, "Newer").await.unwrap();
    assert_eq!(part(&fixture, &back).await.0, first);
    assert_eq!(link(&fixture, &second, "Newest").await.unwrap(), PULLS);
    assert_eq!(link(&fixture, PULLS, "Newer").await, None);
    // The export below a part is of that part.
    let csv = link_of_csv(&fixture, &second).await;
    let got = fixture.get(&csv).await;
    let (numbers, _) = part(&fixture, &second).await;
    assert_eq!(got.text.lines().count(), numbers.len() + 1);
    assert!(
        got.text.contains(&format!("#{},", numbers[0])),
        "{}",
        got.text
    );
    for bad in ["before=x", "before=1", "before=1-2&after=1-2"] {
        let got = fixture.get(&format!("{PULLS}?{bad}")).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

async fn link_of_csv(fixture: &Fixture, path: &str) -> String {
    let got = fixture.get(path).await;
    let end = got.text.find("\">CSV").unwrap();
    let start = got.text[..end].rfind('"').unwrap();
    got.text[start + 1..end]
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}

#[tokio::test]
async fn a_long_chain_is_listed_in_parts_and_handed_out_whole() {
    let fixture = filled().await;
    for number in 0..449 {
        record(&fixture.store, PUMP, number % 7).await;
    }
    let (first, older) = part(&fixture, RECORDS).await;
    assert_eq!((first[0], first.len()), (450, 100));
    let (second, _) = part(&fixture, &older.unwrap()).await;
    assert_eq!(second[0], 350);
    let got = fixture.get("/repositories/acme/pump/records.jsonl").await;
    let keys = [key().verifying()];
    let verified = evidence::verify(&got.text, &keys, &evidence::Expected::default());
    assert_eq!(
        (verified.records.len(), verified.problems),
        (450, Vec::new())
    );
    assert_eq!(got.text, fixture.store.log_of(PUMP).await.unwrap());
}
