//! Names that lead nowhere without a key: HMAC-SHA-256 (RFC 2104), cut to 64 bits.

use sha2::{Digest as _, Sha256};

use crate::triage::hex;

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// Bytes that are kept of a hash: enough for the people of a company and the findings of a repository.
const KEPT: usize = 8;

/// Digits of the name of a key: enough to tell the clones of a team apart.
const KEY_DIGITS: usize = 8;

/// The key of a team's pseudonyms: 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// Takes random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hex digits; white space around them does not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().as_bytes();
        let mut bytes = [0_u8; 32];
        if digits.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// 64 hex digits and a line feed.
    pub fn to_text(&self) -> String {
        format!("{}\n", hex(&self.0))
    }

    /// The pseudonym of a person, by e-mail address; capitals do not matter.
    pub fn person(&self, address: &str) -> String {
        self.pseudonym(&format!("person\n{}", address.trim().to_lowercase()))
    }

    /// A name of the key that tells nothing of it: who has the same key has the same pseudonyms.
    pub fn id(&self) -> String {
        let mut id = self.pseudonym("key");
        id.truncate(KEY_DIGITS);
        id
    }

    /// A pseudonym of anything else.
    pub fn pseudonym(&self, text: &str) -> String {
        short(&self.mac(text.as_bytes()))
    }

    fn mac(&self, text: &[u8]) -> [u8; 32] {
        hmac(&self.0, text)
    }
}

/// The first 16 hex digits of the SHA-256 of a text.
pub fn short_hash(text: &[u8]) -> String {
    short(&Sha256::digest(text))
}

fn short(digest: &[u8]) -> String {
    hex(digest.get(..KEPT).unwrap_or(digest))
}

/// For keys of at most one block.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let pad = |with: u8| {
        let mut block = [with; BLOCK];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(text)
        .finalize();
    Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standard() {
        // RFC 4231, test cases 1 and 2.
        assert_eq!(
            hex(&hmac(&[0x0b; 20], b"Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            hex(&hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_person_is_one_whatever_the_capitals_and_another_under_another_key() {
        let (one, other) = (Key::new([1; 32]), Key::new([2; 32]));
        assert_eq!(
            one.person("Ada@example.org "),
            one.person("ada@example.org")
        );
        assert_ne!(
            one.person("ada@example.org"),
            other.person("ada@example.org")
        );
        assert_eq!(one.person("ada@example.org").len(), 16);
        assert_eq!(one.id().len(), 8);
        assert_ne!(one.id(), other.id());
        assert!(Key::parse(&one.to_text()).unwrap() == one);
        for wrong in ["", "zz", &"g".repeat(64), &"é".repeat(32)] {
            assert!(Key::parse(wrong).is_none(), "{wrong}");
        }
    }
}
