//! What one function needs before it can be interpreted: where its locals live, which are read
//! later, the order of its blocks, the constants it compares with.

use smallvec::SmallVec;

use crate::flow::ir::{
    Base, Callee, Function, LocalId, LocalKind, Operand, Place, Projection, Rvalue, StatementKind,
    Terminator, Type, Unit,
};

use super::order::Order;

/// Where a local lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// In a register that lives across blocks.
    Register(u32),
    /// In a register of one block.
    Scratch(u32),
    /// In memory: its address is taken, it has parts, or it is volatile.
    Memory,
}

/// A function made ready.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) slots: Vec<Slot>,
    pub(crate) registers: usize,
    pub(crate) scratch: usize,
    /// Local behind each register.
    pub(crate) register_locals: Vec<LocalId>,
    /// For each block and register, whether it is read before it is written from there on.
    live: Vec<Vec<u64>>,
    pub(crate) order: Order,
    /// Constants that values are compared with, sorted, for widening.
    pub(crate) thresholds: Vec<i128>,
    pub(crate) statements: usize,
    /// Ways out of each loop, by its head's index.
    pub(crate) exits: Vec<u32>,
}

impl Prepared {
    pub(crate) fn new(unit: &Unit, function: &Function) -> Self {
        let count = function.locals.len();
        let mut in_memory = vec![false; count];
        let mut uses = Uses {
            block: 0,
            home: vec![None; count],
            is_shared: vec![false; count],
        };
        let mut thresholds = Vec::new();
        let mut statements = 0;
        for (index, block) in function.blocks.iter().enumerate() {
            uses.block = index;
            for statement in &block.statements {
                statements += 1;
                visit_statement(&statement.kind, &mut |place, is_address| {
                    if let Base::Local(local) = place.base {
                        uses.touch(local);
                        let has_part = place
                            .path
                            .first()
                            .is_some_and(|step| !matches!(step, Projection::Deref));
                        let takes = is_address
                            && !place
                                .path
                                .iter()
                                .any(|step| matches!(step, Projection::Deref));
                        if (has_part || takes)
                            && let Some(slot) = in_memory.get_mut(local.0 as usize)
                        {
                            *slot = true;
                        }
                    }
                });
                // A record or array that is put together keeps its parts.
                if let StatementKind::Assign {
                    target,
                    value: Rvalue::Aggregate(_),
                } = &statement.kind
                    && matches!(
                        unit.types.get(target.ty),
                        Type::Record(_) | Type::Array { .. }
                    )
                    && let Some(local) = whole_local(target)
                    && let Some(slot) = in_memory.get_mut(local.0 as usize)
                {
                    *slot = true;
                }
                if let StatementKind::Assign {
                    value: Rvalue::Binary(op, left, right),
                    ..
                } = &statement.kind
                    && op.is_comparison()
                {
                    for side in [left, right] {
                        if let Operand::Constant(constant) = side
                            && let Some(value) = constant.value
                        {
                            thresholds.extend([value - 1, value, value + 1]);
                        }
                    }
                }
            }
            visit_terminator(&block.terminator, &mut |place| {
                if let Base::Local(local) = place.base {
                    uses.touch(local);
                }
            });
        }
        for (_, ty) in function.locals.iter().enumerate().map(|l| (l.0, l.1.ty)) {
            if let Some((lo, hi)) = unit.types.int_range(ty) {
                thresholds.extend([lo, hi]);
            }
        }
        thresholds.push(0);
        thresholds.sort_unstable();
        thresholds.dedup();
        let mut new = Self {
            slots: Vec::with_capacity(count),
            registers: 0,
            scratch: 0,
            register_locals: Vec::new(),
            live: Vec::new(),
            order: Order::new(function),
            thresholds,
            statements,
            exits: vec![0; function.blocks.len()],
        };
        let mut in_block = vec![0_u32; function.blocks.len()];
        for (index, local) in function.locals.iter().enumerate() {
            let is_scalar = matches!(
                unit.types.get(local.ty),
                Type::Int { .. }
                    | Type::Bool
                    | Type::Float { .. }
                    | Type::Pointer { .. }
                    | Type::Unknown
                    | Type::Named(_)
            );
            let is_temporary = local.kind == LocalKind::Temporary;
            let slot = if in_memory.get(index) == Some(&true)
                || !(is_scalar || is_temporary)
                || (local.is_volatile && !is_temporary)
            {
                Slot::Memory
            } else if is_temporary && uses.is_shared.get(index) != Some(&true) {
                // A temporary of one block: blocks use the same registers one after the other.
                let home = uses.home.get(index).copied().flatten().unwrap_or(0);
                let next = in_block.get(home).copied().unwrap_or(0);
                if let Some(count) = in_block.get_mut(home) {
                    *count += 1;
                }
                new.scratch = new.scratch.max(next as usize + 1);
                Slot::Scratch(next)
            } else {
                new.registers += 1;
                new.register_locals
                    .push(LocalId(u32::try_from(index).unwrap_or(u32::MAX)));
                Slot::Register(u32::try_from(new.registers - 1).unwrap_or(0))
            };
            new.slots.push(slot);
        }
        new.find_live(function);
        new.count_exits(function);
        new
    }

    pub(crate) fn slot(&self, local: LocalId) -> Slot {
        self.slots
            .get(local.0 as usize)
            .copied()
            .unwrap_or(Slot::Memory)
    }

    pub(crate) fn is_live(&self, block: usize, register: usize) -> bool {
        self.live
            .get(block)
            .and_then(|words| words.get(register / 64))
            .is_some_and(|word| word >> (register % 64) & 1 == 1)
    }

    fn count_exits(&mut self, function: &Function) {
        for (index, block) in function.blocks.iter().enumerate() {
            let from = crate::flow::ir::BlockId(u32::try_from(index).unwrap_or(u32::MAX));
            if self.order.position.get(index) == Some(&u32::MAX) {
                continue;
            }
            let leaves = matches!(
                block.terminator,
                Terminator::Return(_) | Terminator::Unreachable
            );
            let mut head = self.order.innermost.get(index).copied().flatten();
            let mut guard = 0;
            while let Some(of) = head {
                let out = u32::from(leaves)
                    + u32::try_from(
                        block
                            .terminator
                            .successors()
                            .iter()
                            .filter(|to| !self.order.is_inside(of, **to))
                            .count(),
                    )
                    .unwrap_or(0);
                if let Some(count) = self.exits.get_mut(of.0 as usize) {
                    *count += out;
                }
                head = self.order.parent.get(of.0 as usize).copied().flatten();
                guard += 1;
                if guard > 200 {
                    break;
                }
            }
            let _ = from;
        }
    }

    fn find_live(&mut self, function: &Function) {
        let words = self.registers.div_ceil(64);
        let blocks = function.blocks.len();
        let mut reads = vec![vec![0_u64; words]; blocks];
        let mut writes = vec![vec![0_u64; words]; blocks];
        let mark = |sets: &mut Vec<Vec<u64>>, block: usize, register: u32| {
            if let Some(word) = sets
                .get_mut(block)
                .and_then(|set| set.get_mut(register as usize / 64))
            {
                *word |= 1 << (register % 64);
            }
        };
        for (index, block) in function.blocks.iter().enumerate() {
            let read = |place: &Place, writes: &Vec<Vec<u64>>, reads: &mut Vec<Vec<u64>>| {
                if let Base::Local(local) = place.base
                    && let Slot::Register(register) = self.slot(local)
                {
                    let is_written = writes
                        .get(index)
                        .and_then(|set| set.get(register as usize / 64))
                        .is_some_and(|word| word >> (register % 64) & 1 == 1);
                    if !is_written {
                        mark(reads, index, register);
                    }
                }
            };
            for statement in &block.statements {
                let target = written_local(&statement.kind);
                visit_statement(&statement.kind, &mut |place, _| {
                    let is_target = whole_local(place).is_some_and(|local| {
                        Some(local) == target || matches!(statement.kind, StatementKind::Clobber(_))
                    });
                    if !is_target || reads_too(&statement.kind, place) {
                        read(place, &writes, &mut reads);
                    }
                });
                let clobbered = match &statement.kind {
                    StatementKind::Clobber(places) => places.as_slice(),
                    _ => &[],
                };
                let others = clobbered.iter().filter_map(whole_local);
                for local in target.into_iter().chain(others) {
                    if let Slot::Register(register) = self.slot(local) {
                        mark(&mut writes, index, register);
                    }
                }
            }
            visit_terminator(&block.terminator, &mut |place| {
                read(place, &writes, &mut reads);
            });
        }
        self.live = reads;
        let mut changed = true;
        let mut rounds = 0;
        while changed && rounds < 40 {
            changed = false;
            rounds += 1;
            for index in (0..blocks).rev() {
                let Some(block) = function.blocks.get(index) else {
                    continue;
                };
                for to in block.terminator.successors() {
                    for word in 0..words {
                        let theirs = self
                            .live
                            .get(to.0 as usize)
                            .and_then(|set| set.get(word))
                            .copied()
                            .unwrap_or(0);
                        let kept = theirs
                            & !writes
                                .get(index)
                                .and_then(|set| set.get(word))
                                .copied()
                                .unwrap_or(0);
                        if let Some(mine) =
                            self.live.get_mut(index).and_then(|set| set.get_mut(word))
                            && *mine | kept != *mine
                        {
                            *mine |= kept;
                            changed = true;
                        }
                    }
                }
            }
        }
        if changed {
            for set in &mut self.live {
                set.fill(u64::MAX);
            }
        }
    }
}

struct Uses {
    block: usize,
    home: Vec<Option<usize>>,
    is_shared: Vec<bool>,
}

impl Uses {
    fn touch(&mut self, local: LocalId) {
        let Some(home) = self.home.get_mut(local.0 as usize) else {
            return;
        };
        match home {
            None => *home = Some(self.block),
            Some(block) if *block != self.block => {
                if let Some(shared) = self.is_shared.get_mut(local.0 as usize) {
                    *shared = true;
                }
            }
            Some(_) => {}
        }
    }
}

/// The local that a statement gives a value as a whole.
fn written_local(kind: &StatementKind) -> Option<LocalId> {
    let target = match kind {
        StatementKind::Assign { target, .. } => target,
        StatementKind::Call {
            target: Some(target),
            ..
        } => target,
        StatementKind::Enter(local) => return Some(*local),
        _ => return None,
    };
    whole_local(target)
}

/// The local that a place is, as a whole.
fn whole_local(place: &Place) -> Option<LocalId> {
    match (place.base, place.path.is_empty()) {
        (Base::Local(local), true) => Some(local),
        _ => None,
    }
}

fn reads_too(kind: &StatementKind, target: &Place) -> bool {
    let mut times = 0;
    visit_statement(kind, &mut |place, _| {
        if place.base == target.base && place.path.is_empty() {
            times += 1;
        }
    });
    times > 1
}

/// Calls with every place of a statement, and whether its address is taken.
pub(crate) fn visit_statement(kind: &StatementKind, visit: &mut impl FnMut(&Place, bool)) {
    match kind {
        StatementKind::Enter(_) | StatementKind::Leave(_) => {}
        StatementKind::Assign { target, value } => {
            visit_place(target, false, visit);
            visit_rvalue(value, visit);
        }
        StatementKind::Call {
            callee,
            arguments,
            target,
            ..
        } => {
            if let Callee::Pointer(pointer) = callee {
                visit_operand(pointer, visit);
            }
            for argument in arguments {
                visit_operand(argument, visit);
            }
            if let Some(target) = target {
                visit_place(target, false, visit);
            }
        }
        StatementKind::Assert { condition, .. } => visit_operand(condition, visit),
        StatementKind::Clobber(places) => {
            for place in places {
                visit_place(place, false, visit);
            }
        }
    }
}

fn visit_rvalue(value: &Rvalue, visit: &mut impl FnMut(&Place, bool)) {
    match value {
        Rvalue::Use(value) | Rvalue::Unary(_, value) | Rvalue::Cast { value, .. } => {
            visit_operand(value, visit);
        }
        Rvalue::Binary(_, left, right) | Rvalue::PointerSub(left, right) => {
            visit_operand(left, visit);
            visit_operand(right, visit);
        }
        Rvalue::PointerAdd { pointer, count, .. } => {
            visit_operand(pointer, visit);
            visit_operand(count, visit);
        }
        Rvalue::AddressOf(place) => visit_place(place, true, visit),
        Rvalue::Len(place) | Rvalue::Discriminant(place) => visit_place(place, false, visit),
        Rvalue::Aggregate(parts) => {
            for (_, part) in parts {
                visit_operand(part, visit);
            }
        }
    }
}

pub(crate) fn visit_operand(operand: &Operand, visit: &mut impl FnMut(&Place, bool)) {
    if let Operand::Copy(place) = operand {
        visit_place(place, false, visit);
    }
}

fn visit_place(place: &Place, is_address: bool, visit: &mut impl FnMut(&Place, bool)) {
    visit(place, is_address);
    let mut indexes: SmallVec<[&Operand; 4]> = SmallVec::new();
    let mut places = vec![place];
    while let Some(place) = places.pop() {
        for step in &place.path {
            if let Projection::Index(index) = step {
                indexes.push(index);
            }
        }
        while let Some(index) = indexes.pop() {
            if let Operand::Copy(inner) = index {
                visit(inner, false);
                places.push(inner);
            }
        }
    }
}

fn visit_terminator(terminator: &Terminator, visit: &mut impl FnMut(&Place)) {
    let operand = match terminator {
        Terminator::Branch { condition, .. } => condition,
        Terminator::Switch { value, .. } => value,
        Terminator::Return(Some(value)) => value,
        Terminator::Goto(_) | Terminator::Return(None) | Terminator::Unreachable => return,
    };
    visit_operand(operand, &mut |place, _| visit(place));
}
