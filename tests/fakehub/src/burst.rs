//! Deliveries in number for a load program: signed, mixed of GitHub's own examples, some twice, some
//! forged, the same for the same seed.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::webhook::signature;

/// An event with the body of an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// `X-GitHub-Event`.
    pub event: String,
    /// JSON.
    pub body: Value,
}

/// One request of a burst.
#[derive(Debug, Clone, PartialEq)]
pub struct BurstDelivery {
    /// `X-GitHub-Delivery`.
    pub guid: String,
    /// `X-GitHub-Event`.
    pub event: String,
    /// All headers, as GitHub sends them.
    pub headers: Vec<(String, String)>,
    /// JSON as sent.
    pub body: String,
    /// It repeats an earlier one of the burst, with the same guid and body.
    pub duplicate: bool,
    /// Its signature is made with another secret.
    pub forged: bool,
}

/// What a burst is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Burst {
    /// Number of requests, duplicates and forged ones included.
    pub count: usize,
    /// The webhook's secret.
    pub secret: String,
    /// How many of a hundred repeat an earlier one.
    pub duplicates: u64,
    /// How many of a hundred are forged.
    pub forged: u64,
    /// Equal seeds make equal bursts.
    pub seed: u64,
}

/// Reads the examples of a folder: the `index.json` of `@octokit/webhooks-examples`, which lists
/// events with their examples, or files `EVENT.json` and `EVENT.ANYTHING.json` with one body each.
/// They come in the order of the list or of the files' names. Such a list may be named itself.
///
/// # Errors
/// When a file cannot be read or is not what it should be; the error names the file.
pub fn examples(folder: &Path) -> io::Result<Vec<Example>> {
    if folder.is_file() {
        return from_index(folder);
    }
    let index = folder.join("index.json");
    if index.is_file() {
        return from_index(&index);
    }
    let mut files = std::fs::read_dir(folder)
        .map_err(|error| about(folder, &error))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    let one = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let event = name.split('.').next().unwrap_or_default().to_owned();
        Ok(Example {
            event,
            body: json(file)?,
        })
    };
    files.iter().map(one).collect()
}

fn about(file: &Path, error: &dyn std::fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {error}", file.display()))
}

fn json(file: &Path) -> io::Result<Value> {
    let text = std::fs::read_to_string(file).map_err(|error| about(file, &error))?;
    serde_json::from_str(&text).map_err(|error| about(file, &error))
}

fn from_index(file: &Path) -> io::Result<Vec<Example>> {
    let Value::Array(events) = json(file)? else {
        return Err(about(file, &"no list of events"));
    };
    let mut found = Vec::new();
    for event in &events {
        let (Some(name), Some(bodies)) = (event["name"].as_str(), event["examples"].as_array())
        else {
            return Err(about(file, &"an event without name or examples"));
        };
        found.extend(bodies.iter().map(|body| Example {
            event: name.to_owned(),
            body: body.clone(),
        }));
    }
    Ok(found)
}

/// A generator of numbers for test data (SplitMix64): no secret, the same for the same seed.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    fn of_hundred(&mut self, share: u64) -> bool {
        self.next() % 100 < share
    }

    fn guid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let text = format!("{high:016x}{low:016x}");
        let parts = [
            &text[..8],
            &text[8..12],
            &text[12..16],
            &text[16..20],
            &text[20..],
        ];
        parts.join("-")
    }
}

impl Burst {
    /// A burst of valid deliveries without duplicates.
    pub fn new(count: usize, secret: &str) -> Self {
        Self {
            count,
            secret: secret.to_owned(),
            duplicates: 0,
            forged: 0,
            seed: 1,
        }
    }

    /// Sets how many of a hundred are duplicates and how many are forged.
    pub fn mixed(mut self, duplicates: u64, forged: u64) -> Self {
        self.duplicates = duplicates;
        self.forged = forged;
        self
    }

    /// Builds the deliveries in the order they are to be sent. A duplicate repeats a valid one.
    ///
    /// # Panics
    /// When there are no examples.
    pub fn build(&self, examples: &[Example]) -> Vec<BurstDelivery> {
        assert!(!examples.is_empty(), "a burst needs examples");
        let mut numbers = Numbers(self.seed);
        let mut made: Vec<BurstDelivery> = Vec::with_capacity(self.count);
        let mut valid: Vec<usize> = Vec::new();
        while made.len() < self.count {
            if !valid.is_empty() && numbers.of_hundred(self.duplicates) {
                let again = made[valid[numbers.below(valid.len())]].clone();
                made.push(BurstDelivery {
                    duplicate: true,
                    ..again
                });
                continue;
            }
            let forged = numbers.of_hundred(self.forged);
            if !forged {
                valid.push(made.len());
            }
            let example = &examples[numbers.below(examples.len())];
            made.push(self.one(example, numbers.guid(), forged));
        }
        made
    }

    fn one(&self, example: &Example, guid: String, forged: bool) -> BurstDelivery {
        let body = example.body.to_string();
        let secret = if forged {
            format!("not {}", self.secret)
        } else {
            self.secret.clone()
        };
        let headers = [
            ("Content-Type", "application/json"),
            ("User-Agent", "GitHub-Hookshot/fa4e0b5"),
            ("X-GitHub-Delivery", &guid),
            ("X-GitHub-Event", &example.event),
            ("X-GitHub-Hook-ID", "1"),
            ("X-GitHub-Hook-Installation-Target-ID", "1"),
            ("X-GitHub-Hook-Installation-Target-Type", "integration"),
            ("X-Hub-Signature-256", &signature(&secret, body.as_bytes())),
        ];
        BurstDelivery {
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            guid,
            event: example.event.clone(),
            body,
            duplicate: false,
            forged,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::{Burst, Example, examples};
    use crate::webhook::signature;

    fn two() -> Vec<Example> {
        ["ping", "push"]
            .map(|event| Example {
                event: event.to_owned(),
                body: json!({"of": event}),
            })
            .to_vec()
    }

    #[test]
    fn a_burst_is_mixed_as_asked_and_the_same_again() {
        let burst = Burst::new(2_000, "secret").mixed(20, 5);
        let made = burst.build(&two());
        assert_eq!(made, burst.build(&two()));
        assert_eq!(made.len(), 2_000);
        let duplicates = made.iter().filter(|one| one.duplicate).count();
        let forged = made.iter().filter(|one| one.forged).count();
        assert!((300..500).contains(&duplicates), "{duplicates}");
        assert!((40..130).contains(&forged), "{forged}");
        let guids: BTreeSet<&str> = made.iter().map(|one| one.guid.as_str()).collect();
        assert_eq!(guids.len(), 2_000 - duplicates);
        for one in &made {
            let signed = signature("secret", one.body.as_bytes());
            let header = one
                .headers
                .iter()
                .find(|(name, _)| name == "X-Hub-Signature-256");
            assert_eq!(header.unwrap().1 == signed, !one.forged);
            assert!(!(one.forged && one.duplicate));
        }
    }

    #[test]
    fn examples_are_a_list_or_files() {
        let folder = tempfile::TempDir::new().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("push.json", "{\"ref\": \"x\"}");
        write("ping.payload.json", "{}");
        write("README.md", "not this");
        let found = examples(folder.path()).unwrap();
        let events: Vec<&str> = found.iter().map(|one| one.event.as_str()).collect();
        assert_eq!(events, ["ping", "push"]);
        write(
            "index.json",
            "[{\"name\": \"star\", \"examples\": [{\"a\": 1}, {\"a\": 2}]}]",
        );
        let found = examples(folder.path()).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].body, json!({"a": 2}));
        assert_eq!(examples(&folder.path().join("index.json")).unwrap(), found);
        write("index.json", "{}");
        let error = examples(folder.path()).unwrap_err().to_string();
        assert!(error.contains("index.json: no list"), "{error}");
    }
}
