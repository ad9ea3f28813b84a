//! What people learn from: the page of a rule and the list of rules, rendered from the rule files
//! alone, so that both work offline and never differ from what the rule does.

pub mod explain;
pub mod listing;
pub mod profiled;
mod rule_json;
