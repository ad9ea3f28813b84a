//! What somebody has learned and when they are asked again: after 2, 7, 30 and 90 days, at most one a week,
//! learned after two right answers 30 days apart. Kept for the person alone.

use serde::{Deserialize, Serialize};

use super::history::{LearnedState, Time};

/// Days after which a lesson is asked again, by the number of right answers in a row.
const AGAIN: [i64; 4] = [2, 7, 30, 90];

/// Days between two follow-ups, of whatever lesson.
const BETWEEN: i64 = 7;

/// Days between two right answers that make a lesson learned.
const APART: i64 = 30;

/// Days that have to lie between the last right answer that counted and the next, by the number of those in a
/// row: what is asked again at once shows no memory.
fn wait_after(right: usize) -> i64 {
    let at = right.saturating_sub(1).min(AGAIN.len() - 1);
    AGAIN.get(at).copied().unwrap_or(0)
}

/// Days that a skipped follow-up waits.
const SKIP: i64 = 7;

/// How far somebody is with a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Key of the lesson.
    pub lesson: String,
    /// Version that was read.
    pub version: String,
    /// The first right answer of those in a row.
    pub first_right: Option<Time>,
    /// The last right answer.
    pub last_right: Option<Time>,
    /// Right answers in a row.
    pub right: usize,
    /// When it is asked again; `None` when no more.
    pub due: Option<Time>,
    /// Fingerprint of the finding that led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Whether the weakness was found again after a right answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found_again: bool,
}

impl Progress {
    /// Whether it was passed, or learned.
    pub fn state(&self) -> Option<LearnedState> {
        let (first, last) = (self.first_right?, self.last_right?);
        Some(if last.days_since(first) >= APART {
            LearnedState::Learned
        } else {
            LearnedState::Passed
        })
    }

    /// Takes in the version that the lesson has now; whether its meaning is another one, so that what was
    /// answered before begins anew.
    fn take_version(&mut self, version: &str) -> bool {
        let is_new = meaning(version) != meaning(&self.version);
        if is_new {
            self.first_right = None;
            self.last_right = None;
            self.right = 0;
        }
        version.clone_into(&mut self.version);
        is_new
    }
}

/// Everything that is kept of a person. No answer, no number of tries, no time that was taken; a lesson that
/// is to be asked again is kept with its day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Learner {
    /// By lesson, each once.
    pub lessons: Vec<Progress>,
    /// When a follow-up was asked last.
    pub last_follow_up: Option<Time>,
}

impl Learner {
    /// What is known of a lesson.
    pub fn progress(&self, lesson: &str) -> Option<&Progress> {
        self.lessons.iter().find(|one| one.lesson == lesson)
    }

    fn entry(&mut self, lesson: &str, version: &str) -> Option<&mut Progress> {
        if self.progress(lesson).is_none() {
            self.lessons.push(Progress {
                lesson: lesson.to_owned(),
                version: version.to_owned(),
                first_right: None,
                last_right: None,
                right: 0,
                due: None,
                trigger: None,
                found_again: false,
            });
            self.lessons.sort_by(|a, b| a.lesson.cmp(&b.lesson));
        }
        self.lessons.iter_mut().find(|one| one.lesson == lesson)
    }

    /// Takes a right answer. Gives the new state where it changed. An answer before its time is practice: it
    /// moves nothing.
    pub fn answered_right(
        &mut self,
        (lesson, version): (&str, &str),
        trigger: Option<&str>,
        now: Time,
    ) -> Option<LearnedState> {
        let progress = self.entry(lesson, version)?;
        progress.take_version(version);
        if let Some(trigger) = trigger {
            progress.trigger = Some(trigger.to_owned());
        }
        let is_early = progress
            .last_right
            .is_some_and(|last| now.days_since(last) < wait_after(progress.right));
        if is_early {
            return None;
        }
        let before = progress.state();
        progress.first_right = progress.first_right.or(Some(now));
        progress.last_right = Some(now);
        progress.due = AGAIN.get(progress.right).map(|days| now.plus_days(*days));
        progress.right += 1;
        progress.found_again = false;
        let after = progress.state();
        (after != before).then_some(after).flatten()
    }

    /// Takes a wrong answer: asked again soon, and nothing else is kept.
    pub fn answered_wrong(&mut self, (lesson, version): (&str, &str), now: Time) {
        if let Some(progress) = self.entry(lesson, version) {
            progress.right = 0;
            progress.first_right = None;
            progress.last_right = None;
            progress.due = AGAIN.first().map(|days| now.plus_days(*days));
        }
    }

    /// Puts a follow-up off.
    pub fn skipped(&mut self, lesson: &str, now: Time) {
        if let Some(progress) = self.lessons.iter_mut().find(|one| one.lesson == lesson) {
            progress.due = Some(now.plus_days(SKIP));
        }
        self.last_follow_up = Some(now);
    }

    /// Notes that a follow-up was asked.
    pub fn followed_up(&mut self, now: Time) {
        self.last_follow_up = Some(now);
    }

    /// Takes in that a weakness was found: what was answered right before begins anew.
    pub fn found(&mut self, lesson: &str, at: Time) {
        if let Some(progress) = self.lessons.iter_mut().find(|one| one.lesson == lesson)
            && progress.last_right.is_some_and(|right| right < at)
        {
            progress.first_right = None;
            progress.last_right = None;
            progress.right = 0;
            progress.due = Some(at);
            progress.found_again = true;
        }
    }

    /// Takes in which versions the lessons have: one whose meaning changed is to be read again.
    pub fn versions<'l>(&mut self, lessons: impl Iterator<Item = (&'l str, &'l str)>, now: Time) {
        for (lesson, version) in lessons {
            if let Some(progress) = self.lessons.iter_mut().find(|one| one.lesson == lesson)
                && progress.take_version(version)
            {
                progress.due = Some(now);
            }
        }
    }

    /// What is due, longest first. One a week is asked; that is for the caller to keep ([`Self::may_ask`]).
    pub fn due(&self, now: Time) -> Vec<&Progress> {
        let mut due: Vec<&Progress> = self
            .lessons
            .iter()
            .filter(|one| one.due.is_some_and(|due| due <= now))
            .collect();
        due.sort_by(|a, b| (a.due, &a.lesson).cmp(&(b.due, &b.lesson)));
        due
    }

    /// Whether the last follow-up was a week ago.
    pub fn may_ask(&self, now: Time) -> bool {
        self.last_follow_up
            .is_none_or(|last| now.days_since(last) >= BETWEEN)
    }

    /// Drops what was not touched since.
    pub fn expire(&mut self, since: Time) {
        self.lessons
            .retain(|one| one.last_right.max(one.due).is_none_or(|last| last >= since));
    }
}

/// Major and minor number of a version: a change of them is one of meaning.
pub fn meaning(version: &str) -> &str {
    version.rsplit_once('.').map_or(version, |(front, _)| front)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const LESSON: (&str, &str) = ("L-LEN-BOUND", "1.0.0");

    fn day(number: i64) -> Time {
        Time::parse("2026-01-01T09:00:00Z")
            .unwrap()
            .plus_days(number)
    }

    fn due_in(learner: &Learner, from: i64) -> Option<i64> {
        let progress = learner.progress(LESSON.0)?;
        progress.due.map(|due| due.days_since(day(from)))
    }

    #[test]
    fn right_answers_are_asked_again_after_2_7_30_and_90_days() {
        let mut learner = Learner::default();
        assert_eq!(
            learner.answered_right(LESSON, Some("aa:0"), day(0)),
            Some(LearnedState::Passed)
        );
        assert_eq!(due_in(&learner, 0), Some(2));
        assert_eq!(learner.answered_right(LESSON, None, day(2)), None);
        assert_eq!(due_in(&learner, 2), Some(7));
        assert_eq!(learner.answered_right(LESSON, None, day(9)), None);
        assert_eq!(due_in(&learner, 9), Some(30));
        assert_eq!(
            learner.answered_right(LESSON, None, day(39)),
            Some(LearnedState::Learned)
        );
        assert_eq!(due_in(&learner, 39), Some(90));
        learner.answered_right(LESSON, None, day(129));
        assert_eq!(due_in(&learner, 129), None);
        assert_eq!(
            learner.progress(LESSON.0).unwrap().trigger.as_deref(),
            Some("aa:0")
        );
    }

    #[test]
    fn an_answer_before_its_time_moves_nothing() {
        let mut learner = Learner::default();
        learner.answered_right(LESSON, None, day(0));
        let once = learner.clone();
        for _ in 0..4 {
            assert_eq!(learner.answered_right(LESSON, None, day(0)), None);
        }
        assert_eq!(learner.answered_right(LESSON, None, day(1)), None);
        assert_eq!(learner, once);
        learner.answered_right(LESSON, None, day(2));
        learner.answered_right(LESSON, None, day(8));
        assert_eq!(due_in(&learner, 2), Some(7));
        // Put off, and answered between the two days.
        learner.skipped(LESSON.0, day(9));
        learner.answered_right(LESSON, None, day(10));
        assert_eq!(due_in(&learner, 10), Some(30));
    }

    #[test]
    fn a_wrong_answer_begins_anew_and_leaves_no_count() {
        let mut learner = Learner::default();
        learner.answered_right(LESSON, None, day(0));
        learner.answered_wrong(LESSON, day(9));
        learner.answered_wrong(LESSON, day(9));
        assert_eq!(due_in(&learner, 9), Some(2));
        assert_eq!(learner.progress(LESSON.0).unwrap().state(), None);
        let once = serde_json::to_string(&learner).unwrap();
        learner.answered_wrong(LESSON, day(9));
        assert_eq!(serde_json::to_string(&learner).unwrap(), once);
    }

    #[test]
    fn what_is_found_again_is_no_longer_learned() {
        let mut learner = Learner::default();
        learner.answered_right(LESSON, None, day(0));
        learner.answered_right(LESSON, None, day(40));
        learner.found(LESSON.0, day(-3));
        assert_eq!(
            learner.progress(LESSON.0).unwrap().state(),
            Some(LearnedState::Learned)
        );
        learner.found(LESSON.0, day(50));
        let progress = learner.progress(LESSON.0).unwrap();
        assert_eq!((progress.state(), progress.found_again), (None, true));
        assert_eq!(learner.due(day(50)).len(), 1);
    }

    #[test]
    fn one_follow_up_a_week_and_it_can_be_put_off() {
        let mut learner = Learner::default();
        learner.answered_right(LESSON, None, day(0));
        learner.answered_right(("L-INT-WRAP", "1.0.0"), None, day(0));
        assert!(learner.due(day(1)).is_empty());
        assert_eq!(learner.due(day(2)).len(), 2);
        assert!(learner.may_ask(day(2)));
        learner.skipped(LESSON.0, day(2));
        assert_eq!(due_in(&learner, 2), Some(7));
        assert!(!learner.may_ask(day(8)) && learner.may_ask(day(9)));
    }

    #[test]
    fn a_lesson_whose_meaning_changed_is_read_again() {
        let mut learner = Learner::default();
        learner.answered_right(LESSON, None, day(0));
        learner.answered_right(LESSON, None, day(40));
        let versions = |version: &'static str| [(LESSON.0, version)].into_iter();
        learner.versions(versions("1.0.7"), day(41));
        assert!(learner.due(day(41)).is_empty());
        learner.versions(versions("1.1.0"), day(41));
        assert_eq!(learner.due(day(41)).len(), 1);
        // Asked once: putting it off holds.
        learner.skipped(LESSON.0, day(41));
        learner.versions(versions("1.1.0"), day(42));
        assert!(learner.due(day(42)).is_empty());
        let passed = learner.answered_right((LESSON.0, "1.1.0"), None, day(48));
        assert_eq!(passed, Some(LearnedState::Passed));
        let again = learner.answered_right((LESSON.0, "1.2.0"), None, day(50));
        assert_eq!(again, Some(LearnedState::Passed));
    }

    #[test]
    fn what_is_old_goes() {
        let mut learner = Learner::default();
        learner.answered_right(LESSON, None, day(0));
        learner.expire(day(1));
        assert_eq!(learner.lessons.len(), 1, "a follow-up is still due");
        learner.expire(day(300));
        assert!(learner.lessons.is_empty());
    }
}
