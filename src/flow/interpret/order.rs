//! Weak topological order of blocks: every loop is one run of positions, its head first.
//!
//! Bourdoncle 1993, with an explicit stack, so that depth of the input costs no stack.

use crate::flow::ir::{BlockId, Function};

/// The order, and the loops in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    /// Position of each block; `u32::MAX` if the entry does not lead there.
    pub(crate) position: Vec<u32>,
    /// One past the last position of the loop that a block is the head of; 0 if it is no head.
    pub(crate) loop_end: Vec<u32>,
    /// Head of the innermost loop around a block (itself, if it is a head).
    pub(crate) innermost: Vec<Option<BlockId>>,
    /// Head of the loop around the loop of a head.
    pub(crate) parent: Vec<Option<BlockId>>,
}

impl Order {
    pub(crate) fn new(function: &Function) -> Self {
        let count = function.blocks.len();
        let successors: Vec<Vec<usize>> = function
            .blocks
            .iter()
            .map(|block| {
                block
                    .terminator
                    .successors()
                    .into_iter()
                    .map(|id| id.0 as usize)
                    .filter(|&id| id < count)
                    .collect()
            })
            .collect();
        let mut order = Self {
            position: vec![u32::MAX; count],
            loop_end: vec![0; count],
            innermost: vec![None; count],
            parent: vec![None; count],
        };
        if count == 0 {
            return order;
        }
        let mut next = 0;
        let all: Vec<bool> = vec![true; count];
        order.place(&successors, 0, &all, None, &mut next, 0);
        order
    }

    pub(crate) fn is_inside(&self, head: BlockId, block: BlockId) -> bool {
        let (Some(&start), Some(&end), Some(&at)) = (
            self.position.get(head.0 as usize),
            self.loop_end.get(head.0 as usize),
            self.position.get(block.0 as usize),
        ) else {
            return false;
        };
        start <= at && at < end
    }

    pub(crate) fn is_head(&self, block: BlockId) -> bool {
        self.loop_end
            .get(block.0 as usize)
            .is_some_and(|&end| end > 0)
    }

    /// Whether the edge goes back to the head of a loop that it comes from.
    pub(crate) fn is_back_edge(&self, from: BlockId, to: BlockId) -> bool {
        self.is_head(to) && self.is_inside(to, from)
    }

    /// Orders what can be reached from `entry` within `inside`: strongly connected components in
    /// topological order, each with its head taken out ordered again.
    fn place(
        &mut self,
        successors: &[Vec<usize>],
        entry: usize,
        inside: &[bool],
        around: Option<BlockId>,
        next: &mut u32,
        depth: u32,
    ) {
        for component in components(successors, &[entry], inside) {
            let Some(&head) = component.first() else {
                continue;
            };
            let is_loop =
                component.len() > 1 || successors.get(head).is_some_and(|to| to.contains(&head));
            let head_id = BlockId(u32::try_from(head).unwrap_or(u32::MAX));
            if let Some(position) = self.position.get_mut(head) {
                *position = *next;
            }
            *next += 1;
            if !is_loop {
                if let Some(slot) = self.innermost.get_mut(head) {
                    *slot = around;
                }
                continue;
            }
            if let Some(slot) = self.innermost.get_mut(head) {
                *slot = Some(head_id);
            }
            if let Some(slot) = self.parent.get_mut(head) {
                *slot = around;
            }
            let mut rest = vec![false; inside.len()];
            for &block in component.iter().skip(1) {
                if let Some(slot) = rest.get_mut(block) {
                    *slot = true;
                }
            }
            if depth < 60 {
                let entries: Vec<usize> = successors
                    .get(head)
                    .map(|to| {
                        to.iter()
                            .copied()
                            .filter(|&to| rest.get(to) == Some(&true))
                            .collect()
                    })
                    .unwrap_or_default();
                self.place_from(successors, &entries, &mut rest, head_id, next, depth + 1);
            }
            // Deeper than that, or reached only through the head's own edges: as they come.
            for &block in component.iter().skip(1) {
                if self.position.get(block) == Some(&u32::MAX) {
                    if let Some(position) = self.position.get_mut(block) {
                        *position = *next;
                    }
                    if let Some(slot) = self.innermost.get_mut(block) {
                        *slot = Some(head_id);
                    }
                    *next += 1;
                }
            }
            if let Some(end) = self.loop_end.get_mut(head) {
                *end = *next;
            }
        }
    }

    fn place_from(
        &mut self,
        successors: &[Vec<usize>],
        entries: &[usize],
        inside: &mut [bool],
        around: BlockId,
        next: &mut u32,
        depth: u32,
    ) {
        // A virtual entry that leads to all entries: order the components of the whole at once.
        let mut with_entry: Vec<Vec<usize>> = successors.to_vec();
        with_entry.push(entries.to_vec());
        let mut within = inside.to_vec();
        within.push(false);
        for component in components(&with_entry, entries, &within) {
            let Some(&head) = component.first() else {
                continue;
            };
            let mut only = vec![false; inside.len()];
            for &block in &component {
                if let Some(slot) = only.get_mut(block) {
                    *slot = true;
                }
            }
            self.place(successors, head, &only, Some(around), next, depth);
        }
    }
}

/// Strongly connected components reachable from the entries, in topological order; in each, the
/// block that was reached first comes first. Tarjan's algorithm with an explicit stack.
fn components(successors: &[Vec<usize>], entries: &[usize], inside: &[bool]) -> Vec<Vec<usize>> {
    let count = successors.len();
    let mut index = vec![0_u32; count];
    let mut low = vec![0_u32; count];
    let mut on_stack = vec![false; count];
    let mut stack: Vec<usize> = Vec::new();
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut counter = 0;
    let empty = Vec::new();
    let is_inside = |block: usize| inside.get(block) == Some(&true);
    for &entry in entries {
        if !is_inside(entry) || index.get(entry).is_none_or(|&at| at != 0) {
            continue;
        }
        let mut work: Vec<(usize, usize)> = vec![(entry, 0)];
        while let Some((block, child)) = work.pop() {
            if child == 0 {
                counter += 1;
                set(&mut index, block, counter);
                set(&mut low, block, counter);
                stack.push(block);
                set(&mut on_stack, block, true);
            }
            let next = successors.get(block).unwrap_or(&empty);
            let mut at = child;
            let mut went_down = false;
            while let Some(&to) = next.get(at) {
                at += 1;
                if !is_inside(to) {
                    continue;
                }
                if get(&index, to) == 0 {
                    work.push((block, at));
                    work.push((to, 0));
                    went_down = true;
                    break;
                }
                if on_stack.get(to) == Some(&true) {
                    let lower = get(&low, block).min(get(&index, to));
                    set(&mut low, block, lower);
                }
            }
            if went_down {
                continue;
            }
            if get(&low, block) == get(&index, block) {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    set(&mut on_stack, member, false);
                    component.push(member);
                    if member == block {
                        break;
                    }
                }
                component.sort_by_key(|&member| get(&index, member));
                found.push(component);
            }
            if let Some(&(parent, _)) = work.last() {
                let lower = get(&low, parent).min(get(&low, block));
                set(&mut low, parent, lower);
            }
        }
    }
    found.reverse();
    found
}

fn get(of: &[u32], at: usize) -> u32 {
    of.get(at).copied().unwrap_or(0)
}

fn set<T>(of: &mut [T], at: usize, value: T) {
    if let Some(slot) = of.get_mut(at) {
        *slot = value;
    }
}
