//! Why a page is not shown, and what stands in its place.

use axum::http::StatusCode;

use super::document::{Block, Document, Named};
use super::grid::Link;
use crate::github::{ApiError, ErrorClass};
use crate::store::StoreError;

/// Why a page is not shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Nobody can sign in.
    #[error("sign-in is not configured")]
    Closed,
    /// Nobody is signed in. `next` is the page that was asked for.
    #[error("nobody is signed in")]
    SignIn {
        /// A path of these pages.
        next: String,
    },
    /// What the person may see was asked too long ago.
    #[error("the access of this session is to be checked again")]
    Renew {
        /// A path of these pages.
        next: String,
    },
    /// It does not exist, or the person may not see it: both look the same.
    #[error("not found")]
    NotFound,
    /// The address takes no such request.
    #[error("this address takes no such request")]
    Method,
    /// A question that makes no sense.
    #[error("{0}")]
    Bad(String),
    /// A form that does not come from these pages, or a sign-in that was not begun here.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// GitHub.
    #[error(transparent)]
    Github(#[from] ApiError),
    /// Everything took too long.
    #[error("it took too long")]
    Slow,
    /// A fault of ours.
    #[error("{0}")]
    Broken(String),
}

impl PageError {
    /// The status that goes with it.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Closed | Self::Slow => StatusCode::SERVICE_UNAVAILABLE,
            Self::SignIn { .. } => StatusCode::UNAUTHORIZED,
            Self::Renew { .. } => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Store(StoreError::Word { .. } | StoreError::Chain { .. }) | Self::Broken(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Github(error) => match error.class() {
                ErrorClass::Retryable => StatusCode::SERVICE_UNAVAILABLE,
                ErrorClass::Auth | ErrorClass::Permanent => StatusCode::BAD_GATEWAY,
            },
        }
    }

    /// Whether an operator has to know.
    pub(super) fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::Store(_) | Self::Github(_) | Self::Slow | Self::Broken(_)
        )
    }

    /// The page in its place. It holds nothing that only operators may know.
    pub(super) fn document(&self) -> Document {
        let (title, text) = match self {
            Self::Closed => (
                "Sign-in is not configured",
                "These pages show reviews of private code, so they stay closed until people can sign in with \
                 GitHub. Whoever runs the service sets github.client-id and github.client-secret-file, and gives \
                 the App the callback address /login/callback below server.public-url. docs/dashboard.md says \
                 how, step by step.",
            ),
            Self::SignIn { .. } => (
                "Sign in",
                "These pages show what scrubin found in the repositories that GitHub lets you see.",
            ),
            Self::Renew { .. } => ("Sign in", "Your access is to be checked again."),
            Self::NotFound => (
                "Not found",
                "There is no such page, or it is about a repository that GitHub does not let you see, or one \
                 that scrubin has not reviewed. The address of a repository changes with its name.",
            ),
            Self::Method => ("Not possible", "This address takes no such request."),
            Self::Bad(text) => ("Not understood", text.as_str()),
            Self::Forbidden(text) => ("Refused", *text),
            Self::Github(ApiError::Refused { .. } | ApiError::Unauthorized { .. }) => (
                "GitHub refused the sign-in",
                "The code it handed out is used up or too old, or the client secret of the service is not the \
                 App's. Sign in again; if that does not help, tell whoever runs the service.",
            ),
            Self::Github(_) => (
                "GitHub does not answer",
                "Whether you may see these pages has to be asked there. Try again in a minute.",
            ),
            Self::Slow => (
                "It takes too long",
                "The service is busy, or its database is. Try again in a minute.",
            ),
            Self::Store(StoreError::Word { .. } | StoreError::Chain { .. }) | Self::Broken(_) => (
                "Something is wrong here",
                "The log of the service says what. Tell whoever runs it.",
            ),
            Self::Store(_) => (
                "The database does not answer",
                "Reviews go on as soon as it does; nothing that GitHub told us is lost. Try again in a minute.",
            ),
        };
        let mut document = Document::new(title, "");
        document.text(text);
        let links = match self {
            Self::SignIn { next } => vec![Named {
                text: "Sign in with GitHub".to_owned(),
                link: Link::Own(login_path(next)),
            }],
            Self::Github(_) | Self::Forbidden(_) => vec![Named::own("Sign in again", "/login")],
            Self::NotFound | Self::Method | Self::Bad(_) => vec![Named::own("Overview", "/")],
            _ => Vec::new(),
        };
        if !links.is_empty() {
            document.blocks.push(Block::Links(links));
        }
        document
    }
}

/// The path that begins a sign-in which ends at a page.
pub(super) fn login_path(next: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    format!("/login?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_inside_stays_inside() {
        let inside = [
            PageError::Broken("template x".to_owned()),
            PageError::Store(StoreError::Word {
                what: "state",
                word: "x".to_owned(),
            }),
            PageError::Github(ApiError::Unknown {
                what: "POST /login".to_owned(),
                message: "template x".to_owned(),
            }),
        ];
        for error in inside {
            let page = format!("{:?}", error.document());
            assert!(error.is_ours());
            assert!(
                !page.contains("template x") && !page.contains("POST"),
                "{page}"
            );
        }
    }

    #[test]
    fn the_way_back_is_escaped() {
        assert_eq!(login_path("/a?b=c&d"), "/login?next=%2Fa%3Fb%3Dc%26d");
    }
}
