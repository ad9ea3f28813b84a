//! Percent-encoding and query strings.

use std::collections::BTreeMap;

/// Encodes everything but unreserved characters.
pub(crate) fn encode(text: &str) -> String {
    encode_keeping(text, b"-._~")
}

/// Encodes a path; slashes stay.
pub(crate) fn encode_path(text: &str) -> String {
    encode_keeping(text, b"-._~/")
}

fn encode_keeping(text: &str, kept: &[u8]) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Decodes `%XX`; anything else stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match hex.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Names and values of a query string; the last of equal names counts.
pub(crate) fn query(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = |part: &str| decode(&part.replace('+', " "));
            (plain(name), plain(value))
        })
        .collect()
}
