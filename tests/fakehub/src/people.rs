//! What people do: open pull requests, push, comment, answer, review, resolve, close.

use serde_json::{Value, json};

use crate::anchor::Anchor;
use crate::diff::Side;
use crate::hub::{Hub, repo, repo_mut};
use crate::push;
use crate::state::{IssueComment, Pull, Review, ReviewComment, State};
use crate::webhook::news;

/// The temporary commit a merge queue makes for a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroup {
    /// The commit the required checks must report on.
    pub head_sha: String,
    /// The base branch's tip it is built on.
    pub base_sha: String,
    /// Full name of the temporary branch.
    pub head_ref: String,
    /// Full name of the target branch.
    pub base_ref: String,
}

impl Hub {
    /// Opens a pull request between branches of one repository and returns its number.
    pub fn open_pull(&self, name: &str, head: &str, base: &str) -> u64 {
        self.open(name, (name, head), base, false)
    }

    /// Opens a pull request that is a draft from the beginning.
    pub fn open_draft(&self, name: &str, head: &str, base: &str) -> u64 {
        self.open(name, (name, head), base, true)
    }

    /// Opens a pull request from a branch of a fork. The author is the owner of the head repository,
    /// or `author` when that is the same repository.
    pub fn open_pull_from(&self, name: &str, head_repo: &str, head: &str, base: &str) -> u64 {
        self.open(name, (head_repo, head), base, false)
    }

    fn open(&self, name: &str, (head_repo, head): (&str, &str), base: &str, draft: bool) -> u64 {
        let mut state = self.state();
        let (id, now) = (state.id(), state.now());
        let from = repo(&state, head_repo);
        let head_repo = from.full_name.clone();
        let author = if head_repo.eq_ignore_ascii_case(name) {
            "author"
        } else {
            from.owner()
        };
        let author = author.to_owned();
        state.user(&author);
        let repo = repo_mut(&mut state, name);
        let number = repo.next_number;
        repo.next_number += 1;
        let base_sha = repo.git.branch(base).expect("the base branch exists");
        let pull = Pull {
            id,
            number,
            author,
            title: format!("Change of {head}"),
            body: None,
            head_repo,
            head_ref: head.to_owned(),
            head_sha: base_sha.clone(),
            base_ref: base.to_owned(),
            base_sha,
            merge_sha: None,
            open: true,
            draft,
            merged: false,
            created_at: now,
            updated_at: now,
        };
        repo.pulls.insert(number, pull);
        push::update_head(&mut state, name, number);
        news::pull(&mut state, name, number, "opened", json!({}));
        number
    }

    /// Changes a pull request and tells Apps of what `edit` names.
    fn edit_pull(
        &self,
        name: &str,
        number: u64,
        edit: impl FnOnce(&mut Pull) -> Option<(&'static str, Value)>,
    ) {
        let mut state = self.state();
        let now = state.now();
        let pull = repo_mut(&mut state, name)
            .pulls
            .get_mut(&number)
            .expect("the pull request exists");
        pull.updated_at = now;
        if let Some((action, extra)) = edit(pull) {
            news::pull(&mut state, name, number, action, extra);
        }
    }

    /// Marks a pull request as draft or as ready.
    pub fn set_draft(&self, name: &str, number: u64, draft: bool) {
        self.edit_pull(name, number, |pull| {
            let changed = pull.draft != draft;
            pull.draft = draft;
            let action = match draft {
                true => "converted_to_draft",
                false => "ready_for_review",
            };
            changed.then(|| (action, json!({})))
        });
    }

    /// Sets who opened a pull request; `author` unless it comes from a fork.
    pub fn set_author(&self, name: &str, number: u64, login: &str) {
        self.state().user(login);
        self.edit_pull(name, number, |pull| {
            login.clone_into(&mut pull.author);
            None
        });
    }

    /// Sets the title of a pull request.
    pub fn set_title(&self, name: &str, number: u64, title: &str) {
        self.edit_pull(name, number, |pull| {
            let earlier = std::mem::replace(&mut pull.title, title.to_owned());
            Some(("edited", json!({"changes": {"title": {"from": earlier}}})))
        });
    }

    /// Sets the text of a pull request's description.
    pub fn set_description(&self, name: &str, number: u64, body: &str) {
        self.edit_pull(name, number, |pull| {
            let earlier = pull.body.replace(body.to_owned()).unwrap_or_default();
            Some(("edited", json!({"changes": {"body": {"from": earlier}}})))
        });
    }

    /// Closes a pull request. Its head is not followed while it is closed.
    pub fn close(&self, name: &str, number: u64) {
        self.edit_pull(name, number, |pull| {
            pull.open = false;
            Some(("closed", json!({})))
        });
    }

    /// Reopens a pull request, at the tip its branch has by now.
    pub fn reopen(&self, name: &str, number: u64) {
        self.edit_pull(name, number, |pull| {
            pull.open = true;
            None
        });
        let mut state = self.state();
        push::update_head(&mut state, name, number);
        news::pull(&mut state, name, number, "reopened", json!({}));
    }

    /// Points a pull request at another base branch.
    pub fn change_base(&self, name: &str, number: u64, base: &str) {
        let mut earlier = Value::Null;
        self.edit_pull(name, number, |pull| {
            earlier = json!({"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}});
            base.clone_into(&mut pull.base_ref);
            None
        });
        let mut state = self.state();
        push::update_head(&mut state, name, number);
        let changes = json!({"changes": {"base": earlier}});
        news::pull(&mut state, name, number, "edited", changes);
    }

    /// Rebases the head branch of a pull request on its base branch and returns the new tip.
    pub fn rebase(&self, name: &str, number: u64) -> String {
        let (head_repo, branch, tip) = {
            let state = self.state();
            let repo = repo(&state, name);
            let pull = &repo.pulls[&number];
            let onto = repo
                .git
                .branch(&pull.base_ref)
                .expect("the base branch exists");
            let base = repo
                .git
                .merge_base(&onto, &pull.head_sha)
                .expect("related histories");
            let tip = repo.git.rebased(&base, &pull.head_sha, &onto);
            if let Some(fork) = state
                .repo(&pull.head_repo)
                .filter(|fork| fork.full_name != repo.full_name)
            {
                repo.git.set_ref("refs/fakehub/rebased", &tip);
                fork.git.fetch(&repo.git, &tip);
            }
            (pull.head_repo.clone(), pull.head_ref.clone(), tip)
        };
        self.force_push(&head_repo, &branch, &tip);
        tip
    }

    /// Merges a pull request with a merge commit and returns that commit.
    pub fn merge(&self, name: &str, number: u64) -> String {
        let (branch, commit) = {
            let mut state = self.state();
            let repo = repo_mut(&mut state, name);
            let pull = repo
                .pulls
                .get_mut(&number)
                .expect("the pull request exists");
            pull.open = false;
            pull.merged = true;
            (
                pull.base_ref.clone(),
                pull.merge_sha.clone().expect("the branches merge"),
            )
        };
        self.force_push(name, &branch, &commit);
        let mut state = self.state();
        let owner = repo(&state, name).owner().to_owned();
        news::pull_by(&mut state, name, number, "closed", Some(&owner), json!({}));
        commit
    }

    /// Puts a pull request into the merge queue: makes the group's commit and branch.
    pub fn merge_group(&self, name: &str, number: u64) -> MergeGroup {
        let mut state = self.state();
        let repo = repo(&state, name);
        let pull = &repo.pulls[&number];
        let base_sha = repo
            .git
            .branch(&pull.base_ref)
            .expect("the base branch exists");
        let message = format!("Merge pull request #{number}");
        let head_sha = repo
            .git
            .merge(&base_sha, &pull.head_sha, &message)
            .expect("the branches merge");
        let branch = format!("gh-readonly-queue/{}/pr-{number}-{base_sha}", pull.base_ref);
        let head_ref = format!("refs/heads/{branch}");
        repo.git.set_ref(&head_ref, &head_sha);
        let group = MergeGroup {
            head_sha,
            base_sha,
            head_ref,
            base_ref: format!("refs/heads/{}", pull.base_ref),
        };
        push::branch_moved(&mut state, name, &branch);
        news::merge_group(&mut state, name, &group, "checks_requested", None);
        group
    }

    /// Ends a merge group and removes its branch; `reason` is `merged`, `invalidated` or `dequeued`.
    pub fn destroy_merge_group(&self, name: &str, group: &MergeGroup, reason: &str) {
        let mut state = self.state();
        news::merge_group(&mut state, name, group, "destroyed", Some(reason));
        repo(&state, name)
            .git
            .run(&["update-ref", "-d", &group.head_ref]);
    }

    /// Somebody comments in the conversation.
    pub fn comment(&self, name: &str, number: u64, login: &str, body: &str) -> u64 {
        let mut state = self.state();
        let (id, now) = (state.id(), state.now());
        state.user(login);
        repo_mut(&mut state, name)
            .issue_comments
            .push(IssueComment {
                id,
                pull: number,
                author: login.to_owned(),
                body: body.to_owned(),
                minimized: None,
                created_at: now,
                updated_at: now,
            });
        news::issue_comment(&mut state, name, id, "created", login, None);
        id
    }

    /// Somebody comments on a line of the head. The line must be part of the diff.
    pub fn comment_on_line(
        &self,
        name: &str,
        number: u64,
        login: &str,
        (path, line): (&str, u64),
        body: &str,
    ) -> u64 {
        let review = self.review(name, number, login, "COMMENTED", "");
        let mut state = self.state();
        let (id, now) = (state.id(), state.now());
        let repo = repo_mut(&mut state, name);
        let (merge_base, diff) = repo.pull_diff(number);
        let head = repo.pulls[&number].head_sha.clone();
        let anchor = Anchor {
            path: path.to_owned(),
            whole_file: false,
            line: Some(line),
            side: Some(Side::Right),
            start_line: None,
            start_side: None,
            position: None,
        };
        let place = anchor
            .place(&diff, &merge_base, &head)
            .expect("a line of the diff");
        repo.review_comments.push(ReviewComment {
            id,
            pull: number,
            review,
            in_reply_to: None,
            author: login.to_owned(),
            body: body.to_owned(),
            place,
            minimized: None,
            created_at: now,
            updated_at: now,
        });
        news::review_comment(&mut state, name, id, "created", login, None);
        id
    }

    /// Somebody answers in the thread of a comment on the diff.
    pub fn reply(&self, name: &str, comment: u64, login: &str, body: &str) -> u64 {
        let mut state = self.state();
        let (id, now) = (state.id(), state.now());
        state.user(login);
        let repo = repo_mut(&mut state, name);
        let found = repo.review_comments.iter().find(|one| one.id == comment);
        let mut answer = found.expect("the comment exists").clone();
        answer.in_reply_to = Some(answer.root());
        answer.id = id;
        answer.author = login.to_owned();
        answer.body = body.to_owned();
        answer.minimized = None;
        answer.created_at = now;
        answer.updated_at = now;
        repo.review_comments.push(answer);
        news::review_comment(&mut state, name, id, "created", login, None);
        id
    }

    /// Somebody reviews; `state` is `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`.
    pub fn review(
        &self,
        name: &str,
        number: u64,
        login: &str,
        state: &'static str,
        body: &str,
    ) -> u64 {
        let mut locked = self.state();
        let (id, now) = (locked.id(), locked.now());
        locked.user(login);
        let repo = repo_mut(&mut locked, name);
        let commit = repo.pulls[&number].head_sha.clone();
        repo.reviews.push(Review {
            id,
            pull: number,
            author: login.to_owned(),
            body: body.to_owned(),
            state,
            commit,
            minimized: None,
            submitted_at: Some(now),
        });
        news::review(&mut locked, name, id, "submitted", login);
        id
    }

    /// Somebody resolves the thread of a comment.
    pub fn resolve(&self, name: &str, comment: u64, login: &str) {
        let mut state = self.state();
        let repo = repo_mut(&mut state, name);
        let found = repo.review_comments.iter().find(|one| one.id == comment);
        let root = found.expect("the comment exists").root();
        repo.resolved.insert(root, login.to_owned());
        news::thread(&mut state, name, root, "resolved", login);
    }

    /// Somebody opens a resolved thread again.
    pub fn unresolve(&self, name: &str, comment: u64) {
        let mut state = self.state();
        let repo = repo_mut(&mut state, name);
        let found = repo.review_comments.iter().find(|one| one.id == comment);
        let root = found.expect("the comment exists").root();
        let by = repo.resolved.remove(&root).unwrap_or_default();
        news::thread(&mut state, name, root, "unresolved", &by);
    }

    /// Somebody deletes a comment, of the conversation or of the diff.
    pub fn delete_comment(&self, name: &str, comment: u64) {
        let mut state = self.state();
        let author = comment_author(&state, name, comment);
        news::issue_comment(&mut state, name, comment, "deleted", &author, None);
        news::review_comment(&mut state, name, comment, "deleted", &author, None);
        let repo = repo_mut(&mut state, name);
        repo.issue_comments.retain(|one| one.id != comment);
        repo.delete_review_comment(comment);
    }

    /// Somebody edits a comment, of the conversation or of the diff.
    pub fn edit_comment(&self, name: &str, comment: u64, body: &str) {
        let mut state = self.state();
        let author = comment_author(&state, name, comment);
        let repo = repo_mut(&mut state, name);
        let talk = repo.issue_comments.iter_mut();
        let talk = talk.map(|one| (one.id, &mut one.body));
        let on_diff = repo.review_comments.iter_mut();
        let mut all = talk.chain(on_diff.map(|one| (one.id, &mut one.body)));
        let Some((_, text)) = all.find(|(id, _)| *id == comment) else {
            return;
        };
        let earlier = std::mem::replace(text, body.to_owned());
        drop(all);
        let earlier = Some(earlier.as_str());
        news::issue_comment(&mut state, name, comment, "edited", &author, earlier);
        news::review_comment(&mut state, name, comment, "edited", &author, earlier);
    }
}

/// Who wrote a comment, of the conversation or of the diff.
fn comment_author(state: &State, name: &str, comment: u64) -> String {
    let repo = repo(state, name);
    let talk = repo.issue_comments.iter().map(|one| (one.id, &one.author));
    let on_diff = repo.review_comments.iter().map(|one| (one.id, &one.author));
    let found = talk.chain(on_diff).find(|(id, _)| *id == comment);
    found.map_or(String::new(), |(_, author)| author.clone())
}
