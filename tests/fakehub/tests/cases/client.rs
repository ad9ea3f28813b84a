//! A plain HTTP client, and the repository most tests start from.

use std::time::Duration;

use fakehub::{Edit, FakeHub, TokenSpec};
use serde_json::Value;

pub(crate) const REPO: &str = "acme/pump";

pub(crate) struct Client {
    pub(crate) base: String,
    pub(crate) token: Option<String>,
    pub(crate) accept: &'static str,
    agent: ureq::Agent,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// Fails with the body when the status is another one.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub(crate) fn id(&self) -> u64 {
        self.body["id"].as_u64().unwrap()
    }

    pub(crate) fn list(&self) -> &[Value] {
        self.body.as_array().unwrap()
    }
}

impl Client {
    pub(crate) fn new(base: &str, token: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .user_agent("client-of-the-tests");
        Self {
            base: base.to_owned(),
            token: token.map(str::to_owned),
            accept: "application/vnd.github+json",
            agent: config.build().new_agent(),
        }
    }

    /// A client of the same base and token that does not follow redirections.
    pub(crate) fn bare(&self) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)))
            .user_agent("client-of-the-tests");
        Self {
            base: self.base.clone(),
            token: self.token.clone(),
            accept: self.accept,
            agent: config.build().new_agent(),
        }
    }

    /// The answer, or how the transport failed.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ureq::Error> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        };
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        request = request.header("accept", self.accept);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        match body {
            Some(body) => {
                // GitHub does without; prism does not.
                let request = request.header("content-type", "application/json");
                read(self.agent.run(request.body(body.to_string()).unwrap())?)
            }
            None => read(self.agent.run(request.body(()).unwrap())?),
        }
    }

    /// Posts a form, as a browser does.
    pub(crate) fn post_form(&self, path: &str, form: &str) -> Answer {
        let url = format!("{}{path}", self.base);
        let request = ureq::http::Request::builder().method("POST").uri(url);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        read(
            self.agent
                .run(request.body(form.to_owned()).unwrap())
                .unwrap(),
        )
        .unwrap()
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_call(method, path, body).unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(&body))
    }

    pub(crate) fn graphql(&self, query: &str, variables: Value) -> Value {
        let body = serde_json::json!({"query": query, "variables": variables});
        self.post("/graphql", body).expect(200).body
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let bytes = response
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_vec()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
    })
}

/// A file of this many lines, `line 1` and so on.
pub(crate) fn lines(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("line {number}")).collect()
}

/// Lines as a file.
pub(crate) fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A hub with a repository of one file of 60 lines and a pull request that changes lines 20 and 40
/// and adds a file.
pub(crate) struct Scene {
    pub(crate) hub: FakeHub,
    pub(crate) number: u64,
    pub(crate) client: Client,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(TokenSpec::actions())
    }

    pub(crate) fn with(spec: TokenSpec) -> Self {
        let hub = FakeHub::start();
        hub.add_repository(REPO);
        hub.commit_files(REPO, "main", &[("pump.c", &text(&lines(60)))]);
        hub.create_branch(REPO, "fix", "main");
        hub.commit(REPO, "fix", "fix the pump", &changed(|_| {}));
        let number = hub.open_pull(REPO, "fix", "main");
        let token = hub.add_token(spec);
        let client = Client::new(&hub.url(), Some(&token));
        Self {
            hub,
            number,
            client,
        }
    }

    /// A path below the pull request.
    pub(crate) fn pull(&self, rest: &str) -> String {
        format!("/repos/{REPO}/pulls/{}{rest}", self.number)
    }

    pub(crate) fn token(&self) -> &str {
        self.client.token.as_deref().unwrap()
    }

    /// Pushes the changed file, changed once more.
    pub(crate) fn push(&self, edit: impl FnOnce(&mut Vec<String>)) -> String {
        self.hub.commit(REPO, "fix", "more", &changed(edit))
    }
}

/// The change of the pull request, with lines 20 and 40 changed, then edited.
pub(crate) fn changed(edit: impl FnOnce(&mut Vec<String>)) -> Vec<Edit> {
    let mut all = lines(60);
    all[19] = "changed 20".to_owned();
    all[39] = "changed 40".to_owned();
    edit(&mut all);
    vec![
        Edit::write("pump.c", text(&all)),
        Edit::write("new.c", "int a;\nint b;\nint c;\n"),
    ]
}
