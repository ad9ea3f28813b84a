//! Keys that sign records: ed25519, in the files that `ssh-keygen` and `openssl` write.

use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{Signer as _, Verifier as _};
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{HashAlg, LineEnding};

use super::signers::Grant;

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
    /// What the line says of its key is not understood; it could be a limit.
    #[error("{0}")]
    Option(String),
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
    grant: Grant,
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
            grant: Grant::default(),
        }
    }

    /// Reads the one key of a PEM file.
    pub(super) fn from_pem(text: &str) -> Result<Self, KeyError> {
        ed25519_dalek::VerifyingKey::from_public_key_pem(text.trim())
            .map(Self::new)
            .map_err(|error| KeyError::Broken(error.to_string()))
    }

    /// Reads `KIND BASE64 COMMENT`.
    pub(super) fn from_openssh(text: &str, grant: Grant) -> Result<Self, KeyError> {
        let key = ssh_key::PublicKey::from_openssh(text)
            .map_err(|error| KeyError::Broken(error.to_string()))?;
        let KeyData::Ed25519(data) = key.key_data() else {
            return Err(KeyError::Kind(key.algorithm().to_string()));
        };
        let key = ed25519_dalek::VerifyingKey::from_bytes(&data.0)
            .map_err(|error| KeyError::Broken(error.to_string()))?;
        Ok(Self {
            grant,
            ..Self::new(key)
        })
    }

    /// What its file says of it.
    pub(super) fn grant(&self) -> &Grant {
        &self.grant
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let key = SigningKey::from_seed([7; 32]);
        let again = SigningKey::read(&key.to_openssh().unwrap()).unwrap();
        assert_eq!(again.verifying(), key.verifying());
        let line = key.verifying().to_openssh().unwrap();
        let public = VerifyingKey::from_openssh(&line, Grant::default()).unwrap();
        assert_eq!(public, key.verifying());
        assert!(public.id().starts_with("SHA256:"));
        assert!(public.verifies(b"x", &key.sign(b"x")));
        assert!(!public.verifies(b"y", &key.sign(b"x")));
        assert!(!public.verifies(b"x", b"short"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
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
            VerifyingKey::from_pem(public).unwrap()
        );
    }
}
