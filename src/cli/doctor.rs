//! `scrubin doctor`: is the gate really in place?
//!
//! Looks at hooks, workflow files and owners here, and at the branch's rules on GitHub where a token
//! is given. Changes nothing.

mod branch;
mod check;
mod files;
#[cfg(feature = "github")]
mod online;
mod owners;
mod workflow;

use std::path::Path;

use super::args::{DoctorArguments, ListFormat};
use super::failure::Failure;
use super::{Outcome, install, output};
use crate::change::git::Repository;
use crate::config::Config;
use crate::finding::RepoPath;
use branch::Branch;
use check::{Check, State};
use files::Files;
use owners::Owners;
use workflow::{Workflow, Workflows};

/// What the branch's rules are, or why that is not known.
type Looked = Result<Branch, String>;

/// Examines the repository around the current folder.
pub(super) fn doctor(arguments: &DoctorArguments) -> Result<Outcome, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(error).doing("read the current folder"))?;
    let repository = Repository::discover(&here)?;
    let root = repository.work_tree()?.to_owned();
    let files = Files::new(&repository, arguments.rev.as_deref())?;
    let (workflows, mut unread) = workflows(&files)?;
    let remote = Remote::find(arguments, &repository);
    let looked = look(arguments, &remote);

    let mut checks = vec![hook(&repository, &root)];
    let has_queue = looked.as_ref().is_ok_and(|branch| branch.has_queue);
    checks.extend(workflow::checks(&workflows, has_queue));
    checks.append(&mut unread);
    let named = remote
        .repository
        .as_deref()
        .map(|name| (remote.server.as_str(), name));
    match &looked {
        Ok(branch) => {
            let (server, name) = named.unwrap_or_default();
            let gates = workflow::gate_names(&workflows);
            checks.extend(branch::checks(branch, &gates, server, name));
        }
        Err(why) => checks.push(Check::new(
            "required-check",
            State::NotChecked,
            why.clone(),
            "set GITHUB_TOKEN to a token that may read this repository (`gh auth token` prints yours), and give \
             --repo OWNER/NAME if the remote is not on GitHub",
        )),
    }
    let mut steering = steering(&files)?;
    // An action of the repository decides as much as the workflow that uses it.
    steering.extend(workflows.actions.iter().filter_map(|action| {
        let folder = workflow::action_folder(action);
        (!folder.is_empty()).then(|| format!("{folder}/"))
    }));
    let approve = looked.ok().and_then(|branch| branch.owners_approve);
    checks.push(owned(&files, &steering, approve, named)?);

    output::text(&match arguments.format {
        ListFormat::Terminal => check::text(&checks),
        ListFormat::Json => check::json(&checks),
    })?;
    Ok(match check::verdict(&checks) {
        State::Open => Outcome::Findings,
        State::NotChecked => Outcome::Incomplete,
        State::Good | State::Weak | State::NotCheckedWeak => Outcome::Passed,
    })
}

/// The workflow files, and a check for each that could not be understood.
fn workflows(files: &Files<'_>) -> Result<(Workflows, Vec<Check>), Failure> {
    let mut workflows = Workflows::default();
    let mut unread = Vec::new();
    // GitHub takes no workflow from a folder below.
    for path in files.inside(".github/workflows")? {
        let name = path.file_name();
        if !(name.ends_with(b".yml") || name.ends_with(b".yaml")) {
            continue;
        }
        let text = files.read(&path)?.unwrap_or_default();
        match Workflow::parse(&path.to_string(), &text) {
            Some(workflow) => workflows.files.push(workflow),
            None => unread.push(Check::new(
                "workflow-file",
                State::NotChecked,
                format!("{path} is no workflow that can be read"),
                "GitHub shows what is wrong with it under Actions",
            )),
        }
    }
    for action in workflow::local_actions(&workflows.files) {
        let folder = workflow::action_folder(&action);
        for name in ["action.yml", "action.yaml"] {
            let path = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            let text = files.read(&RepoPath::from(path.as_str()))?;
            if text.is_some_and(|text| workflow::action_is_ours(&text)) {
                workflows.actions.insert(action.clone());
            }
        }
    }
    Ok((workflows, unread))
}

/// Whether commits are reviewed before they are made. Never more than weak: a hook can be skipped.
fn hook(repository: &Repository, root: &Path) -> Check {
    const NAME: &str = "hook";
    let text = |path: &Path| {
        std::fs::read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    };
    let installed = text(&repository.hooks_dir().join("pre-commit"));
    let calls = |text: &str| text.contains("scrubin");
    if calls(&installed) || install::configured("pre-commit") {
        return Check::good(NAME, "commits are reviewed by the pre-commit hook");
    }
    // Hook frameworks: the file that names scrubin, what their own hook looks like, how it gets there.
    let frameworks = [
        (
            "pre-commit",
            ".pre-commit-config.yaml",
            "pre-commit install",
        ),
        ("lefthook", "lefthook.yml", "lefthook install"),
        ("lefthook", ".lefthook.yml", "lefthook install"),
        ("husky", ".husky/pre-commit", "npx husky"),
    ];
    for (framework, file, repair) in frameworks {
        if !calls(&text(&root.join(file))) {
            continue;
        }
        let is_husky = framework == "husky"
            && repository
                .hooks_dir()
                .components()
                .any(|part| part.as_os_str() == ".husky");
        if installed.contains(framework) || is_husky {
            return Check::good(
                NAME,
                format!("commits are reviewed through {framework} ({file})"),
            );
        }
        return Check::new(
            NAME,
            State::Weak,
            format!("{file} names scrubin, but {framework} is not installed in this clone"),
            format!("run `{repair}`"),
        );
    }
    Check::new(
        NAME,
        State::Weak,
        "no hook reviews commits in this clone",
        "run `scrubin hook install`",
    )
}

/// Files that decide what the gate does.
fn steering(files: &Files<'_>) -> Result<Vec<String>, Failure> {
    let config = match files.read(&RepoPath::from("scrubin.toml"))? {
        Some(text) => Config::parse(&text, "scrubin.toml")?,
        None => Config::default(),
    };
    let mut paths = vec![
        "scrubin.toml".to_owned(),
        config.deviations.file.clone(),
        config.baseline.file.clone(),
        ".github/workflows/".to_owned(),
        ".github/CODEOWNERS".to_owned(),
    ];
    paths.extend(config.rule_folders.iter().map(|folder| {
        let folder = folder.trim_matches('/');
        format!("{folder}/")
    }));
    Ok(paths)
}

fn owned(
    files: &Files<'_>,
    steering: &[String],
    approve: Option<bool>,
    named: Option<(&str, &str)>,
) -> Result<Check, Failure> {
    for place in owners::PLACES {
        let Some(text) = files.read(&RepoPath::from(place))? else {
            continue;
        };
        let owners = Owners::parse(&text);
        let unowned: Vec<String> = steering
            .iter()
            .map(|path| {
                if path == ".github/CODEOWNERS" {
                    place.to_owned()
                } else {
                    path.clone()
                }
            })
            .filter(|path| {
                // A folder is owned if a new file in it would be.
                let file = if path.ends_with('/') {
                    format!("{path}x.yml")
                } else {
                    path.clone()
                };
                !owners.owns(&file)
            })
            .collect();
        return Ok(branch::owners(
            steering,
            &unowned,
            Some(place),
            approve,
            named,
        ));
    }
    Ok(branch::owners(steering, &[], None, approve, named))
}

/// The repository on GitHub.
struct Remote {
    /// `OWNER/NAME`.
    repository: Option<String>,
    /// For people.
    server: String,
    /// REST, where it is certain: a token goes to github.com or where it was told to, never to
    /// whatever host a remote names.
    #[cfg_attr(
        not(feature = "github"),
        allow(dead_code, reason = "needs the network")
    )]
    api: Option<String>,
}

impl Remote {
    fn find(arguments: &DoctorArguments, repository: &Repository) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let url = repository.config("remote.origin.url").ok().flatten();
        let (host, name) = url.as_deref().and_then(parts_of).unzip();
        let api = arguments
            .api_url
            .clone()
            .or_else(|| variable("GITHUB_API_URL"));
        let is_github = host.as_deref().is_none_or(|host| host == "github.com");
        let server = match (variable("GITHUB_SERVER_URL"), &api, &host) {
            (Some(server), _, _) => server.trim_end_matches('/').to_owned(),
            (None, Some(api), _) if api.ends_with("/api/v3") => {
                api.trim_end_matches("/api/v3").to_owned()
            }
            (None, _, Some(host)) => format!("https://{host}"),
            (None, _, None) => "https://github.com".to_owned(),
        };
        Self {
            repository: arguments
                .repo
                .clone()
                .or_else(|| variable("GITHUB_REPOSITORY"))
                .or(name),
            server,
            api: api.or_else(|| is_github.then(|| "https://api.github.com".to_owned())),
        }
    }
}

/// Host and `OWNER/NAME` of a remote's address.
fn parts_of(url: &str) -> Option<(String, String)> {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest,
        // scp's form, git@HOST:OWNER/NAME
        None => return parts(url.split_once(':')?),
    };
    let (host, path) = rest.split_once('/')?;
    parts((host.split(':').next()?, path))
}

fn parts((host, path): (&str, &str)) -> Option<(String, String)> {
    let host = host.rsplit('@').next()?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && path.split('/').count() == 2).then(|| (host.to_owned(), path.to_owned()))
}

#[cfg(feature = "github")]
fn look(arguments: &DoctorArguments, remote: &Remote) -> Looked {
    online::look(arguments, remote)
}

#[cfg(not(feature = "github"))]
fn look(_: &DoctorArguments, _: &Remote) -> Looked {
    Err("this scrubin was built without the feature `github`, so it cannot ask for the branch's rules".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_names_host_and_repository() {
        let parts = |url: &str| parts_of(url).map(|(host, name)| format!("{host} {name}"));
        for url in [
            "https://github.com/acme/pump.git",
            "https://token@github.com/acme/pump",
            "git@github.com:acme/pump.git",
            "ssh://git@github.com:22/acme/pump.git",
        ] {
            assert_eq!(parts(url).as_deref(), Some("github.com acme/pump"), "{url}");
        }
        assert_eq!(parts("/srv/git/pump.git"), None);
        assert_eq!(parts("../pump"), None);
        assert_eq!(parts("https://git.acme.example/a/b/c"), None);
    }
}
