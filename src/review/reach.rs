//! What of a change a review looked at: changed lines, rules that ran, functions that were not read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::inputs::Inputs;
use crate::change::diff::LineDiff;
use crate::change::{ChangedFile, Content};
use crate::finding::RepoPath;
use crate::report::Reach;
use crate::triage::FileFindings;

/// The reach of a review. `told` are changed lines that are known from the analysis; of other files
/// they are counted here.
pub(super) fn reach(
    inputs: &Inputs<'_>,
    by_path: &BTreeMap<&RepoPath, &ChangedFile>,
    files: &[FileFindings],
    told: &BTreeMap<RepoPath, u64>,
    unread: BTreeMap<RepoPath, Vec<String>>,
) -> Reach {
    let mut reach = Reach {
        comparing: inputs.prepared.flow.comparing_ids(),
        unread,
        ..Reach::default()
    };
    let is_whole = inputs.change.source.is_whole();
    for file in files {
        let Some(changed) = by_path.get(&file.path) else {
            continue;
        };
        if !is_whole {
            let lines = match told.get(&file.path) {
                Some(lines) => *lines,
                None => (file.changed.count()).unwrap_or_else(|| added_lines(inputs, changed)),
            };
            reach.changed_lines.insert(file.path.clone(), lines);
        }
        reach.ran.insert(file.path.clone(), Arc::clone(&file.ran));
        if let (Content::Blob(name), false) = (&changed.head, file.head.is_empty()) {
            reach.blobs.insert(file.path.clone(), name.clone());
        }
    }
    reach
}

/// Lines of the head that no side before the change has. None where a side cannot be read, which the
/// report says in its own place.
fn added_lines(inputs: &Inputs<'_>, file: &ChangedFile) -> u64 {
    let read = |content: &Content| inputs.reader.read(content).ok();
    let Some(head) = read(&file.head) else {
        return 0;
    };
    let base = file.base.as_ref().and_then(read);
    let others: Vec<Vec<u8>> = file
        .other_bases
        .iter()
        .filter_map(|parent| read(&parent.content))
        .collect();
    let diff = LineDiff::of_change(base.as_deref(), others.iter().map(Vec::as_slice), &head);
    u64::try_from(diff.added_lines().count()).unwrap_or(u64::MAX)
}
