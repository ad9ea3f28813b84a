//! What people learn from: the page of a rule, the list and the catalogue of rules, rendered from the rule files
//! alone, so that both work offline and never differ from what the rule does.

mod areas;
pub mod catalogue;
pub mod clauses;
pub mod explain;
pub mod grade;
mod highlight;
pub mod history;
pub(crate) mod html;
pub mod learner;
pub mod lesson;
pub mod lesson_page;
pub mod listing;
pub mod matrix;
pub mod measured;
pub mod profiled;
mod rule_json;
pub mod site;
pub mod team;
