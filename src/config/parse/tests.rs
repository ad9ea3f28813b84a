#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use super::super::{CharSign, DataModel, FailOn, HookFailure, KEYS, Scope};
use super::*;
use crate::finding::{Precision, RepoPath, Severity};

const FULL: &str = r#"
rule-folders = ["rules"]

[check]
precision = "medium"
severity = "warning"
fail-on = "warning"
scope = "function"
only = ["C-LEN-014"]
disable = ["C-STR-001"]
jobs = 4

[rules."C-LEN-014"]
severity = "warning"
enabled = true
reason = "length checked by the bus driver"

[paths]
exclude = ["build/"]
vendor = ["third_party/**"]
test = ["tests/"]

[limits]
file-bytes = 2000000
depth = 500
parser-steps = 1000

[c]
data-model = "lp64"
char = "signed"

[c.macros]
empty = ["WEAK"]
identity = ["PACKED"]
loop = ["LIST_FOREACH"]
statement = ["ASSERT_LOCKED"]

[hook]
fail = "open"

[deviations]
file = "qa/deviations.toml"

[baseline]
file = "qa/baseline.json"
"#;

fn error(text: &str) -> String {
    Config::parse(text, "scrubin.toml").unwrap_err().to_string()
}

fn names() -> RuleNames {
    let mut names = RuleNames::default();
    for (id, slug, severity) in [
        ("C-LEN-014", "source-sized-copy", Severity::Error),
        ("C-STR-001", "banned-string-call", Severity::Warning),
    ] {
        names.insert(&RuleId::parse(id).unwrap(), severity, [slug, ""]);
    }
    names
}

#[test]
fn an_empty_text_is_the_default() {
    let config = Config::parse("", "scrubin.toml").unwrap();
    assert_eq!(config.check, Config::default().check);
    assert_eq!(config.check.fail_on, FailOn::Error);
    assert_eq!(config.c.data_model, DataModel::Ilp32);
    assert_eq!(config.hook.fail, HookFailure::Closed);
    assert_eq!(config.limits.file_bytes, 1 << 20);
    assert_eq!(config.deviations.file, "deviations.toml");
}

#[test]
fn every_key_arrives() {
    let config = Config::parse(FULL, "scrubin.toml").unwrap();
    assert_eq!(config.rule_folders, ["rules"]);
    assert_eq!(config.check.precision, Some(Precision::Medium));
    assert_eq!(config.check.severity, Severity::Warning);
    assert_eq!(config.check.fail_on, FailOn::Warning);
    assert_eq!(config.check.scope, Some(Scope::Function));
    assert_eq!(config.check.jobs.unwrap().get(), 4);
    assert!(
        config
            .paths
            .exclude
            .is_match(&RepoPath::from("build/gen/a.c"))
    );
    assert!(
        config
            .paths
            .vendor
            .is_match(&RepoPath::from("third_party/a/b.c"))
    );
    assert!(config.paths.test.is_match(&RepoPath::from("tests/a.c")));
    assert_eq!(config.limits.file_bytes, 2_000_000);
    assert_eq!(
        (config.limits.depth, config.limits.parser_steps),
        (500, 1000)
    );
    assert_eq!(config.c.data_model, DataModel::Lp64);
    assert_eq!(config.c.char, CharSign::Signed);
    assert_eq!(config.c.macros.empty, ["WEAK"]);
    assert_eq!(config.c.macros.identity, ["PACKED"]);
    assert_eq!(config.c.macros.loops, ["LIST_FOREACH"]);
    assert_eq!(config.c.macros.statement, ["ASSERT_LOCKED"]);
    assert_eq!(config.hook.fail, HookFailure::Open);
    assert_eq!(config.deviations.file, "qa/deviations.toml");
    assert_eq!(config.baseline.file, "qa/baseline.json");
    let rule = RuleId::parse("C-LEN-014").unwrap();
    assert_eq!(config.only_rules(&names()).unwrap(), [rule].into());
}

#[test]
fn an_unknown_key_names_its_place_and_the_nearest() {
    assert_eq!(
        error("[check]\n  presicion = \"high\"\n"),
        "scrubin.toml:2:3: unknown key `presicion` in [check]; did you mean `precision`?"
    );
    assert_eq!(
        error("colour = true"),
        "scrubin.toml:1:1: unknown key `colour` in the top level"
    );
    assert_eq!(
        error("[rules.\"C-LEN-014\"]\nseverty = \"info\""),
        "scrubin.toml:2:1: unknown key `severty` in [rules.RULE]; did you mean `severity`?"
    );
    assert_eq!(
        error("[c.macros]\nloops = []"),
        "scrubin.toml:2:1: unknown key `loops` in [c.macros]; did you mean `loop`?"
    );
}

#[test]
fn a_wrong_value_names_its_place() {
    let message = error("[check]\nprecision = \"hgh\"");
    assert!(message.starts_with("scrubin.toml:2:13: "), "{message}");
    assert!(
        message.contains("hgh") && message.contains("`high`"),
        "{message}"
    );
    let message = error("[check]\njobs = 0");
    assert!(message.starts_with("scrubin.toml:2:8: "), "{message}");
    let message = error("[paths]\nexclude = [\"ok\", \"src/[a\"]");
    assert!(
        message.starts_with("scrubin.toml:2:18: `src/[a` is no path"),
        "{message}"
    );
    let message = error("[check\n");
    assert!(message.starts_with("scrubin.toml:1:"), "{message}");
    let message = error("[deviations]\nfile = \"../x.toml\"");
    assert!(
        message.starts_with("scrubin.toml:2:8: `../x.toml`"),
        "{message}"
    );
    let message = error("[c.macros]\nempty = [\"A(x)\"]");
    assert!(message.starts_with("scrubin.toml:2:9: `A(x)`"), "{message}");
    assert!(error("check = 1").starts_with("scrubin.toml:1:9: "));
    assert!(error("rule-folders = [\"/etc\"]").contains("`/etc`"));
}

#[test]
fn the_table_of_a_rule_wins_over_the_list_of_disabled_ones() {
    let text = "[check]\ndisable = [\"C-STR-001\", \"source-sized-copy\"]\n\
                [rules.\"C-STR-001\"]\nenabled = true\n\
                [rules.\"C-LEN-014\"]\nseverity = \"error\"";
    let config = Config::parse(text, "scrubin.toml").unwrap();
    let named = config.named_rules(&names()).unwrap();
    assert!(named.enabled(&RuleId::parse("C-STR-001").unwrap()));
    assert!(!named.enabled(&RuleId::parse("C-LEN-014").unwrap()));
}

#[test]
fn an_unknown_rule_is_refused() {
    let config = Config::parse("[check]\ndisable = [\"C-LEN-041\"]", "scrubin.toml").unwrap();
    assert_eq!(
        config.named_rules(&names()).unwrap_err().to_string(),
        "scrubin.toml:2:12: unknown rule `C-LEN-041`; did you mean `C-LEN-014`?"
    );
    let config = Config::parse("[check]\nonly = [\"nope\"]", "scrubin.toml").unwrap();
    assert!(config.only_rules(&names()).is_err());
}

/// serde lists the fields of a struct when it meets an unknown one: compared with the keys we know.
#[test]
fn the_known_keys_are_those_the_structs_have() {
    let tables = [
        ("", "zzz = 1"),
        ("check.", "[check]\nzzz = 1"),
        ("rules.RULE.", "[rules.a]\nzzz = 1"),
        ("paths.", "[paths]\nzzz = 1"),
        ("limits.", "[limits]\nzzz = 1"),
        ("c.", "[c]\nzzz = 1"),
        ("c.macros.", "[c.macros]\nzzz = 1"),
        ("hook.", "[hook]\nzzz = 1"),
        ("deviations.", "[deviations]\nzzz = 1"),
        ("baseline.", "[baseline]\nzzz = 1"),
        ("training.", "[training]\nzzz = 1"),
        ("profile.", "[profile]\nzzz = 1"),
        ("profile.links.", "[profile.links]\nzzz = 1"),
        ("profile.software.", "[profile.software]\nzzz = 1"),
        ("profile.cia.ASSET.", "[profile.cia.phi]\nzzz = 1"),
        (
            "profile.answered.QUESTION.",
            "[profile.answered.links]\nzzz = 1",
        ),
    ];
    for (prefix, text) in tables {
        let message = toml::from_str::<Config>(text)
            .unwrap_err()
            .message()
            .to_owned();
        let list = message
            .split_once("expected ")
            .unwrap_or_else(|| panic!("{message}"))
            .1;
        let fields: BTreeSet<&str> = list.split('`').skip(1).step_by(2).collect();
        let known: BTreeSet<&str> = names_after(prefix).into_iter().collect();
        assert_eq!(fields, known, "{prefix}");
    }
    assert_eq!(KEYS.iter().collect::<BTreeSet<_>>().len(), KEYS.len());
}

#[test]
fn the_documentation_describes_exactly_the_accepted_keys() {
    let page = include_str!("../../../docs/configuration.md");
    let described: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .collect();
    assert_eq!(described, KEYS.into_iter().collect());
    let example = page
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    Config::parse(example, "docs/configuration.md").unwrap();
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_trouble() {
    let config = Config::parse("\u{feff}[check]\r\nscope = \"all\"\r\n", "scrubin.toml").unwrap();
    assert_eq!(config.check.scope, Some(Scope::All));
}

#[test]
fn words_and_values_go_both_ways() {
    for scope in Scope::ALL {
        assert_eq!(Scope::from_word(scope.as_str()), Some(scope));
        let text = format!("[check]\nscope = \"{}\"", scope.as_str());
        assert_eq!(Config::parse(&text, "f").unwrap().check.scope, Some(scope));
    }
    for value in FailOn::ALL {
        assert_eq!(FailOn::from_word(value.as_str()), Some(value));
        let text = format!("[check]\nfail-on = \"{}\"", value.as_str());
        assert_eq!(Config::parse(&text, "f").unwrap().check.fail_on, value);
    }
    assert!(FailOn::Warning.blocks(Severity::Warning) && !FailOn::Warning.blocks(Severity::Info));
    assert!(!FailOn::Never.blocks(Severity::Error) && !FailOn::Error.blocks(Severity::Warning));
}
