//! The C compiler of this machine, where there is one: it parses repairs. It compiles and runs nothing.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// The program that is asked.
const PROGRAM: &str = "cc";

/// Asks the compiler, and remembers what does not change between two tries.
#[derive(Debug, Default)]
pub(super) struct Compiler {
    /// Whether there is one; looked at once.
    is_there: Option<bool>,
    /// The code that was last asked about as it was before a repair, and whether it was accepted.
    before: Option<(String, bool)>,
}

/// What the compiler says of a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// There is no compiler.
    Nothing,
    /// It does not accept the code before either: that needs headers which are not here.
    NotAsked,
    Accepted,
    /// Its first error.
    Refused(String),
}

impl Compiler {
    /// One that is never found, whatever the machine has.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self {
            is_there: Some(false),
            before: None,
        }
    }

    /// Asks about a repair of `code`.
    pub(super) fn of_repair(&mut self, code: &str, repaired: &str) -> Said {
        if !self.is_there() {
            return Said::Nothing;
        }
        let known = self.before.as_ref().filter(|(text, _)| text == code);
        let is_accepted = match known {
            Some((_, is_accepted)) => *is_accepted,
            None => {
                let is_accepted = parse(code).is_ok();
                self.before = Some((code.to_owned(), is_accepted));
                is_accepted
            }
        };
        if !is_accepted {
            return Said::NotAsked;
        }
        match parse(repaired) {
            Ok(()) => Said::Accepted,
            Err(error) => Said::Refused(error),
        }
    }

    fn is_there(&mut self) -> bool {
        *self.is_there.get_or_insert_with(|| {
            let asked = Command::new(PROGRAM)
                .arg("--version")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            asked.is_ok_and(|status| status.success())
        })
    }
}

/// Whether `cc -fsyntax-only` accepts a text; else its first error.
fn parse(code: &str) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("it could not be run: {error}");
    let mut child = Command::new(PROGRAM)
        .args(["-fsyntax-only", "-std=c11", "-x", "c", "-"])
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A compiler that stops reading has said why.
        let _ = stdin.write_all(code.as_bytes());
    }
    let output = child.wait_with_output().map_err(cannot)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let error = said.lines().find(|line| line.contains("error"));
    let error = error.unwrap_or("it gave no reason");
    Err(error.replace("<stdin>:", "line "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_compiler_nothing_is_said() {
        assert_eq!(Compiler::none().of_repair("int a;", "int"), Said::Nothing);
    }
}
