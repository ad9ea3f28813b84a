//! Apps: their keys, the JSON Web Tokens they sign, and what an operator hands to a service.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::hub::Hub;
use crate::state::State;

/// The id `github-actions` has on GitHub.
const ACTIONS: u64 = 15_368;

/// A registered App.
pub(crate) struct App {
    pub(crate) id: u64,
    pub(crate) slug: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Where people are sent back to; none = anywhere.
    pub(crate) callbacks: BTreeSet<String>,
    /// Made when first needed, for it takes a moment.
    key: OnceLock<KeyPair>,
}

/// What GitHub shows the owner of an App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppCredentials {
    /// The number in `iss` of its JSON Web Tokens.
    pub id: u64,
    /// The name in URLs; its comments are by `SLUG[bot]`.
    pub slug: String,
    /// For signing people in, and for `iss` as well.
    pub client_id: String,
    /// For signing people in.
    pub client_secret: String,
    /// PKCS#1, as GitHub hands it out: `-----BEGIN RSA PRIVATE KEY-----`.
    pub private_key_pem: String,
}

impl App {
    fn key(&self) -> &KeyPair {
        self.key
            .get_or_init(|| KeyPair::generate(KeySize::Rsa2048).expect("the system makes keys"))
    }

    fn private_key_pem(&self) -> String {
        let pkcs8 = self.key().as_der().expect("a key that was just made");
        // The PKCS#1 key is the last field of the PKCS#8 one, behind version and algorithm: for 2048
        // bits always 22 bytes and the 4 of an octet string's header.
        let pkcs1 = &pkcs8.as_ref()[26..];
        assert_eq!(pkcs8.as_ref()[22..24], [0x04, 0x82], "a key of 2048 bits");
        let text = STANDARD.encode(pkcs1);
        let mut pem = String::from("-----BEGIN RSA PRIVATE KEY-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END RSA PRIVATE KEY-----\n");
        pem
    }

    fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(&json!({"alg": "RS256", "typ": "JWT"}));
        let signed = format!("{head}.{}", part(claims));
        let key = self.key();
        let mut signature = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            signed.as_bytes(),
            &mut signature,
        )
        .expect("an RSA key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether the signature over `HEAD.CLAIMS` is made with this App's key.
    pub(crate) fn verifies(&self, signed: &str, signature: &str) -> bool {
        let key = self.key().public_key().as_ref();
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
            .verify(signed.as_bytes(), &signature)
            .is_ok()
    }
}

/// Registers an App when there is none with this slug.
pub(crate) fn register(state: &mut State, slug: &str) {
    if state.apps.contains_key(slug) {
        return;
    }
    let id = state.id();
    let app = App {
        id,
        slug: slug.to_owned(),
        client_id: format!("Iv23li{id:014}"),
        client_secret: hex(&random::<20>()),
        callbacks: BTreeSet::new(),
        key: OnceLock::new(),
    };
    state.apps.insert(slug.to_owned(), app);
    state.user(&format!("{slug}[bot]"));
}

/// The number of an App, registered or not.
pub(crate) fn id_of(state: &State, slug: &str) -> u64 {
    match state.apps.get(slug) {
        Some(app) => app.id,
        None if slug == "github-actions" => ACTIONS,
        None => 1,
    }
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes).expect("the system has random bytes");
    bytes
}

/// Two lower-case digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Hub {
    /// Registers an App and returns what its owner sees; an App of this slug stays as it is.
    pub fn add_app(&self, slug: &str) -> AppCredentials {
        let mut state = self.state();
        register(&mut state, slug);
        let app = &state.apps[slug];
        AppCredentials {
            id: app.id,
            slug: app.slug.clone(),
            client_id: app.client_id.clone(),
            client_secret: app.client_secret.clone(),
            private_key_pem: app.private_key_pem(),
        }
    }

    /// A JSON Web Token of a registered App, good for nine minutes of the fake's clock.
    pub fn app_jwt(&self, slug: &str) -> String {
        let (now, id) = {
            let state = self.state();
            (state.now(), id_of(&state, slug))
        };
        self.app_jwt_with(
            slug,
            &json!({"iat": now - 60, "exp": now + 540, "iss": id.to_string()}),
        )
    }

    /// A JSON Web Token with any claims, signed with the App's key.
    pub fn app_jwt_with(&self, slug: &str, claims: &Value) -> String {
        let state = self.state();
        let app = state.apps.get(slug);
        app.unwrap_or_else(|| panic!("no App {slug}")).sign(claims)
    }
}
