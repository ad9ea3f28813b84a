//! Check runs and their suites.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::app::id_of;
use crate::call::{Call, Links};
use crate::render::{self, repo_url, time};
use crate::reply::{Answer, Reply};
use crate::state::{CheckRun, CheckSuite, Repo, State};
use crate::suite;
use crate::webhook::news;

/// Most characters of an annotation's title.
const TITLE_CHARACTERS: usize = 255;
/// Most bytes of an annotation's message and of its raw details.
const MESSAGE_BYTES: usize = 64 * 1024;

fn find(repo: &Repo, id: u64) -> Result<&CheckRun, Reply> {
    repo.check_runs
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(Reply::not_found)
}

/// A check run as GitHub shows it.
pub(crate) fn show(state: &State, links: &Links, repo: &Repo, run: &CheckRun) -> Value {
    let url = format!("{}/check-runs/{}", repo_url(links, repo), run.id);
    let page = format!("{}/{}/runs/{}", links.web, repo.full_name, run.id);
    let field = |name: &str| run.fields.get(name).cloned().unwrap_or(Value::Null);
    let output = field("output");
    json!({
        "id": run.id,
        "node_id": format!("CR_{}", run.id),
        "name": field("name"),
        "head_sha": run.head_sha,
        "external_id": field("external_id").as_str().unwrap_or_default(),
        "url": url,
        "html_url": page,
        "details_url": match field("details_url") { Value::Null => json!(page), url => url },
        "status": field("status"),
        "conclusion": field("conclusion"),
        "started_at": field("started_at"),
        "completed_at": field("completed_at"),
        "output": {
            "title": output["title"],
            "summary": output["summary"],
            "text": output["text"],
            "annotations_count": run.annotations.len(),
            "annotations_url": format!("{url}/annotations"),
        },
        "check_suite": {"id": run.suite},
        "app": suite::show_app(state, links, repo, &run.app),
        "pull_requests": suite::pulls_at(links, repo, &run.head_sha),
    })
}

/// Takes over what a request says; returns the annotations apart.
fn take_over(call: &Call<'_>, fields: &mut BTreeMap<String, Value>) -> Result<Vec<Value>, Reply> {
    for name in [
        "name",
        "status",
        "conclusion",
        "details_url",
        "external_id",
        "started_at",
        "completed_at",
        "actions",
    ] {
        if !call.body[name].is_null() {
            fields.insert(name.to_owned(), call.body[name].clone());
        }
    }
    if !call.body["conclusion"].is_null() {
        // As on GitHub: a conclusion completes the run.
        fields.insert("status".to_owned(), json!("completed"));
        fields
            .entry("completed_at".to_owned())
            .or_insert(json!(time(call.state.now())));
    }
    if fields.get("status") == Some(&json!("completed")) && !fields.contains_key("conclusion") {
        return Err(Reply::error(
            422,
            "Invalid request.\n\n\"conclusion\" wasn't supplied.",
        ));
    }
    let mut output = call.body["output"].clone();
    let annotations = match output
        .as_object_mut()
        .and_then(|output| output.remove("annotations"))
    {
        Some(Value::Array(all)) => all,
        _ => Vec::new(),
    };
    if let Value::Object(new) = output {
        let kept = fields.entry("output".to_owned()).or_insert(json!({}));
        for (name, value) in new {
            kept[name] = value;
        }
    }
    for annotation in &annotations {
        check_annotation(annotation)?;
    }
    Ok(annotations)
}

fn check_annotation(annotation: &Value) -> Result<(), Reply> {
    let text = |name: &str| annotation[name].as_str().unwrap_or_default();
    let number = |name: &str| annotation[name].as_u64();
    let refuse = |field: &str, message: &str| {
        Err(Reply::invalid("CheckAnnotation", field, "custom", message))
    };
    if text("title").chars().count() > TITLE_CHARACTERS {
        return refuse("title", "title is too long (maximum is 255 characters)");
    }
    for name in ["message", "raw_details"] {
        if text(name).len() > MESSAGE_BYTES {
            return refuse(name, &format!("{name} exceeds the maximum size of 64 KB"));
        }
    }
    let columns = number("start_column").is_some() || number("end_column").is_some();
    if columns && number("start_line") != number("end_line") {
        return refuse("start_column", "columns are allowed on a single line only");
    }
    if number("start_line") > number("end_line") {
        return refuse("end_line", "end_line must not be before start_line");
    }
    Ok(())
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let sha = call.text("head_sha").unwrap_or_default();
    if call
        .repo()?
        .git
        .commit_of(&sha)
        .is_none_or(|found| found != sha)
    {
        return Err(Reply::error(
            422,
            &format!("No commit found for SHA: {sha}"),
        ));
    }
    let mut fields = BTreeMap::from([
        ("status".to_owned(), json!("queued")),
        ("started_at".to_owned(), json!(time(call.state.now()))),
    ]);
    let annotations = take_over(call, &mut fields)?;
    let app = call
        .caller
        .as_ref()
        .and_then(|token| token.app())
        .unwrap_or_default()
        .to_owned();
    let name = call.full_name();
    let suite = suite::of_commit(call.state, &name, &app, &sha);
    let id = call.state.id();
    call.repo_mut()?.check_runs.push(CheckRun {
        id,
        app,
        suite,
        head_sha: sha,
        fields,
        annotations,
    });
    tell(call, id, "created");
    let repo = call.repo()?;
    Ok(Reply::created(show(
        call.state,
        &call.links,
        repo,
        find(repo, id)?,
    )))
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let id = call.id("check_run_id")?;
    let repo = call.repo()?;
    Ok(Reply::ok(show(
        call.state,
        &call.links,
        repo,
        find(repo, id)?,
    )))
}

pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.id("check_run_id")?;
    let run = find(call.repo()?, id)?.clone();
    let token = call.caller.as_ref();
    if token.and_then(|token| token.app()) != Some(&run.app) {
        return Err(Reply::error(
            403,
            "Invalid app_id `1` - check run can only be modified by the GitHub App that created it.",
        ));
    }
    let mut fields = run.fields;
    let annotations = take_over(call, &mut fields)?;
    let repo = call.repo_mut()?;
    if let Some(run) = repo.check_runs.iter_mut().find(|one| one.id == id) {
        run.fields = fields;
        run.annotations.extend(annotations);
    }
    tell(call, id, "completed");
    get(call)
}

/// Tells Apps of a run: that it was created, when it is completed, and when with it its suite is.
fn tell(call: &mut Call<'_>, id: u64, action: &str) {
    let (name, login) = (call.full_name(), call.login());
    if action == "created" {
        news::check_run(call.state, &name, id, action, &login, None);
    }
    let Some(repo) = call.state.repo(&name) else {
        return;
    };
    let Some(run) = repo.check_runs.iter().find(|one| one.id == id) else {
        return;
    };
    if run.fields.get("status") != Some(&json!("completed")) {
        return;
    }
    let suite = run.suite;
    let complete = suite::is_complete(repo, suite);
    news::check_run(call.state, &name, id, "completed", &login, None);
    if complete {
        news::check_suite(call.state, &name, suite, "completed", &login);
    }
}

fn find_suite(repo: &Repo, id: u64) -> Result<&CheckSuite, Reply> {
    let mut all = repo.check_suites.iter();
    all.find(|one| one.id == id).ok_or_else(Reply::not_found)
}

pub(crate) fn get_suite(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let suite = find_suite(repo, call.id("check_suite_id")?)?;
    Ok(Reply::ok(show_suite(call, repo, suite)))
}

fn show_suite(call: &Call<'_>, repo: &Repo, suite: &CheckSuite) -> Value {
    let mut shown = suite::show(call.state, &call.links, repo, suite);
    shown["head_commit"] = render::simple_commit(repo, &suite.head_sha);
    shown
}

pub(crate) fn runs_of_suite(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let suite = find_suite(repo, call.id("check_suite_id")?)?.id;
    let of = |run: &&CheckRun| run.suite == suite;
    list_runs(call, repo, repo.check_runs.iter().filter(of).collect())
}

pub(crate) fn suites_of_commit(call: &mut Call<'_>) -> Answer {
    let sha = sha_of(call, "ref")?;
    let repo = call.repo()?;
    let app = call.query.get("app_id");
    let all: Vec<&CheckSuite> = repo
        .check_suites
        .iter()
        .filter(|one| one.head_sha == sha)
        .filter(|one| app.is_none_or(|id| *id == id_of(call.state, &one.app).to_string()))
        .collect();
    call.paged(all.len(), |range| {
        let shown = all[range].iter();
        let suites: Vec<Value> = shown.map(|one| show_suite(call, repo, one)).collect();
        json!({"total_count": all.len(), "check_suites": suites})
    })
}

pub(crate) fn annotations(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let run = find(repo, call.id("check_run_id")?)?;
    call.paged(run.annotations.len(), |range| {
        run.annotations[range]
            .iter()
            .map(|written| {
                let mut shown = written.clone();
                for name in ["start_column", "end_column", "title", "raw_details"] {
                    shown[name] = written[name].clone();
                }
                shown["blob_href"] = json!(format!(
                    "{}/{}/blob/{}/{}",
                    call.links.web,
                    repo.full_name,
                    run.head_sha,
                    written["path"].as_str().unwrap_or_default()
                ));
                shown
            })
            .collect()
    })
}

/// The commit a parameter of the path names.
pub(crate) fn sha_of(call: &Call<'_>, name: &str) -> Result<String, Reply> {
    let wanted = call.param(name);
    call.repo()?
        .git
        .commit_of(wanted)
        .ok_or_else(|| Reply::error(422, &format!("No commit found for SHA: {wanted}")))
}

pub(crate) fn of_commit(call: &mut Call<'_>) -> Answer {
    let sha = sha_of(call, "ref")?;
    let repo = call.repo()?;
    let app = call.query.get("app_id");
    let here = repo.check_runs.iter().filter(|run| run.head_sha == sha);
    let by = |run: &&CheckRun| app.is_none_or(|id| *id == id_of(call.state, &run.app).to_string());
    list_runs(call, repo, here.filter(by).collect())
}

/// A page of check runs, of those with the name and status of the query, and by default of runs with
/// one name the newest alone.
fn list_runs(call: &Call<'_>, repo: &Repo, mut all: Vec<&CheckRun>) -> Answer {
    let name = call.query.get("check_name");
    let status = call.query.get("status");
    all.retain(|run| name.is_none_or(|name| run.fields.get("name") == Some(&json!(name))));
    all.retain(|run| status.is_none_or(|status| run.fields.get("status") == Some(&json!(status))));
    if call.query.get("filter").map(String::as_str) != Some("all") {
        let last = |run: &CheckRun| {
            let same = |other: &&&CheckRun| {
                other.app == run.app && other.fields.get("name") == run.fields.get("name")
            };
            all.iter().filter(same).map(|other| other.id).max()
        };
        let latest: Vec<u64> = all.iter().filter_map(|run| last(run)).collect();
        all.retain(|run| latest.contains(&run.id));
    }
    call.paged(all.len(), |range| {
        let shown = all[range].iter();
        let runs: Vec<Value> = shown
            .map(|run| show(call.state, &call.links, repo, run))
            .collect();
        json!({"total_count": all.len(), "check_runs": runs})
    })
}
