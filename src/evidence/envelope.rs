//! DSSE envelopes on one line (secure-systems-lab/dsse, protocol v1). A line is accepted only if it is
//! byte for byte what this program writes, so that no byte of it can change unseen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::keys::{SigningKey, VerifyingKey};
use super::signers::Grant;
use crate::finding::hex;

/// A line that is no envelope, or none by one of the keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON of an envelope.
    #[error("it is no envelope: {0}")]
    Form(String),
    /// JSON of an envelope, but written otherwise than this program does.
    #[error("it was written anew after it was signed")]
    Rewritten,
    /// By a key that is not among those given.
    #[error("it is signed by the key {0}, which is none of the given ones")]
    UnknownKey(String),
    /// The signature does not hold.
    #[error("the signature does not hold: the record was changed")]
    Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// What a valid envelope holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    /// The signed bytes.
    pub(super) payload: Vec<u8>,
    /// What they are.
    pub(super) payload_type: String,
    /// Who signed.
    pub(super) key: String,
    /// What the file of keys says of that key, by line.
    pub(super) grants: Vec<Grant>,
}

/// The bytes that are signed: DSSE's pre-authentication encoding.
fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    )
    .into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Signs a payload; the line has no line feed.
pub(super) fn seal(payload_type: &str, payload: &[u8], key: &SigningKey) -> String {
    let envelope = Envelope {
        payload: STANDARD.encode(payload),
        payload_type: payload_type.to_owned(),
        signatures: vec![Signature {
            keyid: key.verifying().id().to_owned(),
            sig: STANDARD.encode(key.sign(&pae(payload_type, payload))),
        }],
    };
    written(&envelope)
}

/// The one way an envelope is written.
fn written(envelope: &Envelope) -> String {
    // Strings and lists alone: their serialization cannot fail.
    serde_json::to_string(envelope).unwrap_or_default()
}

/// Reads a line without asking who signed it.
pub(super) fn peek(line: &str) -> Result<Opened, EnvelopeError> {
    let (envelope, payload) = parse(line)?;
    let key = envelope
        .signatures
        .first()
        .map(|signature| signature.keyid.clone())
        .unwrap_or_default();
    Ok(Opened {
        payload,
        payload_type: envelope.payload_type,
        key,
        grants: Vec::new(),
    })
}

fn parse(line: &str) -> Result<(Envelope, Vec<u8>), EnvelopeError> {
    let form = |error: String| EnvelopeError::Form(error);
    let envelope: Envelope = serde_json::from_str(line).map_err(|e| form(e.to_string()))?;
    if written(&envelope) != line {
        return Err(EnvelopeError::Rewritten);
    }
    if envelope.signatures.len() != 1 {
        return Err(form(format!(
            "it has {} signatures, one is expected",
            envelope.signatures.len()
        )));
    }
    // The strict decoder: one text for one payload.
    let payload = STANDARD
        .decode(&envelope.payload)
        .map_err(|e| form(format!("payload: {e}")))?;
    Ok((envelope, payload))
}

/// Reads a line that one of the keys signed.
pub(super) fn open(line: &str, keys: &[VerifyingKey]) -> Result<Opened, EnvelopeError> {
    let (envelope, payload) = parse(line)?;
    let Some(signature) = envelope.signatures.first() else {
        return Err(EnvelopeError::Signature);
    };
    let Some(key) = keys.iter().find(|key| key.id() == signature.keyid) else {
        return Err(EnvelopeError::UnknownKey(signature.keyid.clone()));
    };
    let bytes = STANDARD
        .decode(&signature.sig)
        .map_err(|_| EnvelopeError::Signature)?;
    if !key.verifies(&pae(&envelope.payload_type, &payload), &bytes) {
        return Err(EnvelopeError::Signature);
    }
    Ok(Opened {
        payload,
        payload_type: envelope.payload_type,
        grants: keys
            .iter()
            .filter(|known| known.id() == key.id())
            .map(|known| known.grant().clone())
            .collect(),
        key: signature.keyid.clone(),
    })
}

/// SHA-256 in lower-case hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_signed_is_read_back() {
        let key = SigningKey::from_seed([1; 32]);
        let line = seal("text/plain", b"hello", &key);
        let opened = open(&line, &[key.verifying()]).unwrap();
        assert_eq!(opened.payload, b"hello");
        assert_eq!(opened.payload_type, "text/plain");
        assert_eq!(opened.key, key.verifying().id());
        let other = SigningKey::from_seed([2; 32]);
        assert!(matches!(
            open(&line, &[other.verifying()]),
            Err(EnvelopeError::UnknownKey(_))
        ));
    }

    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        // The example of DSSE's protocol.md.
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn no_bit_of_a_line_can_be_flipped() {
        let key = SigningKey::from_seed([1; 32]);
        let line = seal("text/plain", b"hello, world", &key);
        let keys = [key.verifying()];
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bytes = line.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                if let Ok(text) = String::from_utf8(bytes) {
                    assert!(open(&text, &keys).is_err(), "{text}");
                }
            }
        }
    }
}
