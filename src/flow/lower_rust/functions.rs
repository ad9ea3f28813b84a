//! A function: parameters, body, result.

use super::super::ir::{Base, Function, LocalKind, Operand, Place, StatementKind, TypeId};
use super::builder::Builder;
use super::items::impl_type;
use super::{super::ir::Rvalue, Env};
use crate::syntax::{Field, Kind, NodeId};

/// Lowers the function of that index.
pub(super) fn lower(env: &mut Env<'_, '_>, index: usize) -> Option<Function> {
    let (node, body, span, has_error) = {
        let function = env.file.functions.get(index)?;
        (
            function.node,
            function.body,
            function.span,
            function.has_error,
        )
    };
    let name_node = env.file.tree.child(node, Field::NAME)?;
    let name = env.symbol(name_node);
    let own = impl_type(env, node);
    let result = env
        .file
        .tree
        .child(node, Field::RETURN_TYPE)
        .map_or(TypeId::VOID, |ty| env.lower_type(ty, own));
    let tree = &env.file.tree;
    let is_private = !tree
        .children(node)
        .any(|child| tree.kind(child) == Kind::VISIBILITY_MODIFIER);
    let is_unsafe = tree
        .children(node)
        .find(|&child| tree.kind(child) == Kind::FUNCTION_MODIFIERS)
        .is_some_and(|modifiers| env.text(modifiers).contains("unsafe"));

    let mut builder = Builder::new(env);
    builder.own = own;
    builder.result = result;
    builder.has_gap = has_error;
    let parameters = builder.parameters(node);
    let value = builder.block_value(body, result);
    let end = builder.span(body);
    let value = (result != TypeId::VOID).then_some(value);
    builder.return_value(value, end);
    builder.settle_types();
    Some(Function {
        name,
        syntax: u32::try_from(index).unwrap_or(u32::MAX),
        span,
        parameters,
        result,
        locals: builder.locals,
        blocks: builder.blocks,
        is_private,
        is_variadic: false,
        has_gap: builder.has_gap,
        is_unsafe,
    })
}

impl Builder<'_, '_, '_> {
    /// Declares the parameters; patterns are taken apart.
    fn parameters(&mut self, node: NodeId) -> Vec<super::super::ir::LocalId> {
        let tree = &self.env.file.tree;
        let Some(list) = tree.child(node, Field::PARAMETERS) else {
            return Vec::new();
        };
        let children: Vec<NodeId> = tree.children(list).collect();
        let mut parameters = Vec::new();
        let mut patterns = Vec::new();
        for child in children {
            let index = u32::try_from(parameters.len()).unwrap_or(u32::MAX);
            let span = self.span(child);
            match self.env.file.tree.kind(child) {
                Kind::SELF_PARAMETER => {
                    let name = self.intern("self");
                    let ty = match self.text(child).starts_with('&') {
                        true => self.env.reference_to(self.own),
                        false => self.own,
                    };
                    let local = self.new_local(name, ty, LocalKind::Parameter(index), span, true);
                    self.bind_name(name, local);
                    parameters.push(local);
                }
                Kind::PARAMETER => {
                    let tree = &self.env.file.tree;
                    let pattern = tree.child(child, Field::PATTERN);
                    let ty = tree
                        .child(child, Field::TYPE)
                        .map_or(TypeId::UNKNOWN, |ty| self.env.lower_type(ty, self.own));
                    let is_name = pattern.is_some_and(|pattern| {
                        matches!(
                            self.env.file.tree.kind(pattern),
                            Kind::IDENTIFIER | Kind::SELF_VALUE
                        )
                    });
                    let name = match pattern {
                        Some(pattern) if is_name => self.env.symbol(pattern),
                        _ => self.intern("_"),
                    };
                    let local = self.new_local(name, ty, LocalKind::Parameter(index), span, true);
                    if is_name {
                        self.bind_name(name, local);
                    } else if let Some(pattern) = pattern {
                        patterns.push((pattern, local));
                    }
                    parameters.push(local);
                }
                _ => {}
            }
        }
        for (pattern, local) in patterns {
            let span = self.span(pattern);
            let place = self.whole(local, span);
            self.bind_irrefutable(pattern, &place);
        }
        parameters
    }

    pub(super) fn bind_name(
        &mut self,
        name: super::super::ir::Symbol,
        local: super::super::ir::LocalId,
    ) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name, local));
        }
    }

    /// Integers that nothing has typed are `i32`; places of locals take the locals' types.
    fn settle_types(&mut self) {
        for local in std::mem::take(&mut self.open_ints) {
            if self.local_type(local) == TypeId::UNKNOWN {
                self.set_local_type(local, TypeId::I32);
            }
        }
        let locals = &self.locals;
        let settle = |place: &mut Place| {
            if let (Base::Local(local), true) = (place.base, place.path.is_empty())
                && let Some(local) = locals.get(local.0 as usize)
            {
                place.ty = local.ty;
            }
        };
        let settle_operand = |operand: &mut Operand| {
            if let Operand::Copy(place) = operand {
                settle(place);
            }
        };
        for statement in self
            .blocks
            .iter_mut()
            .flat_map(|block| block.statements.iter_mut())
        {
            match &mut statement.kind {
                StatementKind::Assign { target, value } => {
                    settle(target);
                    match value {
                        Rvalue::Use(value) | Rvalue::Unary(_, value) => settle_operand(value),
                        Rvalue::Cast { value, .. } => settle_operand(value),
                        Rvalue::Binary(_, left, right) => {
                            settle_operand(left);
                            settle_operand(right);
                        }
                        _ => {}
                    }
                }
                StatementKind::Call {
                    arguments, target, ..
                } => {
                    arguments.iter_mut().for_each(settle_operand);
                    if let Some(target) = target {
                        settle(target);
                    }
                }
                _ => {}
            }
        }
    }
}
