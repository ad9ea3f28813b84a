//! Leaves out empty and unreachable blocks, joins straight runs, and numbers what is left in
//! reverse postorder.

use crate::flow::ir::{Block, BlockId, Terminator};

/// The same graph with fewer blocks; the entry stays the first.
pub(super) fn simplified(mut blocks: Vec<Block>) -> Vec<Block> {
    let targets = threaded(&blocks);
    for block in &mut blocks {
        retarget(&mut block.terminator, |to| {
            targets.get(to.0 as usize).copied().unwrap_or(to)
        });
        if let Terminator::Branch {
            then, otherwise, ..
        } = block.terminator
            && then == otherwise
        {
            block.terminator = Terminator::Goto(then);
        }
    }
    joined(blocks)
}

fn retarget(terminator: &mut Terminator, to: impl Fn(BlockId) -> BlockId) {
    match terminator {
        Terminator::Goto(target) => *target = to(*target),
        Terminator::Branch {
            then, otherwise, ..
        } => {
            *then = to(*then);
            *otherwise = to(*otherwise);
        }
        Terminator::Switch {
            cases, otherwise, ..
        } => {
            for case in cases {
                case.2 = to(case.2);
            }
            *otherwise = to(*otherwise);
        }
        Terminator::Return(_) | Terminator::Unreachable => {}
    }
}

/// For each block the first one on the way from it that is not an empty `goto`.
fn threaded(blocks: &[Block]) -> Vec<BlockId> {
    let next = |id: BlockId| match blocks.get(id.0 as usize) {
        Some(block) if block.statements.is_empty() => match block.terminator {
            Terminator::Goto(to) => Some(to),
            _ => None,
        },
        _ => None,
    };
    let mut targets: Vec<Option<BlockId>> = vec![None; blocks.len()];
    for start in 0..blocks.len() {
        let mut way = Vec::new();
        let mut at = BlockId(u32::try_from(start).unwrap_or(u32::MAX));
        let end = loop {
            match targets.get_mut(at.0 as usize) {
                // Met on this way or known from an earlier one.
                Some(Some(known)) => break *known,
                Some(unknown) => *unknown = Some(at),
                None => break at,
            }
            way.push(at);
            match next(at) {
                Some(to) => at = to,
                None => break at,
            }
        };
        for passed in way {
            if let Some(target) = targets.get_mut(passed.0 as usize) {
                *target = Some(end);
            }
        }
    }
    targets
        .into_iter()
        .enumerate()
        .map(|(index, target)| target.unwrap_or(BlockId(u32::try_from(index).unwrap_or(u32::MAX))))
        .collect()
}

/// Joins a block with the only one that leads to it, and drops what nothing leads to.
fn joined(mut blocks: Vec<Block>) -> Vec<Block> {
    let order = reverse_postorder(&blocks);
    let mut before = vec![0_u32; blocks.len()];
    if let Some(entry) = before.first_mut() {
        *entry = 1;
    }
    for &id in &order {
        if let Some(block) = blocks.get(id) {
            for to in block.terminator.successors() {
                if let Some(count) = before.get_mut(to.0 as usize) {
                    *count += 1;
                }
            }
        }
    }
    let mut gone = vec![false; blocks.len()];
    for &id in &order {
        if gone.get(id) != Some(&false) {
            continue;
        }
        while let Some(Terminator::Goto(to)) = blocks.get(id).map(|block| &block.terminator) {
            let to = to.0 as usize;
            if to == id || before.get(to) != Some(&1) || to == 0 {
                break;
            }
            let Some(next) = blocks.get_mut(to) else {
                break;
            };
            let statements = std::mem::take(&mut next.statements);
            let terminator = std::mem::replace(&mut next.terminator, Terminator::Unreachable);
            let span = next.span;
            if let Some(flag) = gone.get_mut(to) {
                *flag = true;
            }
            if let Some(block) = blocks.get_mut(id) {
                block.statements.extend(statements);
                block.terminator = terminator;
                block.span = span;
            }
        }
    }
    let kept: Vec<usize> = order
        .into_iter()
        .filter(|&id| gone.get(id) == Some(&false))
        .collect();
    let mut numbers = vec![BlockId(0); blocks.len()];
    for (number, &id) in kept.iter().enumerate() {
        if let Some(slot) = numbers.get_mut(id) {
            *slot = BlockId(u32::try_from(number).unwrap_or(u32::MAX));
        }
    }
    kept.into_iter()
        .filter_map(|id| {
            let block = blocks.get_mut(id)?;
            let mut block = std::mem::replace(
                block,
                Block {
                    statements: Vec::new(),
                    terminator: Terminator::Unreachable,
                    span: block.span,
                },
            );
            retarget(&mut block.terminator, |to| {
                numbers.get(to.0 as usize).copied().unwrap_or(to)
            });
            Some(block)
        })
        .collect()
}

/// Blocks that can be reached, each before those it leads to, loops aside.
fn reverse_postorder(blocks: &[Block]) -> Vec<usize> {
    let mut seen = vec![false; blocks.len()];
    let mut order = Vec::with_capacity(blocks.len());
    let mut open: Vec<(usize, Vec<BlockId>)> = Vec::new();
    let visit = |id: usize, seen: &mut Vec<bool>, open: &mut Vec<(usize, Vec<BlockId>)>| {
        if let (Some(flag @ false), Some(block)) = (seen.get_mut(id), blocks.get(id)) {
            *flag = true;
            open.push((id, block.terminator.successors()));
        }
    };
    visit(0, &mut seen, &mut open);
    while let Some((id, rest)) = open.last_mut() {
        // The last one first, so that the first stands first in the end.
        match rest.pop() {
            Some(to) => visit(to.0 as usize, &mut seen, &mut open),
            None => {
                order.push(*id);
                open.pop();
            }
        }
    }
    order.reverse();
    order
}
