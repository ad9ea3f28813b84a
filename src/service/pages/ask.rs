//! What a browser asked for: address, query, cookies.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;

use super::failure::PageError;
use crate::store::Part;

/// Longest address that one comes back to after signing in.
const LONGEST: usize = 2_000;

/// How a page is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// For readers.
    Html,
    /// A table for a spreadsheet.
    Csv,
    /// Tables for programs.
    Json,
}

/// A request without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    /// Path and query.
    pub(super) target: String,
    query: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Ask {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let target = parts.uri.path_and_query().map_or("/", |all| all.as_str());
        let pairs = parts
            .headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        Ok(Self {
            target: target.to_owned(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            cookies: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        })
    }
}

impl Ask {
    /// A parameter of the query, the first of its name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        let mut pairs = self.cookies.iter();
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Where the part of a list begins that is wanted: numbers of an entry, joined by `-`.
    ///
    /// # Errors
    /// No such numbers.
    pub(super) fn part<const N: usize>(&self) -> Result<Part<N>, PageError> {
        let (text, of): (&str, fn([i64; N]) -> Part<N>) =
            match (self.parameter("before"), self.parameter("after")) {
                (None, None) => return Ok(Part::Newest),
                (Some(text), None) => (text, Part::Before),
                (None, Some(text)) => (text, Part::After),
                (Some(_), Some(_)) => {
                    return Err(PageError::Bad("write before or after, not both".to_owned()));
                }
            };
        let numbers: Option<Vec<i64>> = text.split('-').map(|word| word.parse().ok()).collect();
        let numbers = numbers.and_then(|numbers| numbers.try_into().ok());
        numbers.map(of).ok_or_else(|| {
            PageError::Bad("there is no such place in the list: follow its links".to_owned())
        })
    }

    /// How the page is wanted.
    ///
    /// # Errors
    /// In a format that there is not.
    pub(super) fn format(&self) -> Result<Format, PageError> {
        match self.parameter("format") {
            None | Some("html") => Ok(Format::Html),
            Some("csv") => Ok(Format::Csv),
            Some("json") => Ok(Format::Json),
            Some(_) => Err(PageError::Bad(
                "there is no such format: write ?format=csv or ?format=json".to_owned(),
            )),
        }
    }
}

/// The query that asks for a part of a list.
pub(super) fn part_query(word: &str, place: &[i64]) -> String {
    let numbers: Vec<String> = place.iter().map(i64::to_string).collect();
    format!("{word}={}", numbers.join("-"))
}

/// A path of these pages that a browser may be sent to; `/` for anything else. What begins with `//` or
/// holds a backslash is another site to some browsers.
pub(super) fn own_path(text: &str) -> &str {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_own = text.starts_with('/') && !text.starts_with("//");
    let is_page = !text.starts_with("/login") && !text.starts_with("/logout");
    match is_plain && is_own && is_page && text.len() <= LONGEST {
        true => text,
        false => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_list_is_named_by_numbers() {
        let part = |query: &str| {
            let ask = Ask {
                target: String::new(),
                query: form_urlencoded::parse(query.as_bytes())
                    .into_owned()
                    .collect(),
                cookies: Vec::new(),
            };
            ask.part::<2>().ok()
        };
        assert_eq!(part(""), Some(Part::Newest));
        assert_eq!(
            part(&part_query("before", &[17, 3])),
            Some(Part::Before([17, 3]))
        );
        assert_eq!(part("after=17-3&format=csv"), Some(Part::After([17, 3])));
        for bad in [
            "before=",
            "before=1",
            "before=1-2-3",
            "after=1-x",
            "before=1-2&after=1-2",
            "before=--1",
        ] {
            assert_eq!(part(bad), None, "{bad}");
        }
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        for own in ["/", "/queue?format=csv", "/repositories/a/b/pulls/1"] {
            assert_eq!(own_path(own), own);
        }
        let long = format!("/{}", "a".repeat(LONGEST));
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=y",
            "/\t/evil.example",
            "/é",
            "/login?next=/",
            "/logout",
            "queue",
            long.as_str(),
        ] {
            assert_eq!(own_path(other), "/", "{other}");
        }
    }
}
