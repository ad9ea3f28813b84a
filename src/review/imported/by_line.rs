//! Findings of a file by the lines that they and their traces touch.

use std::collections::BTreeMap;

use super::lines;
use crate::finding::Finding;

/// Numbers of findings by 1-based line.
#[derive(Debug, Default)]
pub(super) struct ByLine {
    at: BTreeMap<u32, Vec<usize>>,
}

impl ByLine {
    pub(super) fn new(findings: &[Finding]) -> Self {
        let mut all = Self::default();
        for (number, finding) in findings.iter().enumerate() {
            all.add(number, finding);
        }
        all
    }

    /// Adds the finding of a number that is larger than all before.
    pub(super) fn add(&mut self, number: usize, finding: &Finding) {
        for line in touched(finding) {
            let there = self.at.entry(line).or_default();
            if there.last() != Some(&number) {
                there.push(number);
            }
        }
    }

    /// Those that share a line with a finding, in order.
    pub(super) fn beside(&self, finding: &Finding) -> Vec<usize> {
        let mut found: Vec<usize> = touched(finding)
            .filter_map(|line| self.at.get(&line))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The lines of a finding, which [`lines`] bounds, and of its steps in the same file.
fn touched(finding: &Finding) -> impl Iterator<Item = u32> + '_ {
    let (first, last) = lines(finding);
    let steps = finding.trace.iter().map(|step| &step.location);
    let here = steps.filter(|place| place.path == finding.location.path);
    (first..=last).chain(here.map(|place| place.start.line))
}
