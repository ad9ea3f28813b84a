//! Arguments of `scrubin learn`.

use std::path::PathBuf;

use clap::Args;

use super::ListFormat;

/// Options of `learn`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without LESSON: a follow-up that is due (at most one a week), else your newest finding that you have not\n\
                  passed the lesson of. What is kept is yours: `scrubin training show --mine`, `delete --mine`.\n\
                  Exit codes: 0 right · 1 not yet · 2 could not do its work"
)]
pub(in crate::cli) struct LearnArguments {
    /// Key of a lesson
    #[arg(value_name = "LESSON")]
    pub(in crate::cli) lesson: Option<String>,
    /// Name all lessons, with your findings and how far you are
    #[arg(long, conflicts_with_all = ["due", "skip", "show", "answers"])]
    pub(in crate::cli) list: bool,
    /// Name the follow-ups that are due
    #[arg(long, conflicts_with_all = ["skip", "show", "answers"])]
    pub(in crate::cli) due: bool,
    /// Put a follow-up off by a week
    #[arg(long, conflicts_with_all = ["show", "answers"])]
    pub(in crate::cli) skip: bool,
    /// Print the exercise and end
    #[arg(long, conflicts_with = "answers")]
    pub(in crate::cli) show: bool,
    /// Take the answers from FILE (TOML: `spot` = line, `choose` = letter, `fix` = code or `fix-file`), ask nothing
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) answers: Option<PathBuf>,
    /// Only line and guard, no repair
    #[arg(long, requires = "lesson")]
    pub(in crate::cli) follow_up: bool,
    /// The lesson's sample, not your own code
    #[arg(long)]
    pub(in crate::cli) sample: bool,
    /// Language of the sample
    #[arg(long, value_name = "LANGUAGE")]
    pub(in crate::cli) language: Option<String>,
    /// Form of the sample: 0 as the lesson has it, others with other names and sizes
    #[arg(long, value_name = "N")]
    pub(in crate::cli) variant: Option<usize>,
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(in crate::cli) format: ListFormat,
}
