//! What deploy/ holds is what the program takes: every key, port, path, number and command that is named there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use scrubin::service::config::{Settings, SettingsError};
use serde_json::Value;

use crate::PlainTest;
use crate::process::{BINARY, get};
use crate::stage::{Database, Stage};

pub(crate) const TESTS: &[PlainTest] = &[
    ("the_configuration_to_copy_has_every_key", configuration),
    ("the_compose_file_fits", compose),
    ("the_manifest_fits", manifest),
    ("the_unit_fits", unit),
    ("rules_name_numbers_that_exist", rules),
    ("the_archive_has_all_of_it", archive),
];

/// How long the service may take to end; whoever stops it has to wait for longer.
const DRAIN_S: u64 = 25;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A folder with every secret, in which configurations of any place are tried.
struct Tried {
    folder: tempfile::TempDir,
}

/// Secrets by the names that the files give them, with what may stand in them.
const SECRETS: &[(&str, &[&str])] = &[
    ("key", &["private-key.pem", "private-key"]),
    ("webhook", &["webhook-secret"]),
    ("client", &["client-secret"]),
    ("record", &["record-key"]),
    ("database", &["database-url"]),
];

impl Tried {
    fn new() -> Self {
        let hub = fakehub::FakeHub::start();
        let pem = hub.add_app("scrubin").private_key_pem;
        let folder = tempfile::tempdir().unwrap();
        for (kind, names) in SECRETS {
            let content = match *kind {
                "key" => pem.clone(),
                "record" => crate::stage::record_key(),
                "database" => "postgres://scrubin@127.0.0.1/scrubin".to_owned(),
                _ => "a-secret-of-thirty-two-letters-at-least".to_owned(),
            };
            for name in *names {
                std::fs::write(folder.path().join(name), &content).unwrap();
            }
        }
        Self { folder }
    }

    /// A path of the place where it runs, as one of this folder.
    fn here(&self, path: &str) -> String {
        let name = Path::new(path).file_name().unwrap();
        self.folder.path().join(name).display().to_string()
    }

    /// Reads a configuration with variables as `scrubin serve` does; files of secrets are those of this folder.
    fn load(
        &self,
        configuration: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        let mut rest = String::new();
        for line in configuration.lines() {
            let is_secret = line.contains("-file = ") || line.contains("-files = ");
            match (is_secret && !line.starts_with('#'), line.split('"').nth(1)) {
                (true, Some(path)) => rest.push_str(&line.replace(path, &self.here(path))),
                _ => rest.push_str(line),
            }
            rest.push('\n');
        }
        let file = self.folder.path().join("service.toml");
        std::fs::write(&file, rest).unwrap();
        let variables = variables
            .iter()
            .map(|(name, value)| {
                let is_secret = name.ends_with("_FILE") || name.ends_with("_FILES");
                let value = match is_secret {
                    true => self.here(value),
                    false => value.clone(),
                };
                (name.clone(), value)
            })
            .collect();
        Settings::load(&file, &variables)
    }
}

/// The configuration to copy without the section of that name.
fn without(section: &str, text: &str) -> String {
    let mut is_in = false;
    let lines = text.lines().filter(|line| {
        if line.starts_with('[') {
            is_in = *line == format!("[{section}]");
        }
        !is_in
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn configuration() {
    let given = text("deploy/scrubin-service.toml");
    let tried = Tried::new();
    let none = BTreeMap::new();
    tried.load(&given, &none).unwrap();
    // Every default that is shown may be uncommented; of the two addresses of a database one at a time.
    let all: String = given
        .lines()
        .filter(|line| !line.starts_with("#url-file"))
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.contains(" = ") && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let whole = tried.load(&all, &none).unwrap();
    let plain = tried.load(&given, &none).unwrap();
    assert_eq!(whole.work, plain.work, "a default is another one");
    assert_eq!(
        (whole.cache.most_bytes, whole.cache.most_repository_kib),
        (plain.cache.most_bytes, plain.cache.most_repository_kib)
    );
    assert_eq!(
        (whole.retention.deliveries, whole.retention.reviews),
        (plain.retention.deliveries, plain.retention.reviews)
    );
    assert_eq!(whole.addresses, plain.addresses);
    // No key of the page is missing, and none is there that the page does not know.
    let page = text("docs/service.md");
    let documented: BTreeSet<String> = page
        .lines()
        .filter(|line| line.contains("<br>`SCRUBIN_SERVE_"))
        .map(|line| line.split('`').nth(1).unwrap().to_owned())
        .collect();
    assert!(documented.len() > 25, "{documented:?}");
    let mut section = "";
    let mut shown = BTreeSet::new();
    for line in given.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name;
        } else if let Some((key, _)) = line.trim_start_matches('#').split_once(" = ")
            && !line.starts_with("# ")
        {
            shown.insert(format!("{section}.{key}"));
        }
    }
    assert_eq!(shown, documented);
}

/// The words of a list.
fn words(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect()
}

/// The names of an object's members.
fn names(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Runs what a container would, with `--help` behind it: whether the program knows the command.
fn knows(arguments: &[&str]) {
    let done = Command::new(BINARY)
        .args(arguments)
        .arg("--help")
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {done:?}");
}

/// `30s` → 30.
fn seconds(text: &str) -> u64 {
    text.strip_suffix('s').unwrap().parse().unwrap()
}

fn compose() {
    let file = yaml(&text("deploy/compose.yaml"));
    let tried = Tried::new();
    let image = text("Dockerfile");
    let given = without("store", &text("deploy/scrubin-service.toml"));
    let given = given.replace("#client-id", "client-id");
    let mut ours = 0;
    for (name, service) in file["services"].as_object().unwrap() {
        for secret in words(&service["secrets"]) {
            assert!(names(&file["secrets"]).contains(secret), "{name}: {secret}");
        }
        let mounts: Vec<(&str, &str)> = words(&service["volumes"])
            .into_iter()
            .map(|mount| mount.split_once(':').unwrap())
            .collect();
        for (volume, _) in &mounts {
            assert!(names(&file["volumes"]).contains(volume), "{name}: {volume}");
        }
        for network in service["networks"].as_array().into_iter().flatten() {
            let network = network.as_str().unwrap();
            assert!(network == "default" || names(&file["networks"]).contains(network));
        }
        for other in service["depends_on"].as_object().into_iter().flatten() {
            let healthy = &file["services"][other.0]["healthcheck"]["test"];
            assert!(healthy.is_array(), "{name} waits for {}", other.0);
        }
        if !service["image"].as_str().unwrap().contains("/scrubin") {
            continue;
        }
        ours += 1;
        knows(&words(&service["command"]));
        let check = words(&service["healthcheck"]["test"]);
        assert_eq!(&check[..2], ["CMD", "/usr/bin/scrubin"]);
        assert!(image.contains("COPY scrubin /usr/bin/scrubin"));
        knows(&check[2..]);
        assert!(seconds(service["stop_grace_period"].as_str().unwrap()) > DRAIN_S);
        let variables: BTreeMap<String, String> = service["environment"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        // Where the file is put is where it is looked for, and where the image looks as well.
        let target = service["configs"][0]["target"].as_str().unwrap();
        assert_eq!(variables["SCRUBIN_SERVE_CONFIG"], target);
        assert!(image.contains(&format!("SCRUBIN_SERVE_CONFIG={target}")));
        for value in variables
            .values()
            .filter_map(|one| one.strip_prefix("/run/secrets/"))
        {
            assert!(
                words(&service["secrets"]).contains(&value),
                "{name}: {value}"
            );
        }
        let settings = tried.load(&given, &variables).unwrap();
        assert!(settings.oauth.is_some() && settings.record_key.is_some());
        let published = words(&service["ports"]);
        for listening in [Some(settings.listen), settings.metrics]
            .into_iter()
            .flatten()
        {
            let port = listening.strip_prefix("0.0.0.0:").unwrap();
            // To this machine alone: TLS ends in front of it.
            let wanted = format!("127.0.0.1:{port}:{port}");
            assert!(published.contains(&wanted.as_str()), "{name}: {wanted}");
            assert!(image.contains(port));
        }
        let is_kept = |path: &Path| mounts.iter().any(|(_, at)| path.starts_with(at));
        assert!(
            is_kept(&settings.cache.folder),
            "{name}: the cache is not kept"
        );
        // A volume itself belongs to root.
        assert!(
            mounts
                .iter()
                .all(|(_, at)| Path::new(at) != settings.cache.folder)
        );
        if let Some(database) = settings.store.file() {
            assert!(is_kept(database), "{name}: the database is not kept");
        }
        assert_eq!(service["read_only"], true);
        assert_eq!(words(&service["cap_drop"]), ["ALL"]);
        assert_eq!(service["user"], Value::Null, "the image says it");
        assert!(image.contains("USER nonroot"));
    }
    assert_eq!(ours, 2);
}

fn manifest() {
    let all = text("deploy/kubernetes.yaml");
    let documents: Vec<Value> = all.split("\n---\n").map(yaml).collect();
    let of = |kind: &str| {
        let found = documents.iter().find(|one| one["kind"] == kind);
        found.unwrap_or_else(|| panic!("no {kind}"))
    };
    let namespace = &of("Namespace")["metadata"]["name"];
    for one in documents.iter().filter(|one| one["kind"] != "Namespace") {
        assert_eq!(&one["metadata"]["namespace"], namespace, "{one}");
    }
    let deployment = &of("Deployment")["spec"];
    let pod = &deployment["template"]["spec"];
    let container = &pod["containers"][0];
    let labels = &deployment["template"]["metadata"]["labels"];
    for selector in [
        &deployment["selector"]["matchLabels"],
        &of("Service")["spec"]["selector"],
        &of("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        &of("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        &pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
    assert_eq!(
        pod["serviceAccountName"],
        of("ServiceAccount")["metadata"]["name"]
    );
    let wait = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(wait > DRAIN_S);
    // Two replicas: each with rights of nobody, as the image's user.
    assert_eq!(pod["securityContext"]["runAsUser"], 65_532);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    let arguments = words(&container["args"]);
    knows(&arguments);
    let configured = arguments
        .iter()
        .position(|word| *word == "--config")
        .unwrap();
    // Every mount has its volume, and every volume what it shows.
    let mounts = container["volumeMounts"].as_array().unwrap();
    let volumes: BTreeMap<&str, &Value> = pod["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one))
        .collect();
    let (map, secret) = (&of("ConfigMap")["data"], &of("Secret")["stringData"]);
    let mut paths = BTreeMap::new();
    for mount in mounts {
        let volume = volumes[mount["name"].as_str().unwrap()];
        let path = mount["mountPath"].as_str().unwrap();
        if let Some(key) = mount["subPath"].as_str() {
            assert_eq!(
                volume["configMap"]["name"],
                of("ConfigMap")["metadata"]["name"]
            );
            assert!(names(map).contains(key), "{key}");
            assert_eq!(Path::new(path).file_name().unwrap(), key);
        }
        paths.insert(path, volume);
    }
    assert!(paths.contains_key(arguments[configured + 1]));
    // The configuration itself, with the secrets it names.
    let given = map["service.toml"].as_str().unwrap();
    let settings = Tried::new().load(given, &BTreeMap::new()).unwrap();
    let secrets = "/etc/scrubin/secrets/";
    assert_eq!(
        paths[secrets.trim_end_matches('/')]["secret"]["secretName"],
        of("Secret")["metadata"]["name"]
    );
    let named: BTreeSet<&str> = given
        .split('"')
        .filter_map(|word| word.strip_prefix(secrets))
        .collect();
    assert_eq!(named, names(secret));
    let is_kept = paths.iter().any(|(at, volume)| {
        settings.cache.folder.starts_with(at)
            && settings.cache.folder != Path::new(at)
            && volume["emptyDir"].is_object()
    });
    assert!(is_kept, "{:?}", settings.cache.folder);
    let address = secret["database-url"].as_str().unwrap();
    let authority = address.split("sslrootcert=").nth(1).unwrap();
    assert!(paths.contains_key(authority), "{authority}");
    // Ports: listened to, opened, asked, let through.
    let ports: BTreeMap<&str, u64> = container["ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["containerPort"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(settings.listen, format!("0.0.0.0:{}", ports["http"]));
    assert_eq!(
        settings.metrics.unwrap(),
        format!("0.0.0.0:{}", ports["metrics"])
    );
    assert_eq!(of("Service")["spec"]["ports"][0]["targetPort"], "http");
    let scraped = &deployment["template"]["metadata"]["annotations"]["prometheus.io/port"];
    assert_eq!(scraped.as_str().unwrap(), ports["metrics"].to_string());
    let policy = of("NetworkPolicy")["spec"]["ingress"].as_array().unwrap();
    let let_in: BTreeSet<u64> = policy
        .iter()
        .flat_map(|rule| rule["ports"].as_array().unwrap())
        .map(|port| port["port"].as_u64().unwrap())
        .collect();
    assert_eq!(let_in, ports.values().copied().collect());
    let stage = Stage::new(&Database::sqlite());
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        let asked = &container[probe]["httpGet"];
        assert!(ports.contains_key(asked["port"].as_str().unwrap()));
        let answer = get(&stage.numbers(), asked["path"].as_str().unwrap());
        assert!(answer.starts_with("HTTP/1.1 200 "), "{probe}: {answer}");
    }
}

fn unit() {
    let given = text("deploy/scrubin.service");
    let folder = tempfile::tempdir().unwrap();
    let of = |key: &str| -> Vec<&str> {
        given
            .lines()
            // What may be uncommented has to fit as well.
            .filter_map(|line| {
                line.trim_start_matches('#')
                    .strip_prefix(key)?
                    .strip_prefix('=')
            })
            .collect()
    };
    let credentials: BTreeMap<&str, &str> = of("LoadCredential")
        .into_iter()
        .map(|one| one.split_once(':').unwrap())
        .collect();
    let mut variables = BTreeMap::new();
    for one in of("Environment") {
        let (name, value) = one.split_once('=').unwrap();
        if let Some(credential) = value.strip_prefix("%d/") {
            assert!(credentials.contains_key(credential), "{one}");
        }
        variables.insert(name.to_owned(), value.to_owned());
    }
    assert_eq!(
        variables["SCRUBIN_SERVE_CONFIG"],
        "/etc/scrubin/service.toml"
    );
    let configuration = text("deploy/scrubin-service.toml");
    let plain = configuration.replace("#client-id", "client-id");
    // As copied with the database in a file, and with its address as a secret.
    let tried = Tried::new();
    let mut of_sqlite = variables.clone();
    of_sqlite.remove("SCRUBIN_SERVE_STORE_URL_FILE").unwrap();
    let settings = tried.load(&plain, &of_sqlite).unwrap();
    tried.load(&without("store", &plain), &variables).unwrap();
    // Where it may write.
    for (path, key, parent) in [
        (settings.store.file().unwrap(), "StateDirectory", "/var/lib"),
        (
            settings.cache.folder.as_path(),
            "CacheDirectory",
            "/var/cache",
        ),
    ] {
        assert!(
            path.starts_with(Path::new(parent).join(of(key)[0])),
            "{path:?}"
        );
    }
    let start = of("ExecStart")[0];
    let arguments: Vec<&str> = start.split(' ').skip(1).collect();
    knows(&arguments);
    assert!(of("TimeoutStopSec")[0].parse::<u64>().unwrap() > DRAIN_S);
    // systemd's own opinion, where it is there.
    let here = given.replace(start.split(' ').next().unwrap(), BINARY);
    let file = folder.path().join("scrubin.service");
    std::fs::write(&file, here).unwrap();
    let Ok(done) = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(&file)
        .output()
    else {
        return;
    };
    let said = String::from_utf8_lossy(&done.stderr);
    // Units of the machine itself are none of ours.
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("scrubin.service"))
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
}

fn rules() {
    let file = yaml(&text("deploy/prometheus-rules.yaml"));
    let stage = Stage::new(&Database::sqlite());
    // One of each, so that all are shown.
    let metrics = &stage.service.metrics;
    metrics.webhook("x");
    metrics.review("x");
    metrics.finding("x");
    metrics.failure("x");
    metrics.job("done", std::time::Duration::ZERO);
    metrics.began(std::time::Duration::ZERO);
    let page = get(&stage.numbers(), "/metrics");
    assert!(page.contains("# EOF"), "{page}");
    assert!(
        page.contains("scrubin_database_up 1"),
        "the database does not answer: {:?}",
        stage.wait(stage.service.store.depth())
    );
    let known: BTreeSet<&str> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split([' ', '{']).next())
        .collect();
    let documented = text("docs/service.md");
    let mut alarms = BTreeSet::new();
    for group in file["groups"].as_array().unwrap() {
        for rule in group["rules"].as_array().unwrap() {
            let name = rule["alert"].as_str().unwrap();
            assert!(alarms.insert(name), "{name} is there twice");
            let query = rule["expr"].as_str().unwrap();
            for number in numbers(query) {
                assert!(
                    known.contains(number),
                    "{name}: {number} is not in /metrics"
                );
            }
            for part in query.split("outcome=\"").skip(1) {
                let outcome = part.split('"').next().unwrap();
                assert!(
                    documented.contains(&format!("`{outcome}`")),
                    "{name}: no outcome is called {outcome}"
                );
            }
            for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
                let count = |letter| query.matches(letter).count();
                assert_eq!(count(open), count(close), "{name}: {query}");
            }
            assert!(["page", "ticket"].contains(&rule["labels"]["severity"].as_str().unwrap()));
            assert!(rule["annotations"]["summary"].is_string(), "{name}");
        }
    }
    assert!(alarms.len() >= 10, "{alarms:?}");
    // Where promtool is, it has the last word.
    let done = Command::new("promtool")
        .args(["check", "rules"])
        .arg(root().join("deploy/prometheus-rules.yaml"))
        .output();
    if let Ok(done) = done {
        assert!(done.status.success(), "{done:?}");
    }
}

/// The names of our numbers in a query.
fn numbers(query: &str) -> Vec<&str> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    query
        .split(|letter| !is_name(letter))
        .filter(|word| word.starts_with("scrubin_"))
        .collect()
}

fn archive() {
    let folder = tempfile::tempdir().unwrap();
    // A small one: packing the real one takes a minute.
    let binary = folder.path().join("scrubin");
    std::fs::write(&binary, "the program").unwrap();
    let done = Command::new("sh")
        .args([".ci/release", "pack"])
        .arg(&binary)
        .arg("x86_64-unknown-linux-musl")
        .arg(folder.path().join("made"))
        .current_dir(root())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let made: Vec<PathBuf> = std::fs::read_dir(folder.path().join("made"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(made.len(), 1, "{made:?}");
    let listed = Command::new("tar")
        .arg("-tzf")
        .arg(&made[0])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for entry in std::fs::read_dir(root().join("deploy")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            listed.contains(&format!("/deploy/{name}\n")),
            "{name}: {listed}"
        );
    }
    assert!(listed.contains("/scrubin\n") && listed.contains("/README.md\n"));
}
