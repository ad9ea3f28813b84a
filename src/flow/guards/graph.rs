//! The control-flow graph of one function: predecessors, order, dominators, loops.

use crate::flow::ir::{Function, Terminator};

/// No block.
pub(super) const NONE: u32 = u32::MAX;

/// The graph of a function, by block index.
#[derive(Debug)]
pub(super) struct Graph {
    /// Predecessors that can be reached.
    pub predecessors: Vec<Vec<u32>>,
    /// Blocks that can be reached, each before its successors where no loop forbids it.
    pub order: Vec<u32>,
    /// Place of a block in `order`; [`NONE`] where it cannot be reached.
    pub rank: Vec<u32>,
    /// Natural loops, in the order of their heads.
    pub loops: Vec<Loop>,
    /// Innermost loop of a block, as an index of `loops`.
    pub loop_of: Vec<u32>,
    enter: Vec<u32>,
    leave: Vec<u32>,
}

/// A natural loop.
#[derive(Debug)]
pub(super) struct Loop {
    /// The block every iteration starts at.
    pub head: u32,
    /// The blocks of the loop, sorted.
    pub blocks: Vec<u32>,
    /// Blocks that jump back to the head.
    pub tails: Vec<u32>,
}

impl Graph {
    /// The graph of a function.
    pub(super) fn new(function: &Function) -> Self {
        let count = function.blocks.len();
        let mut successors: Vec<Vec<u32>> = Vec::with_capacity(count);
        for block in &function.blocks {
            let mut next: Vec<u32> = match &block.terminator {
                Terminator::Goto(to) => vec![to.0],
                other => other.successors().iter().map(|id| id.0).collect(),
            };
            next.retain(|to| (*to as usize) < count);
            successors.push(next);
        }
        let order = reverse_post_order(&successors);
        let mut rank = vec![NONE; count];
        for (place, block) in order.iter().enumerate() {
            set(&mut rank, *block, place as u32);
        }
        let mut predecessors = vec![Vec::new(); count];
        for &from in &order {
            for &to in at(&successors, from) {
                if let Some(list) = predecessors.get_mut(to as usize) {
                    list.push(from);
                }
            }
        }
        let dominator = dominators(&order, &rank, &predecessors);
        let (enter, leave) = intervals(&order, &dominator);
        let mut graph = Self {
            predecessors,
            order,
            rank,
            loops: Vec::new(),
            loop_of: vec![NONE; count],
            enter,
            leave,
        };
        graph.find_loops(&successors);
        graph
    }

    /// Whether every way to `below` passes `above` (a block dominates itself).
    pub(super) fn dominates(&self, above: u32, below: u32) -> bool {
        match (
            self.enter.get(above as usize),
            self.leave.get(above as usize),
            self.enter.get(below as usize),
        ) {
            (Some(&from), Some(&to), Some(&at)) => {
                from != NONE && at != NONE && from <= at && at < to
            }
            _ => false,
        }
    }

    /// Whether the block can be reached.
    pub(super) fn is_reachable(&self, block: u32) -> bool {
        self.rank
            .get(block as usize)
            .is_some_and(|rank| *rank != NONE)
    }

    /// Whether a block comes before another in the graph's order.
    pub(super) fn rank_before(&self, one: u32, two: u32) -> bool {
        match (self.rank.get(one as usize), self.rank.get(two as usize)) {
            (Some(&one), Some(&two)) => one != NONE && one < two,
            _ => false,
        }
    }

    /// The predecessors of a block.
    pub(super) fn predecessors(&self, block: u32) -> &[u32] {
        self.predecessors
            .get(block as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether the block starts a loop.
    pub(super) fn loop_at(&self, head: u32) -> Option<&Loop> {
        self.loops.iter().find(|found| found.head == head)
    }

    /// The innermost loop around a block.
    pub(super) fn innermost(&self, block: u32) -> Option<&Loop> {
        let index = *self.loop_of.get(block as usize)?;
        self.loops.get(index as usize)
    }

    /// Whether `from -> to` closes a loop.
    pub(super) fn is_back_edge(&self, from: u32, to: u32) -> bool {
        self.dominates(to, from)
    }

    fn find_loops(&mut self, successors: &[Vec<u32>]) {
        let mut heads: Vec<(u32, Vec<u32>)> = Vec::new();
        for &from in &self.order {
            for &to in at(successors, from) {
                if self.dominates(to, from) {
                    match heads.iter_mut().find(|(head, _)| *head == to) {
                        Some((_, tails)) => tails.push(from),
                        None => heads.push((to, vec![from])),
                    }
                }
            }
        }
        heads.sort_by_key(|(head, _)| self.rank.get(*head as usize).copied());
        for (head, tails) in heads {
            let mut blocks = vec![head];
            let mut stack = tails.clone();
            let mut seen = vec![false; self.rank.len()];
            set(&mut seen, head, true);
            while let Some(block) = stack.pop() {
                if seen.get(block as usize).copied().unwrap_or(true) {
                    continue;
                }
                set(&mut seen, block, true);
                blocks.push(block);
                stack.extend_from_slice(self.predecessors(block));
            }
            blocks.sort_unstable();
            let index = self.loops.len() as u32;
            for &block in &blocks {
                // Heads come in the graph's order: inner loops overwrite outer ones.
                set(&mut self.loop_of, block, index);
            }
            self.loops.push(Loop {
                head,
                blocks,
                tails,
            });
        }
    }
}

impl Loop {
    /// Whether the block belongs to the loop.
    pub(super) fn contains(&self, block: u32) -> bool {
        self.blocks.binary_search(&block).is_ok()
    }
}

fn at(lists: &[Vec<u32>], index: u32) -> &[u32] {
    lists.get(index as usize).map_or(&[], Vec::as_slice)
}

fn set<T>(list: &mut [T], index: u32, value: T) {
    if let Some(slot) = list.get_mut(index as usize) {
        *slot = value;
    }
}

fn reverse_post_order(successors: &[Vec<u32>]) -> Vec<u32> {
    let mut order = Vec::with_capacity(successors.len());
    if successors.is_empty() {
        return order;
    }
    let mut seen = vec![false; successors.len()];
    set(&mut seen, 0, true);
    let mut stack: Vec<(u32, usize)> = vec![(0, 0)];
    while let Some((block, next)) = stack.last_mut() {
        match at(successors, *block).get(*next) {
            Some(&to) => {
                *next += 1;
                if seen.get(to as usize).is_some_and(|seen| !seen) {
                    set(&mut seen, to, true);
                    stack.push((to, 0));
                }
            }
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// Cooper, Harvey, Kennedy: A simple, fast dominance algorithm.
fn dominators(order: &[u32], rank: &[u32], predecessors: &[Vec<u32>]) -> Vec<u32> {
    let mut dominator = vec![NONE; rank.len()];
    let Some(&entry) = order.first() else {
        return dominator;
    };
    set(&mut dominator, entry, entry);
    let get = |list: &[u32], index: u32| list.get(index as usize).copied().unwrap_or(NONE);
    let mut changed = true;
    while changed {
        changed = false;
        for &block in order.iter().skip(1) {
            let mut new = NONE;
            for &from in at(predecessors, block) {
                if get(&dominator, from) == NONE {
                    continue;
                }
                if new == NONE {
                    new = from;
                    continue;
                }
                let (mut one, mut two) = (from, new);
                while one != two {
                    while get(rank, one) > get(rank, two) {
                        one = get(&dominator, one);
                    }
                    while get(rank, two) > get(rank, one) {
                        two = get(&dominator, two);
                    }
                }
                new = one;
            }
            if get(&dominator, block) != new {
                set(&mut dominator, block, new);
                changed = true;
            }
        }
    }
    dominator
}

/// Entry and exit times of a walk through the dominator tree.
fn intervals(order: &[u32], dominator: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let count = dominator.len();
    let mut size = vec![0_u32; count];
    for &block in order.iter().rev() {
        let own = size.get(block as usize).copied().unwrap_or(0) + 1;
        set(&mut size, block, own);
        let above = dominator.get(block as usize).copied().unwrap_or(NONE);
        if above != block
            && let Some(slot) = size.get_mut(above as usize)
        {
            *slot += own;
        }
    }
    let mut enter = vec![NONE; count];
    let mut leave = vec![NONE; count];
    let mut next_child = vec![0_u32; count];
    for &block in order {
        let above = dominator.get(block as usize).copied().unwrap_or(NONE);
        let start = if above == block || above == NONE {
            0
        } else {
            next_child.get(above as usize).copied().unwrap_or(0)
        };
        let own = size.get(block as usize).copied().unwrap_or(1);
        set(&mut enter, block, start);
        set(&mut leave, block, start + own);
        set(&mut next_child, block, start + 1);
        if above != block && above != NONE {
            set(&mut next_child, above, start + own);
        }
    }
    (enter, leave)
}
