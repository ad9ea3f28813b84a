//! Commits, trees, blobs, references and contents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::call::Call;
use crate::render::{self, repo_url};
use crate::reply::{Answer, Reply};
use crate::state::Repo;
use crate::url::encode_path;

/// Most entries of a recursive tree before GitHub truncates it.
const TREE_ENTRIES: usize = 100_000;
/// Above this size the contents operation gives no content, only the raw media type does.
const CONTENT_BYTES: usize = 1024 * 1024;

/// Base64 in lines of 60 characters, as GitHub breaks them.
fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines = text
        .as_bytes()
        .chunks(60)
        .map(|line| String::from_utf8_lossy(line) + "\n");
    lines.collect()
}

/// The answer when something is not there: another one when nothing at all is.
fn absent(repo: &Repo, otherwise: Reply) -> Reply {
    let refs = repo.git.run(&["for-each-ref", "--count=1"]);
    match refs.is_empty() {
        true => Reply::error(409, "Git Repository is empty."),
        false => otherwise,
    }
}

pub(crate) fn commit(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let wanted = call.param("ref");
    let sha = repo.git.commit_of(wanted).ok_or_else(|| {
        let missing = format!("No commit found for SHA: {wanted}");
        absent(repo, Reply::error(422, &missing))
    })?;
    if call.accept.contains(".sha") {
        return Ok(Reply::bytes(
            "application/vnd.github.sha; charset=utf-8",
            sha.into_bytes(),
        ));
    }
    Ok(Reply::ok(render::commit(&call.links, repo, &sha)))
}

pub(crate) fn git_commit(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let wanted = call.param("commit_sha");
    let sha = repo
        .git
        .commit_of(wanted)
        .filter(|sha| sha == wanted)
        .ok_or_else(Reply::not_found)?;
    let full = render::commit(&call.links, repo, &sha);
    let parents: Vec<Value> = full["parents"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parent| {
            let sha = parent["sha"].as_str().unwrap_or_default();
            json!({
                "sha": sha,
                "url": format!("{}/git/commits/{sha}", repo_url(&call.links, repo)),
                "html_url": format!("{}/{}/commit/{sha}", call.links.web, repo.full_name),
            })
        })
        .collect();
    Ok(Reply::ok(json!({
        "sha": sha,
        "node_id": full["node_id"],
        "url": full["commit"]["url"],
        "html_url": full["html_url"],
        "author": full["commit"]["author"],
        "committer": full["commit"]["committer"],
        "message": full["commit"]["message"],
        "tree": full["commit"]["tree"],
        "parents": parents,
        "verification": {
            "verified": false,
            "reason": "unsigned",
            "signature": null,
            "payload": null,
            "verified_at": null,
        },
    })))
}

pub(crate) fn blob(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let sha = call.param("file_sha");
    let bytes = object(repo, "blob", sha)?;
    if call.accept.contains(".raw") {
        return Ok(Reply::bytes(
            "application/vnd.github.raw; charset=utf-8",
            bytes,
        ));
    }
    Ok(Reply::ok(json!({
        "sha": sha,
        "node_id": format!("B_{sha}"),
        "size": bytes.len(),
        "url": format!("{}/git/blobs/{sha}", repo_url(&call.links, repo)),
        "content": base64_lines(&bytes),
        "encoding": "base64",
    })))
}

fn object(repo: &Repo, kind: &str, sha: &str) -> Result<Vec<u8>, Reply> {
    let hex = sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = if hex {
        repo.git.try_bytes(&["cat-file", kind, sha], b"")
    } else {
        None
    };
    found.ok_or_else(Reply::not_found)
}

pub(crate) fn tree(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let wanted = format!("{}^{{tree}}", call.param("tree_sha"));
    let found = repo
        .git
        .try_run(&["rev-parse", "--quiet", "--verify", &wanted]);
    let sha = found
        .filter(|_| !wanted.starts_with('-'))
        .ok_or_else(|| absent(repo, Reply::not_found()))?;
    let mut arguments = vec!["ls-tree", "-z", "--long"];
    // GitHub: any value of `recursive`, even "0", turns it on.
    if call.query.contains_key("recursive") {
        arguments.extend(["-r", "-t"]);
    }
    arguments.push(&sha);
    let listing = repo.git.try_bytes(&arguments, b"").unwrap_or_default();
    let listing = String::from_utf8_lossy(&listing);
    let entries: Vec<Value> = listing
        .split('\0')
        .filter_map(|line| {
            let (meta, path) = line.split_once('\t')?;
            let fields: Vec<&str> = meta.split_whitespace().collect();
            let [mode, kind, sha, size] = fields[..] else {
                return None;
            };
            let plural = if kind == "tree" { "trees" } else { "blobs" };
            let mut entry = json!({
                "path": path,
                "mode": mode,
                "type": kind,
                "sha": sha,
                "url": format!("{}/git/{plural}/{sha}", repo_url(&call.links, repo)),
            });
            if let Ok(size) = size.parse::<u64>() {
                entry["size"] = json!(size);
            }
            Some(entry)
        })
        .collect();
    Ok(Reply::ok(json!({
        "sha": sha,
        "url": format!("{}/git/trees/{sha}", repo_url(&call.links, repo)),
        "truncated": entries.len() > TREE_ENTRIES,
        "tree": entries.into_iter().take(TREE_ENTRIES).collect::<Vec<_>>(),
    })))
}

fn show_ref(call: &Call<'_>, repo: &Repo, name: &str, sha: &str) -> Value {
    json!({
        "ref": name,
        "node_id": format!("REF_{name}"),
        "url": format!("{}/git/{name}", repo_url(&call.links, repo)),
        "object": {
            "type": "commit",
            "sha": sha,
            "url": format!("{}/git/commits/{sha}", repo_url(&call.links, repo)),
        },
    })
}

pub(crate) fn reference(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let name = format!("refs/{}", call.param("ref"));
    let sha = repo.git.commit_of(&name).ok_or_else(Reply::not_found)?;
    Ok(Reply::ok(show_ref(call, repo, &name, &sha)))
}

pub(crate) fn matching_refs(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let start = format!("refs/{}", call.param("ref"));
    let all = repo
        .git
        .run(&["for-each-ref", "--format=%(objectname) %(refname)"]);
    let all = all.lines().filter_map(|line| line.split_once(' '));
    let found: Vec<Value> = all
        .filter(|(_, name)| name.starts_with(&start))
        .map(|(sha, name)| show_ref(call, repo, name, sha))
        .collect();
    Ok(Reply::ok(found.into()))
}

pub(crate) fn contents(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let at = call.query.get("ref").unwrap_or(&repo.default_branch);
    let commit = repo
        .git
        .commit_of(at)
        .ok_or_else(|| Reply::error(404, &format!("No commit found for the ref {at}")))?;
    let path = call.param("path").trim_matches('/');
    let list = |place: &str| {
        let mut arguments = vec!["ls-tree", "-z", "--long", &commit];
        if !place.is_empty() {
            arguments.extend(["--", place]);
        }
        let listing = repo.git.try_bytes(&arguments, b"").unwrap_or_default();
        String::from_utf8_lossy(&listing).into_owned()
    };
    let listing = list(path);
    if path.is_empty() || listing.split_whitespace().nth(1) == Some("tree") {
        let inside = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let listing = list(&inside);
        let entries = listing
            .split('\0')
            .filter_map(|line| entry(call, repo, &commit, line));
        return Ok(Reply::ok(entries.collect()));
    }
    let listing = listing.trim_end_matches('\0');
    let mut shown = entry(call, repo, &commit, listing).ok_or_else(Reply::not_found)?;
    if shown["type"] != "file" {
        return Ok(Reply::ok(shown));
    }
    let bytes = object(repo, "blob", shown["sha"].as_str().unwrap_or_default())?;
    if call.accept.contains(".raw") {
        return Ok(Reply::bytes(
            "application/vnd.github.raw; charset=utf-8",
            bytes,
        ));
    }
    let large = bytes.len() > CONTENT_BYTES;
    shown["encoding"] = json!(if large { "none" } else { "base64" });
    shown["content"] = json!(if large {
        String::new()
    } else {
        base64_lines(&bytes)
    });
    Ok(Reply::ok(shown))
}

fn entry(call: &Call<'_>, repo: &Repo, commit: &str, line: &str) -> Option<Value> {
    let (meta, path) = line.split_once('\t')?;
    let fields: Vec<&str> = meta.split_whitespace().collect();
    let [mode, kind, sha, size] = fields[..] else {
        return None;
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let encoded = encode_path(path);
    let url = format!(
        "{}/contents/{encoded}?ref={commit}",
        repo_url(&call.links, repo)
    );
    let git = format!(
        "{}/git/{}s/{sha}",
        repo_url(&call.links, repo),
        if kind == "tree" { "tree" } else { "blob" }
    );
    let page = format!(
        "{}/{}/blob/{commit}/{encoded}",
        call.links.web, repo.full_name
    );
    let kind = match (kind, mode) {
        ("tree", _) => "dir",
        ("commit", _) => "submodule",
        (_, "120000") => "symlink",
        _ => "file",
    };
    let mut made = json!({
        "type": kind,
        "name": name,
        "path": path,
        "sha": sha,
        "size": size.parse::<u64>().unwrap_or(0),
        "url": url,
        "git_url": git,
        "html_url": page,
        "download_url": if kind == "file" { json!(format!("{page}?raw=1")) } else { Value::Null },
        "_links": {"self": url, "git": git, "html": page},
    });
    if kind == "symlink" {
        let target = object(repo, "blob", sha).ok()?;
        made["target"] = json!(String::from_utf8_lossy(&target));
    }
    Some(made)
}
