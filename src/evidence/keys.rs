//! Keys that sign records: ed25519, in the files that `ssh-keygen` and `openssl` write.

use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{Signer as _, Verifier as _};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{HashAlg, LineEnding};

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a key, or a broken one.
    #[error("this is no key: {0}")]
    Broken(String),
    /// Of another kind.
    #[error("this is a key of kind {0}; records are signed with ed25519")]
    Kind(String),
    /// Behind a passphrase.
    #[error("this key is protected by a passphrase, which a gate cannot ask for")]
    Encrypted,
    /// A line of a file of public keys.
    #[error("line {line}: {source}")]
    Line {
        /// 1-based.
        line: usize,
        /// What is wrong with it.
        source: Box<KeyError>,
    },
    /// A file without one.
    #[error("there is no public key in it")]
    None,
}

/// A private key.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    key: ed25519_dalek::VerifyingKey,
    id: String,
}

impl SigningKey {
    /// A key from 32 random bytes.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            key: ed25519_dalek::SigningKey::from_bytes(&seed),
        }
    }

    /// Reads an OpenSSH private key, or PKCS#8 in PEM.
    ///
    /// # Errors
    /// No key, another kind of key, one with a passphrase.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        if !text.contains("BEGIN OPENSSH PRIVATE KEY") {
            return ed25519_dalek::SigningKey::from_pkcs8_pem(text.trim())
                .map(|key| Self { key })
                .map_err(|error| KeyError::Broken(error.to_string()));
        }
        let key = ssh_key::PrivateKey::from_openssh(text)
            .map_err(|error| KeyError::Broken(error.to_string()))?;
        if key.is_encrypted() {
            return Err(KeyError::Encrypted);
        }
        match key.key_data() {
            KeypairData::Ed25519(pair) => Ok(Self::from_seed(pair.private.to_bytes())),
            _ => Err(KeyError::Kind(key.algorithm().to_string())),
        }
    }

    /// The key as `ssh-keygen` writes it.
    ///
    /// # Errors
    /// The library cannot encode it.
    pub fn to_openssh(&self) -> Result<String, KeyError> {
        let pair = Ed25519Keypair::from_seed(&self.key.to_bytes());
        let broken = |error: ssh_key::Error| KeyError::Broken(error.to_string());
        let key =
            ssh_key::PrivateKey::new(KeypairData::Ed25519(pair), "scrubin").map_err(broken)?;
        Ok(key.to_openssh(LineEnding::LF).map_err(broken)?.to_string())
    }

    /// The public half.
    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey::new(self.key.verifying_key())
    }

    /// Signs a message: 64 bytes.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl VerifyingKey {
    fn new(key: ed25519_dalek::VerifyingKey) -> Self {
        let data = KeyData::Ed25519(Ed25519PublicKey(key.to_bytes()));
        Self {
            id: data.fingerprint(HashAlg::Sha256).to_string(),
            key,
        }
    }

    /// `SHA256:...`, as `ssh-keygen -l` shows it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The line of an `authorized_keys` file.
    ///
    /// # Errors
    /// The library cannot encode it.
    pub fn to_openssh(&self) -> Result<String, KeyError> {
        let data = KeyData::Ed25519(Ed25519PublicKey(self.key.to_bytes()));
        ssh_key::PublicKey::new(data, "scrubin")
            .to_openssh()
            .map_err(|error| KeyError::Broken(error.to_string()))
    }

    /// Whether the signature (64 bytes) is this key's over the message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }
}

/// Reads public keys: a PEM file, or lines as in `authorized_keys` (`ssh-ed25519 AAAA... comment`) or
/// in `allowed_signers` (the same behind a name). Blank lines and `#` comments are passed over.
///
/// # Errors
/// A line that is no ed25519 key, by its number; a file without one.
pub fn verifying_keys(text: &str) -> Result<Vec<VerifyingKey>, KeyError> {
    if text.contains("BEGIN PUBLIC KEY") {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(text.trim())
            .map_err(|error| KeyError::Broken(error.to_string()))?;
        return Ok(vec![VerifyingKey::new(key)]);
    }
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        keys.push(of_line(line).map_err(|source| KeyError::Line {
            line: index + 1,
            source: Box::new(source),
        })?);
    }
    if keys.is_empty() {
        return Err(KeyError::None);
    }
    Ok(keys)
}

fn of_line(line: &str) -> Result<VerifyingKey, KeyError> {
    // Names and options of an allowed signer stand before the kind of the key.
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_kind = |word: &&&str| {
        ["ssh-", "ecdsa-", "sk-"]
            .iter()
            .any(|kind| word.starts_with(kind))
    };
    let kind = words.iter().find(is_kind).copied().unwrap_or_default();
    if !kind.is_empty() && kind != "ssh-ed25519" {
        return Err(KeyError::Kind(kind.to_owned()));
    }
    let start = line.find("ssh-ed25519").unwrap_or_default();
    let key = ssh_key::PublicKey::from_openssh(line.get(start..).unwrap_or_default())
        .map_err(|error| KeyError::Broken(error.to_string()))?;
    match key.key_data() {
        KeyData::Ed25519(data) => ed25519_dalek::VerifyingKey::from_bytes(&data.0)
            .map(VerifyingKey::new)
            .map_err(|error| KeyError::Broken(error.to_string())),
        _ => Err(KeyError::Kind(key.algorithm().to_string())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let key = SigningKey::from_seed([7; 32]);
        let again = SigningKey::read(&key.to_openssh().unwrap()).unwrap();
        assert_eq!(again.verifying(), key.verifying());
        let line = key.verifying().to_openssh().unwrap();
        let text = format!("# signers\n\nalice@example.org namespaces=\"file\" {line}\n{line}\n");
        let keys = verifying_keys(&text).unwrap();
        assert_eq!(keys, [key.verifying(), key.verifying()]);
        assert!(keys[0].id().starts_with("SHA256:"));
        assert!(keys[0].verifies(b"x", &key.sign(b"x")));
        assert!(!keys[0].verifies(b"y", &key.sign(b"x")));
        assert!(!keys[0].verifies(b"x", b"short"));
    }

    #[test]
    fn what_is_no_key_is_named_with_its_line() {
        let error = |text: &str| verifying_keys(text).unwrap_err().to_string();
        assert_eq!(error("# nothing\n"), "there is no public key in it");
        assert!(error("\nssh-rsa AAAA bob\n").starts_with("line 2: this is a key of kind ssh-rsa"));
        assert!(error("hello\n").starts_with("line 1: this is no key"));
        assert!(matches!(
            SigningKey::read("hello"),
            Err(KeyError::Broken(_))
        ));
    }

    #[test]
    fn keys_of_openssl_are_read() {
        // `openssl genpkey -algorithm ed25519`, RFC 8410 section 10.3 has this pair.
        let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        assert_eq!(
            SigningKey::read(private).unwrap().verifying(),
            verifying_keys(public).unwrap()[0]
        );
    }
}
