//! Bytes of a report to text: byte order marks, and the UTF-16 that shells of Windows write.

use std::borrow::Cow;

use super::ImportError;

/// The text; invalid UTF-8 is replaced, because a message in the tool's own code page must not make
/// its whole report worthless.
pub(super) fn decode<'b>(file: &str, bytes: &'b [u8]) -> Result<Cow<'b, str>, ImportError> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return Ok(String::from_utf8_lossy(rest));
    }
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| -> Result<Cow<'b, str>, ImportError> {
        let (pairs, odd) = rest.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        match String::from_utf16(&units) {
            Ok(text) if odd.is_empty() => Ok(Cow::Owned(text)),
            _ => Err(ImportError::new(file, "it is damaged UTF-16")
                .with_help("write it as UTF-8, by the tool's own option for an output file")),
        }
    };
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return wide(rest, u16::from_be_bytes);
    }
    Ok(String::from_utf8_lossy(bytes))
}
