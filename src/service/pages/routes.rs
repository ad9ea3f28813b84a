//! Which address shows what.

use std::pin::Pin;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use super::ask::Ask;
use super::document::Document;
use super::failure::PageError;
use super::session::Visitor;
use super::{
    Shared, Site, decisions, deviations, help, learn, listed, overview, pull, queue, record,
    repository, sign_in,
};
use crate::store::RepositoryRow;

/// What an address gives.
enum Shown {
    /// A page.
    Page(Document),
    /// A file to keep.
    File(Response),
}

impl From<Document> for Shown {
    fn from(page: Document) -> Self {
        Self::Page(page)
    }
}

impl From<Response> for Shown {
    fn from(file: Response) -> Self {
        Self::File(file)
    }
}

/// Something that is being made.
type Making<'a> = Pin<Box<dyn Future<Output = Result<Shown, PageError>> + Send + 'a>>;

/// Says what to make with a line, and makes it when it is asked for.
macro_rules! made {
    (|$($name:ident),*| $make:expr) => {
        |$($name),*| Box::pin(async move { Ok(Shown::from($make)) })
    };
}

/// Every address.
pub(super) fn all() -> Router<Shared> {
    let repository = "/repositories/{owner}/{name}";
    let pull = format!("{repository}/pulls/{{number}}");
    let below = |name: &str| format!("{repository}/{name}");
    Router::new()
        .route(
            "/",
            page(made!(
                |site, visitor| overview::document(site, visitor).await?
            )),
        )
        .route(
            repository,
            of_repository(made!(|site, row, _ask| {
                repository::document(site, row).await?
            })),
        )
        .route(
            &below("deviations.toml"),
            of_repository(made!(|site, row, _ask| deviations::export(site, row).await?)),
        )
        .route(
            &below("pulls"),
            of_repository(made!(|site, row, ask| listed::pulls(site, row, ask).await?)),
        )
        .route(
            &below("records"),
            of_repository(made!(
                |site, row, ask| listed::records(site, row, ask).await?
            )),
        )
        .route(
            &below("records.jsonl"),
            of_repository(made!(|site, row, _ask| record::export_all(site, row).await?)),
        )
        .route(
            &pull,
            of_pull(made!(
                |site, row, number| pull::document(site, row, number).await?
            )),
        )
        .route(
            &format!("{pull}/record"),
            of_pull(made!(|site, row, number| record::document(
                site, row, number
            )
            .await?)),
        )
        .route(
            &format!("{pull}/record.json"),
            of_pull(made!(
                |site, row, number| record::export(site, row, number).await?
            )),
        )
        .route(
            "/decisions",
            page(made!(
                |site, visitor| decisions::document(site, visitor).await?
            )),
        )
        .route(
            "/queue",
            page(made!(|site, visitor| queue::document(site, visitor).await?)),
        )
        .route(
            "/rules",
            page(made!(|site, _visitor| learn::rules(site.library()?))),
        )
        .route(
            "/rules/{code}",
            of_name(made!(|site, code| learn::rule(site.library()?, code)?)),
        )
        .route(
            "/lessons",
            page(made!(|site, _visitor| learn::lessons(site.library()?))),
        )
        .route(
            "/lessons/{key}",
            of_name(made!(|site, key| learn::lesson(site.library()?, key)?)),
        )
        .route("/help", page(made!(|_site, _visitor| help::document())))
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

/// What concerns all that the visitor may see.
fn page(make: for<'a> fn(&'a Site, &'a Visitor) -> Making<'a>) -> MethodRouter<Shared> {
    get(move |State(site): State<Shared>, ask: Ask| async move {
        site.answer(async {
            let visitor = site.visitor(&ask).await?;
            let shown = make(&site, &visitor).await?;
            answered(&site, shown, &visitor, &ask)
        })
        .await
    })
}

/// What concerns something of a name.
fn of_name(make: for<'a> fn(&'a Site, &'a str) -> Making<'a>) -> MethodRouter<Shared> {
    get(
        move |State(site): State<Shared>, Path(name): Path<String>, ask: Ask| async move {
            site.answer(async {
                let visitor = site.visitor(&ask).await?;
                let shown = make(&site, &name).await?;
                answered(&site, shown, &visitor, &ask)
            })
            .await
        },
    )
}

/// What concerns a repository that the visitor may see.
fn of_repository(
    make: for<'a> fn(&'a Site, &'a RepositoryRow, &'a Ask) -> Making<'a>,
) -> MethodRouter<Shared> {
    get(
        move |State(site): State<Shared>, Path((owner, name)): Path<(String, String)>, ask: Ask| async move {
            site.answer(async {
                let visitor = site.visitor(&ask).await?;
                let row = visitor.repository(&owner, &name)?;
                let shown = make(&site, row, &ask).await?;
                answered(&site, shown, &visitor, &ask)
            })
            .await
        },
    )
}

/// What concerns a pull request of such a repository. Its number is read by hand: what is none is not found.
fn of_pull(
    make: for<'a> fn(&'a Site, &'a RepositoryRow, i64) -> Making<'a>,
) -> MethodRouter<Shared> {
    get(
        move |State(site): State<Shared>,
              Path((owner, name, number)): Path<(String, String, String)>,
              ask: Ask| async move {
            site.answer(async {
                let visitor = site.visitor(&ask).await?;
                let row = visitor.repository(&owner, &name)?;
                let shown = make(&site, row, number_of(&number)?).await?;
                answered(&site, shown, &visitor, &ask)
            })
            .await
        },
    )
}

fn answered(
    site: &Site,
    shown: Shown,
    visitor: &Visitor,
    ask: &Ask,
) -> Result<Response, PageError> {
    match shown {
        Shown::Page(page) => site.page(&page, visitor, ask),
        Shown::File(file) => Ok(file),
    }
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
