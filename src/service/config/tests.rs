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
            // Names the file: `--config` reads it, and it is no key.
            ("SCRUBIN_SERVE_CONFIG", "/etc/scrubin/service.toml"),
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

/// The page about the service, and the file to copy.
const PAGE: &str = include_str!("../../../docs/service.md");
const SAMPLE: &str = include_str!("../../../deploy/scrubin-service.toml");

/// What the parser expects where it finds a name it does not know: every name there is.
fn expected(text: &str) -> Vec<String> {
    let said = toml::from_str::<File>(text).unwrap_err().to_string();
    let (_, names) = said.split_once("expected").unwrap();
    names
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Every key, as `section.key`, sorted.
fn keys() -> Vec<String> {
    let mut keys = Vec::new();
    for section in expected("x = 1") {
        let names = expected(&format!("[{section}]\nx = 1"));
        keys.extend(names.iter().map(|name| format!("{section}.{name}")));
    }
    keys.sort();
    assert!(keys.len() > 20, "is the list read right? {keys:?}");
    keys
}

/// Key, variable and default (`None` = there is none) of each row of the page's table.
fn rows() -> Vec<(&'static str, &'static str, Option<&'static str>)> {
    let (_, page) = PAGE.split_once("\n## Configuration\n").unwrap();
    let (page, _) = page.split_once("\n## ").unwrap();
    let code = |cell: &'static str, at: usize| cell.split('`').nth(at);
    page.lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            let [names, usual, ..] = cells[..] else {
                panic!("{line}");
            };
            (
                code(names, 1).unwrap(),
                code(names, 3).unwrap(),
                code(usual, 1),
            )
        })
        .collect()
}

/// The file to copy with every key in use: `#key = value` is one with its default, `# ` a sentence.
fn sample() -> String {
    let is_key =
        |rest: &&str| rest.starts_with(|first: char| first == '[' || first.is_ascii_lowercase());
    SAMPLE
        .lines()
        .map(|line| line.strip_prefix('#').filter(is_key).unwrap_or(line))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn the_page_has_a_row_for_every_key_and_for_no_other() {
    let mut told: Vec<String> = rows().iter().map(|(key, ..)| (*key).to_owned()).collect();
    told.sort();
    assert_eq!(
        told,
        keys(),
        "docs/service.md against src/service/config.rs"
    );
    for (key, variable, _) in rows() {
        let wanted = key.to_uppercase().replace(['.', '-'], "_");
        assert_eq!(variable, format!("{PREFIX}{wanted}"));
    }
}

#[test]
fn the_file_to_copy_has_every_key_with_the_default_of_the_page() {
    let table: Table = sample().parse().unwrap();
    let mut stated = Vec::new();
    for (section, part) in &table {
        let part = part.as_table().unwrap();
        stated.extend(part.keys().map(|key| format!("{section}.{key}")));
    }
    stated.sort();
    assert_eq!(
        stated,
        keys(),
        "deploy/scrubin-service.toml against src/service/config.rs"
    );
    for (key, _, usual) in rows() {
        let Some(usual) = usual else {
            continue;
        };
        let (section, name) = key.split_once('.').unwrap();
        let value = match &table[section][name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(value, usual, "{key} in the file and on the page");
    }
}

#[test]
fn the_defaults_of_the_file_to_copy_are_those_of_the_program() {
    let parts: File = toml::from_str(&sample()).unwrap();
    let usual = load(LEAST, &[]).unwrap();
    assert_eq!(parts.server.listen.as_deref(), Some(usual.listen.as_str()));
    assert_eq!(work(&parts.work).unwrap(), usual.work);
    assert_eq!(parts.cache.max_mib.unwrap() << 20, usual.cache.most_bytes);
    assert_eq!(
        parts.cache.max_repository_mib.unwrap() << 10,
        usual.cache.most_repository_kib
    );
    let kept = Retention {
        deliveries: days(parts.retention.deliveries_days, 0),
        reviews: days(parts.retention.reviews_days, 0),
    };
    assert_eq!(kept, usual.retention);
    let github = parts.github;
    assert_eq!(
        addresses(github.api_url, github.graphql_url, github.server_url),
        usual.addresses
    );
}

#[test]
fn what_is_there_to_copy_uses_keys_that_exist() {
    let kubernetes = include_str!("../../../deploy/kubernetes.yaml");
    let known: Vec<&str> = rows().iter().map(|(_, variable, _)| *variable).collect();
    let mut used = 0;
    for text in [
        kubernetes,
        include_str!("../../../deploy/compose.yaml"),
        include_str!("../../../deploy/scrubin.service"),
        include_str!("../../../Dockerfile"),
    ] {
        let words = text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        for word in words.filter(|word| word.starts_with(PREFIX)) {
            let names_the_file = word.strip_prefix(PREFIX) == Some("CONFIG");
            assert!(names_the_file || known.contains(&word), "{word}");
            used += 1;
        }
    }
    assert!(used > 10, "only {used} variables: is the scan right?");
    let (_, block) = kubernetes.split_once("service.toml: |\n").unwrap();
    let block: String = block
        .lines()
        .take_while(|line| line.starts_with("    "))
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let parts: File = toml::from_str(&block).unwrap();
    assert!(parts.store.url_file.is_some() && parts.cache.folder.is_some());
}
