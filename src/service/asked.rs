//! What a check run of ours is about: the text that tells it from those of others on the same commit. Pure.

use crate::store::{Job, JobKind, RepositoryRow, Subject};

/// What a check run of ours was about, as its `external_id` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A pull request.
    Pull {
        /// Its number.
        number: i64,
    },
    /// A group of the merge queue.
    Group {
        /// The commit it goes onto.
        base: String,
    },
}

impl Asked {
    /// The text for `external_id`.
    pub fn external(&self) -> String {
        match self {
            Self::Pull { number } => format!("pull:{number}"),
            Self::Group { base } => format!("group:{base}"),
        }
    }

    /// Reads an `external_id`; `None` if it is none of ours.
    pub fn of(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "pull" => Some(Self::Pull {
                number: rest.parse().ok()?,
            }),
            "group" if crate::github::marker::is_hex(rest) => Some(Self::Group {
                base: rest.to_owned(),
            }),
            _ => None,
        }
    }
}

impl Asked {
    /// What the check of a job is about; `None` where it has none.
    pub fn by(job: &Job) -> Option<Self> {
        match job.kind {
            JobKind::Pull => Some(Self::Pull { number: job.number }),
            JobKind::Group => Some(Self::Group {
                base: job.base.clone(),
            }),
            JobKind::Sweep => None,
        }
    }

    /// Whose gate it is.
    pub fn subject(&self, repository: &RepositoryRow) -> Subject {
        self.subject_in(repository.installation, repository.id)
    }

    /// The same for the job that it is of.
    pub fn subject_of(&self, job: &Job) -> Subject {
        self.subject_in(job.installation, job.repository)
    }

    fn subject_in(&self, installation: i64, repository: i64) -> Subject {
        Subject {
            installation,
            repository,
            name: self.external(),
            number: match self {
                Self::Pull { number } => *number,
                Self::Group { .. } => 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_ids_are_read_back() {
        for asked in [
            Asked::Pull { number: 12 },
            Asked::Group {
                base: "ab12".to_owned(),
            },
        ] {
            assert_eq!(Asked::of(&asked.external()), Some(asked));
        }
        assert_eq!(Asked::of("group:x; rm"), None);
        assert_eq!(Asked::of("7"), None);
    }

    #[test]
    fn a_job_says_what_its_check_is_about() {
        let group = Job::group(1, 9, "cd34".to_owned(), "ab12".to_owned());
        let texts = [Job::pull(1, 9, 12), group, Job::sweep(1)]
            .map(|job| Asked::by(&job).map(|asked| asked.external()));
        let texts = texts.each_ref().map(Option::as_deref);
        assert_eq!(texts, [Some("pull:12"), Some("group:ab12"), None]);
    }
}
