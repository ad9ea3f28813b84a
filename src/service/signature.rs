//! Whether a delivery comes from GitHub: HMAC-SHA256 over the raw body ("Validating webhook
//! deliveries", GitHub Docs). Pure.

use aws_lc_rs::hmac;

/// What `X-Hub-Signature-256` starts with. The older header with SHA-1 is not looked at.
const PREFIX: &str = "sha256=";

/// A secret that GitHub signs with. Its debug form shows nothing.
#[derive(Clone)]
pub struct Secret(hmac::Key);

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[secret]")
    }
}

impl Secret {
    /// Takes the text of a secret, without white space around it; `None` if nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes())))
    }

    /// The header for a body, as GitHub would send it.
    pub fn sign(&self, body: &[u8]) -> String {
        format!(
            "{PREFIX}{}",
            crate::triage::hex(hmac::sign(&self.0, body).as_ref())
        )
    }
}

/// Whether one of the secrets signed the body. The comparison takes the same time wherever they differ;
/// two secrets make a change of secret possible without a gap.
pub fn is_signed(secrets: &[Secret], header: Option<&str>, body: &[u8]) -> bool {
    let Some(tag) = header.and_then(|text| bytes(text.trim().strip_prefix(PREFIX)?)) else {
        return false;
    };
    let mut signed = false;
    for secret in secrets {
        // Every secret is tried: how long it takes says nothing of which one fits.
        signed |= hmac::verify(&secret.0, body, &tag).is_ok();
    }
    signed
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let mut out = [0_u8; 32];
    if hex.len() != 64 {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(hex.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_documentation_holds() {
        // "Testing the webhook payload validation", GitHub Docs.
        let secret = Secret::new("It's a Secret to Everybody").unwrap();
        let header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(is_signed(
            std::slice::from_ref(&secret),
            Some(header),
            b"Hello, World!"
        ));
        assert_eq!(secret.sign(b"Hello, World!"), header);
        assert!(!is_signed(
            std::slice::from_ref(&secret),
            Some(header),
            b"Hello, World?"
        ));
        let old = Secret::new("old").unwrap();
        assert!(is_signed(
            &[old.clone(), secret],
            Some(header),
            b"Hello, World!"
        ));
        assert!(!is_signed(&[old], Some(header), b"Hello, World!"));
    }

    #[test]
    fn what_is_no_signature_signs_nothing() {
        let secret = Secret::new("s").unwrap();
        let of_sha1 = "sha1=7e8d4bd7c7b2a5e4cbd8b0bbdf54e3fc0d4a2c60";
        let odd = format!("sha256={}", "é".repeat(32));
        for header in [
            None,
            Some(""),
            Some("sha256="),
            Some(of_sha1),
            Some(odd.as_str()),
        ] {
            assert!(
                !is_signed(std::slice::from_ref(&secret), header, b""),
                "{header:?}"
            );
        }
        assert!(!is_signed(&[], Some(&secret.sign(b"")), b""));
        assert!(Secret::new(" \n").is_none());
        assert_eq!(format!("{secret:?}"), "[secret]");
    }
}
