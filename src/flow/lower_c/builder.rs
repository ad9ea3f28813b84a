//! Blocks, temporaries and statements of the function at hand.

use rustc_hash::FxHashMap;

use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::{
    Base, Block, BlockId, Local, LocalId, LocalKind, Operand, Place, Rvalue, Statement,
    StatementKind, Symbol, Terminator, TypeId,
};

/// A value with its type.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) operand: Operand,
    pub(super) ty: TypeId,
}

/// Where `break` and `continue` lead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit {
    pub(super) to_break: BlockId,
    pub(super) to_continue: Option<BlockId>,
    /// Variables that lived when the loop or switch began.
    pub(super) locals: usize,
}

/// The arms of a `switch` seen so far.
#[derive(Debug, Default)]
pub(super) struct Arms {
    pub(super) cases: Vec<(i128, i128, BlockId)>,
    /// Arms whose value is not known.
    pub(super) unknown: Vec<(super::source::At, BlockId)>,
    pub(super) default: Option<BlockId>,
}

/// A function's body in the making.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Whether a function is being lowered; names are then scoped.
    pub(super) is_open: bool,
    pub(super) name: Option<Symbol>,
    pub(super) result: Option<TypeId>,
    pub(super) locals: Vec<Local>,
    pub(super) blocks: Vec<Block>,
    /// Whether the block at that index has its terminator.
    pub(super) ended: Vec<bool>,
    pub(super) current: usize,
    pub(super) labels: FxHashMap<Symbol, BlockId>,
    pub(super) labels_defined: usize,
    pub(super) exits: Vec<Exit>,
    pub(super) switches: Vec<Arms>,
    /// Variables whose storage has begun, innermost last.
    pub(super) entered: Vec<LocalId>,
    pub(super) has_gap: bool,
    /// Macros expanded so far.
    pub(super) expansions: u32,
}

/// How far a body had come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    locals: usize,
    blocks: usize,
    current: usize,
    statements: usize,
    entered: usize,
    has_gap: bool,
}

impl Lowerer<'_> {
    pub(super) fn new_block(&mut self) -> BlockId {
        let id = BlockId(u32::try_from(self.body.blocks.len()).unwrap_or(u32::MAX));
        self.body.blocks.push(Block {
            statements: Vec::new(),
            terminator: Terminator::Unreachable,
            span: Span::default(),
        });
        self.body.ended.push(false);
        id
    }

    /// Goes on writing in a block.
    pub(super) fn switch_to(&mut self, block: BlockId) {
        self.body.current = block.0 as usize;
    }

    /// Ends the block at hand, unless it has ended; what follows is out of reach until
    /// `switch_to`.
    pub(super) fn terminate(&mut self, terminator: Terminator, span: Span) {
        let current = self.body.current;
        if let Some(ended) = self.body.ended.get_mut(current)
            && !*ended
        {
            *ended = true;
            if let Some(block) = self.body.blocks.get_mut(current) {
                block.terminator = terminator;
                block.span = span;
            }
        }
    }

    pub(super) fn goto(&mut self, to: BlockId, span: Span) {
        self.terminate(Terminator::Goto(to), span);
    }

    /// Ends the block at hand and begins one that nothing leads to.
    pub(super) fn stop(&mut self, terminator: Terminator, span: Span) {
        self.terminate(terminator, span);
        let next = self.new_block();
        self.switch_to(next);
    }

    pub(super) fn emit(&mut self, kind: StatementKind, span: Span) {
        let current = self.body.current;
        if self.body.ended.get(current) == Some(&false)
            && let Some(block) = self.body.blocks.get_mut(current)
        {
            block.statements.push(Statement { kind, span });
        }
    }

    pub(super) fn add_local(&mut self, local: Local) -> LocalId {
        let id = LocalId(u32::try_from(self.body.locals.len()).unwrap_or(u32::MAX));
        self.body.locals.push(local);
        id
    }

    /// A local without a name.
    pub(super) fn nameless(&mut self, kind: LocalKind, ty: TypeId, span: Span) -> LocalId {
        let name = self.unit.names.intern("");
        self.add_local(Local {
            name,
            ty,
            kind,
            span,
            is_volatile: false,
            has_init: false,
        })
    }

    pub(super) fn local_place(id: LocalId, ty: TypeId, span: Span) -> Place {
        Place {
            base: Base::Local(id),
            path: Vec::new(),
            ty,
            span,
        }
    }

    /// A fresh place for one value.
    pub(super) fn temporary(&mut self, ty: TypeId, span: Span) -> Place {
        let id = self.nameless(LocalKind::Temporary, ty, span);
        Self::local_place(id, ty, span)
    }

    pub(super) fn assign(&mut self, target: Place, value: Rvalue, span: Span) {
        self.emit(StatementKind::Assign { target, value }, span);
    }

    /// The value of a computation, in a temporary.
    pub(super) fn compute(&mut self, value: Rvalue, ty: TypeId, span: Span) -> Value {
        if let Rvalue::Use(operand) = value {
            return Value { operand, ty };
        }
        self.computed(value, ty, span)
    }

    /// The value of a computation, or of a read, in a temporary.
    pub(super) fn computed(&mut self, value: Rvalue, ty: TypeId, span: Span) -> Value {
        let place = self.temporary(ty, span);
        self.assign(place.clone(), value, span);
        Value {
            operand: Operand::Copy(place),
            ty,
        }
    }

    /// A value that is anything.
    pub(super) fn unknown(&mut self, ty: TypeId) -> Value {
        Value {
            operand: Operand::Unknown(ty),
            ty,
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            locals: self.body.locals.len(),
            blocks: self.body.blocks.len(),
            current: self.body.current,
            statements: self
                .body
                .blocks
                .get(self.body.current)
                .map_or(0, |block| block.statements.len()),
            entered: self.body.entered.len(),
            has_gap: self.body.has_gap,
        }
    }

    /// Forgets what was written since.
    pub(super) fn roll_back(&mut self, mark: Mark) {
        self.body.locals.truncate(mark.locals);
        self.body.blocks.truncate(mark.blocks);
        self.body.ended.truncate(mark.blocks);
        self.body.entered.truncate(mark.entered);
        self.body.current = mark.current;
        self.body.has_gap = mark.has_gap;
        if let Some(block) = self.body.blocks.get_mut(mark.current)
            && block.statements.len() >= mark.statements
        {
            block.statements.truncate(mark.statements);
            if let Some(ended) = self.body.ended.get_mut(mark.current)
                && *ended
            {
                *ended = false;
                block.terminator = Terminator::Unreachable;
            }
        }
    }
}
