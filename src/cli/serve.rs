//! `scrubin serve`: the GitHub App service.

mod erase;

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{QueueFormat, ServeArguments, ServeCommand};
use super::failure::Failure;
use super::{Outcome, output};
use crate::github::Clock;
use crate::service::config::{Settings, SettingsError, listening};
use crate::service::{Server, Service, StartError, logs};
use crate::store::{JobRow, Store, StoreError};

/// How long a running service may take to say how it is.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

/// Most jobs that are listed.
const LISTED: i64 = 1_000;

/// Serves, or does what the subcommand says.
pub(super) fn serve(arguments: &ServeArguments) -> Result<Outcome, Failure> {
    if let Some(ServeCommand::Health) = &arguments.command {
        return health(&arguments.config);
    }
    let settings = settings(&arguments.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(error).doing("start the service"))?;
    let outcome = runtime.block_on(async {
        match &arguments.command {
            None if arguments.check_config => check(settings).await,
            None => run(settings).await,
            Some(ServeCommand::Health) => Ok(Outcome::Passed),
            Some(ServeCommand::Queue { retry, format }) => queue(&settings, retry, *format).await,
            Some(ServeCommand::Backup { file }) => backup(&settings, file).await,
            Some(ServeCommand::Erase(arguments)) => erase::erase(&settings, arguments).await,
        }
    });
    // A fetch or an analysis that goes on has no lease any more. Waiting for it would take minutes.
    runtime.shutdown_background();
    outcome
}

fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn settings_failure(error: SettingsError) -> Failure {
    let help = error.help();
    Failure::new(error)
        .doing("use the configuration")
        .with_help(help)
}

fn settings(file: &Path) -> Result<Settings, Failure> {
    Settings::load(file, &variables()).map_err(settings_failure)
}

/// Asks a running service whether it is ready. Reads no secret and opens no database.
fn health(file: &Path) -> Result<Outcome, Failure> {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpStream, ToSocketAddrs as _};
    let address = listening(file, &variables()).map_err(settings_failure)?;
    let asked = || -> std::io::Result<String> {
        let none = || std::io::Error::other("it is no address");
        let place = address.to_socket_addrs()?.next().ok_or_else(none)?;
        let mut stream = TcpStream::connect_timeout(&place, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.take(1 << 12).read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = asked()
        .map_err(|error| Failure::new(error).doing(&format!("ask the service at {address}")))?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status == "200" {
        return Ok(Outcome::Passed);
    }
    let said = answer.lines().last().unwrap_or_default();
    output::message(&format!(
        "scrubin: the service at {address} is not ready: {status} {said}"
    ));
    Ok(Outcome::Findings)
}

fn store_failure(error: StoreError) -> Failure {
    let help = error.help();
    Failure::new(error).with_help(help)
}

fn start_failure(error: StartError) -> Failure {
    match error {
        StartError::Store(error) => store_failure(error).doing("start the service"),
        other => Failure::new(other).doing("start the service"),
    }
}

/// Tries everything that starting takes, and GitHub's answer to the App's key.
async fn check(settings: Settings) -> Result<Outcome, Failure> {
    let service = Service::new(settings, Clock::real())
        .await
        .map_err(start_failure)?;
    let installations = service
        .try_github()
        .await
        .map_err(|error| Failure::new(error).doing("speak to GitHub as the App"))?;
    let settings = &service.settings;
    output::text(&format!(
        "the configuration can be used\n  listens at   {}\n  pages        {}\n  GitHub       {} (App {}, {} installations)\n  database     {}\n  cache        {}\n  sign-in      {}\n  records      {}\n",
        settings.listen,
        settings.public_url,
        settings.addresses.api,
        settings.app.id(),
        installations,
        settings.store.shown(),
        settings.cache.folder.display(),
        if settings.oauth.is_some() {
            "GitHub OAuth"
        } else {
            "none, so the pages are closed (github.client-id)"
        },
        if settings.record_key.is_some() {
            "signed"
        } else {
            "none (record.key-file)"
        },
    ))?;
    service.store.close().await;
    Ok(Outcome::Passed)
}

/// Serves until the process is told to end.
async fn run(settings: Settings) -> Result<Outcome, Failure> {
    let filter = std::env::var("RUST_LOG").ok();
    logs::start(filter.as_deref());
    let service = Service::new(settings, Clock::real())
        .await
        .map_err(start_failure)?;
    let pages = service
        .pages()
        .map_err(|error| Failure::new(error).doing("make the pages"))?;
    let server = Server::bind(service).await.map_err(start_failure)?;
    // Before anybody is told that it runs, and may tell it to end.
    let stop = stop()?;
    if let Ok(address) = server.address() {
        output::message(&format!("scrubin: listening at {address}"));
    }
    if let Some(address) = server.metrics_address() {
        output::message(&format!("scrubin: numbers at {address}"));
    }
    server
        .run(pages, stop)
        .await
        .map_err(|error| Failure::new(error).doing("serve"))?;
    Ok(Outcome::Passed)
}

/// Ends when the process is told to: SIGTERM or Ctrl-C.
#[cfg(unix)]
fn stop() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen =
        |kind| signal(kind).map_err(|error| Failure::new(error).doing("listen to signals"));
    let mut term = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends when the process is told to: Ctrl-C.
#[cfg(not(unix))]
fn stop() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Lists the jobs, or brings dead ones back.
async fn queue(
    settings: &Settings,
    retry: &Option<String>,
    format: QueueFormat,
) -> Result<Outcome, Failure> {
    let store = Store::open(&settings.store).await.map_err(store_failure)?;
    if let Some(which) = retry {
        let key = (which != "all").then_some(which.as_str());
        let now = chrono::Utc::now().timestamp_millis();
        let count = store.revive(key, now).await.map_err(store_failure)?;
        if count == 0 && key.is_some() {
            return Err(Failure::message(format!("no dead job is called `{which}`"))
                .with_help("`scrubin serve queue` lists them"));
        }
        output::text(&format!("{count} jobs are tried again\n"))?;
        return Ok(Outcome::Passed);
    }
    let jobs = store.jobs(LISTED).await.map_err(store_failure)?;
    output::text(&match format {
        QueueFormat::Text => listed(&jobs),
        QueueFormat::Json => json(&jobs),
    })?;
    Ok(Outcome::Passed)
}

fn listed(jobs: &[JobRow]) -> String {
    if jobs.is_empty() {
        return "nothing waits\n".to_owned();
    }
    jobs.iter()
        .map(|job| {
            let error = crate::report::visible::line(&job.error);
            let mark = if error.is_empty() { "" } else { "  " };
            format!(
                "{:6}  {:2} tries  {}{mark}{error}\n",
                job.state.as_str(),
                job.attempts,
                job.key
            )
        })
        .collect()
}

fn json(jobs: &[JobRow]) -> String {
    let rows: Vec<serde_json::Value> = jobs
        .iter()
        .map(|job| {
            serde_json::json!({
                "key": job.key,
                "kind": job.job.kind.as_str(),
                "state": job.state.as_str(),
                "attempts": job.attempts,
                "due-ms": job.due_ms,
                "created-ms": job.created_ms,
                "error": job.error,
            })
        })
        .collect();
    format!("{}\n", serde_json::json!({"version": 1, "jobs": rows}))
}

/// Writes a copy of the database.
async fn backup(settings: &Settings, file: &Path) -> Result<Outcome, Failure> {
    if file.exists() {
        return Err(
            Failure::message(format!("`{}` exists already", file.display()))
                .with_help("name a file that does not exist yet"),
        );
    }
    let store = Store::open_beside(&settings.store)
        .await
        .map_err(store_failure)?;
    store.backup(file).await.map_err(|error| match error {
        StoreError::Url { .. } => Failure::message("the database is none of SQLite's")
            .with_help("use `pg_dump` for PostgreSQL, see docs/service.md"),
        other => store_failure(other),
    })?;
    output::text(&format!("the database is copied to {}\n", file.display()))?;
    Ok(Outcome::Passed)
}
