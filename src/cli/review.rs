//! `scrubin review`: a change on GitHub, from a CI environment.

mod outputs;
mod post;
mod recorded;
mod report_only;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use recorded::Recorded;

use super::args::{DraftsArgument, ReviewArguments, UnsupportedArgument};
use super::failure::Failure;
use super::record::Recorder;
use super::training::keep;
use super::{Outcome, import, output};
use crate::change::git::Repository;
use crate::config::{FailOn, Scope};
use crate::finding::Precision;
use crate::github::analyse::{self, Analysis, Request};
use crate::github::anchor::Anchors;
use crate::github::api::{self, PullApi};
use crate::github::base::{Base, Sources};
use crate::github::checkout::Checkout;
use crate::github::event::{
    self, Addresses, Environment, EventError, PullRequest, RepositoryName, Target,
};
use crate::github::plan::{PlanOptions, plan};
use crate::github::publish::{Publication, Published, publish};
use crate::github::submission::Submission;
use crate::github::{self, Client, ClientOptions, Token};
use crate::report::Notice;
use crate::review::Thresholds;
use crate::training::history::Stage;

/// Reviews what the environment and the arguments name.
pub(super) fn review(arguments: &ReviewArguments) -> Result<Outcome, Failure> {
    let session = Session::new(arguments)?;
    github::block_on(session.run())
        .map_err(|error| Failure::new(error).doing("start the network runtime"))?
}

/// Arguments and environment, joined.
struct Session<'a> {
    arguments: &'a ReviewArguments,
    environment: Environment,
    addresses: Addresses,
    token: Option<Token>,
    /// Leaves the record, where one is wanted.
    recorder: Option<Recorder>,
}

/// What is needed to review one change.
struct Work<'w> {
    repository: &'w Repository,
    head: String,
    base: Base,
    /// The commit whose settings count.
    settings: Option<String>,
    /// Whether deviations of the change itself are only proposed.
    proposes: bool,
}

impl<'a> Session<'a> {
    fn new(arguments: &'a ReviewArguments) -> Result<Self, Failure> {
        let mut environment: Environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("GITHUB_") || name == "GH_TOKEN")
            .collect();
        let overrides = [
            ("GITHUB_REPOSITORY", &arguments.repo),
            ("GITHUB_API_URL", &arguments.api_url),
            ("GITHUB_GRAPHQL_URL", &arguments.graphql_url),
            ("GITHUB_SERVER_URL", &arguments.server_url),
            ("GITHUB_EVENT_NAME", &arguments.event_name),
        ];
        for (name, value) in overrides {
            if let Some(value) = value {
                environment.insert(name.to_owned(), value.clone());
            }
        }
        if arguments.api_url.is_some() && arguments.graphql_url.is_none() {
            environment.remove("GITHUB_GRAPHQL_URL");
        }
        let secret = match &arguments.token_file {
            Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
                Failure::new(error).doing(&format!("read the token file `{}`", path.display()))
            })?),
            None => ["GITHUB_TOKEN", "GH_TOKEN"]
                .iter()
                .find_map(|name| environment.get(*name).cloned()),
        };
        environment.retain(|name, _| !name.ends_with("_TOKEN"));
        Ok(Self {
            arguments,
            addresses: event::addresses(&environment),
            token: secret.as_deref().and_then(Token::new),
            environment,
            recorder: Recorder::new(arguments.record.file.as_ref(), &arguments.record.signing)?,
        })
    }

    async fn run(&self) -> Result<Outcome, Failure> {
        if let Some(file) = &self.arguments.post {
            let imports = &self.arguments.imports;
            if !imports.import_files.is_empty() || !imports.import_base.is_empty() {
                return Err(Failure::message(
                    "`--post` posts what was analysed before; it imports nothing",
                )
                .with_help("give `--import` to the job that runs `--analyse-only`"));
            }
            return self.post(file).await;
        }
        let target = match self.target() {
            Ok(target) => target,
            Err(error @ EventError::Unsupported { .. })
                if self.arguments.unsupported == UnsupportedArgument::Pass =>
            {
                output::message(&format!("scrubin: {error}"));
                return Ok(Outcome::Passed);
            }
            Err(error) => return Err(failure(error)),
        };
        match target {
            Some(Target::Closed) => {
                output::message("scrubin: the pull request is closed; nothing was reviewed");
                Ok(Outcome::Passed)
            }
            Some(Target::PullRequest(pull)) => self.pull_request(pull, None).await,
            Some(target) => self.report_only(&target).await,
            None => self.numbered().await,
        }
    }

    fn repository(&self) -> Result<RepositoryName, Failure> {
        event::repository(&self.environment).map_err(failure)
    }

    /// What the event asks for; `None` where `--pr` names a pull request.
    fn target(&self) -> Result<Option<Target>, EventError> {
        if self.arguments.pr.is_some() {
            return Ok(None);
        }
        let name = "GITHUB_EVENT_NAME";
        let event = self
            .environment
            .get(name)
            .ok_or(EventError::Missing { name })?;
        event::target(event, &self.event_text()?).map(Some)
    }

    fn event_text(&self) -> Result<String, EventError> {
        let named = self.environment.get("GITHUB_EVENT_PATH").map(Path::new);
        let Some(path) = self.arguments.event.as_deref().or(named) else {
            return Ok(String::new());
        };
        std::fs::read_to_string(path).map_err(|error| EventError::Json {
            message: format!("`{}`: {error}", path.display()),
        })
    }

    /// A connection, where there is a token.
    fn client(&self) -> Result<Option<Client>, Failure> {
        let Some(token) = &self.token else {
            return Ok(None);
        };
        let options = ClientOptions {
            pace: Duration::from_millis(self.arguments.pace),
            max_wait: Duration::from_secs(self.arguments.max_wait),
            timeout: Duration::from_secs(self.arguments.timeout.max(1)),
            ..ClientOptions::new(self.addresses.clone(), token.clone())
        };
        let client =
            Client::new(options).map_err(|error| Failure::new(error).doing("reach GitHub"))?;
        Ok(Some(client))
    }

    /// The pull request of `--pr`, as GitHub knows it.
    async fn numbered(&self) -> Result<Outcome, Failure> {
        let number = self.arguments.pr.unwrap_or_default();
        let repository = self.repository()?;
        let client = self.client()?.ok_or_else(no_token)?;
        let live = live_pull(&client, &repository, number)
            .await
            .map_err(|error| error.doing(&format!("read pull request {number}")))?;
        let pull = PullRequest {
            number,
            head: live.head.clone(),
            base_ref: live.base_ref.clone(),
            base_sha: None,
            // The token is the caller's, not that of a run that a fork started.
            is_fork: false,
            is_draft: live.is_draft,
        };
        self.pull_request(pull, Some(live)).await
    }

    async fn pull_request(
        &self,
        pull: PullRequest,
        live: Option<api::Pull>,
    ) -> Result<Outcome, Failure> {
        let name = self.repository()?;
        let client = self.client()?;
        let api = client.as_ref().map(|client| PullApi {
            client,
            repository: &name,
            number: pull.number,
        });
        let mut notes = Vec::new();
        let live = match (live, &api) {
            (Some(live), _) => Some(live),
            (None, Some(api)) => match api.pull().await {
                Ok(live) => Some(live),
                Err(error) => {
                    notes.push(format!("{error}; the event says what to compare with"));
                    None
                }
            },
            (None, None) => {
                notes.push("no token was given, so nothing is posted".to_owned());
                None
            }
        };
        let is_draft = live.as_ref().map_or(pull.is_draft, |live| live.is_draft);
        if is_draft && self.arguments.drafts == DraftsArgument::Skip {
            return self.skip_draft();
        }
        let here = Path::new(".");
        let repository = Repository::discover(here)?;
        let checkout = Checkout::new(here);
        let sources = Sources {
            checkout: &checkout,
            is_shallow: repository.is_shallow(),
            client: client.as_ref(),
            repository: &name,
            addresses: &self.addresses,
            token: self.token.as_ref(),
        };
        if !sources.obtain(&pull.head) {
            return Err(Failure::message(format!(
                "the head {} is not in this checkout of the repository and cannot be fetched",
                pull.head
            ))
            .with_help("check the pull request out with actions/checkout"));
        }
        let base = match &self.arguments.base {
            Some(revision) => self.given_base(&checkout, revision)?,
            None => {
                // The event's base may have been changed since.
                let newest = live
                    .as_ref()
                    .and_then(|live| event::branch(&live.base_ref).ok());
                let base_ref = newest.unwrap_or_else(|| pull.base_ref.clone());
                sources.base_of(&pull, &base_ref).await
            }
        };
        let work = Work {
            repository: &repository,
            head: pull.head.clone(),
            settings: base.settings().map(str::to_owned),
            base,
            proposes: true,
        };
        let mut analysis = self.analyse(&work)?;
        let people = match (&api, &live, self.asks_for_people(&analysis)) {
            (Some(api), Some(live), true) => {
                Some(api::second_persons(api, &live.author, &pull.head).await)
            }
            _ => None,
        };
        analysis.settle(people.as_ref());
        let has_base = work.base.commit.is_some();
        analysis.report.incomplete |= !has_base;
        let submission = analysis.submission(&name, Some(pull.number), &work.head, &work.base);
        let mut published = Published::default();
        if let Some(file) = self
            .arguments
            .out
            .as_ref()
            .filter(|_| self.arguments.analyse_only)
        {
            std::fs::write(file, submission.to_json()).map_err(|error| {
                Failure::new(error).doing(&format!("write `{}`", file.display()))
            })?;
        }
        let may_write =
            !self.arguments.analyse_only && !self.arguments.no_comments && !pull.is_fork;
        if pull.is_fork && !self.arguments.analyse_only {
            notes.push(
                "this pull request comes from a fork, whose token can only read: the findings are \
                 in the job summary and the log; `--analyse-only` and `--post` bring comments"
                    .to_owned(),
            );
        }
        if is_draft
            && may_write
            && self.arguments.drafts == DraftsArgument::Light
            && !submission.findings.is_empty()
        {
            notes.push(
                "this pull request is a draft: comments in the code come once it is ready for review"
                    .to_owned(),
            );
        }
        let anchors = match work.base.commit.as_deref() {
            Some(base) => checkout.anchors(base, &pull.head).ok(),
            None => None,
        };
        let publication = Publication {
            repository: &name,
            number: pull.number,
            submission: &submission,
            anchors,
            server: &self.addresses.server,
            options: PlanOptions {
                comments: self.comments(is_draft),
                can_write: may_write,
            },
            request_changes: self.arguments.request_changes,
        };
        if let Some(client) = &client {
            published = publish(client, &publication).await;
        }
        notes.append(&mut published.notes);
        published.notes = notes;
        if let Some(client) = &client {
            let reference = format!("refs/pull/{}/head", pull.number);
            self.upload(
                client,
                &name,
                &analysis,
                &pull.head,
                &reference,
                &mut published,
            )
            .await;
        }
        let recorded = Recorded {
            work: &work,
            pull: Some(pull.number),
            author: live.map(|live| live.author),
            people,
        };
        self.finish(&mut analysis, &submission, &published, recorded)
    }

    /// Most comments in the code. On a draft those that stand are kept true, and none is added.
    fn comments(&self, is_draft: bool) -> usize {
        if is_draft && self.arguments.drafts == DraftsArgument::Light {
            0
        } else {
            self.arguments.max_comments
        }
    }

    /// A draft cannot be merged; the run of `ready_for_review` reviews it.
    fn skip_draft(&self) -> Result<Outcome, Failure> {
        output::message(
            "scrubin: the pull request is a draft; nothing was reviewed (`--drafts skip`)",
        );
        outputs::write_skipped(&self.environment)?;
        Ok(Outcome::Passed)
    }

    fn given_base(&self, checkout: &Checkout, revision: &str) -> Result<Base, Failure> {
        let commit = checkout.resolve(revision).ok_or_else(|| {
            Failure::message(format!("unknown revision `{revision}` in this repository"))
        })?;
        Ok(Base::of(commit))
    }

    fn analyse(&self, work: &Work<'_>) -> Result<Analysis, Failure> {
        let arguments = self.arguments;
        let request = Request {
            base: work.base.commit.clone(),
            head: work.head.clone(),
            settings: work.settings.clone(),
            thresholds: Thresholds {
                scope: arguments.scope.map(Scope::from),
                precision: arguments.precision.map(Precision::from),
                fail_on: arguments.fail_on.map(FailOn::from),
                ..Thresholds::default()
            },
            rules: arguments.rules.clone(),
            imports: import::read(Some(work.repository), &arguments.imports)?,
            today: chrono::Utc::now().date_naive(),
            proposes: work.proposes,
            line_hashes: arguments.sarif.is_some() || arguments.upload_sarif,
        };
        let mut analysis = analyse::analyse(work.repository, &request)
            .map_err(|error| Failure::new(error).doing("review the change"))?;
        analysis.report.change.head = Some(work.head.clone());
        Ok(analysis)
    }

    /// Whether somebody wants to know who reviewed the pull request: a deviation of its own, or a record.
    fn asks_for_people(&self, analysis: &Analysis) -> bool {
        !analysis.proposed.is_empty() || self.recorder.is_some()
    }

    /// Job summary, annotations, outputs, SARIF; what the gate says.
    fn finish(
        &self,
        analysis: &mut Analysis,
        submission: &Submission,
        published: &Published,
        recorded: Recorded<'_>,
    ) -> Result<Outcome, Failure> {
        let report = &mut analysis.report;
        let mut said: Vec<String> = Vec::new();
        if !submission.base_note.is_empty() {
            said.push(format!("base: {}", submission.base_note));
        }
        if !submission.steering.is_empty() {
            said.push(format!(
                "this change also changes what steers the review, which went by the base's: {}",
                submission.steering.join(", ")
            ));
        }
        said.extend(published.notes.iter().cloned());
        for text in &said {
            let text = self
                .token
                .as_ref()
                .map_or_else(|| text.clone(), |token| token.redact(text));
            output::message(&format!("scrubin: {text}"));
            report.notices.push(Notice { text });
        }
        let published = &with_rungs(submission, published);
        let pull = submission.pull;
        let ended = keep::Ended {
            repository: recorded.work.repository,
            stage: Stage::Review,
            pull: pull.map(|number| format!("{}#{number}", submission.repository)),
            present: None,
            whole_tree: false,
        };
        keep::keep(report, &ended, &analysis.config.training);
        let outcome = if report.incomplete {
            Outcome::Incomplete
        } else if report.blocks() {
            Outcome::Findings
        } else {
            Outcome::Passed
        };
        // Before the outputs say that the gate is open: a gate without its record was not passed.
        self.record(analysis, recorded)?;
        let report = &analysis.report;
        let commented: BTreeSet<String> = submission
            .findings
            .iter()
            .zip(&published.rungs)
            .filter(|(_, rung)| rung.is_comment())
            .map(|(item, _)| item.fingerprint.clone())
            .collect();
        outputs::write(
            &self.environment,
            self.arguments,
            &outputs::Result {
                report,
                submission,
                published,
                commented: &commented,
                outcome,
            },
        )?;
        Ok(outcome)
    }

    async fn upload(
        &self,
        client: &Client,
        name: &RepositoryName,
        analysis: &Analysis,
        head: &str,
        reference: &str,
        published: &mut Published,
    ) {
        if !self.arguments.upload_sarif || self.arguments.analyse_only {
            return;
        }
        let sent = match outputs::packed_sarif(&analysis.report) {
            Ok(packed) => api::upload_sarif(client, name, head, reference, &packed)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = sent {
            published.notes.push(format!(
                "code scanning did not take the SARIF log (private repositories need GitHub Code Security): {error}"
            ));
        }
    }
}

/// A pull request as GitHub knows it now.
async fn live_pull(
    client: &Client,
    repository: &RepositoryName,
    number: u64,
) -> Result<api::Pull, Failure> {
    let api = PullApi {
        client,
        repository,
        number,
    };
    api.pull().await.map_err(Failure::new)
}

/// Without a pull request or a token nothing was planned: annotations and log.
fn with_rungs(submission: &Submission, published: &Published) -> Published {
    let mut published = published.clone();
    if published.rungs.len() != submission.findings.len() {
        let options = PlanOptions {
            can_write: false,
            ..PlanOptions::default()
        };
        published.rungs = plan(submission, &Anchors::default(), &[], options);
    }
    published
}

fn failure(error: EventError) -> Failure {
    let help = error.help();
    Failure::new(error).with_help(help)
}

fn no_token() -> Failure {
    Failure::message("no token was given")
        .with_help("set GITHUB_TOKEN in the environment of this step, or give --token-file")
}
