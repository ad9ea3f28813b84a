//! One REST request on its way through a handler.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use crate::reply::{Answer, Reply};
use crate::state::{Pull, Repo, State};
use crate::token::Token;

/// What a handler sees.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) links: Links,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) accept: String,
    pub(crate) authorization: String,
    pub(crate) caller: Option<Token>,
    /// Absolute URL without the query.
    pub(crate) url: String,
}

/// Where the URLs in answers point.
#[derive(Debug, Clone)]
pub(crate) struct Links {
    /// REST root, with `/api/v3` when the request came in there.
    pub(crate) api: String,
    /// Root of the pages.
    pub(crate) web: String,
}

impl Call<'_> {
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    pub(crate) fn id(&self, name: &str) -> Result<u64, Reply> {
        self.param(name).parse().map_err(|_| Reply::not_found())
    }

    pub(crate) fn text(&self, field: &str) -> Option<String> {
        self.body[field].as_str().map(str::to_owned)
    }

    pub(crate) fn login(&self) -> String {
        self.caller.as_ref().map(Token::login).unwrap_or_default()
    }

    /// `owner/name` of the path.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.param("owner"), self.param("repo"))
    }

    pub(crate) fn repo(&self) -> Result<&Repo, Reply> {
        self.state
            .repo(&self.full_name())
            .ok_or_else(Reply::not_found)
    }

    pub(crate) fn repo_mut(&mut self) -> Result<&mut Repo, Reply> {
        let name = self.full_name();
        self.state.repo_mut(&name).ok_or_else(Reply::not_found)
    }

    /// The pull request of the path.
    pub(crate) fn pull(&self) -> Result<&Pull, Reply> {
        let number = self.number()?;
        self.repo()?.pulls.get(&number).ok_or_else(Reply::not_found)
    }

    /// Its number.
    pub(crate) fn number(&self) -> Result<u64, Reply> {
        let name = if self.params.contains_key("pull_number") {
            "pull_number"
        } else {
            "issue_number"
        };
        self.id(name)
    }

    /// Whether something changed at a time the `since` of the query lets through.
    pub(crate) fn since(&self, changed: i64) -> bool {
        let text = self.query.get("since");
        let since = text.and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
        since.is_none_or(|since| changed >= since.timestamp())
    }

    /// Answers one page of `count` items, with GitHub's `Link` header.
    pub(crate) fn paged(&self, count: usize, items: impl FnOnce(Range<usize>) -> Value) -> Answer {
        let number = |name: &str| {
            self.query
                .get(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        let size = number("per_page").unwrap_or(30).clamp(1, 100);
        let page = number("page").unwrap_or(1).max(1);
        let last = count.div_ceil(size).max(1);
        let start = ((page - 1) * size).min(count);
        let reply = Reply::ok(items(start..(start + size).min(count)));
        let mut links = Vec::new();
        let mut link = |to: usize, relation: &str| {
            let mut query = self.query.clone();
            query.insert("page".to_owned(), to.to_string());
            let pairs: Vec<String> = query
                .iter()
                .map(|(name, value)| format!("{name}={}", crate::url::encode(value)))
                .collect();
            links.push(format!(
                "<{}?{}>; rel=\"{relation}\"",
                self.url,
                pairs.join("&")
            ));
        };
        if page > 1 {
            link(page - 1, "prev");
        }
        if page < last {
            link(page + 1, "next");
            link(last, "last");
        }
        if page > 1 {
            link(1, "first");
        }
        Ok(if links.is_empty() {
            reply
        } else {
            reply.header("link", links.join(", "))
        })
    }
}
