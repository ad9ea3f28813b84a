//! The event files a workflow run or a webhook gets.

use serde_json::{Value, json};

use crate::contract;
use crate::hub::{Hub, repo};
use crate::people::MergeGroup;
use crate::render;
use crate::state::State;
use crate::webhook::news;

const PULL: &str = "/repos/{owner}/{repo}/pulls/{pull_number}";
const REPO: &str = "/repos/{owner}/{repo}";

impl Hub {
    fn base(&self, state: &State, name: &str) -> Value {
        let repo = repo(state, name);
        let mut event = news::about(state, repo, repo.owner());
        contract::complete(
            "GET",
            REPO,
            200,
            &state.links().api,
            &mut event["repository"],
        );
        event
    }

    /// The payload of a `pull_request` event: `opened`, `synchronize`, `reopened`, ...
    pub fn pull_request_event(&self, name: &str, number: u64, action: &str) -> Value {
        let mut state = self.state();
        let mut event = self.base(&state, name);
        let mut fields = news::pull_fields(&mut state, name, number);
        let pull = &mut fields["pull_request"];
        contract::complete("GET", PULL, 200, &state.links().api, pull);
        event["action"] = json!(action);
        event["number"] = json!(number);
        event["pull_request"] = pull.take();
        event
    }

    /// The payload of a `merge_group` event.
    pub fn merge_group_event(&self, name: &str, group: &MergeGroup, action: &str) -> Value {
        let state = self.state();
        let mut event = self.base(&state, name);
        event["action"] = json!(action);
        event["merge_group"] = news::merge_group_fields(repo(&state, name), group);
        event
    }

    /// The payload of a `push` event.
    pub fn push_event(&self, name: &str, branch: &str, before: &str) -> Value {
        let state = self.state();
        let after = repo(&state, name).git.branch(branch);
        let mut event = self.base(&state, name);
        event["ref"] = json!(format!("refs/heads/{branch}"));
        event["before"] = json!(before);
        event["after"] = json!(after);
        event
    }

    /// The payload of a `workflow_run` event for a finished run on a pull request. As on GitHub the
    /// list of pull requests is empty when the head is in a fork.
    pub fn workflow_run_event(&self, name: &str, number: u64) -> Value {
        let state = self.state();
        let links = state.links();
        let repo = repo(&state, name);
        let pull = &repo.pulls[&number];
        let mut event = self.base(&state, name);
        let same = pull.head_repo == repo.full_name;
        let listed: Vec<Value> = same
            .then(|| {
                json!({
                    "number": number,
                    "head": {"ref": pull.head_ref, "sha": pull.head_sha},
                    "base": {"ref": pull.base_ref, "sha": pull.base_sha},
                })
            })
            .into_iter()
            .collect();
        let head = state
            .repo(&pull.head_repo)
            .map(|one| render::repository(&state, &links, one));
        event["action"] = json!("completed");
        event["workflow_run"] = json!({
            "id": 1,
            "event": "pull_request",
            "status": "completed",
            "conclusion": "success",
            "head_branch": pull.head_ref,
            "head_sha": pull.head_sha,
            "head_repository": head,
            "pull_requests": listed,
        });
        event
    }
}
