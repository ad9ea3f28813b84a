//! What the report says of findings that were withheld.

use crate::finding::Finding;

/// Places that the notice names.
const EXAMPLES: usize = 5;

/// One sentence over all findings that rules arguing from absence had in functions with a gap;
/// `None` where there are none.
pub(super) fn notice(withheld: &[Finding]) -> Option<String> {
    if withheld.is_empty() {
        return None;
    }
    let named: Vec<String> = withheld
        .iter()
        .take(EXAMPLES)
        .map(|finding| {
            format!(
                "{}:{} {}",
                finding.location.path, finding.location.start.line, finding.rule
            )
        })
        .collect();
    let rest = withheld.len().saturating_sub(named.len());
    let and_more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    Some(format!(
        "withheld {} of rules about something missing, because a part of the function was not \
         understood and may hold it: {}{and_more}",
        if withheld.len() == 1 {
            "1 finding".to_owned()
        } else {
            format!("{} findings", withheld.len())
        },
        named.join(", ")
    ))
}
