//! The one summary comment of a pull request, edited in place. The same text without its marker
//! heads the job summary.

use super::comment::{BODY_LIMIT, cut, quoted, severity_word, shortened};
use super::event::RepositoryName;
use super::marker::Marker;
use super::plan::Rung;
use super::reconcile::abbreviated;
use super::submission::{Item, Submission};
use crate::finding::{RepoPath, Severity};
use crate::report::{quote, words};

/// Remarks that are listed; the others are counted.
const REMARKS_SHOWN: usize = 12;

/// Bytes of a finding's message in its row.
const MESSAGE_LIMIT: usize = 600;

/// Bytes kept free for what follows the table.
const RESERVE: usize = 8_000;

/// A rendered summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The text.
    pub body: String,
    /// Findings (by number) whose row did not fit.
    pub left_out: Vec<usize>,
}

/// Whether there is anything to say: without it no summary is made, and an old one is only kept
/// true.
pub fn has_something_to_say(submission: &Submission) -> bool {
    !submission.findings.is_empty()
        || submission.findings_left_out > 0
        || !submission.steering.is_empty()
        || submission.incomplete
        || !submission.base_note.is_empty()
}

/// Renders the summary. `server` is GitHub's address for people, for links to lines. `posted` goes
/// into the marker, see [`super::reconcile::Actions::posted`].
pub fn render(submission: &Submission, rungs: &[Rung], server: &str, posted: &[String]) -> Summary {
    let marker = Marker::Summary {
        head: submission.head.clone(),
        posted: posted.to_vec(),
    };
    let mut out = marker.line();
    head(&mut out, submission);
    let in_table: Vec<(usize, &Item)> = submission
        .findings
        .iter()
        .enumerate()
        .filter(|(index, _)| !rungs.get(*index).is_some_and(|rung| rung.is_comment()))
        .collect();
    let commented = submission.findings.len() - in_table.len();
    if commented > 0 {
        out.push_str(&format!(
            "{} in the code.\n\n",
            words::count(commented as u64, "comment")
        ));
    }
    let left_out = table(&mut out, submission, &in_table, server);
    let unlisted = left_out.len() as u64 + submission.findings_left_out;
    if unlisted > 0 {
        out.push_str(&format!(
            "_{} more: there is no room for them here; the job summary and log have them._\n\n",
            words::count(unlisted, "finding")
        ));
    }
    proposals(&mut out, submission);
    remarks(&mut out, submission);
    Summary {
        body: cut(&out, BODY_LIMIT),
        left_out,
    }
}

fn head(out: &mut String, submission: &Submission) {
    let total = submission.findings.len() as u64 + submission.findings_left_out;
    let kinds: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info]
        .into_iter()
        .filter_map(|severity| {
            let of_kind = submission
                .findings
                .iter()
                .filter(|item| item.severity == severity);
            let number = of_kind.count() as u64;
            (number > 0).then(|| words::count(number, severity_word(severity)))
        })
        .collect();
    let title = if total == 0 {
        "no findings".to_owned()
    } else {
        format!("{}: {}", words::count(total, "finding"), kinds.join(", "))
    };
    out.push_str(&format!("### scrubin: {title}\n\n"));
    let blocking = submission.blocking() as u64;
    if blocking > 0 {
        out.push_str(&format!(
            "**{} this pull request from merging.**\n\n",
            if blocking == 1 {
                "1 finding keeps".to_owned()
            } else {
                format!("{} keep", words::count(blocking, "finding"))
            }
        ));
    }
    if submission.incomplete {
        out.push_str("**A changed file could not be analysed; the review is incomplete.**\n\n");
    }
    out.push_str(&format!(
        "Reviewed {}: {}.",
        abbreviated(&submission.head),
        quoted(&submission.coverage)
    ));
    if !submission.unreported.is_empty() {
        out.push_str(&format!(" Not shown: {}.", quoted(&submission.unreported)));
    }
    out.push_str("\n\n");
    if !submission.base_note.is_empty() {
        out.push_str(&format!("**Base:** {}\n\n", quoted(&submission.base_note)));
    }
}

/// Rows of findings; gives back those without room.
fn table(
    out: &mut String,
    submission: &Submission,
    items: &[(usize, &Item)],
    server: &str,
) -> Vec<usize> {
    if items.is_empty() {
        return Vec::new();
    }
    let mut sorted = items.to_vec();
    sorted.sort_by_key(|(_, item)| (!item.blocks, std::cmp::Reverse(item.severity)));
    out.push_str("| | Where | Finding | Rule |\n| --- | --- | --- | --- |\n");
    let room = BODY_LIMIT - RESERVE;
    let mut left_out = Vec::new();
    for (index, item) in sorted {
        let row = row(submission, item, server);
        if left_out.is_empty() && out.len() + row.len() <= room {
            out.push_str(&row);
        } else {
            left_out.push(index);
        }
    }
    out.push('\n');
    left_out.sort_unstable();
    left_out
}

fn row(submission: &Submission, item: &Item, server: &str) -> String {
    let severity = severity_word(item.severity);
    let severity = if item.blocks {
        format!("**{severity}**")
    } else {
        severity.to_owned()
    };
    let slug = submission
        .rules
        .get(&item.rule)
        .map_or("", |rule| rule.slug.as_str());
    format!(
        "| {severity} | {} | {} | {} {} |\n",
        place(submission, item, server),
        quote::cell(shortened(&item.message, MESSAGE_LIMIT)),
        quote::code_cell(item.rule.as_str()),
        quote::cell(slug)
    )
}

/// The place, linked to the line where the path can be named.
fn place(submission: &Submission, item: &Item, server: &str) -> String {
    let shown = quote::code_cell(&format!("{}:{}", item.path, item.first_line));
    let repository = RepositoryName::parse(&submission.repository);
    let is_web = server.starts_with("https://") || server.starts_with("http://");
    match repository.filter(|_| item.path_is_exact && is_web) {
        Some(repository) => format!(
            "[{shown}]({server}/{repository}/blob/{}/{}#L{})",
            submission.head,
            RepoPath::from(item.path.as_str()).to_uri(),
            item.first_line
        ),
        None => shown,
    }
}

fn proposals(out: &mut String, submission: &Submission) {
    let proposed: Vec<&Item> = submission
        .findings
        .iter()
        .filter(|item| item.proposed.is_some())
        .collect();
    if proposed.is_empty() {
        return;
    }
    out.push_str(
        "**Proposed deviations.** This pull request excuses findings of its own. They count once a \
         second person who may write here approves it at its newest commit:\n\n",
    );
    for item in proposed.iter().take(REMARKS_SHOWN) {
        let Some(proposed) = &item.proposed else {
            continue;
        };
        let ticket = proposed
            .ticket
            .as_deref()
            .map_or_else(String::new, |ticket| format!(" ({})", quote::text(ticket)));
        out.push_str(&format!(
            "- {} {}: {}{ticket}\n",
            quote::code(&format!("{}:{}", item.path, item.first_line)),
            quote::code(item.rule.as_str()),
            quoted(&proposed.reason)
        ));
    }
    more(out, proposed.len());
}

fn more(out: &mut String, all: usize) {
    if all > REMARKS_SHOWN {
        out.push_str(&format!("- and {} more\n", all - REMARKS_SHOWN));
    }
    out.push('\n');
}

fn remarks(out: &mut String, submission: &Submission) {
    if !submission.steering.is_empty() {
        out.push_str(
            "**This pull request changes what steers the review.** It was reviewed by the settings \
             of its base; look at these changes yourself:\n\n",
        );
        for path in submission.steering.iter().take(REMARKS_SHOWN) {
            out.push_str(&format!("- {}\n", quote::code(path)));
        }
        more(out, submission.steering.len());
    }
    if !submission.unread.is_empty() {
        out.push_str("Not analysed at all:\n\n");
        for path in submission.unread.iter().take(REMARKS_SHOWN) {
            out.push_str(&format!("- {}\n", quote::code(path)));
        }
        more(out, submission.unread.len());
    }
    let broken = submission.unseen.values().filter(|one| one.is_broken);
    let broken = broken.count() as u64;
    if broken > 0 {
        out.push_str(&format!(
            "Parts of {} could not be analysed; the job summary lists them.\n\n",
            words::count(broken, "changed file")
        ));
    }
    if !submission.notices.is_empty() {
        for notice in submission.notices.iter().take(REMARKS_SHOWN) {
            out.push_str(&format!("- {}\n", quoted(notice)));
        }
        more(out, submission.notices.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::anchor::Anchor;
    use crate::github::submission::{Context, Proposed};
    use crate::report::{Report, sample};
    use crate::triage::Verdict;

    fn submission(report: &Report) -> Submission {
        let context = Context {
            repository: "acme/pump".to_owned(),
            head: "ab".repeat(20),
            ..Context::default()
        };
        Submission::new(report, &context)
    }

    const INLINE: Rung = Rung::Inline(Anchor {
        start_line: None,
        line: 42,
        is_exact: true,
    });

    #[test]
    fn a_summary_lists_what_no_comment_carries() {
        let mut one = submission(&sample::full());
        one.steering = vec!["scrubin.toml".to_owned()];
        one.base_note = "the base commit, not the merge base".to_owned();
        one.findings[1].proposed = Some(Proposed {
            reason: "length checked in parse_hdr".to_owned(),
            ticket: Some("RISK-41".to_owned()),
        });
        let rungs = [INLINE, Rung::Annotation, Rung::Table];
        let summary = render(&one, &rungs, "https://github.com", &["00:0".to_owned()]);
        assert!(summary.left_out.is_empty());
        insta::assert_snapshot!(summary.body, @r"
        <!-- scrubin:summary v1 head=abababababababababababababababababababab posted=00:0 -->
        ### scrubin: 3 findings: 2 errors, 1 warning

        **2 findings keep this pull request from merging.**

        **A changed file could not be analysed; the review is incomplete.**

        Reviewed abababa: 4 of 5 files reviewed, 37 of 38 functions analysed. Not shown: 1 known, 1 deviated, 1 outside the change, 1 below the threshold.

        **Base:** the base commit, not the merge base

        1 comment in the code.

        | | Where | Finding | Rule |
        | --- | --- | --- | --- |
        | **error** | [`src/ble.c:57`](https://github.com/acme/pump/blob/abababababababababababababababababababab/src/ble.c#L57) | `buf` is filled with the size of `frame`, not its own | `C-LEN-014` source-sized-copy |
        | warning | [`src/uart.c:9`](https://github.com/acme/pump/blob/abababababababababababababababababababab/src/uart.c#L9) | no printf in interrupt handlers | `acme.no-printf`  |

        **Proposed deviations.** This pull request excuses findings of its own. They count once a second person who may write here approves it at its newest commit:

        - `src/ble.c:57` `C-LEN-014`: length checked in parse\_hdr (RISK-41)

        **This pull request changes what steers the review.** It was reviewed by the settings of its base; look at these changes yourself:

        - `scrubin.toml`

        Not analysed at all:

        - `src/latin1.c`

        Parts of 1 changed file could not be analysed; the job summary lists them.

        - 2 rules name languages scrubin does not have
        ");
    }

    #[test]
    fn nothing_to_say_is_known() {
        let quiet = submission(&sample::empty());
        assert!(!has_something_to_say(&quiet));
        let text = render(&quiet, &[], "https://github.com", &[]).body;
        assert!(text.contains("scrubin: no findings"), "{text}");
        assert!(has_something_to_say(&submission(&sample::full())));
    }

    #[test]
    fn parts_that_were_not_analysed_are_counted() {
        let mut one = submission(&sample::empty());
        let mut unseen = |path: &str, is_broken| {
            let lines = vec![(3, 7)];
            let unseen = crate::github::unseen::Unseen { lines, is_broken };
            one.unseen.insert(path.to_owned(), unseen);
        };
        unseen("src/a.c", true);
        unseen("src/b.c", false);
        let text = render(&one, &[], "https://github.com", &[]).body;
        assert!(
            text.contains("Parts of 1 changed file could not be analysed"),
            "{text}"
        );
    }

    #[test]
    fn rows_without_room_are_counted() {
        let mut report = sample::full();
        report.findings = (1..=1_500)
            .map(|line| {
                let finding = sample::finding("src/a.c", line, "f();", 1, 3);
                sample::triaged(finding, Verdict::Report)
            })
            .collect();
        let one = submission(&report);
        let rungs = vec![Rung::Table; one.findings.len()];
        let summary = render(&one, &rungs, "https://github.com", &[]);
        let rows = summary.body.matches("| **error** |").count();
        assert_eq!(rows + summary.left_out.len(), 1_500);
        assert!(summary.body.len() <= BODY_LIMIT);
        assert!(summary.body.contains("more: there is no room"));
        assert!(!summary.body.contains("_Cut here"));
    }

    #[test]
    fn a_row_is_short_whatever_its_message() {
        let mut one = submission(&sample::full());
        one.findings[0].message = format!("x{}", "é".repeat(5_000));
        let rungs = vec![Rung::Table; one.findings.len()];
        let text = render(&one, &rungs, "https://github.com", &[]).body;
        assert!(text.lines().all(|line| line.len() < 1_000), "{text}");
    }

    #[test]
    fn hostile_paths_are_not_linked() {
        let one = submission(&sample::hostile());
        let rungs = vec![Rung::Table; one.findings.len()];
        let text = render(&one, &rungs, "https://github.com", &[]).body;
        assert!(text.lines().filter(|line| line.starts_with("| **")).count() == 3);
        assert!(!text.contains(
            "](https://github.com/acme/pump/blob/abababababababababababababababababababab/src/%FF"
        ));
    }
}
