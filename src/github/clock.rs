//! Time as an argument: real, or simulated so that waiting takes none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock to read and to wait by. Clones share their time.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Real,
    /// Seconds since 1970, UTC, and all that was waited.
    Simulated(Arc<Mutex<(Duration, Duration)>>),
}

impl Clock {
    /// The system's clock.
    pub fn real() -> Self {
        Self(Kind::Real)
    }

    /// A clock that starts at a time since 1970 (UTC) and jumps ahead where one would wait.
    pub fn simulated(start: Duration) -> Self {
        Self(Kind::Simulated(Arc::new(Mutex::new((
            start,
            Duration::ZERO,
        )))))
    }

    /// Time since 1970, UTC.
    pub fn now(&self) -> Duration {
        match &self.0 {
            Kind::Real => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            Kind::Simulated(time) => time.lock().unwrap_or_else(PoisonError::into_inner).0,
        }
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Kind::Real => tokio::time::sleep(duration).await,
            Kind::Simulated(time) => {
                let mut time = time.lock().unwrap_or_else(PoisonError::into_inner);
                time.0 += duration;
                time.1 += duration;
            }
        }
    }

    /// What was waited in all on a simulated clock; nothing on the real one.
    pub fn waited(&self) -> Duration {
        match &self.0 {
            Kind::Real => Duration::ZERO,
            Kind::Simulated(time) => time.lock().unwrap_or_else(PoisonError::into_inner).1,
        }
    }
}
