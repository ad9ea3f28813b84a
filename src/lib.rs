//! `scrubin` reviews changed C and Rust firmware code for security before it reaches the trunk.
//!
//! The modules stand in the order the data flows; a module imports only modules listed above it
//! (`tests/laws.rs` enforces this). Modules marked *pure* touch no file system, network, clock,
//! environment or process: shells around them do the I/O and hand in bytes, times and limits.

// NOTE: the empty lines keep rustfmt from sorting the list; its order is the law.

/// The vocabulary: findings, locations, traces, severities, rule ids, gaps. Pure.
pub mod finding;

/// `scrubin.toml`, profile, limits: text to settings. Pure.
pub mod config;

/// What other tools found: SARIF and the like to results. Pure.
pub mod import;

/// What is under review: base, head, changed files, hunks, line maps. Pure but for `change::git`.
pub mod change;

/// Bytes to one flat syntax tree with functions and gaps. Pure; the only user of tree-sitter.
pub mod syntax;

/// Rule files to validated rules and the registry of rules. Pure.
pub mod rules;

/// The pattern engine: compiled Semgrep-syntax patterns over the flat tree. Pure.
pub mod matching;

/// C and Rust functions as one IR, interpreted abstractly; the analyses that rules name. Pure.
pub mod flow;

/// The repository index: what the C files of a repository say of their functions, by blob.
pub mod index;

/// A verdict for every finding, and the gate. Pure.
pub mod triage;

/// One `Report` value, and everything that renders it. Pure.
pub mod report;

/// Explain pages, lessons, the history of findings. Pure.
pub mod training;

/// Signed records of reviews, and whether they are still what was written.
pub mod evidence;

/// The one run that every entry point calls: change and configuration in, report out.
pub mod review;

/// The edits that rules offer: judged in memory, written into the work tree.
pub mod fix;

/// What the service keeps, in SQLite or PostgreSQL: deliveries, jobs, reviews, decisions, records.
#[cfg(feature = "service")]
pub mod store;

/// GitHub: events, comments, reconciling, the API client.
#[cfg(feature = "github")]
pub mod github;

/// The GitHub App service: webhook, queue, workers, decisions, pages.
#[cfg(feature = "service")]
pub mod service;

/// Arguments, commands, exit codes; the only place that prints or exits.
pub mod cli;

/// The bodies of the fuzz targets, which `tests/mutations.rs` runs too.
#[doc(hidden)]
pub mod fuzz_bodies;
