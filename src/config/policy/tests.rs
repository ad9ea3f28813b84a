#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use super::*;
use crate::config::{changes, profile};
use crate::finding::RuleStatus;

/// Code, own severity and precision of a few rules.
const RULES: [(&str, Severity, Precision); 12] = [
    ("C-LEN-005", Severity::Warning, Precision::High),
    ("C-LEN-014", Severity::Error, Precision::High),
    ("C-MEM-012", Severity::Warning, Precision::High),
    ("C-RET-003", Severity::Error, Precision::Medium),
    ("C-RET-005", Severity::Warning, Precision::Medium),
    ("C-RET-008", Severity::Warning, Precision::High),
    ("C-SEC-001", Severity::Error, Precision::Medium),
    ("C-WDG-003", Severity::Warning, Precision::Medium),
    ("R-DEP-002", Severity::Warning, Precision::High),
    ("R-LEN-006", Severity::Error, Precision::High),
    ("R-PAN-012", Severity::Warning, Precision::Low),
    ("X-DEP-001", Severity::Warning, Precision::High),
];

fn id(code: &str) -> RuleId {
    RuleId::parse(code).unwrap()
}

fn known() -> (RuleNames, Vec<RuleFacts>) {
    let mut names = RuleNames::default();
    let facts = RULES.map(|(code, severity, precision)| {
        names.insert(&id(code), severity, []);
        RuleFacts {
            id: id(code),
            slug: String::new(),
            severity,
            precision,
            status: RuleStatus::Stable,
        }
    });
    (names, facts.to_vec())
}

fn policy_of(root: &str, nested: &[(&str, &str)]) -> Result<Policy, ConfigError> {
    let (names, facts) = known();
    let root = Config::parse(root, "scrubin.toml")?;
    let nested = nested
        .iter()
        .map(|(path, text)| {
            let path = RepoPath::from(*path);
            Ok((path.clone(), Config::parse_nested(text, &path)?))
        })
        .collect::<Result<Vec<_>, ConfigError>>()?;
    Policy::new(&root, &nested, &names, &facts, PolicyOptions::default())
}

fn policy(root: &str) -> Policy {
    policy_of(root, &[]).unwrap()
}

fn refused(root: &str) -> String {
    policy_of(root, &[]).unwrap_err().to_string()
}

/// The severity of a rule for a file.
fn at(policy: &Policy, path: &str, code: &str) -> Option<Severity> {
    let (_, facts) = known();
    let rule = facts.iter().find(|rule| rule.id == id(code)).unwrap();
    policy.explain(Some(&RepoPath::from(path)), rule).severity
}

/// Nothing to protect, no way in, all software of class A.
const QUIET: &str = "[profile]\nassets = []\nphysical-attacker = false\nfield-update = false\n\
    [profile.software.classes]\n\"**\" = \"A\"\n[profile.links]\nble = false\nwifi = false\n\
    lan = false\nusb = false\nmedia = false\nuart = false\nremote = false\ncloud = false\n\
    jtag = false\n";

#[test]
fn the_level_has_a_reason() {
    let sentence = |text: &str| policy(text).level().unwrap().sentence();
    assert_eq!(
        sentence(QUIET),
        "The level is baseline because nothing in the profile asks for more: no way in, all \
         software of class A."
    );
    assert_eq!(
        sentence(&QUIET.replace("usb = false", "usb = true")),
        "The level is moderate because the device can be reached from outside (`usb`)."
    );
    assert_eq!(
        sentence(&QUIET.replace("\"A\"", "\"B\"")),
        "The level is moderate because some software is of safety class B."
    );
    assert_eq!(
        sentence(&QUIET.replace("\"A\"", "\"C\"")),
        "The level is high because some software is of safety class C."
    );
    let phi = QUIET.replace("assets = []", "assets = [\"phi\"]");
    assert!(sentence(&phi).starts_with("The level is baseline"));
    assert_eq!(
        sentence(&phi.replace("cloud = false", "cloud = true")),
        "The level is high because the device holds data of patients and uses a cloud."
    );
    let therapy = QUIET.replace("assets = []", "assets = [\"therapy\"]");
    assert_eq!(
        sentence(&therapy),
        "The level is high because a change of the therapy or an alarm would do severe harm \
         (nobody answered, which counts as yes)."
    );
    let mild = format!("{therapy}[profile.cia.therapy]\nintegrity = \"moderate\"\n");
    assert!(sentence(&mild).starts_with("The level is baseline"));
    // Nobody answered anything.
    assert!(sentence("[profile]\n").starts_with("The level is high"));
    assert!(policy("").level().is_none());
}

#[test]
fn the_level_is_raised_freely_and_lowered_with_a_reason() {
    let with = |line: &str| QUIET.replace("[profile]\n", &format!("[profile]\n{line}\n"));
    let raised = policy(&with("level = \"high\""));
    assert_eq!(at(&raised, "a.c", "C-RET-008"), Some(Severity::Error));
    assert!(raised.lowered().is_empty());
    let lowering = with("level = \"baseline\"").replace("usb = false", "usb = true");
    assert_eq!(
        refused(&lowering),
        "scrubin.toml:2:9: the level is lowered from moderate (the device can be reached from \
         outside (`usb`)) to baseline without a reason: add `level-reason = \"...\"`"
    );
    let reasoned = lowering.replace(
        "level = \"baseline\"",
        "level = \"baseline\"\nlevel-reason = \"charging alone\"",
    );
    let lowered = policy(&reasoned).lowered();
    assert_eq!(lowered.len(), 1);
    assert_eq!((lowered[0].from, lowered[0].to), ("moderate", "baseline"));
    assert_eq!(lowered[0].reason, "charging alone");
}

#[test]
fn facts_raise_rules_and_nothing_else() {
    let quiet = policy(QUIET);
    for (code, own, _) in RULES {
        let expected = if code == "C-MEM-012" {
            Severity::Info
        } else {
            own
        };
        assert_eq!(at(&quiet, "a.c", code), Some(expected), "{code}");
    }
    let radio = policy(&QUIET.replace("ble = false", "ble = true"));
    assert_eq!(at(&radio, "a.c", "C-LEN-005"), Some(Severity::Error));
    assert_eq!(at(&radio, "a.c", "C-WDG-003"), Some(Severity::Error));
    assert_eq!(at(&radio, "a.c", "C-RET-008"), Some(Severity::Warning));
    let class_c = policy(&QUIET.replace("\"A\"", "\"C\""));
    assert_eq!(at(&class_c, "a.c", "C-MEM-012"), Some(Severity::Error));
    assert_eq!(at(&class_c, "a.c", "C-RET-005"), Some(Severity::Error));
    // An area does not take in what is right less often than not.
    assert_eq!(
        at(&policy("[profile]"), "a.c", "R-PAN-012"),
        Some(Severity::Warning)
    );
}

#[test]
fn precision_that_is_shown_follows_the_level() {
    let shows = |text: &str, code: &str| {
        let (_, facts) = known();
        let rule = facts.iter().find(|rule| rule.id == id(code)).unwrap();
        policy(text).explain(None, rule).is_shown
    };
    assert!(!shows(QUIET, "C-RET-003"));
    let moderate = QUIET.replace("lan = false", "lan = true");
    assert!(shows(&moderate, "C-RET-003"));
    assert!(!shows(&moderate, "C-RET-005"));
    assert!(shows("[profile]", "C-RET-005"));
    assert!(!shows("[profile]", "R-PAN-012"));
}

#[test]
fn the_own_severity_wins_with_a_reason() {
    let table = "[rules.\"C-LEN-005\"]\nseverity = \"warning\"\n";
    let radio = QUIET.replace("ble = false", "ble = true");
    assert_eq!(
        refused(&format!("{table}{radio}")),
        "scrubin.toml:1:8: `C-LEN-005` is lowered from error (the profile: BLE or another radio) \
         to warning without a reason: add `reason = \"...\"`"
    );
    // Without the fact it is the rule's own.
    policy(&format!("{table}{QUIET}"));
    let reasoned = format!("{table}reason = \"no parser here\"\n{radio}");
    let policy = policy(&reasoned);
    assert_eq!(at(&policy, "a.c", "C-LEN-005"), Some(Severity::Warning));
    let expected = Lowered {
        rule: "C-LEN-005".to_owned(),
        folder: String::new(),
        from: "error",
        to: "warning",
        reason: "no parser here".to_owned(),
    };
    assert_eq!(policy.lowered(), [expected]);
    let blank = "[rules.\"C-LEN-014\"]\nseverity = \"info\"\nreason = \" \"\n";
    assert!(refused(blank).contains("`C-LEN-014` is lowered from error to info"));
    let raising = "[rules.\"C-LEN-005\"]\nseverity = \"error\"\n";
    assert!(super::tests::policy(raising).lowered().is_empty());
}

#[test]
fn what_the_profile_raises_is_not_turned_off_in_silence() {
    let radio = QUIET.replace("ble = false", "ble = true");
    let list = "[check]\ndisable = [\"C-LEN-005\"]\n";
    assert_eq!(
        refused(&format!("{list}{radio}")),
        "scrubin.toml:2:12: `C-LEN-005` is turned off without a reason (the profile: BLE or \
         another radio): write `rules.\"C-LEN-005\".enabled = false` with a `reason`"
    );
    // What nothing asks for more of than it is by itself may go, and is listed.
    let lowered = policy(&format!("{list}{QUIET}")).lowered();
    assert_eq!((lowered[0].from, lowered[0].to), ("warning", "off"));
    assert!(policy(list).lowered().is_empty());
    let reasoned =
        format!("[rules.\"C-LEN-005\"]\nenabled = false\nreason = \"no parser\"\n{radio}");
    assert_eq!(policy(&reasoned).lowered()[0].reason, "no parser");
}

#[test]
fn folders_have_classes_and_kinds() {
    let text = QUIET.replace(
        "\"**\" = \"A\"",
        "\"ui/\" = \"A\"\n\"pump/**\" = \"B\"\n\"pump/dose/\" = \"C\"",
    ) + "[profile.software]\nsoup = [\"pump/lwip/\"]\ntest = [\"tests/\"]\nfactory = [\"eol/\"]\n";
    let policy = policy(&text);
    let class = |path: &str| at(&policy, path, "C-MEM-012");
    assert_eq!(class("ui/a.c"), Some(Severity::Info));
    assert_eq!(class("pump/a.c"), Some(Severity::Warning));
    assert_eq!(class("pump/dose/a.c"), Some(Severity::Error));
    assert_eq!(class("other/a.c"), Some(Severity::Error));
    let ruling = |path: &str| policy.ruling(&RepoPath::from(path)).unwrap();
    let soup = ruling("pump/lwip/tcp.c");
    assert!(soup.is_for_soup_list(&id("C-LEN-014")));
    assert!(!soup.is_for_soup_list(&id("C-SEC-001")) && !soup.is_for_soup_list(&id("X-DEP-001")));
    assert!(!soup.is_for_soup_list(&id("R-DEP-002")) && !soup.is_for_soup_list(&id("X-DEV-001")));
    for path in ["tests/a.c", "eol/a.c"] {
        assert!(ruling(path).is_silent(&id("C-LEN-014")), "{path}");
        assert!(!ruling(path).is_silent(&id("C-SEC-001")), "{path}");
    }
    assert!(!ruling("pump/a.c").is_silent(&id("C-LEN-014")));
    assert_eq!(at(&policy, "tests/a.c", "C-LEN-014"), None);
}

#[test]
fn the_nearest_file_wins_key_by_key() {
    let root = "[check]\nfail-on = \"warning\"\ndisable = [\"C-RET-008\"]\n\
                [rules.\"C-LEN-014\"]\nseverity = \"warning\"\nreason = \"bus driver\"\n\
                [paths]\nexclude = [\"build/\"]\ntest = [\"tests/\"]\n";
    let app = "[check]\ndisable = []\n[paths]\ntest = [\"rig/\"]\n";
    let deep = "[rules.\"C-LEN-014\"]\nseverity = \"error\"\n";
    let policy = policy_of(
        root,
        &[("app/deep/scrubin.toml", deep), ("app/scrubin.toml", app)],
    )
    .unwrap();
    assert_eq!(at(&policy, "a.c", "C-RET-008"), None);
    assert_eq!(at(&policy, "app/a.c", "C-RET-008"), Some(Severity::Warning));
    assert_eq!(
        at(&policy, "app/deep/a.c", "C-RET-008"),
        Some(Severity::Warning)
    );
    assert_eq!(at(&policy, "apple/a.c", "C-RET-008"), None);
    assert_eq!(at(&policy, "app/a.c", "C-LEN-014"), Some(Severity::Warning));
    assert_eq!(
        at(&policy, "app/deep/a.c", "C-LEN-014"),
        Some(Severity::Error)
    );
    let ruling = |path: &str| policy.ruling(&RepoPath::from(path)).unwrap();
    assert_eq!(ruling("app/a.c").terms.fail_on, Some(FailOn::Warning));
    assert!(ruling("tests/a.c").is_test() && !ruling("app/tests/a.c").is_test());
    assert!(ruling("app/x/rig/a.c").is_test() && !ruling("rig/a.c").is_test());
    // What is not stated below holds there too.
    assert!(policy.is_excluded(&RepoPath::from("app/build/a.c")));
    assert!(policy.runs(&id("C-RET-008")));
    // The lowering above is told once.
    assert_eq!(policy.lowered().len(), 1);
}

#[test]
fn what_holds_for_all_is_refused_below() {
    let error = policy_of("", &[("app/scrubin.toml", "[check]\n\njobs = 2\n")])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "app/scrubin.toml:3:8: `check.jobs` holds for the whole repository; state it in the \
         scrubin.toml at the root"
    );
    for text in [
        "rule-folders = [\"r\"]",
        "[limits]\ndepth = 3",
        "[hook]\nfail = \"open\"",
        "[baseline]\nfile = \"b.json\"",
        "[deviations]\nself = \"allow\"",
        "[c.macros]\nempty = [\"A\"]",
        "[check]\nscope = \"all\"",
    ] {
        let refused = policy_of("", &[("app/scrubin.toml", text)]);
        assert!(refused.is_err(), "{text}");
    }
    let error = policy_of("", &[("app/scrubin.toml", "[rules.x]\nenabled = false")]);
    assert!(
        error
            .unwrap_err()
            .to_string()
            .starts_with("app/scrubin.toml:1:8: unknown rule")
    );
}

#[test]
fn a_profile_of_a_folder_completes_the_one_above() {
    let nested = "[profile.links]\nble = true\n[profile.software]\nsoup = [\"lwip/\"]\n";
    let policy = policy_of(QUIET, &[("app/scrubin.toml", nested)]).unwrap();
    assert_eq!(at(&policy, "a.c", "C-LEN-005"), Some(Severity::Warning));
    assert_eq!(at(&policy, "app/a.c", "C-LEN-005"), Some(Severity::Error));
    assert_eq!(at(&policy, "app/a.c", "C-MEM-012"), Some(Severity::Info));
    let kind = |path: &str| policy.ruling(&RepoPath::from(path)).unwrap().kind;
    assert_eq!(kind("app/third/lwip/a.c"), Kind::Soup);
    assert_eq!(kind("lwip/a.c"), Kind::Device);
}

#[test]
fn a_change_of_the_configuration_is_told() {
    let (_, facts) = known();
    let told = |before: &str, after: &str| changes(&policy(before), &policy(after), &facts);
    assert!(told(QUIET, QUIET).is_empty());
    let radio = QUIET.replace("ble = false", "ble = true");
    let up = told(QUIET, &radio);
    assert!(!up.lowers());
    let switch = up
        .rules
        .iter()
        .find(|one| one.rule == id("C-LEN-005"))
        .unwrap();
    assert_eq!(
        (switch.from, switch.to),
        (Some(Severity::Warning), Some(Severity::Error))
    );
    assert_eq!(
        up.others,
        [("level: baseline to moderate".to_owned(), false)]
    );
    let down = told(&radio, QUIET);
    assert!(down.lowers() && down.rules.iter().all(profile::Switch::is_lowered));
    let gone = told(&radio, "");
    assert!(
        gone.others
            .contains(&("level: moderate to none".to_owned(), true))
    );
    let off = told("", "[check]\ndisable = [\"C-LEN-014\"]\n");
    assert_eq!((off.rules.len(), off.rules[0].to), (1, None));
    assert!(off.lowers());
    let excluded = told("", "[paths]\nexclude = [\"src/\"]\n");
    assert_eq!(
        excluded.others,
        [("`paths.exclude` takes in `src/`".to_owned(), true)]
    );
    let class = told(QUIET, &QUIET.replace("\"A\"", "\"C\""));
    assert!(
        class
            .others
            .contains(&("level: baseline to high".to_owned(), false))
    );
}
