//! Nothing is dropped, and edits elsewhere change nothing.

use proptest::prelude::*;

use super::*;

const RULES: [&str; 3] = ["C-LEN-014", "C-STR-001", "R-UNS-001"];
const FUNCTIONS: [Option<&str>; 3] = [None, Some("f"), Some("g")];
const TOKENS: [&str; 2] = ["memcpy ( d , s )", "strcpy ( d , s )"];
const COMMENTS: [&str; 4] = [
    "// scrubin: allow(C-LEN-014, reason = \"x\")",
    "// scrubin: allow(C-LEN-014)",
    "// scrubin: allow(nothing, reason = \"x\", until = 2020-01-01)",
    "// scrubin: broken",
];

prop_compose! {
    fn any_finding()(
        rule in 0..3_usize,
        line in 1..40_u32,
        function in 0..3_usize,
        tokens in 0..2_usize,
        severity in prop::sample::select(vec![Severity::Info, Severity::Warning, Severity::Error]),
        precision in prop::sample::select(vec![Precision::Low, Precision::Medium, Precision::High]),
    ) -> Finding {
        let mut one = finding(RULES[rule], "a.c", line, FUNCTIONS[function], TOKENS[tokens]);
        (one.severity, one.precision) = (severity, precision);
        one
    }
}

prop_compose! {
    fn any_file()(
        head in prop::collection::vec(any_finding(), 0..8),
        base in prop::option::of(prop::collection::vec(any_finding(), 0..8)),
        hunks in prop::collection::vec((1..40_u32, 0..5_u32, 0..3_u32), 0..4),
        is_new_file in any::<bool>(),
        comment in prop::option::of((1..40_u32, 0..4_usize)),
    ) -> FileFindings {
        let mut one = file("a.c", head);
        one.base = base.filter(|_| !is_new_file);
        one.changed = ChangedLines::from_hunks(hunks);
        one.is_new_file = is_new_file;
        one.functions = vec![function("f", 5, 20)];
        one.comments = comment
            .into_iter()
            .map(|(line, which)| deviations::comment("a.c", line, COMMENTS[which]))
            .collect();
        one
    }
}

fn any_files() -> impl Strategy<Value = Vec<FileFindings>> {
    prop::collection::vec(any_file(), 0..4).prop_map(|mut files| {
        for (number, file) in files.iter_mut().enumerate() {
            file.path = RepoPath::from(format!("f{number}.c").as_str());
            for finding in &mut file.head {
                finding.location.path = file.path.clone();
            }
            for comment in &mut file.comments {
                comment.location.path = file.path.clone();
            }
        }
        files
    })
}

fn any_settings() -> impl Strategy<Value = Settings> {
    (
        prop::sample::select(Scope::ALL.to_vec()),
        prop::sample::select(vec![Precision::Low, Precision::Medium, Precision::High]),
        any::<bool>(),
    )
        .prop_map(|(scope, precision, whole_tree)| Settings {
            precision,
            whole_tree,
            names: deviations::names(),
            ..settings(scope)
        })
}

fn place(finding: &Finding) -> (RepoPath, u32, String) {
    (
        finding.location.path.clone(),
        finding.location.start.line,
        format!("{} {} {:?}", finding.rule, finding.tokens, finding.function),
    )
}

fn is_about_deviations(one: &Triaged) -> bool {
    one.finding.rule.as_str().starts_with("X-DEV-")
}

proptest! {
    #[test]
    fn every_finding_gets_one_verdict(files in any_files(), settings in any_settings()) {
        let mut expected: Vec<_> = files.iter().flat_map(|file| &file.head).map(place).collect();
        expected.sort();
        let outcome = run(files, &settings);
        let mut seen: Vec<_> = outcome
            .triaged
            .iter()
            .filter(|one| !is_about_deviations(one))
            .map(|one| place(&one.finding))
            .collect();
        seen.sort();
        prop_assert_eq!(seen, expected);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &outcome.triaged {
            *counts.entry(one.verdict.as_str()).or_default() += 1;
            prop_assert!(!one.blocks || one.verdict == Verdict::Report);
        }
        prop_assert_eq!(counts.values().sum::<usize>(), outcome.triaged.len());
        let values: BTreeSet<String> =
            outcome.triaged.iter().map(|one| one.fingerprint.value()).collect();
        prop_assert_eq!(values.len(), outcome.triaged.len(), "two findings of one fingerprint");
    }

    #[test]
    fn the_order_of_the_files_changes_nothing(files in any_files(), settings in any_settings()) {
        let mut turned = files.clone();
        turned.reverse();
        let first = run(files, &settings);
        let second = run(turned, &settings);
        prop_assert_eq!(first.triaged, second.triaged);
        prop_assert_eq!(first.absent, second.absent);
        prop_assert_eq!(first.deviations, second.deviations);
    }

    #[test]
    fn as_many_are_new_as_the_counts_grew(
        mut head in prop::collection::vec(any_finding(), 0..10),
        mut base in prop::collection::vec(any_finding(), 0..10),
        hunks in prop::collection::vec((1..40_u32, 0..5_u32, 0..3_u32), 0..4),
    ) {
        // With all functions still there nothing can have moved.
        head.retain(|finding| finding.function.is_some());
        base.retain(|finding| finding.function.is_some());
        let path = RepoPath::from("a.c");
        let count = |findings: &[Finding]| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for finding in findings {
                *counts.entry(key(finding, Some(&path))).or_default() += 1;
            }
            counts
        };
        let before = count(&base);
        let grown: usize = count(&head)
            .iter()
            .map(|(key, now)| now.saturating_sub(before.get(key).copied().unwrap_or_default()))
            .sum();
        let mut one = file("a.c", head);
        one.base = Some(base);
        one.changed = ChangedLines::from_hunks(hunks);
        one.functions = vec![function("f", 1, 20), function("g", 21, 40)];
        let outcome = run(vec![one], &settings(Scope::New));
        let new = outcome.triaged.iter().filter(|one| one.state == Some(BaselineState::New)).count();
        prop_assert_eq!(new, grown);
    }

    #[test]
    fn lines_inserted_above_change_no_verdict(one in any_file(), shift in 1..50_u32) {
        let mut before = one;
        before.comments.clear();
        before.base = Some(before.head.clone());
        before.is_new_file = false;
        before.changed = ChangedLines::none();
        let mut after = before.clone();
        for finding in &mut after.head {
            finding.location.start.line += shift;
            finding.location.end.line += shift;
            finding.location.span.start += shift * 100;
            finding.location.span.end += shift * 100;
        }
        after.changed = ChangedLines::from_hunks([(1, shift, 0)]);
        let after = run(vec![after], &settings(Scope::New)).triaged;
        prop_assert!(after.iter().all(|one| one.verdict != Verdict::Report));
        let before = run(vec![before], &settings(Scope::New)).triaged;
        let prints = |triaged: &[Triaged]| -> Vec<Fingerprint> {
            triaged.iter().map(|one| one.fingerprint.clone()).collect()
        };
        prop_assert_eq!(prints(&after), prints(&before));
    }

    #[test]
    fn what_is_in_the_baseline_is_never_reported(files in any_files(), settings in any_settings()) {
        let everything = Settings { scope: Scope::All, ..settings.clone() };
        let baseline = Baseline::of(&run(files.clone(), &everything).triaged);
        let read = Baseline::parse(&baseline.to_json().unwrap()).unwrap();
        prop_assert_eq!(&read, &baseline);
        let with = Settings { baseline: Some(read), ..settings };
        let outcome = run(files, &with);
        let mut reported = outcome.triaged.iter().filter(|one| one.verdict == Verdict::Report);
        prop_assert!(reported.all(is_about_deviations));
        prop_assert!(outcome.absent.is_empty());
    }
}
