//! Listening, health, and the end: what runs beside the workers.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::state::{Service, StartError};
use super::{housekeeping, webhook, worker};

/// How long what is under way may take to end.
const DRAIN: Duration = Duration::from_secs(25);

/// How long git's processes are waited for after that.
const GIT_ENDS: Duration = Duration::from_secs(3);

/// A service that listens.
#[derive(Debug)]
pub struct Server {
    service: Arc<Service>,
    front: TcpListener,
    numbers: Option<TcpListener>,
}

async fn listen(key: &'static str, address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| StartError::Listen {
            key,
            address: address.to_owned(),
            message: error.to_string(),
        })
}

#[derive(Clone)]
struct Health {
    service: Arc<Service>,
    is_draining: Arc<AtomicBool>,
}

impl Server {
    /// Takes the addresses.
    ///
    /// # Errors
    /// One of them cannot be had.
    pub async fn bind(service: Arc<Service>) -> Result<Self, StartError> {
        let front = listen("server.listen", &service.settings.listen).await?;
        let numbers = match &service.settings.metrics {
            Some(address) => Some(listen("server.metrics", address).await?),
            None => None,
        };
        Ok(Self {
            service,
            front,
            numbers,
        })
    }

    /// Where webhooks and pages are served.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> std::io::Result<std::net::SocketAddr> {
        self.front.local_addr()
    }

    /// Where numbers are served.
    pub fn metrics_address(&self) -> Option<std::net::SocketAddr> {
        self.numbers.as_ref()?.local_addr().ok()
    }

    /// Serves and works until `stop` ends; then takes nothing new, lets what is under way end, and gives
    /// back what does not end in time. `pages` are those for people.
    ///
    /// # Errors
    /// A listener fails.
    pub async fn run(
        self,
        pages: Router,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let Self {
            service,
            front,
            numbers,
        } = self;
        let (ending, over) = watch::channel(false);
        let is_draining = Arc::new(AtomicBool::new(false));
        let health = Health {
            service: Arc::clone(&service),
            is_draining: Arc::clone(&is_draining),
        };
        let probes = Router::new()
            .route("/healthz", get(|| async { "alive\n" }))
            .route("/readyz", get(ready))
            .with_state(health.clone());
        let hook = Router::new()
            .route("/webhook", post(webhook::receive))
            .with_state(Arc::clone(&service));
        let app = hook.merge(probes.clone()).merge(pages);
        let mut tasks = Vec::new();
        for number in 0..service.settings.work.workers {
            let (service, over) = (Arc::clone(&service), over.clone());
            tasks.push(tokio::spawn(worker::work(service, number, over)));
        }
        let keeping = tokio::spawn(housekeeping::keep(Arc::clone(&service), over.clone()));
        if let Some(numbers) = numbers {
            let app = Router::new()
                .route("/metrics", get(metrics))
                .with_state(health)
                .merge(probes);
            let over = over.clone();
            tokio::spawn(async move {
                axum::serve(numbers, app)
                    .with_graceful_shutdown(until(over))
                    .await
            });
        }
        let signal = {
            let is_draining = Arc::clone(&is_draining);
            async move {
                stop.await;
                tracing::info!("ending: what is under way may take 25 seconds");
                is_draining.store(true, Ordering::Release);
                let _ = ending.send(true);
            }
        };
        let served = axum::serve(front, app).with_graceful_shutdown(async move {
            signal.await;
        });
        let drained = async {
            let result = served.await;
            // A listener that failed has told nobody to end.
            if result.is_ok() {
                for task in &mut tasks {
                    let _ = task.await;
                }
            }
            result
        };
        // From the signal on, for slow connections and jobs together.
        let late = async {
            until(over.clone()).await;
            tokio::time::sleep(DRAIN).await;
        };
        let result = tokio::select! {
            result = drained => result,
            () = late => {
                tracing::warn!("something was still under way; leases are given back");
                Ok(())
            }
        };
        for task in tasks {
            task.abort();
        }
        keeping.abort();
        // Their fetches end with them: git would go on without this process.
        if !service.mirrors.idle(GIT_ENDS).await {
            tracing::warn!("git is still under way; its pipes are closed, which ends it");
        }
        if let Err(error) = service
            .store
            .release_all(&worker::prefix(), service.now())
            .await
        {
            tracing::error!(error = %error, "leases cannot be given back; they run out by themselves");
        }
        service.store.close().await;
        result
    }
}

/// Ends when the service ends.
pub(super) async fn until(mut over: watch::Receiver<bool>) {
    let _ = over.wait_for(|is_over| *is_over).await;
}

/// Whether deliveries can be taken: the database answers, and no end is near.
async fn ready(State(health): State<Health>) -> Response {
    if health.is_draining.load(Ordering::Acquire) {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response();
    }
    match health.service.store.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
                .into_response()
        }
    }
}

/// Always answered: while the database is away its numbers are missing, and the others say what that does.
async fn metrics(State(health): State<Health>) -> Response {
    let depth = health.service.store.depth().await;
    if let Err(error) = &depth {
        tracing::warn!(error = %error, "the queue cannot be counted");
    }
    let text = health
        .service
        .metrics
        .text(depth.ok(), health.service.now());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], text).into_response()
}
