//! Control flow of a function: predecessors, reachability, dominators.

use super::super::ir::{BlockId, Function};

/// The control-flow graph of one function.
pub(super) struct Graph {
    /// Reachable blocks that lead to a block.
    pub(super) predecessors: Vec<Vec<BlockId>>,
    /// Immediate dominators; `None` for the entry and for unreachable blocks.
    pub(super) dominator: Vec<Option<BlockId>>,
    /// Position in reverse postorder; `None` for unreachable blocks.
    pub(super) order: Vec<Option<u32>>,
}

impl Graph {
    pub(super) fn new(function: &Function) -> Self {
        let count = function.blocks.len();
        let mut postorder = Vec::with_capacity(count);
        let mut seen = vec![false; count];
        let mut stack: Vec<(usize, Vec<BlockId>)> = Vec::new();
        let successors = |index: usize| {
            function
                .blocks
                .get(index)
                .map(|block| block.terminator.successors())
                .unwrap_or_default()
        };
        if let Some(first) = seen.first_mut() {
            *first = true;
            stack.push((0, successors(0)));
        }
        while let Some((index, rest)) = stack.last_mut() {
            match rest.pop() {
                Some(next) => {
                    let next = next.0 as usize;
                    if let Some(flag) = seen.get_mut(next)
                        && !*flag
                    {
                        *flag = true;
                        stack.push((next, successors(next)));
                    }
                }
                None => {
                    postorder.push(*index);
                    stack.pop();
                }
            }
        }
        let mut order = vec![None; count];
        for (position, index) in postorder.iter().rev().enumerate() {
            if let Some(slot) = order.get_mut(*index) {
                *slot = u32::try_from(position).ok();
            }
        }
        let mut predecessors = vec![Vec::new(); count];
        for &index in postorder.iter().rev() {
            let from = BlockId(u32::try_from(index).unwrap_or(u32::MAX));
            for to in successors(index) {
                if let Some(list) = predecessors.get_mut(to.0 as usize) {
                    list.push(from);
                }
            }
        }
        let mut new = Self {
            predecessors,
            dominator: vec![None; count],
            order,
        };
        new.find_dominators(&postorder);
        new
    }

    /// Cooper, Harvey, Kennedy: a simple, fast dominance algorithm.
    fn find_dominators(&mut self, postorder: &[usize]) {
        let mut idom: Vec<Option<usize>> = vec![None; self.order.len()];
        if let Some(first) = idom.first_mut() {
            *first = Some(0);
        }
        let mut changed = true;
        let mut rounds = 0;
        while changed && rounds < 64 {
            changed = false;
            rounds += 1;
            for &index in postorder.iter().rev() {
                if index == 0 {
                    continue;
                }
                let mut new: Option<usize> = None;
                for from in self.predecessors.get(index).into_iter().flatten() {
                    let from = from.0 as usize;
                    if idom.get(from).copied().flatten().is_none() {
                        continue;
                    }
                    new = Some(match new {
                        None => from,
                        Some(other) => self.meet(&idom, from, other),
                    });
                }
                if let Some(slot) = idom.get_mut(index)
                    && *slot != new
                {
                    *slot = new;
                    changed = true;
                }
            }
        }
        for (index, slot) in self.dominator.iter_mut().enumerate().skip(1) {
            *slot = idom
                .get(index)
                .copied()
                .flatten()
                .and_then(|found| u32::try_from(found).ok())
                .map(BlockId);
        }
    }

    fn meet(&self, idom: &[Option<usize>], left: usize, right: usize) -> usize {
        let place = |index: usize| self.order.get(index).copied().flatten().unwrap_or(0);
        let up = |index: usize| idom.get(index).copied().flatten().unwrap_or(0);
        let (mut left, mut right) = (left, right);
        while left != right {
            while place(left) > place(right) {
                left = up(left);
            }
            while place(right) > place(left) {
                right = up(right);
            }
            if place(left) == place(right) && left != right {
                return 0;
            }
        }
        left
    }

    /// Whether anything leads to the block.
    pub(super) fn is_reachable(&self, block: BlockId) -> bool {
        self.order
            .get(block.0 as usize)
            .is_some_and(Option::is_some)
    }

    /// The block, its dominator, and so on to the entry.
    pub(super) fn up(&self, block: BlockId) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(Some(block), |&at| {
            self.dominator.get(at.0 as usize).copied().flatten()
        })
    }

    /// Whether every way to `block` goes through `above` (a block dominates itself).
    pub(super) fn dominates(&self, above: BlockId, block: BlockId) -> bool {
        self.up(block).any(|at| at == above)
    }
}
