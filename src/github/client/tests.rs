use http::header::LINK;

use super::*;

#[test]
fn the_token_never_travels_in_the_clear() {
    for url in [
        "https://api.github.com",
        "https://git.acme.example/api/v3",
        "http://127.0.0.1:8080/api/v3",
        "http://localhost:8080",
        "http://[::1]:8080",
    ] {
        assert!(base(url).is_ok(), "{url}");
    }
    for url in [
        "http://git.acme.example/api/v3",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
    ] {
        assert!(matches!(base(url), Err(ApiError::Insecure { .. })), "{url}");
    }
    for url in ["", "api", "https://", "https://a@b.example"] {
        assert!(base(url).is_err(), "{url}");
    }
}

#[test]
fn the_next_page_is_a_path() {
    let next = |link: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(LINK, link.parse().unwrap());
        next_page(&headers)
    };
    assert_eq!(
        next(
            "<https://git.acme.example/api/v3/repositories/1/pulls/7/comments?per_page=100&page=2>; rel=\"next\", \
             <https://git.acme.example/api/v3/repositories/1/pulls/7/comments?per_page=100&page=3>; rel=\"last\""
        )
        .as_deref(),
        Some("/api/v3/repositories/1/pulls/7/comments?per_page=100&page=2")
    );
    assert_eq!(next("<https://x.example/?page=1>; rel=\"prev\""), None);
    assert_eq!(next("nonsense; rel=\"next\""), None);
}

#[test]
fn messages_are_githubs_words() {
    assert_eq!(
        message_of(br#"{"message":"Validation Failed","errors":[{"message":"line must be part of the diff"},"x"]}"#),
        "Validation Failed line must be part of the diff; x"
    );
    assert_eq!(message_of(b"[]"), "");
    assert_eq!(message_of(br#"{"body":"rate limit"}"#), "");
    assert_eq!(message_of(b"{"), "");
}
