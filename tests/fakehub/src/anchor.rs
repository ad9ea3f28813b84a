//! Where a comment may stand, and where it stands after the branch moved.

use serde_json::Value;

use crate::diff::{Diff, Moves, Side};
use crate::git::Git;
use crate::reply::{Reply, field_error};
use crate::state::{Place, Repo};

/// Why an anchor is refused; several can hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Path,
    Line,
    StartLine,
    StartOrder,
}

/// What a client asked for.
#[derive(Debug, Clone)]
pub(crate) struct Anchor {
    pub(crate) path: String,
    pub(crate) whole_file: bool,
    pub(crate) line: Option<u64>,
    pub(crate) side: Option<Side>,
    pub(crate) start_line: Option<u64>,
    pub(crate) start_side: Option<Side>,
    pub(crate) position: Option<u64>,
}

impl Anchor {
    /// Reads the fields the review and the single comment have in common.
    pub(crate) fn read(comment: &Value) -> Self {
        let number = |field: &str| comment[field].as_u64();
        let side = |field: &str| comment[field].as_str().and_then(Side::parse);
        Self {
            path: comment["path"].as_str().unwrap_or_default().to_owned(),
            whole_file: comment["subject_type"] == "file",
            line: number("line"),
            side: side("side"),
            start_line: number("start_line"),
            start_side: side("start_side"),
            position: number("position"),
        }
    }

    /// The place in the diff, or why there is none.
    pub(crate) fn place(
        &self,
        diff: &Diff,
        merge_base: &str,
        commit: &str,
    ) -> Result<Place, Vec<Refusal>> {
        let file = diff.file(&self.path).ok_or(vec![Refusal::Path])?;
        let mut place = Place {
            path: self.path.clone(),
            whole_file: self.whole_file,
            side: Side::Right,
            start_side: None,
            line: None,
            start_line: None,
            position: Some(1),
            commit: commit.to_owned(),
            original_line: None,
            original_start_line: None,
            original_position: 1,
            original_commit: commit.to_owned(),
            original_base: merge_base.to_owned(),
            diff_hunk: String::new(),
            outdated: false,
        };
        if self.whole_file {
            place.diff_hunk = file.patch.clone().unwrap_or_default();
            return Ok(place);
        }
        let (side, line) = match (self.line, self.position) {
            (Some(line), _) => (self.side.unwrap_or(Side::Right), line),
            (None, Some(position)) => file.at_position(position).ok_or(vec![Refusal::Line])?,
            (None, None) => return Err(vec![Refusal::Line]),
        };
        let spot = file.spot(side, line);
        let mut refusals = Vec::new();
        if spot.is_none() {
            refusals.push(Refusal::Line);
        }
        if let Some(start) = self.start_line {
            let start_side = self.start_side.unwrap_or(side);
            let start_spot = file.spot(start_side, start);
            if start_side == side && start >= line {
                refusals.push(Refusal::StartOrder);
            } else if spot.is_none() || start_spot.map(|at| at.hunk) != spot.map(|at| at.hunk) {
                refusals.push(Refusal::StartLine);
            }
            place.start_side = Some(start_side);
            place.start_line = Some(start);
            place.original_start_line = Some(start);
        }
        match spot {
            Some(spot) if refusals.is_empty() => {
                place.side = side;
                place.line = Some(line);
                place.original_line = Some(line);
                place.position = Some(spot.position);
                place.original_position = spot.position;
                place.diff_hunk = file.hunk_text(spot);
                Ok(place)
            }
            _ => Err(refusals),
        }
    }
}

/// The 422 that refuses a whole review.
pub(crate) fn review_refusal(refusals: &[Refusal]) -> Reply {
    let mut sentences: Vec<&str> = Vec::new();
    for refusal in refusals {
        sentences.push(match refusal {
            Refusal::Path => "Pull request review thread path is invalid",
            Refusal::Line => "Pull request review thread line must be part of the diff",
            Refusal::StartLine => {
                "Pull request review thread start line must be part of the same hunk as the line."
            }
            Refusal::StartOrder => {
                "Pull request review thread start line must precede the end line."
            }
        });
    }
    if has_no_hunk(refusals) {
        sentences.push("Pull request review thread diff hunk can't be blank");
    }
    Reply::unprocessable(&sentences)
}

/// The 422 that refuses a single comment.
pub(crate) fn comment_refusal(refusals: &[Refusal]) -> Reply {
    let error = |field: &str, code: &str, message: &str| {
        let field = format!("pull_request_review_thread.{field}");
        let message = if message.is_empty() {
            String::new()
        } else {
            format!("{field} {message}")
        };
        field_error("PullRequestReviewComment", &field, code, &message)
    };
    let mut errors: Vec<Value> = refusals
        .iter()
        .map(|refusal| match refusal {
            Refusal::Path => error("path", "invalid", ""),
            Refusal::Line => error("line", "custom", "must be part of the diff"),
            Refusal::StartLine => error(
                "start_line",
                "custom",
                "must be part of the same hunk as the line.",
            ),
            Refusal::StartOrder => error("start_line", "custom", "must precede the end line."),
        })
        .collect();
    if has_no_hunk(refusals) {
        errors.push(error("diff_hunk", "missing_field", ""));
    }
    Reply::invalid_all(errors)
}

fn has_no_hunk(refusals: &[Refusal]) -> bool {
    refusals
        .iter()
        .any(|one| matches!(one, Refusal::Path | Refusal::Line))
}

/// Moves all comments of a pull request to where their lines are now, or marks them outdated.
pub(crate) fn follow(repo: &mut Repo, number: u64) {
    let (merge_base, diff) = repo.pull_diff(number);
    let head = repo.pulls[&number].head_sha.clone();
    let today = Today {
        git: &repo.git,
        merge_base: &merge_base,
        head: &head,
        diff: &diff,
    };
    let comments = repo.review_comments.iter_mut();
    for comment in comments.filter(|one| one.pull == number) {
        follow_one(&today, &mut repo.moves, &mut comment.place);
    }
}

/// What a pull request is now.
struct Today<'a> {
    git: &'a Git,
    merge_base: &'a str,
    head: &'a str,
    diff: &'a Diff,
}

fn follow_one(today: &Today<'_>, moves: &mut Moves, place: &mut Place) {
    let head = today.head;
    let file = today.diff.file(&place.path);
    if place.whole_file {
        place.outdated = file.is_none();
        place.position = (!place.outdated).then_some(1);
        if !place.outdated {
            head.clone_into(&mut place.commit);
        }
        return;
    }
    let now = file.and_then(|file| {
        let mut moved = |side: Side, line: u64| {
            let commits = match side {
                Side::Left => (place.original_base.as_str(), today.merge_base),
                Side::Right => (place.original_commit.as_str(), head),
            };
            // On the left a renamed file has its earlier name.
            let earlier = file.previous.as_deref().filter(|_| side == Side::Left);
            let path = earlier.unwrap_or(&place.path);
            let line = moves.line(today.git, commits, path, line)?;
            Some((line, file.spot(side, line)?))
        };
        let (line, spot) = moved(place.side, place.original_line?)?;
        let start = match place.original_start_line {
            None => None,
            Some(start) => {
                let (start, at) = moved(place.start_side.unwrap_or(place.side), start)?;
                (at.hunk == spot.hunk).then_some(())?;
                Some(start)
            }
        };
        Some((line, start, spot))
    });
    place.outdated = now.is_none();
    match now {
        Some((line, start, spot)) => {
            place.line = Some(line);
            place.start_line = start;
            place.position = Some(spot.position);
            head.clone_into(&mut place.commit);
        }
        None => {
            place.line = None;
            place.start_line = None;
            place.position = None;
        }
    }
}
