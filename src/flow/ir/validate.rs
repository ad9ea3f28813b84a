//! What must hold of every unit, whatever it was made from. For tests.

use super::{
    Base, BlockId, Callee, Function, LocalKind, Operand, Place, Projection, Rvalue, Statement,
    StatementKind, Terminator, Type, Unit,
};

/// The rules a unit breaks, one sentence each.
pub fn violations(unit: &Unit) -> Vec<String> {
    let mut found = Vec::new();
    for function in &unit.functions {
        let mut check = Check {
            unit,
            function,
            found: Vec::new(),
        };
        check.run();
        let name = unit.names.text(function.name);
        found.extend(
            check
                .found
                .into_iter()
                .map(|what| format!("{name}: {what}")),
        );
    }
    found
}

/// Calls `each` with every operand of a statement, those in indices included.
pub fn operands<'s>(statement: &'s Statement, each: &mut dyn FnMut(&'s Operand)) {
    match &statement.kind {
        StatementKind::Enter(_) | StatementKind::Leave(_) => {}
        StatementKind::Assign { target, value } => {
            indices(target, each);
            of_value(value, each);
        }
        StatementKind::Call {
            callee,
            arguments,
            target,
            ..
        } => {
            if let Callee::Pointer(pointer) = callee {
                nested(pointer, each);
            }
            for argument in arguments {
                nested(argument, each);
            }
            if let Some(target) = target {
                indices(target, each);
            }
        }
        StatementKind::Assert { condition, .. } => nested(condition, each),
        StatementKind::Clobber(places) => {
            for place in places {
                indices(place, each);
            }
        }
    }
}

fn of_value<'s>(value: &'s Rvalue, each: &mut dyn FnMut(&'s Operand)) {
    match value {
        Rvalue::Use(value) | Rvalue::Unary(_, value) | Rvalue::Cast { value, .. } => {
            nested(value, each);
        }
        Rvalue::Binary(_, one, two) | Rvalue::PointerSub(one, two) => {
            nested(one, each);
            nested(two, each);
        }
        Rvalue::PointerAdd { pointer, count, .. } => {
            nested(pointer, each);
            nested(count, each);
        }
        Rvalue::AddressOf(place) | Rvalue::Len(place) | Rvalue::Discriminant(place) => {
            indices(place, each);
        }
        Rvalue::Aggregate(parts) => {
            for (_, value) in parts {
                nested(value, each);
            }
        }
    }
}

fn nested<'s>(operand: &'s Operand, each: &mut dyn FnMut(&'s Operand)) {
    each(operand);
    if let Operand::Copy(place) = operand {
        indices(place, each);
    }
}

fn indices<'s>(place: &'s Place, each: &mut dyn FnMut(&'s Operand)) {
    for step in &place.path {
        if let Projection::Index(index) = step {
            nested(index, each);
        }
    }
}

/// Calls `each` with every place of a statement: read, written or named.
pub fn places<'s>(statement: &'s Statement, each: &mut dyn FnMut(&'s Place)) {
    match &statement.kind {
        StatementKind::Assign { target, value } => {
            each(target);
            match value {
                Rvalue::AddressOf(place) | Rvalue::Len(place) | Rvalue::Discriminant(place) => {
                    each(place);
                }
                _ => {}
            }
        }
        StatementKind::Call {
            target: Some(target),
            ..
        } => each(target),
        StatementKind::Clobber(places) => places.iter().for_each(&mut *each),
        _ => {}
    }
    operands(statement, &mut |operand| {
        if let Operand::Copy(place) = operand {
            each(place);
        }
    });
}

struct Check<'u> {
    unit: &'u Unit,
    function: &'u Function,
    found: Vec<String>,
}

impl Check<'_> {
    fn run(&mut self) {
        let function = self.function;
        if function.blocks.is_empty() {
            self.found.push("no entry".to_owned());
            return;
        }
        let mut written = vec![0_u32; function.locals.len()];
        for (index, block) in function.blocks.iter().enumerate() {
            for statement in &block.statements {
                places(statement, &mut |place| self.place(place));
                if let Some(local) = assigned(statement)
                    && let Some(count) = written.get_mut(local)
                {
                    *count += 1;
                }
            }
            for to in block.terminator.successors() {
                if function.block(to).is_none() {
                    self.found.push(format!("b{index} leads to b{}", to.0));
                }
            }
            if let Some(place) = terminator_place(&block.terminator) {
                self.place(place);
            }
        }
        for (index, local) in function.locals.iter().enumerate() {
            if local.kind == LocalKind::Temporary && written.get(index).is_some_and(|n| *n > 1) {
                self.found.push(format!("t{index} is assigned twice"));
            }
        }
        self.definitions();
    }

    /// Temporaries are assigned before they are used on every path.
    fn definitions(&mut self) {
        let function = self.function;
        let count = function.locals.len();
        let all = vec![true; count];
        let mut at_entry: Vec<Option<Vec<bool>>> = vec![None; function.blocks.len()];
        if let Some(first) = at_entry.first_mut() {
            *first = Some(vec![false; count]);
        }
        let mut open = vec![BlockId(0)];
        let mut rounds = 0_usize;
        while let Some(id) = open.pop() {
            rounds += 1;
            if rounds > function.blocks.len().saturating_mul(64) {
                return;
            }
            let Some(block) = function.block(id) else {
                continue;
            };
            let state = at_entry.get(id.0 as usize).cloned().flatten();
            let mut state = state.unwrap_or_else(|| all.clone());
            for statement in &block.statements {
                if let Some(slot) = assigned(statement).and_then(|local| state.get_mut(local)) {
                    *slot = true;
                }
            }
            for to in block.terminator.successors() {
                let Some(known) = at_entry.get_mut(to.0 as usize) else {
                    continue;
                };
                let merged = match known.as_ref() {
                    None => state.clone(),
                    Some(known) => known.iter().zip(&state).map(|(a, b)| *a && *b).collect(),
                };
                if known.as_ref() != Some(&merged) {
                    *known = Some(merged);
                    open.push(to);
                }
            }
        }
        for (index, block) in function.blocks.iter().enumerate() {
            let Some(Some(mut state)) = at_entry.get(index).cloned() else {
                continue;
            };
            for statement in &block.statements {
                operands(statement, &mut |operand| self.used(operand, &state));
                if let Some(slot) = assigned(statement).and_then(|local| state.get_mut(local)) {
                    *slot = true;
                }
            }
            match &block.terminator {
                Terminator::Branch { condition, .. } => self.used(condition, &state),
                Terminator::Switch { value, .. } => self.used(value, &state),
                Terminator::Return(Some(value)) => self.used(value, &state),
                _ => {}
            }
        }
    }

    fn used(&mut self, operand: &Operand, state: &[bool]) {
        if let Operand::Copy(place) = operand
            && let Base::Local(local) = place.base
            && let Some(declared) = self.function.local(local)
            && declared.kind == LocalKind::Temporary
            && state.get(local.0 as usize) == Some(&false)
        {
            self.found.push(format!("t{} is used before", local.0));
        }
    }

    /// The base exists, and every step fits the type it is taken from.
    fn place(&mut self, place: &Place) {
        let mut ty = match place.base {
            Base::Local(local) => self.function.local(local).map(|local| local.ty),
            Base::Global(global) => self.unit.global(global).map(|global| global.ty),
        };
        for step in &place.path {
            let Some(at) = ty else { break };
            let types = &self.unit.types;
            ty = match (step, types.get(at)) {
                (_, Type::Unknown | Type::Named(_)) => return,
                (Projection::Deref, Type::Pointer { to, .. }) => Some(*to),
                (Projection::Index(_), Type::Array { of, .. } | Type::Slice { of }) => Some(*of),
                (Projection::Index(_), _) => Some(at),
                (Projection::Field(name), Type::Record(_)) => match types.field(at, *name) {
                    Some(field) => Some(field.ty),
                    None => return,
                },
                (step, other) => {
                    self.found.push(format!("step {step:?} from {other:?}"));
                    return;
                }
            };
        }
        match ty {
            None => self.found.push(format!("no base of {place:?}")),
            Some(ty) if ty != place.ty && place.ty != super::TypeId::UNKNOWN => {
                let types = &self.unit.types;
                self.found.push(format!(
                    "place of {:?} says {:?}",
                    types.get(ty),
                    types.get(place.ty)
                ));
            }
            Some(_) => {}
        }
    }
}

/// The local a statement assigns as a whole.
fn assigned(statement: &Statement) -> Option<usize> {
    let target = match &statement.kind {
        StatementKind::Assign { target, .. } => target,
        StatementKind::Call {
            target: Some(target),
            ..
        } => target,
        _ => return None,
    };
    match target.base {
        Base::Local(local) if target.path.is_empty() => Some(local.0 as usize),
        _ => None,
    }
}

fn terminator_place(terminator: &Terminator) -> Option<&Place> {
    let operand = match terminator {
        Terminator::Branch { condition, .. } => condition,
        Terminator::Switch { value, .. } => value,
        Terminator::Return(Some(value)) => value,
        _ => return None,
    };
    match operand {
        Operand::Copy(place) => Some(place),
        _ => None,
    }
}
