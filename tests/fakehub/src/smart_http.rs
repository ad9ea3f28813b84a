//! git over HTTP: hands requests to `git http-backend`, so that a checkout can fetch and push.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::git::{Git, plain_git};
use crate::hub::Hub;
use crate::pipeline::Asked;
use crate::push;
use crate::reply::{ARCHIVED, Reply};
use crate::state::State;
use crate::token::{Access, Permission};

/// Whether a path belongs to git's protocol.
pub(crate) fn is_git(path: &str) -> bool {
    ["/info/refs", "/git-upload-pack", "/git-receive-pack"]
        .iter()
        .any(|end| {
            path.strip_suffix(end)
                .is_some_and(|rest| rest.matches('/').count() == 2)
        })
}

/// The token of an `Authorization` header: `Bearer`, `token`, or the password of `Basic`.
pub(crate) fn secret(header: Option<&str>) -> Option<String> {
    let (scheme, rest) = header?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Some(rest.trim().to_owned());
    }
    let plain = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    Some(plain.split_once(':')?.1.to_owned())
}

/// Where a renamed repository is now; git follows this on its first request.
fn moved(asked: &Asked<'_>, now: &str, action: &str) -> Reply {
    let mut to = format!("{}/{now}.git/{action}", asked.links.web);
    if !asked.incoming.query.is_empty() {
        to.push('?');
        to.push_str(&asked.incoming.query);
    }
    Reply::error(301, "Moved Permanently").header("location", to)
}

/// A request of git's that may be carried out.
pub(crate) struct Admitted {
    /// The repository's name now.
    full_name: String,
    git: Git,
    action: String,
    writes: bool,
}

/// Whether the caller may fetch from, or push to, the repository of the path.
pub(crate) fn admit(
    state: &State,
    asked: &Asked<'_>,
    token: Option<&str>,
) -> Result<Admitted, Reply> {
    let parts: Vec<&str> = asked.path.trim_start_matches('/').splitn(3, '/').collect();
    let [owner, name, action] = parts[..] else {
        return Err(Reply::not_found());
    };
    let full_name = format!("{owner}/{}", name.trim_end_matches(".git"));
    let Some(repo) = state.repo(&full_name) else {
        return Err(match state.new_name(&full_name) {
            Some(now) => moved(asked, &now, action),
            None => Reply::not_found(),
        });
    };
    let writes = action == "git-receive-pack" || asked.incoming.query.contains("git-receive-pack");
    let access = if writes { Access::Write } else { Access::Read };
    match token.and_then(|key| state.tokens.get(key)) {
        None if writes || repo.private => {
            return Err(Reply::error(401, "Authentication required")
                .header("www-authenticate", "Basic realm=\"GitHub\""));
        }
        None => {}
        Some(token) => {
            let reaches = token.reaches(&full_name);
            let allowed = reaches && token.allows(Permission::Contents, access);
            if !allowed && (writes || repo.private) {
                return Err(Reply::error(
                    if reaches { 403 } else { 404 },
                    "Write access to repository not granted.",
                ));
            }
        }
    }
    if writes && repo.archived {
        return Err(Reply::error(403, ARCHIVED));
    }
    Ok(Admitted {
        full_name: repo.full_name.clone(),
        git: repo.git.clone(),
        action: action.to_owned(),
        writes,
    })
}

/// Carries a request out, without the state being held meanwhile; what a push moved is followed.
pub(crate) fn carry_out(hub: &Hub, asked: &Asked<'_>, admitted: &Admitted) -> Reply {
    let Admitted {
        full_name,
        git,
        action,
        writes,
    } = admitted;
    let folder = git.dir.file_name().unwrap_or_default();
    let git_path = format!("/{}/{action}", folder.display());
    let before = writes.then(|| heads(git));
    let is_plain = asked.incoming.header("content-encoding").is_none();
    let reply = match action.as_str() {
        "git-upload-pack" if is_plain && asked.incoming.method == "POST" => upload(asked, git),
        _ => backend(hub, asked, &git_path),
    };
    if action == "git-receive-pack" {
        let known = before.unwrap_or_default();
        let after = heads(git);
        let moved = after.iter().filter(|one| !known.contains(one));
        for (branch, _) in moved {
            push::branch_moved(&mut hub.state(), full_name, branch);
        }
    }
    reply
}

/// Branches and their tips.
fn heads(git: &Git) -> Vec<(String, String)> {
    let list = git.run(&[
        "for-each-ref",
        "--format=%(refname:lstrip=2) %(objectname)",
        "refs/heads",
    ]);
    let pairs = list.lines().filter_map(|line| line.rsplit_once(' '));
    pairs
        .map(|(branch, commit)| (branch.to_owned(), commit.to_owned()))
        .collect()
}

/// Runs what the CGI program would run for a fetch, without the process in between.
fn upload(asked: &Asked<'_>, git: &Git) -> Reply {
    let incoming = asked.incoming;
    let mut command = plain_git();
    command
        .args(["upload-pack", "--stateless-rpc"])
        .arg(&git.dir);
    if let Some(version) = incoming.header("git-protocol") {
        command.env("GIT_PROTOCOL", version);
    }
    let out = answer_of(command, &incoming.body);
    let mut reply = Reply::bytes("application/x-git-upload-pack-result", out);
    reply
        .headers
        .push(("cache-control".to_owned(), "no-cache".to_owned()));
    reply
}

/// Runs the CGI program that git ships.
fn backend(hub: &Hub, asked: &Asked<'_>, git_path: &str) -> Reply {
    let incoming = asked.incoming;
    let mut command = plain_git();
    command.arg("http-backend");
    command
        .env("GIT_PROJECT_ROOT", hub.folder())
        .env("GIT_HTTP_EXPORT_ALL", "1");
    command
        .env("PATH_INFO", git_path)
        .env("QUERY_STRING", &incoming.query);
    command
        .env("REQUEST_METHOD", &incoming.method)
        .env("REMOTE_USER", "token");
    command.env("CONTENT_LENGTH", incoming.body.len().to_string());
    for (header, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        if let Some(value) = incoming.header(header) {
            command.env(variable, value);
        }
    }
    cgi_reply(&answer_of(command, &incoming.body))
}

/// What a command says to its input.
fn answer_of(mut command: Command, body: &[u8]) -> Vec<u8> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("git is installed");
    let mut stdin = child.stdin.take().expect("piped");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // It may answer without reading everything.
            let _ = stdin.write_all(body);
        });
        child.wait_with_output().expect("git runs").stdout
    })
}

fn cgi_reply(out: &[u8]) -> Reply {
    let Some(split) = out.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Reply::error(500, "git http-backend gave no answer");
    };
    let mut reply = Reply::bytes("application/octet-stream", out[split + 4..].to_vec());
    let mut media_type = None;
    for line in String::from_utf8_lossy(&out[..split]).lines() {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "status" => {
                let code = value.split(' ').next().unwrap_or_default();
                reply.status = code.parse().unwrap_or(500);
            }
            "content-type" => media_type = Some(value.to_owned()),
            "content-length" => {}
            other => reply.headers.push((other.to_owned(), value.to_owned())),
        }
    }
    if let (Some(media_type), crate::reply::Body::Bytes(known, _)) = (media_type, &mut reply.body) {
        *known = media_type;
    }
    reply
}
