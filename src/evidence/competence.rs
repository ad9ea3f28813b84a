//! A competence matrix that its owner signed: one DSSE envelope around its JSON.

use super::envelope::{EnvelopeError, open, seal};
use super::keys::{SigningKey, VerifyingKey};

/// What the signed bytes are.
const PAYLOAD_TYPE: &str = "application/vnd.scrubin.competence-matrix+json";

/// Signs the JSON of a matrix; one line, with its line feed.
pub fn seal_matrix(json: &str, key: &SigningKey) -> String {
    format!("{}\n", seal(PAYLOAD_TYPE, json.as_bytes(), key))
}

/// Reads a line that one of the keys signed. Gives the JSON and the id of the key.
///
/// # Errors
/// It is no envelope, holds something else, was changed, or none of the keys signed it.
pub fn open_matrix(line: &str, keys: &[VerifyingKey]) -> Result<(Vec<u8>, String), EnvelopeError> {
    // One line feed at the end is how it was written; anything else was changed.
    let line = line.strip_suffix('\n').unwrap_or(line);
    let opened = open(line, keys)?;
    if opened.payload_type != PAYLOAD_TYPE {
        return Err(EnvelopeError::Form(format!(
            "it holds `{}`, not a competence matrix",
            opened.payload_type
        )));
    }
    Ok((opened.payload, opened.key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn no_byte_of_a_signed_matrix_can_be_changed() {
        let key = SigningKey::from_seed([3; 32]);
        let line = seal_matrix("{\"version\": 1}\n", &key);
        let keys = [key.verifying()];
        let (json, id) = open_matrix(&line, &keys).unwrap();
        assert_eq!(
            (json.as_slice(), id.as_str()),
            (&b"{\"version\": 1}\n"[..], key.verifying().id())
        );
        for at in 0..line.len() - 1 {
            let mut bytes = line.clone().into_bytes();
            bytes[at] ^= 1;
            let text = String::from_utf8(bytes).unwrap();
            assert!(open_matrix(&text, &keys).is_err(), "{text}");
        }
        let other = SigningKey::from_seed([4; 32]).verifying();
        assert!(matches!(
            open_matrix(&line, &[other]),
            Err(EnvelopeError::UnknownKey(_))
        ));
        let foreign = seal("text/plain", b"{}", &key);
        assert!(matches!(
            open_matrix(&foreign, &keys),
            Err(EnvelopeError::Form(_))
        ));
    }
}
