//! Which address shows what.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};

use super::ask::Ask;
use super::failure::PageError;
use super::{
    Shared, decisions, deviations, help, learn, overview, pull, queue, record, repository, sign_in,
};

/// A repository in an address.
type Place = Path<(String, String)>;

/// A pull request in an address. Its number is read by hand: what is none is not found.
type PullPlace = Path<(String, String, String)>;

/// Every address.
pub(super) fn all() -> Router<Shared> {
    let repository = "/repositories/{owner}/{name}";
    let pull = format!("{repository}/pulls/{{number}}");
    Router::new()
        .route("/", get(show_overview))
        .route(repository, get(show_repository))
        .route(
            &format!("{repository}/deviations.toml"),
            get(export_deviations),
        )
        .route(&format!("{repository}/records.jsonl"), get(export_records))
        .route(&pull, get(show_pull))
        .route(&format!("{pull}/record"), get(show_record))
        .route(&format!("{pull}/record.json"), get(export_record))
        .route("/decisions", get(show_decisions))
        .route("/queue", get(show_queue))
        .route("/rules", get(list_rules))
        .route("/rules/{code}", get(show_rule))
        .route("/lessons", get(list_lessons))
        .route("/lessons/{key}", get(show_lesson))
        .route("/help", get(show_help))
        .route("/login", get(sign_in::login))
        .route(sign_in::CALLBACK, get(sign_in::callback))
        .route("/logout", post(sign_in::logout))
        .route("/style.css", get(style))
        .fallback(not_found)
        .method_not_allowed_fallback(not_possible)
}

async fn style(State(site): State<Shared>) -> Response {
    site.stylesheet()
}

async fn not_found(State(site): State<Shared>) -> Response {
    site.answer(async { Err(PageError::NotFound) }).await
}

async fn not_possible(State(site): State<Shared>) -> Response {
    site.answer(async { Err(PageError::Method) }).await
}

fn number_of(text: &str) -> Result<i64, PageError> {
    // GitHub writes no sign and no zero in front.
    let number: i64 = text.parse().map_err(|_| PageError::NotFound)?;
    match number > 0 && number.to_string() == text {
        true => Ok(number),
        false => Err(PageError::NotFound),
    }
}

async fn show_overview(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        let page = overview::document(&site, &visitor).await?;
        site.page(&page, &visitor, &ask)
    })
    .await
}

async fn show_repository(
    State(site): State<Shared>,
    Path((owner, name)): Place,
    ask: Ask,
) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        let row = visitor.repository(&owner, &name)?;
        let page = repository::document(&site, row).await?;
        site.page(&page, &visitor, &ask)
    })
    .await
}

async fn export_deviations(
    State(site): State<Shared>,
    Path((owner, name)): Place,
    ask: Ask,
) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        deviations::export(&site, visitor.repository(&owner, &name)?).await
    })
    .await
}

async fn export_records(
    State(site): State<Shared>,
    Path((owner, name)): Place,
    ask: Ask,
) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        record::export_all(&site, visitor.repository(&owner, &name)?).await
    })
    .await
}

async fn show_pull(
    State(site): State<Shared>,
    Path((owner, name, number)): PullPlace,
    ask: Ask,
) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        let row = visitor.repository(&owner, &name)?;
        let page = pull::document(&site, row, number_of(&number)?).await?;
        site.page(&page, &visitor, &ask)
    })
    .await
}

async fn show_record(
    State(site): State<Shared>,
    Path((owner, name, number)): PullPlace,
    ask: Ask,
) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        let row = visitor.repository(&owner, &name)?;
        let page = record::document(&site, row, number_of(&number)?).await?;
        site.page(&page, &visitor, &ask)
    })
    .await
}

async fn export_record(
    State(site): State<Shared>,
    Path((owner, name, number)): PullPlace,
    ask: Ask,
) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        let row = visitor.repository(&owner, &name)?;
        record::export(&site, row, number_of(&number)?).await
    })
    .await
}

async fn show_decisions(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        let page = decisions::document(&site, &visitor).await?;
        site.page(&page, &visitor, &ask)
    })
    .await
}

async fn show_queue(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        let page = queue::document(&site, &visitor).await?;
        site.page(&page, &visitor, &ask)
    })
    .await
}

async fn list_rules(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        site.page(&learn::rules(site.library()?), &visitor, &ask)
    })
    .await
}

async fn show_rule(State(site): State<Shared>, Path(code): Path<String>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        site.page(&learn::rule(site.library()?, &code)?, &visitor, &ask)
    })
    .await
}

async fn list_lessons(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        site.page(&learn::lessons(site.library()?), &visitor, &ask)
    })
    .await
}

async fn show_lesson(State(site): State<Shared>, Path(key): Path<String>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        site.page(&learn::lesson(site.library()?, &key)?, &visitor, &ask)
    })
    .await
}

async fn show_help(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(async {
        let visitor = site.visitor(&ask).await?;
        site.page(&help::document(), &visitor, &ask)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_github_writes_them() {
        assert_eq!(number_of("7").ok(), Some(7));
        for text in ["", "0", "-1", "+7", "07", "7 ", "x", "99999999999999999999"] {
            assert!(number_of(text).is_err(), "{text}");
        }
    }
}
