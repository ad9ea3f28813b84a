use super::*;

/// A key as GitHub hands it out, made for this run.
fn key() -> String {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use base64::Engine as _;
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = pair.as_der().unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("service.toml", text);
    write("key.pem", &key());
    write("secret", "first\n");
    write("next", "second\n");
    write("client", "oauth-secret\n");
    folder
}

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let folder = folder(text);
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::load(&folder.path().join("service.toml"), &variables)
}

const LEAST: &str = r#"
[server]
public-url = "https://scrubin.acme.example/"
[github]
app-id = 7
private-key-file = "key.pem"
webhook-secret-files = ["secret"]
[store]
url = "sqlite:store.db"
[cache]
folder = "cache"
"#;

#[test]
fn the_least_configuration_has_the_usual_values() {
    let settings = load(LEAST, &[]).unwrap();
    assert_eq!(settings.public_url, "https://scrubin.acme.example");
    assert_eq!(settings.addresses.api, "https://api.github.com");
    assert_eq!(settings.work.drafts, Drafts::Light);
    assert_eq!(settings.retention.deliveries, 7 * DAY_MS);
    assert!(settings.oauth.is_none() && settings.record_key.is_none());
    assert_eq!(settings.secrets.len(), 1);
}

#[test]
fn variables_take_the_place_of_keys() {
    let settings = load(
        LEAST,
        &[
            ("SCRUBIN_SERVE_WORK_WORKERS", "4"),
            (
                "SCRUBIN_SERVE_GITHUB_API_URL",
                "https://ghe.acme.example/api/v3",
            ),
            ("SCRUBIN_SERVE_GITHUB_WEBHOOK_SECRET_FILES", "secret, next"),
            ("SCRUBIN_SERVE_WORK_REQUEST_CHANGES", "true"),
            ("OTHER", "x"),
        ],
    )
    .unwrap();
    assert_eq!(settings.work.workers, 4);
    assert_eq!(settings.addresses.server, "https://ghe.acme.example");
    assert_eq!(settings.secrets.len(), 2);
    assert!(settings.work.request_changes);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let message =
        |text: &str, variables: &[(&str, &str)]| load(text, variables).unwrap_err().to_string();
    let unknown = format!("{LEAST}\n[work]\nworker = 3\n");
    let said = message(&unknown, &[]);
    assert!(
        said.contains("worker") && said.contains("line 14"),
        "{said}"
    );
    let said = message(LEAST, &[("SCRUBIN_SERVE_WORK_SPEED", "9")]);
    assert!(said.contains("speed"), "{said}");
    assert_eq!(message("", &[]), "github.app-id is not set");
    let said = message(&LEAST.replace("\"secret\"", "\"nowhere\""), &[]);
    assert!(
        said.contains("nowhere") && said.contains("webhook-secret-files"),
        "{said}"
    );
    let said = message(&LEAST.replace("key.pem", "secret"), &[]);
    assert!(said.contains("no RSA key"), "{said}");
    let said = message(
        &LEAST.replace("sqlite:store.db", "mysql://root:top@h/d"),
        &[],
    );
    assert!(
        said.contains("store.url") && !said.contains("top"),
        "{said}"
    );
}

#[test]
fn a_debug_form_holds_no_secret() {
    let text = LEAST.replace(
        "app-id",
        "client-id = \"Iv1\"\nclient-secret-file = \"client\"\napp-id",
    );
    let shown = format!("{:?}", load(&text, &[]).unwrap());
    for secret in ["first", "oauth-secret", "PRIVATE KEY"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
