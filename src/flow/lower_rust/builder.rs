//! One function while it is being lowered: blocks, locals, scopes.

use super::super::ir::{
    Base, BinaryOp, Block, BlockId, Callee, Constant, Local, LocalId, LocalKind, Operand, Origin,
    Place, Projection, ResultUse, Rvalue, Statement, StatementKind, Symbol, Terminator, TypeId,
};
use super::{Env, MAX_BLOCKS};
use crate::finding::Span;
use crate::syntax::NodeId;

/// A loop, or a labelled block, around the place that is being lowered.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) label: Option<Symbol>,
    /// Where `continue` leads; `None` for a block.
    pub(super) next: Option<BlockId>,
    /// Where `break` leads.
    pub(super) end: BlockId,
    /// Where `break value` puts the value.
    pub(super) value: LocalId,
    /// Scopes that were open outside it.
    pub(super) scopes: usize,
}

/// What `return` and `?` leave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit {
    /// `None` for the function itself.
    pub(super) to: Option<(BlockId, LocalId)>,
    /// Scopes that were open outside it.
    pub(super) scopes: usize,
    /// Frames that were open outside it.
    pub(super) frames: usize,
}

/// Builds one function.
pub(super) struct Builder<'e, 'f, 's> {
    pub(super) env: &'e mut Env<'f, 's>,
    pub(super) locals: Vec<Local>,
    pub(super) blocks: Vec<Block>,
    pub(super) current: BlockId,
    /// Names of the open scopes, innermost last.
    pub(super) scopes: Vec<Vec<(Symbol, LocalId)>>,
    pub(super) frames: Vec<Frame>,
    pub(super) exits: Vec<Exit>,
    /// Type of `Self`.
    pub(super) own: TypeId,
    /// Type of the function's result.
    pub(super) result: TypeId,
    /// Nesting of expressions.
    pub(super) depth: u32,
    pub(super) has_gap: bool,
    /// Locals whose integer type nothing has told yet.
    pub(super) open_ints: Vec<LocalId>,
    /// The value of an expression statement: its call's result is not used.
    pub(super) unused: Option<(NodeId, ResultUse)>,
    /// Inside a later alternative of an or-pattern, whose names are declared.
    pub(super) in_or: bool,
}

impl<'e, 'f, 's> Builder<'e, 'f, 's> {
    pub(super) fn new(env: &'e mut Env<'f, 's>) -> Self {
        let mut new = Self {
            env,
            locals: Vec::new(),
            blocks: Vec::new(),
            current: BlockId(0),
            scopes: vec![Vec::new()],
            frames: Vec::new(),
            exits: vec![Exit {
                to: None,
                scopes: 0,
                frames: 0,
            }],
            own: TypeId::UNKNOWN,
            result: TypeId::UNKNOWN,
            depth: 0,
            has_gap: false,
            open_ints: Vec::new(),
            unused: None,
            in_or: false,
        };
        new.current = new.new_block();
        new
    }

    pub(super) fn span(&self, node: NodeId) -> Span {
        self.env.file.tree.span(node)
    }

    pub(super) fn text(&self, node: NodeId) -> &'s str {
        self.env.text(node)
    }

    pub(super) fn intern(&mut self, text: &str) -> Symbol {
        self.env.unit.names.intern(text)
    }

    /// A block that ends nowhere yet.
    pub(super) fn new_block(&mut self) -> BlockId {
        if self.blocks.len() >= MAX_BLOCKS {
            self.has_gap = true;
        }
        let id = BlockId(u32::try_from(self.blocks.len()).unwrap_or(u32::MAX));
        self.blocks.push(Block {
            statements: Vec::new(),
            terminator: Terminator::Unreachable,
            span: Span::default(),
        });
        id
    }

    /// Whether the function has grown so large that its rest is left out.
    pub(super) fn is_full(&self) -> bool {
        self.blocks.len() >= MAX_BLOCKS
    }

    pub(super) fn push(&mut self, kind: StatementKind, span: Span) {
        if let Some(block) = self.blocks.get_mut(self.current.0 as usize) {
            block.statements.push(Statement { kind, span });
        }
    }

    /// Ends the current block.
    pub(super) fn end(&mut self, terminator: Terminator, span: Span) {
        if let Some(block) = self.blocks.get_mut(self.current.0 as usize) {
            block.terminator = terminator;
            block.span = span;
        }
    }

    pub(super) fn goto(&mut self, to: BlockId, span: Span) {
        self.end(Terminator::Goto(to), span);
    }

    /// Ends the current block and goes on in one that nothing leads to.
    pub(super) fn end_dead(&mut self, terminator: Terminator, span: Span) {
        self.end(terminator, span);
        self.current = self.new_block();
    }

    pub(super) fn branch(
        &mut self,
        condition: Operand,
        then: BlockId,
        otherwise: BlockId,
        span: Span,
    ) {
        self.end(
            Terminator::Branch {
                condition,
                then,
                otherwise,
            },
            span,
        );
    }

    pub(super) fn new_local(
        &mut self,
        name: Symbol,
        ty: TypeId,
        kind: LocalKind,
        span: Span,
        has_init: bool,
    ) -> LocalId {
        let id = LocalId(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        self.locals.push(Local {
            name,
            ty,
            kind,
            span,
            is_volatile: false,
            has_init,
        });
        id
    }

    pub(super) fn temp(&mut self, ty: TypeId, span: Span) -> LocalId {
        let name = self.intern("");
        self.new_local(name, ty, LocalKind::Temporary, span, true)
    }

    /// A local that several blocks assign: the value of an `if`, a `match`, a `loop`.
    pub(super) fn joined(&mut self, ty: TypeId, span: Span) -> LocalId {
        let name = self.intern("_");
        self.new_local(name, ty, LocalKind::Variable, span, false)
    }

    pub(super) fn local_type(&self, id: LocalId) -> TypeId {
        self.locals
            .get(id.0 as usize)
            .map_or(TypeId::UNKNOWN, |local| local.ty)
    }

    pub(super) fn set_local_type(&mut self, id: LocalId, ty: TypeId) {
        if let Some(local) = self.locals.get_mut(id.0 as usize) {
            local.ty = ty;
        }
    }

    pub(super) fn whole(&self, local: LocalId, span: Span) -> Place {
        Place {
            base: Base::Local(local),
            path: Vec::new(),
            ty: self.local_type(local),
            span,
        }
    }

    pub(super) fn copy(&self, local: LocalId, span: Span) -> Operand {
        Operand::Copy(self.whole(local, span))
    }

    pub(super) fn assign(&mut self, local: LocalId, value: Rvalue, span: Span) {
        let target = self.whole(local, span);
        self.push(StatementKind::Assign { target, value }, span);
    }

    /// A new temporary holding the value.
    pub(super) fn value_of(&mut self, value: Rvalue, ty: TypeId, span: Span) -> Operand {
        let temp = self.temp(ty, span);
        self.assign(temp, value, span);
        self.copy(temp, span)
    }

    /// Calls, and gives the result.
    pub(super) fn call(
        &mut self,
        callee: Callee,
        arguments: Vec<Operand>,
        ty: TypeId,
        span: Span,
        result: ResultUse,
    ) -> Operand {
        let temp = self.temp(ty, span);
        let target = self.whole(temp, span);
        self.push(
            StatementKind::Call {
                callee,
                arguments,
                target: Some(target.clone()),
                result,
            },
            span,
        );
        Operand::Copy(target)
    }

    pub(super) fn call_function(
        &mut self,
        name: &str,
        arguments: Vec<Operand>,
        ty: TypeId,
        span: Span,
    ) -> Operand {
        let name = self.intern(name);
        self.call(Callee::Function(name), arguments, ty, span, ResultUse::Used)
    }

    pub(super) fn compare(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        span: Span,
    ) -> Operand {
        self.value_of(Rvalue::Binary(op, left, right), TypeId::BOOL, span)
    }

    pub(super) fn number(&self, value: i128, ty: TypeId) -> Operand {
        Operand::Constant(Constant {
            value: Some(value),
            ty,
            origin: Origin::Literal,
        })
    }

    pub(super) fn unit_value(&self) -> Operand {
        Operand::Unknown(TypeId::VOID)
    }

    pub(super) fn type_of(&self, operand: &Operand) -> TypeId {
        match operand {
            Operand::Copy(place) => match (place.path.is_empty(), place.base) {
                // The local's type may have become known since.
                (true, Base::Local(local)) => self.local_type(local),
                _ => place.ty,
            },
            Operand::Constant(constant) => constant.ty,
            Operand::Unknown(ty) => *ty,
            Operand::Text(_) | Operand::Function(_) => TypeId::UNKNOWN,
        }
    }

    /// The place of an operand; a temporary where it has none.
    pub(super) fn as_place(&mut self, operand: Operand, span: Span) -> Place {
        match operand {
            Operand::Copy(place) => place,
            other => {
                let ty = self.type_of(&other);
                let temp = self.temp(ty, span);
                self.assign(temp, Rvalue::Use(other), span);
                self.whole(temp, span)
            }
        }
    }

    /// A part of a place.
    pub(super) fn project(&self, place: &Place, step: Projection, ty: TypeId, span: Span) -> Place {
        let mut path = place.path.clone();
        path.push(step);
        Place {
            base: place.base,
            path,
            ty,
            span,
        }
    }

    /// The place behind all references.
    pub(super) fn dereferenced(&self, mut place: Place) -> Place {
        for _ in 0..4 {
            let to = match self.env.unit.types.get(place.ty) {
                super::super::ir::Type::Pointer {
                    to,
                    kind: super::super::ir::PointerKind::Reference,
                } => *to,
                _ => break,
            };
            place.path.push(Projection::Deref);
            place.ty = to;
        }
        place
    }

    pub(super) fn open_scope(&mut self) {
        self.scopes.push(Vec::new());
    }

    pub(super) fn close_scope(&mut self, span: Span) {
        let depth = self.scopes.len().saturating_sub(1);
        self.leave_scopes(depth, span);
        self.scopes.truncate(depth.max(1));
    }

    /// The variables of all scopes from `depth` on end, the last declared first.
    pub(super) fn leave_scopes(&mut self, depth: usize, span: Span) {
        let leaving: Vec<LocalId> = self
            .scopes
            .iter()
            .skip(depth)
            .flatten()
            .map(|(_, local)| *local)
            .rev()
            .collect();
        for local in leaving {
            self.push(StatementKind::Leave(local), span);
        }
    }

    pub(super) fn lookup(&self, name: Symbol) -> Option<LocalId> {
        self.scopes.iter().rev().find_map(|scope| {
            scope
                .iter()
                .rev()
                .find(|(known, _)| *known == name)
                .map(|(_, local)| *local)
        })
    }

    /// Declares a variable in the innermost scope.
    pub(super) fn declare(
        &mut self,
        name: Symbol,
        ty: TypeId,
        span: Span,
        has_init: bool,
    ) -> LocalId {
        let local = self.new_local(name, ty, LocalKind::Variable, span, has_init);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name, local));
        }
        self.push(StatementKind::Enter(local), span);
        local
    }
}
