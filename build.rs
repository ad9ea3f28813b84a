//! Compiles the built-in rules: YAML and patterns are read here, once, so that the program itself
//! reads neither at start-up.
//!
//! The build script shares the modules that read rules with the program.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "the build script uses only a part of the modules it shares with the program"
)]

use std::path::{Path, PathBuf};

use sha2::Digest as _;

#[path = "src/finding/mod.rs"]
mod finding;
#[path = "src/matching/mod.rs"]
mod matching;
#[path = "src/rules/mod.rs"]
mod rules;
#[path = "src/syntax/mod.rs"]
mod syntax;

#[allow(
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a build script speaks to cargo through stdout, stderr and its exit code"
)]
fn main() {
    for watched in [
        "rulesets",
        "docs/precision.csv",
        "docs/schema",
        "src/finding",
        "src/matching",
        "src/rules",
        "src/syntax",
    ] {
        println!("cargo:rerun-if-changed={watched}");
    }
    if let Err(error) = run() {
        // The message of a rule error has file, line and caret; cargo shows it as it is.
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for folder in ["c", "rust", "any"] {
        rule_files(&root.join("rulesets").join(folder), &mut files)?;
    }
    files.sort();
    let mut compiler = matching::Compiler::default();
    let mut compiled = Vec::new();
    let mut sources: Vec<(String, String)> = Vec::new();
    for file in &files {
        let source = std::fs::read_to_string(file)?;
        let name = file
            .strip_prefix(&root)
            .unwrap_or(file)
            .display()
            .to_string();
        let mut is_semgrep = true;
        for rule in rules::load(&name, &source, true)?.rules {
            is_semgrep &= rule.info.analysis.is_none();
            let program = matching::compile(&mut compiler, &rule)
                .map_err(|error| rules::RuleError::new(&name, &source, error.at, error.message))?;
            compiled.push((rule.info, program));
        }
        // Semgrep has no analyses of ours: `rules export --semgrep` writes the others.
        if is_semgrep {
            sources.push((name.replace('\\', "/"), source));
        }
    }
    compiled.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    for pair in compiled.windows(2) {
        if let [a, b] = pair
            && (a.0.id == b.0.id || a.0.slug == b.0.slug)
        {
            return Err(format!("two built-in rules are called {} / {}", a.0.id, b.0.slug).into());
        }
    }
    let bytes = matching::write_bundle(&compiled)?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("rules.sha256"), hex_digest(&bytes))?;
    std::fs::write(
        out.join("rules.crc32"),
        crc32fast::hash(&bytes).to_le_bytes(),
    )?;
    let sources = postcard::to_stdvec(&sources)?;
    let lessons = postcard::to_stdvec(&lessons(&root.join("rulesets/lessons"))?)?;
    // What the program embeds; `selftest` holds it against these digests.
    let tables = [
        ("rules", hex_digest(&bytes)),
        ("sources", hex_digest(&sources)),
        ("lessons", hex_digest(&lessons)),
        ("precision", file_digest(&root.join("docs/precision.csv"))?),
        (
            "record-schema",
            file_digest(&root.join("docs/schema/review-record-v1.json"))?,
        ),
        (
            "controls",
            file_digest(&root.join("rulesets/controls.yaml"))?,
        ),
    ];
    let lines = tables.map(|(name, digest)| format!("{name} {digest}\n"));
    std::fs::write(out.join("tables.sha256"), lines.concat())?;
    std::fs::write(out.join("rules.bin"), bytes)?;
    std::fs::write(out.join("sources.bin"), sources)?;
    std::fs::write(out.join("lessons.bin"), lessons)?;
    Ok(())
}

fn hex_digest(bytes: &[u8]) -> String {
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file_digest(file: &Path) -> std::io::Result<String> {
    Ok(hex_digest(&std::fs::read(file)?))
}

fn rule_files(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            rule_files(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Name and text of each lesson, by name.
fn lessons(folder: &Path) -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
    let mut lessons = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with("L-") && name.ends_with(".md") {
            lessons.push((name, std::fs::read_to_string(&path)?));
        }
    }
    lessons.sort();
    Ok(lessons)
}
