//! Pages for the browser that looks at them: `tests/pages_check.mjs` reads what is written here.

use axum::http::StatusCode;

use super::*;

/// Pages of the fixture, one of each kind.
pub(super) const PATHS: &[&str] = &[
    "/",
    "/repositories/acme/pump",
    "/repositories/acme/pump/pulls",
    "/repositories/acme/pump/records",
    "/repositories/acme/pump/pulls/6",
    "/repositories/acme/pump/pulls/6/record",
    "/decisions",
    "/queue",
    "/rules",
    "/rules/C-LEN-014",
    "/lessons",
    "/lessons/L-LEN-BOUND",
    "/help",
];

/// Each page is whole HTML whose headings are in order; with `SCRUBIN_PAGES_DIR` set they are written there.
#[tokio::test]
async fn pages_are_whole_and_their_headings_in_order() {
    let folder = std::env::var_os("SCRUBIN_PAGES_DIR").map(std::path::PathBuf::from);
    let fixture = filled().await;
    let mut made = Vec::new();
    for path in PATHS {
        let got = fixture.get(path).await;
        assert_eq!(got.status, StatusCode::OK, "{path}");
        made.push((name_of(path), got.text));
    }
    let lost = fixture.get("/nothing").await;
    made.push(("not-found".to_owned(), lost.text));
    let outside = fixture.ask("GET", "/queue", "", "").await;
    made.push(("sign-in".to_owned(), outside.text));
    for (name, text) in &made {
        assert!(
            text.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"),
            "{name}"
        );
        assert!(text.trim_end().ends_with("</html>"), "{name}");
        let levels: Vec<char> = text
            .split("<h")
            .skip(1)
            .filter_map(|rest| rest.chars().next().filter(char::is_ascii_digit))
            .collect();
        assert_eq!(levels.first(), Some(&'1'), "{name}");
        assert_eq!(
            levels.iter().filter(|level| **level == '1').count(),
            1,
            "{name}"
        );
        for pair in levels.windows(2) {
            assert!(pair[1] as u32 <= pair[0] as u32 + 1, "{name}: {levels:?}");
        }
    }
    let Some(folder) = folder else { return };
    std::fs::create_dir_all(&folder).unwrap();
    let style = fixture.get("/style.css").await.text;
    std::fs::write(folder.join("style.css"), style).unwrap();
    for (name, text) in made {
        let text = text.replace("href=\"/style.css", "href=\"style.css");
        std::fs::write(folder.join(format!("{name}.html")), text).unwrap();
    }
}

fn name_of(path: &str) -> String {
    match path.trim_start_matches('/').replace('/', "-") {
        name if name.is_empty() => "overview".to_owned(),
        name => name,
    }
}
