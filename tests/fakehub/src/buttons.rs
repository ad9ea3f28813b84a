//! What people press on checks: re-run one, re-run all, an action that an App offers.

use crate::hub::{Hub, repo};
use crate::suite;
use crate::webhook::news;

impl Hub {
    /// Somebody asks the App of a check run to run it again. The run stays as it is until the App
    /// changes it.
    pub fn rerequest_check_run(&self, name: &str, check_run: u64, login: &str) {
        let mut state = self.state();
        state.user(login);
        news::check_run(&mut state, name, check_run, "rerequested", login, None);
    }

    /// Somebody presses a button of a check run.
    ///
    /// # Panics
    /// When the run offers no action with this identifier.
    pub fn request_action(&self, name: &str, check_run: u64, identifier: &str, login: &str) {
        let mut state = self.state();
        state.user(login);
        let runs = &repo(&state, name).check_runs;
        let run = runs.iter().find(|one| one.id == check_run);
        let run = run.unwrap_or_else(|| panic!("no check run {check_run}"));
        let offered = run.fields.get("actions").and_then(|all| all.as_array());
        let offered = offered.into_iter().flatten();
        assert!(
            offered.clone().any(|one| one["identifier"] == identifier),
            "the check run offers no action {identifier}"
        );
        let asked = Some(identifier);
        news::check_run(
            &mut state,
            name,
            check_run,
            "requested_action",
            login,
            asked,
        );
    }

    /// Somebody asks an App to run all its checks of a commit again.
    pub fn rerequest_check_suite(&self, name: &str, app: &str, head_sha: &str, login: &str) {
        let mut state = self.state();
        state.user(login);
        let id = suite::of_commit(&mut state, name, app, head_sha);
        news::check_suite(&mut state, name, id, "rerequested", login);
    }
}
