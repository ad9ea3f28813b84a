//! What takes webhooks in the tests: a server that notes what comes and answers as told.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::Value;

/// A delivery as it came.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Taken {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut all = self.headers.iter();
        all.find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// `event action`.
    pub(crate) fn what(&self) -> String {
        let action = self.json()["action"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        format!("{} {action}", self.header("x-github-event"))
    }
}

#[derive(Clone)]
struct Told {
    taken: Arc<Mutex<Vec<Taken>>>,
    status: Arc<Mutex<u16>>,
    pause: Arc<Mutex<Duration>>,
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    told: Told,
    listener: TcpListener,
    _runtime: tokio::runtime::Runtime,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Starts another one where this one was, as a service that is started again: its connections
    /// are gone, its port is not (another test would be given it meanwhile).
    pub(crate) fn again(self) -> Self {
        let listener = self.listener.try_clone().unwrap();
        drop(self);
        Self::at(listener)
    }

    fn at(listener: TcpListener) -> Self {
        listener.set_nonblocking(true).unwrap();
        let kept = listener.try_clone().unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let told = Told {
            taken: Arc::default(),
            status: Arc::new(Mutex::new(202)),
            pause: Arc::default(),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let app = Router::new().fallback(take).with_state(told.clone());
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
        Self {
            url,
            told,
            listener: kept,
            _runtime: runtime,
        }
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.told.taken.lock().unwrap().clone()
    }

    pub(crate) fn whats(&self) -> Vec<String> {
        self.taken().iter().map(Taken::what).collect()
    }

    pub(crate) fn answer(&self, status: u16) {
        *self.told.status.lock().unwrap() = status;
    }

    pub(crate) fn pause(&self, pause: Duration) {
        *self.told.pause.lock().unwrap() = pause;
    }
}

async fn take(State(told): State<Told>, request: Request) -> (StatusCode, &'static str) {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let headers = parts.headers.iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    told.taken.lock().unwrap().push(Taken { headers, body });
    let pause = *told.pause.lock().unwrap();
    tokio::time::sleep(pause).await;
    let status = *told.status.lock().unwrap();
    (StatusCode::from_u16(status).unwrap(), "noted")
}
