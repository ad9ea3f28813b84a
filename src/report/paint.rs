//! Colour by ANSI sequences, where the caller wants it.

/// ANSI sequences, or nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// Whether sequences are written.
    pub(crate) on: bool,
}

impl Paint {
    fn wrap(self, sequence: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{sequence}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Titles.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// What stops a commit.
    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("1;91", text)
    }

    /// What wants a look.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.wrap("1;33", text)
    }

    /// What may be passed over.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// Words of a language.
    pub(crate) fn cyan(self, text: &str) -> String {
        self.wrap("36", text)
    }

    /// Texts and numbers in code.
    pub(crate) fn magenta(self, text: &str) -> String {
        self.wrap("35", text)
    }

    /// All is well.
    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("1;32", text)
    }
}
