//! The branch's rules, asked for on GitHub.

use super::super::args::DoctorArguments;
use super::branch::Branch;
use super::{Looked, Remote};
use crate::github::event::{self, Environment, RepositoryName};
use crate::github::rules::{BranchRules, branch_rules};
use crate::github::{self, ApiError, Client, ClientOptions, Token};

pub(super) fn look(arguments: &DoctorArguments, remote: &Remote) -> Looked {
    let name = remote
        .repository
        .as_deref()
        .ok_or("no remote named origin says which repository on GitHub this is")?;
    let name = RepositoryName::parse(name).ok_or_else(|| format!("`{name}` is no OWNER/NAME"))?;
    let api = remote.api.clone().ok_or_else(|| {
        format!(
            "no token is sent to {} unasked; give --api-url {}/api/v3",
            remote.server, remote.server
        )
    })?;
    let secret = match &arguments.token_file {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
            format!(
                "the token file `{}` cannot be read: {error}",
                path.display()
            )
        })?),
        None => ["GITHUB_TOKEN", "GH_TOKEN"]
            .iter()
            .find_map(|name| std::env::var(name).ok()),
    };
    let token = secret
        .as_deref()
        .and_then(Token::new)
        .ok_or("there is no token to ask for the branch's rules with")?;
    let environment = Environment::from([("GITHUB_API_URL".to_owned(), api)]);
    let options = ClientOptions::new(event::addresses(&environment), token);
    let asked = github::block_on(ask(options, &name, arguments.branch.as_deref()))
        .map_err(|error| format!("no network runtime: {error}"))?;
    let rules = asked.map_err(|error| format!("{error}"))?;
    Ok(Branch {
        name: rules.branch,
        required: rules.required_checks,
        bound: rules.bound_checks,
        bypass: rules.bypass,
        owners_approve: rules.owners_approve,
        binds_admins: rules.binds_administrators,
        has_queue: rules.has_queue,
    })
}

async fn ask(
    options: ClientOptions,
    name: &RepositoryName,
    branch: Option<&str>,
) -> Result<BranchRules, ApiError> {
    let client = Client::new(options)?;
    branch_rules(&client, name, branch).await
}
