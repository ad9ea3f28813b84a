//! `/help`: what the pages show, and what they do not.

use super::document::{Block, Document};
use super::grid::Cell;

/// The page.
pub(super) fn document() -> Document {
    let mut page = Document::new("What these pages show", "/help").below("Overview", "/");
    page.text(
        "scrubin reviews every pull request of the repositories it is installed in. These pages show what came of it: \
         for all repositories that GitHub lets you see, for each of them, and for each pull request.",
    );
    page.heading("Words");
    let facts = [
        (
            "open",
            "The newest review of an open pull request shows the finding.",
        ),
        ("fixed", "A later push removed it."),
        (
            "accepted",
            "Somebody took the risk by a decision in the discussion, or a deviation in the repository excuses it.",
        ),
        (
            "called wrong",
            "Somebody decided that it is no defect, or said by a button of the check run that it is not useful.",
        ),
        (
            "closed, merged",
            "The pull request ended with the finding in it.",
        ),
        (
            "closing the gate",
            "The check run of the pull request fails because of it. What closes a gate is set in scrubin.toml.",
        ),
        (
            "not analysed",
            "Places that could not be understood. A review says of each where and why; it is never counted as right.",
        ),
        ("came again", "The same finding had been fixed before."),
        (
            "trend",
            "Rising: in 1,000 changed lines a quarter more in the second half of the time than in the first. Falling: \
             a fifth less. Unknown: fewer than five findings.",
        ),
    ];
    page.blocks.push(Block::Facts(
        facts
            .into_iter()
            .map(|(word, meaning)| (word.to_owned(), Cell::text(meaning)))
            .collect(),
    ));
    page.heading("Numbers");
    page.text(
        "Trends, times and precision count findings of the last twelve months, this one included. Changed lines count \
         once, whatever number of pushes they are reviewed in.",
    );
    page.text(
        "Every table has a link to itself as CSV and as JSON, which hold whole texts, exact times and seconds. Names \
         of tables and columns do not change.",
    );
    page.heading("People");
    page.text(
        "No number on these pages is that of a person, and there is no ranking of people. Repositories and components \
         are told apart in the table of weaknesses only where at least five people worked. Who opened a pull request \
         stands on its own page alone; who decided about a finding stands beside the decision, because an audit asks \
         for it.",
    );
    page.heading("What you see");
    page.text(
        "What GitHub lets you see of the repositories that scrubin is installed in. It is asked when you sign in and \
         every half hour after that; a session ends after twelve hours. Your token is used for that question and not \
         kept. What you may not see looks as if it were not there.",
    );
    page.text(
        "Of code, nothing is stored but what a comment of scrubin's shows: the place of a finding and a sentence about \
         it.",
    );
    page
}
