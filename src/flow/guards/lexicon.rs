//! What the names of a unit mean, looked up once per name.

use super::tables::{self, Copy, flag};
use crate::flow::ir::{Callee, GlobalId, StatementKind, Symbol, Unit};

/// Meaning of the called names of a unit.
#[derive(Debug)]
pub(super) struct Lexicon {
    flags: Vec<u32>,
    copies: Vec<Option<Copy>>,
    constant: Vec<u32>,
    volatile: Vec<bool>,
}

impl Lexicon {
    /// Looks up every name that is called in the unit.
    pub(super) fn new(unit: &Unit, text: &[u8]) -> Self {
        let mut this = Self {
            flags: Vec::new(),
            copies: Vec::new(),
            constant: Vec::new(),
            volatile: unit
                .globals
                .iter()
                .map(|global| {
                    global.is_volatile
                        || !global.is_extern && says_volatile(text, global.span.start)
                })
                .collect(),
        };
        for function in &unit.functions {
            for block in &function.blocks {
                for statement in &block.statements {
                    if let StatementKind::Call {
                        callee: Callee::Function(name),
                        ..
                    } = &statement.kind
                    {
                        this.learn(unit, *name);
                    }
                }
            }
        }
        this
    }

    /// Whether each read of a global gives another value.
    pub(super) fn is_volatile(&self, id: GlobalId) -> bool {
        self.volatile.get(id.0 as usize).copied().unwrap_or(false)
    }

    fn learn(&mut self, unit: &Unit, name: Symbol) {
        let index = name.0 as usize;
        if self.flags.len() <= index {
            self.flags.resize(index + 1, u32::MAX);
            self.copies.resize(index + 1, None);
            self.constant.resize(index + 1, 0);
        }
        if self.flags.get(index).is_some_and(|bits| *bits != u32::MAX) {
            return;
        }
        let text = unit.names.text(name);
        if let Some(slot) = self.flags.get_mut(index) {
            *slot = tables::flags_of(text);
        }
        if let Some(slot) = self.copies.get_mut(index) {
            *slot = tables::copy_of(text);
        }
    }

    /// Bits of a name ([`flag`]).
    pub(super) fn flags(&self, name: Symbol) -> u32 {
        match self.flags.get(name.0 as usize) {
            Some(&bits) if bits != u32::MAX => bits,
            _ => 0,
        }
    }

    /// Bits of a name that may be missing.
    pub(super) fn flags_or_zero(&self, name: Option<Symbol>) -> u32 {
        name.map_or(0, |name| self.flags(name))
    }

    /// Whether a bit is set.
    pub(super) fn is(&self, name: Option<Symbol>, bit: u32) -> bool {
        name.is_some_and(|name| self.flags(name) & bit != 0)
    }

    /// Whether a called name is a macro that was not seen, and may change its arguments.
    pub(super) fn may_assign(&self, unit: &Unit, name: Symbol) -> bool {
        self.flags(name)
            & (flag::LOG
                | flag::PURE
                | flag::MIN
                | flag::CHECK
                | flag::CALM
                | flag::ALLOC
                | flag::FREE)
            == 0
            && self.copy(Some(name)).is_none()
            && super::names::is_constant_name(unit.names.text(name))
            && !unit.prototypes.contains_key(&name)
    }

    /// The copy that a call makes.
    pub(super) fn copy(&self, name: Option<Symbol>) -> Option<Copy> {
        self.copies.get(name?.0 as usize).copied().flatten()
    }

    /// Whether a call leaves what that argument points to as it is.
    pub(super) fn keeps(&self, name: Symbol, argument: u32) -> bool {
        self.flags(name) & (flag::LOG | flag::READER | flag::CHECK) != 0
            || self
                .copy(Some(name))
                .is_some_and(|copy| copy.destination.map(u32::from) != Some(argument))
    }
}

/// Whether `volatile` stands before a declarator, where a macro in front hides it from the parser.
fn says_volatile(text: &[u8], start: u32) -> bool {
    let end = start as usize;
    let from = end.saturating_sub(80);
    let before = text.get(from..end).unwrap_or_default();
    let from = memchr::memrchr3(b';', b'}', b'\n', before).map_or(0, |at| at + 1);
    let own = before.get(from..).unwrap_or_default();
    own.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
        .any(|word| word == b"volatile")
}
