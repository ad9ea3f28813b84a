//! What the shape of a function says without states: missing results, large frames, results that
//! nobody looks at.

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::machine::Machine;
use crate::flow::ir::{
    Base, BinaryOp, Callee, Function, LocalId, LocalKind, Operand, Origin, ResultUse, Rvalue,
    StatementKind, Terminator, Type,
};

/// Bytes of locals that are a large frame. Stacks of firmware threads have 1 to 16 KiB.
const LARGE_FRAME: u64 = 16 << 10;

impl Machine<'_> {
    /// Checks that need no states.
    pub(crate) fn check_shape(&mut self) {
        let unit = self.unit;
        let frames: Vec<u64> = unit
            .functions
            .iter()
            .map(|function| self.frame_size(function))
            .collect();
        for (index, function) in unit.functions.iter().enumerate() {
            self.check_frame(index, function, &frames);
            self.check_function_addresses(function);
            self.check_results(function);
            self.check_powers(function);
            if !function.has_gap {
                self.check_ends(function);
            }
        }
    }

    fn frame_size(&self, function: &Function) -> u64 {
        // Two of one name live in blocks beside one another, and share their place.
        let mut seen = rustc_hash::FxHashSet::default();
        function
            .locals
            .iter()
            .filter(|local| local.kind != LocalKind::Temporary)
            .filter(|local| local.name.0 == 0 || seen.insert((local.name, local.ty)))
            .filter_map(|local| self.unit.types.size(local.ty))
            .fold(0_u64, u64::saturating_add)
    }

    fn check_frame(&mut self, index: usize, function: &Function, frames: &[u64]) {
        let size = frames.get(index).copied().unwrap_or(0);
        let name = self.unit.names.text(function.name).to_owned();
        if size >= LARGE_FRAME {
            let largest = function
                .locals
                .iter()
                .filter(|local| local.kind != LocalKind::Temporary)
                .max_by_key(|local| self.unit.types.size(local.ty).unwrap_or(0));
            let span = largest.map_or(function.span, |local| local.span);
            self.report(
                "large-stack-frame",
                span,
                vec![("$FUNC", name.clone()), ("$SIZE", size.to_string())],
                Vec::new(),
                None,
                format!("the locals of {name}() take {size} bytes"),
            );
        }
    }

    /// Paths on which a function that promises a value gives none.
    fn check_ends(&mut self, function: &Function) {
        let has_value = function
            .blocks
            .iter()
            .any(|block| matches!(block.terminator, Terminator::Return(Some(_))));
        let is_value = match self.unit.types.get(function.result) {
            // No function results in an array or a function: a macro made the head.
            Type::Void | Type::Unknown | Type::Function(_) | Type::Array { .. } => false,
            // A type that was not seen may be `void` by another name.
            Type::Named(_) => has_value,
            _ => true,
        };
        let name = self.unit.names.text(function.name).to_owned();
        // `ISR(vector)` is a macro, and no type is promised.
        let is_macro = !name.bytes().any(|byte| byte.is_ascii_lowercase());
        if !is_value
            || is_macro
            || name == "main"
            || self.unit.language != crate::syntax::Language::C
        {
            return;
        }
        let reached = self.reached_blocks(function);
        for (at, block) in function.blocks.iter().enumerate() {
            if !matches!(block.terminator, Terminator::Return(None))
                || !reached.get(at).is_some_and(|reached| *reached)
            {
                continue;
            }
            // Assembly leaves the value in a register, and what was not understood may return.
            if block
                .statements
                .iter()
                .any(|statement| matches!(statement.kind, StatementKind::Clobber(_)))
            {
                continue;
            }
            // A call that may be a macro may leave: `PANIC(...)` at the end.
            let ends_in_call = block
                .statements
                .iter()
                .rev()
                .find(|statement| !matches!(statement.kind, StatementKind::Leave(_)));
            if let Some(last) = ends_in_call
                && let StatementKind::Call {
                    callee: Callee::Function(called),
                    result: ResultUse::Dropped,
                    ..
                } = &last.kind
                && !self.by_name.contains_key(called)
                && self.model(*called).is_none()
            {
                continue;
            }
            let head = Span::new(function.span.start, function.span.start + 1);
            let end = Span::new(function.span.end.saturating_sub(1), function.span.end);
            let span = if has_value { end } else { head };
            self.report(
                "missing-return-value",
                span,
                vec![("$FUNC", name.clone())],
                Vec::new(),
                None,
                format!("{name}() promises a value, but ends here without one"),
            );
            return;
        }
    }

    fn reached_blocks(&self, function: &Function) -> Vec<bool> {
        let mut reached = vec![false; function.blocks.len()];
        let mut work = vec![0_usize];
        while let Some(at) = work.pop() {
            let Some(slot) = reached.get_mut(at) else {
                continue;
            };
            if std::mem::replace(slot, true) {
                continue;
            }
            if let Some(block) = function.blocks.get(at) {
                let never = block.statements.iter().any(|statement| {
                    matches!(&statement.kind, StatementKind::Call { callee: Callee::Function(name), .. }
                        if self.model(*name).is_some_and(crate::flow::models::Model::never_returns))
                });
                if !never {
                    work.extend(block.terminator.successors().iter().map(|to| to.0 as usize));
                }
            }
        }
        reached
    }

    /// Results of functions of the file that say something, and are dropped or never read.
    fn check_results(&mut self, function: &Function) {
        let mut reads = vec![0_u32; function.locals.len()];
        for block in &function.blocks {
            for statement in &block.statements {
                let target = match &statement.kind {
                    StatementKind::Assign { target, .. } => Some(target),
                    StatementKind::Call { target, .. } => target.as_ref(),
                    _ => None,
                };
                let mut seen_target = false;
                crate::flow::interpret::visit_statement(&statement.kind, &mut |place, _| {
                    let is_target = !seen_target
                        && place.path.is_empty()
                        && target.is_some_and(|target| std::ptr::eq(target, place));
                    if is_target {
                        seen_target = true;
                        return;
                    }
                    if let Base::Local(local) = place.base
                        && let Some(count) = reads.get_mut(local.0 as usize)
                    {
                        *count += 1;
                    }
                });
            }
            let operand = match &block.terminator {
                Terminator::Branch { condition, .. } => Some(condition),
                Terminator::Switch { value, .. } => Some(value),
                Terminator::Return(Some(value)) => Some(value),
                _ => None,
            };
            if let Some(operand) = operand {
                crate::flow::interpret::visit_operand(operand, &mut |place, _| {
                    if let Base::Local(local) = place.base
                        && let Some(count) = reads.get_mut(local.0 as usize)
                    {
                        *count += 1;
                    }
                });
            }
        }
        for block in &function.blocks {
            for statement in &block.statements {
                let StatementKind::Call {
                    callee: Callee::Function(name),
                    target,
                    result,
                    ..
                } = &statement.kind
                else {
                    continue;
                };
                let Some(&index) = self.by_name.get(name) else {
                    continue;
                };
                let Some(called) = self.function(index) else {
                    continue;
                };
                if matches!(
                    self.unit.types.get(called.result),
                    Type::Void | Type::Unknown
                ) {
                    continue;
                }
                let text = self.unit.names.text(*name).to_owned();
                let note = Note {
                    span: Span::new(called.span.start, called.span.start + 1),
                    message: format!("{text}() is defined here"),
                };
                if *result == ResultUse::Dropped {
                    self.report(
                        "unchecked-result",
                        statement.span,
                        vec![("$FUNC", text.clone())],
                        vec![note],
                        None,
                        format!("what {text}() returns is dropped"),
                    );
                } else if let Some(target) = target
                    && target.path.is_empty()
                    && let Base::Local(local) = target.base
                    && is_named(function, local)
                    && reads.get(local.0 as usize) == Some(&0)
                {
                    let variable = function
                        .local(local)
                        .map(|local| self.unit.names.text(local.name).to_owned())
                        .unwrap_or_default();
                    self.report(
                        "unused-result-value",
                        statement.span,
                        vec![("$FUNC", text.clone()), ("$X", variable.clone())],
                        vec![note],
                        None,
                        format!("`{variable}` is never read"),
                    );
                }
            }
        }
    }

    /// `10 ^ 3`: exclusive or of decimal numbers that look like a power.
    fn check_powers(&mut self, function: &Function) {
        for block in &function.blocks {
            for statement in &block.statements {
                let value = match &statement.kind {
                    StatementKind::Assign { value, .. } => value,
                    _ => continue,
                };
                let found = match value {
                    Rvalue::Binary(BinaryOp::Xor, left, right) => {
                        is_literal(left) && is_literal(right)
                    }
                    Rvalue::Use(Operand::Constant(constant))
                    | Rvalue::Cast {
                        value: Operand::Constant(constant),
                        ..
                    } => constant.origin == Origin::Folded,
                    _ => false,
                };
                if !found || !self.looks_like_power(statement.span) {
                    continue;
                }
                let text = self.quote(statement.span);
                self.report(
                    "xor-as-power",
                    statement.span,
                    vec![("$X", text.clone())],
                    Vec::new(),
                    None,
                    format!("`{text}` is exclusive or"),
                );
            }
        }
    }

    /// Whether a text has `10 ^ 3` or `2 ^ 8` in it: decimal literals around a caret.
    fn looks_like_power(&self, span: Span) -> bool {
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or(&[]);
        let Some(caret) = text.iter().position(|byte| *byte == b'^') else {
            return false;
        };
        let before = text.get(..caret).unwrap_or(&[]).trim_ascii_end();
        let after = text.get(caret + 1..).unwrap_or(&[]).trim_ascii_start();
        let digits_before = before
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let digits_after = after
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let edge = before
            .len()
            .checked_sub(digits_before + 1)
            .and_then(|at| before.get(at));
        let is_hex = after
            .get(digits_after)
            .is_some_and(|byte| matches!(byte, b'x' | b'X'))
            || edge.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let base = before.get(before.len() - digits_before..).unwrap_or(&[]);
        let looks = matches!(base, b"2" | b"10") || digits_after >= 3;
        digits_before > 0 && digits_after > 0 && !is_hex && looks
    }
}

fn is_literal(operand: &Operand) -> bool {
    matches!(operand, Operand::Constant(constant) if constant.origin == Origin::Literal)
}

fn is_named(function: &Function, local: LocalId) -> bool {
    function.local(local).is_some_and(|local| {
        local.kind == LocalKind::Variable && local.name.0 != 0 && !local.is_volatile
    })
}
