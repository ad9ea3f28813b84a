//! What became of the results of other tools.

use super::words;

/// What became of the results of one run of a tool. The numbers from `findings` to `no_place` add up to
/// `results`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// The file they were read from.
    pub file: String,
    /// The tool.
    pub tool: String,
    /// Its version; empty where the file does not say.
    pub version: String,
    /// Results of the run.
    pub results: u64,
    /// Joined the findings of the review.
    pub findings: u64,
    /// The same defect as a finding of scrubin, which names the tool.
    pub found_by_us: u64,
    /// The same defect as a finding of a tool imported before, which names this one.
    pub found_by_others: u64,
    /// The same rule at the same place once more.
    pub repeated: u64,
    /// No finding, says the tool itself.
    pub passed: u64,
    /// Left out by configuration or `--only`.
    pub disabled: u64,
    /// In files that are not under review.
    pub not_reviewed: Places,
    /// In files that do not exist here.
    pub not_here: Places,
    /// On lines that the reviewed file does not have.
    pub no_line: Places,
    /// In no file.
    pub no_place: u64,
    /// Findings whose severity the settings would lower without a reason: they keep that of the tool.
    pub unreasoned: u64,
    /// Findings that the tool was told to leave alone, which excuses no error at this level.
    pub unexcused: u64,
    /// Why the tool did not come to its end, if it says so.
    pub unfinished: Option<String>,
}

/// A number of results with the first of their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// How many results.
    pub count: u64,
    /// The first of the places, each once.
    pub examples: Vec<String>,
}

/// Places that are named.
const EXAMPLES: usize = 3;

impl Places {
    /// Counts one.
    pub fn add(&mut self, place: &str) {
        self.count += 1;
        let is_known = self.examples.iter().any(|known| known == place);
        if self.examples.len() < EXAMPLES && !is_known {
            self.examples.push(place.to_owned());
        }
    }
}

impl ImportSummary {
    /// `cppcheck 2.17.1`, or the name alone.
    pub fn titled(&self) -> String {
        if self.version.is_empty() {
            self.tool.clone()
        } else {
            format!("{} {}", self.tool, self.version)
        }
    }

    /// All of it in one sentence.
    pub fn sentence(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |number: u64, text: String| {
            if number > 0 {
                parts.push(text);
            }
        };
        let places = |places: &Places, what: &str| {
            let more = if places.examples.len() as u64 >= places.count {
                ""
            } else {
                ", ..."
            };
            let names = places.examples.join(", ");
            format!("{} {what} ({names}{more})", places.count)
        };
        part(self.findings, words::count(self.findings, "finding"));
        part(
            self.found_by_us,
            format!("{} also found by scrubin", self.found_by_us),
        );
        part(
            self.found_by_others,
            format!("{} also found by another tool", self.found_by_others),
        );
        part(self.repeated, format!("{} repeated", self.repeated));
        part(self.passed, format!("{} passed", self.passed));
        part(
            self.disabled,
            format!("{} left out by the settings", self.disabled),
        );
        part(
            self.not_reviewed.count,
            places(&self.not_reviewed, "in files not under review"),
        );
        part(
            self.not_here.count,
            places(&self.not_here, "in files that are not here"),
        );
        part(
            self.no_line.count,
            places(&self.no_line, "on lines that do not exist"),
        );
        part(self.no_place, format!("{} without a place", self.no_place));
        let what = if parts.is_empty() {
            "no results".to_owned()
        } else {
            format!(
                "{}: {}",
                words::count(self.results, "result"),
                parts.join(", ")
            )
        };
        let mut sentence = format!("{} in {}: {what}", self.titled(), self.file);
        if self.unreasoned > 0 {
            sentence.push_str(&format!(
                "; {} would weigh less by the settings, which give no reason: the tool's severity stays",
                words::count(self.unreasoned, "finding")
            ));
        }
        if self.unexcused > 0 {
            sentence.push_str(&format!(
                "; {} suppressed for the tool, which excuses no error: the profile asks for a second person",
                words::count(self.unexcused, "finding")
            ));
        }
        if let Some(why) = &self.unfinished {
            sentence.push_str(&format!("; NOT FINISHED: {why}"));
        }
        sentence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_all_of_it() {
        let mut summary = ImportSummary {
            file: "r.sarif".to_owned(),
            tool: "cppcheck".to_owned(),
            version: "2.17.1".to_owned(),
            results: 7,
            findings: 2,
            found_by_us: 1,
            ..ImportSummary::default()
        };
        for path in ["a.c", "a.c", "b.c", "c.c"] {
            summary.not_here.add(path);
        }
        assert_eq!(
            summary.sentence(),
            "cppcheck 2.17.1 in r.sarif: 7 results: 2 findings, 1 also found by scrubin, 4 in files that are not here (a.c, b.c, c.c, ...)"
        );
        summary = ImportSummary {
            tool: "clippy".to_owned(),
            file: "c.json".to_owned(),
            ..ImportSummary::default()
        };
        assert_eq!(summary.sentence(), "clippy in c.json: no results");
    }
}
