//! The catalogue of rules as a folder of markdown: one page a rule, and indexes by area, CWE, CERT C
//! and MISRA number, and lesson. `docs/rules/` holds the result; a test keeps both in step.

use std::collections::BTreeMap;

use crate::finding::RuleStatus;
use crate::report::{page, quote};
use crate::rules::RuleInfo;

use super::areas::{self, AREAS, Family};
use super::explain;
use super::measured::Measured;

/// A file of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Name of the file; all files lie in one folder.
    pub name: String,
    /// Markdown, ending with a line feed.
    pub text: String,
}

/// What stands at the head of each index, so that nobody edits it by hand.
const GENERATED: &str = "*Written by `scrubin rules export --pages docs/rules`; do not edit.*";

/// The files that are no page of a rule.
const INDEXES: [(&str, &str); 5] = [
    ("README.md", "area"),
    ("by-cwe.md", "CWE number"),
    ("by-cert-c.md", "CERT C number"),
    ("by-misra-c.md", "MISRA C:2012 number"),
    ("by-lesson.md", "lesson"),
];

/// The name of the page of a rule: `C-LEN-014.md`.
fn page_name(rule: &RuleInfo) -> String {
    format!("{}.md", rule.id)
}

/// All files of the catalogue, sorted by name. `measured` says how many findings of a rule were
/// read, and how many were right.
pub fn pages(rules: &[&RuleInfo], measured: &Measured) -> Vec<Page> {
    let mut sorted = rules.to_vec();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let mut pages: Vec<Page> = sorted
        .iter()
        .map(|rule| Page {
            name: page_name(rule),
            text: rule_page(rule, &sorted, measured),
        })
        .collect();
    let texts = [
        by_area(&sorted, measured),
        grouped(&sorted, "Rules by CWE number", cwe_keys),
        grouped(&sorted, "Rules by CERT C number", |rule| {
            plain_keys(&rule.cert_c)
        }),
        grouped(&sorted, "Rules by MISRA C:2012 number", |rule| {
            rule.misra_c_2012
                .iter()
                .map(|number| misra_key(number))
                .collect()
        }),
        grouped(&sorted, "Rules by lesson", |rule| {
            plain_keys(std::slice::from_ref(&rule.lesson))
        }),
    ];
    pages.extend(INDEXES.iter().zip(texts).map(|((name, _), text)| Page {
        name: (*name).to_owned(),
        text,
    }));
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    pages
}

/// The table of areas with the number of rules for each language, as README shows it; ends with a
/// line feed.
pub fn areas_table(rules: &[&RuleInfo]) -> String {
    let mut out =
        String::from("| area | C | Rust | any file | about |\n| --- | --- | --- | --- | --- |\n");
    let mut total = [0_usize; Family::ALL.len()];
    for area in areas_of(rules) {
        let counts = Family::ALL.map(|family| {
            let is_here = |rule: &&&RuleInfo| areas::parts(rule) == Some((family, area));
            rules.iter().filter(is_here).count()
        });
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
        out.push_str(&row(area, counts, areas::about(area)));
    }
    out.push_str(&row("all", total, ""));
    out
}

/// A row of the table of areas; no rule is an empty cell.
fn row(area: &str, counts: [usize; Family::ALL.len()], about: &str) -> String {
    let cells = counts.map(|count| match count {
        0 => String::new(),
        _ => count.to_string(),
    });
    format!("| {area} | {} | {about} |\n", cells.join(" | "))
}

/// The areas that have a rule: the known ones in their order, then the others by name.
fn areas_of<'a>(rules: &[&'a RuleInfo]) -> Vec<&'a str> {
    let mut found: Vec<&str> = rules
        .iter()
        .filter_map(|rule| areas::parts(rule))
        .map(|(_, area)| area)
        .collect();
    found.sort_by_key(|area| (AREAS.iter().position(|(known, _)| known == area), *area));
    // An unknown area has no position, which sorts first; it belongs behind the known ones.
    found.sort_by_key(|area| !AREAS.iter().any(|(known, _)| known == area));
    found.dedup();
    found
}

/// The page of one rule.
fn rule_page(rule: &RuleInfo, all: &[&RuleInfo], measured: &Measured) -> String {
    let mut out = explain::markdown_without_relatives(rule);
    let measured = measured.sentence(rule.id.as_str());
    out.push_str(&format!("\nMeasured: {measured}\n"));
    let related = explain::related(rule, all);
    if !related.is_empty() {
        out.push_str("\nRules of the same lesson:\n\n");
        for other in related {
            out.push_str(&format!("- {}\n", link(other)));
        }
    }
    out.push_str("\n[All rules](README.md)\n");
    out
}

/// A link to the page of a rule, in the same folder.
fn link(rule: &RuleInfo) -> String {
    format!(
        "[{}]({}) {}",
        quote::text(rule.id.as_str()),
        page_name(rule),
        quote::text(&rule.slug)
    )
    .trim_end()
    .to_owned()
}

/// The head of an index: title, where it comes from, the other indexes.
fn head(title: &str) -> String {
    let links: Vec<String> = INDEXES
        .iter()
        .map(|(name, key)| format!("[{key}]({name})"))
        .collect();
    format!("# {title}\n\n{GENERATED}\n\nBy {}.\n", links.join(" · "))
}

/// The index by area: how many there are, then a table for each area.
fn by_area(rules: &[&RuleInfo], measured: &Measured) -> String {
    let mut out = head("Rules");
    let stable = rules
        .iter()
        .filter(|rule| rule.status == RuleStatus::Stable)
        .count();
    out.push_str(&format!(
        "\n{} rules, {stable} of them stable. The first letter of a code says the language (`C`, `R` for Rust, `X` for \
         any file), then comes the area. *Right* is the share of findings on public firmware that a reader found right, \
         with their number; [precision.csv](../precision.csv) holds each of them.\n\n",
        rules.len()
    ));
    out.push_str(&areas_table(rules));
    for area in areas_of(rules) {
        out.push_str(&format!("\n## {area}: {}\n\n", areas::about(area)));
        out.push_str(
            "| rule | severity | precision | right | effect |\n| --- | --- | --- | --- | --- |\n",
        );
        let is_here = |rule: &&&RuleInfo| areas::parts(rule).is_some_and(|(_, own)| own == area);
        for rule in rules.iter().filter(is_here) {
            out.push_str(&format!(
                "| {} | {} | {} | {} | {} |\n",
                link(rule),
                rule.severity.as_str(),
                precision(rule),
                measured.cell(rule.id.as_str()),
                quote::cell(&rule.message),
            ));
        }
    }
    out
}

/// The precision, and the status where it is not the usual one.
fn precision(rule: &RuleInfo) -> String {
    match rule.status {
        RuleStatus::Stable => rule.precision.as_str().to_owned(),
        status => format!("{}, {}", rule.precision.as_str(), status.as_str()),
    }
}

/// A key that rules are listed under: sorts by the numbers in it, shows as the text.
type Key = (Vec<u32>, String);

/// An index: under each key the rules that name it. A rule without a key is not listed, and counted
/// at the end.
fn grouped(rules: &[&RuleInfo], title: &str, keys: impl Fn(&RuleInfo) -> Vec<Key>) -> String {
    let mut groups: BTreeMap<Key, Vec<&RuleInfo>> = BTreeMap::new();
    let mut without = 0_usize;
    for rule in rules {
        let mut own = keys(rule);
        own.sort();
        own.dedup();
        without += usize::from(own.is_empty());
        for key in own {
            groups.entry(key).or_default().push(rule);
        }
    }
    let mut out = head(title);
    out.push('\n');
    for ((_, key), members) in &groups {
        let links: Vec<String> = members.iter().map(|rule| link(rule)).collect();
        out.push_str(&format!("- {}: {}\n", quote::code(key), links.join(", ")));
    }
    if without > 0 {
        out.push_str(&format!(
            "\n{without} of {} rules have none.\n",
            rules.len()
        ));
    }
    out
}

fn cwe_keys(rule: &RuleInfo) -> Vec<Key> {
    rule.cwe
        .iter()
        .filter_map(|cwe| page::cwe_number(cwe))
        .map(|number| (vec![number], format!("CWE-{number}")))
        .collect()
}

fn plain_keys(texts: &[String]) -> Vec<Key> {
    texts
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| (Vec::new(), text.clone()))
        .collect()
}

/// MISRA's numbers sort by their parts (2.10 after 2.9), directives (`D4.14`) before rules.
fn misra_key(number: &str) -> Key {
    let is_rule = number.starts_with(|first: char| first.is_ascii_digit());
    let mut parts = vec![u32::from(is_rule)];
    parts.extend(
        number
            .split(|character: char| !character.is_ascii_digit())
            .filter_map(|digits| digits.parse::<u32>().ok()),
    );
    (parts, number.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::finding::RuleId;
    use crate::report::sample;

    fn rules() -> Vec<RuleInfo> {
        let first = sample::rule();
        let sibling = RuleInfo {
            id: RuleId::parse("C-LEN-001").unwrap(),
            slug: "unbounded-copy-length".to_owned(),
            misra_c_2012: vec!["2.10".to_owned(), "2.9".to_owned(), "D4.14".to_owned()],
            ..sample::rule()
        };
        let other = RuleInfo {
            id: RuleId::parse("R-ODD-001").unwrap(),
            lesson: "L-ODD".to_owned(),
            cwe: vec!["CWE-20".to_owned()],
            cert_c: Vec::new(),
            status: RuleStatus::Experimental,
            ..sample::rule()
        };
        vec![first, sibling, other]
    }

    fn text(name: &str) -> String {
        let rules = rules();
        let shown: Vec<&RuleInfo> = rules.iter().collect();
        let measured =
            Measured::parse("rule,repository,commit,path,line,verdict,state,reason\nC-LEN-014,a,1,b.c,3,true,reported,x\n").unwrap();
        let pages = pages(&shown, &measured);
        pages
            .into_iter()
            .find(|page| page.name == name)
            .unwrap()
            .text
    }

    #[test]
    fn every_rule_has_a_page_that_leads_on() {
        let page = text("C-LEN-014.md");
        assert!(
            page.starts_with("# C-LEN-014 source-sized-copy\n"),
            "{page}"
        );
        assert!(page.contains("\nMeasured: 1 finding read"), "{page}");
        assert!(
            page.ends_with(
                "- [C-LEN-001](C-LEN-001.md) unbounded-copy-length\n\n[All rules](README.md)\n"
            ),
            "{page}"
        );
        assert!(text("C-LEN-001.md").contains("Measured: not measured"));
    }

    #[test]
    fn areas_are_counted_in_their_order_and_an_unknown_one_comes_last() {
        let rules = rules();
        let shown: Vec<&RuleInfo> = rules.iter().collect();
        insta::assert_snapshot!(areas_table(&shown), @r"
        | area | C | Rust | any file | about |
        | --- | --- | --- | --- | --- |
        | LEN | 2 |  |  | lengths, bounds, sizes of copies |
        | ODD |  | 1 |  |  |
        | all | 2 | 1 |  |  |
        ");
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let cwe = text("by-cwe.md");
        assert!(
            cwe.find("CWE-20`").unwrap() < cwe.find("CWE-787`").unwrap(),
            "{cwe}"
        );
        let misra = text("by-misra-c.md");
        let at = |key: &str| misra.find(&format!("- `{key}`")).unwrap();
        assert!(at("D4.14") < at("2.9") && at("2.9") < at("2.10"), "{misra}");
        assert!(text("by-cert-c.md").ends_with("\n1 of 3 rules have none.\n"));
    }
}
