//! The validating proxy in front of a running fake, for the run that CI does once more.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::hub::Hub;

/// prism in front of a fake; it stops when this value is dropped.
pub struct Proxy {
    script: Child,
    url: String,
}

impl Proxy {
    /// Starts `prism.sh`, which takes about 4 s and installs prism from npm when it is not there.
    ///
    /// # Errors
    /// When the script ends without naming the proxy; its standard error says why.
    pub fn start(hub: &Hub) -> std::io::Result<Self> {
        // The first one may install prism, which two cannot do at once.
        static STARTING: Mutex<()> = Mutex::new(());
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("prism.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg("--upstream").arg(hub.url());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn()?;
        let mut line = String::new();
        if let Some(out) = script.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let said: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        match said["proxy"].as_str() {
            Some(url) => {
                hub.set_public_url(url);
                Ok(Self {
                    script,
                    url: url.to_owned(),
                })
            }
            None => {
                script.wait()?;
                Err(std::io::Error::other("prism.sh did not start a proxy"))
            }
        }
    }

    /// Root of the REST API through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The script ends when its standard input does.
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
