//! Contents of objects: cells by byte range over a rest that is uniform.

use std::rc::Rc;

use smallvec::SmallVec;

use crate::finding::Span;

use super::linear::Linear;
use super::value::Value;

/// Most cells of an object; beyond that only the rest is known.
const MAX_CELLS: usize = 400;

/// One value in some bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) value: Value,
}

/// What the bytes without a cell hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing was written.
    Undef,
    /// Zeros.
    Zero,
    /// Anything.
    Unknown,
}

/// Whether the object still is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Alive,
    /// Released there.
    Freed(Span),
    /// On some path.
    MaybeFreed(Span),
    /// Its scope ended.
    Left(Span),
}

/// What is known of an object on this path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contents {
    pub(crate) cells: SmallVec<[Cell; 1]>,
    pub(crate) rest: Rest,
    pub(crate) life: Life,
    /// Others may know its address.
    pub(crate) is_escaped: bool,
    /// Its address was given to a function of the file that was followed.
    pub(crate) is_lent: bool,
    /// Offset of the first zero byte.
    pub(crate) terminator: Option<Linear>,
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Found {
    /// This value, in exactly these bytes.
    Value(Value),
    /// All of them are zero.
    Zero,
    /// Nothing was ever written to them.
    Undef,
    /// Nothing was written to some of them.
    PartlyUndef,
    /// Anything.
    Unknown,
}

impl Contents {
    pub(crate) fn new(rest: Rest) -> Rc<Self> {
        Rc::new(Self {
            cells: SmallVec::new(),
            rest,
            life: Life::Alive,
            is_escaped: false,
            is_lent: false,
            terminator: None,
        })
    }

    /// What stands in the bytes.
    pub(crate) fn read(&self, start: i64, end: i64) -> Found {
        let first = self.cells.partition_point(|cell| cell.end <= start);
        let cells = self.cells.get(first..).unwrap_or(&[]);
        let mut covered = start;
        let mut undef = 0;
        let mut all_zero = true;
        let mut parts = 0;
        for cell in cells.iter().take_while(|cell| cell.start < end) {
            if cell.start == start && cell.end == end {
                return match cell.value {
                    Value::Undef => Found::Undef,
                    value => Found::Value(value),
                };
            }
            if cell.start > covered {
                self.count_rest(cell.start - covered, &mut undef, &mut all_zero);
            }
            let bytes = cell.end.min(end) - cell.start.max(start);
            match cell.value {
                Value::Undef => {
                    undef += bytes;
                    all_zero = false;
                }
                value if value.is_null() => {}
                _ => all_zero = false,
            }
            covered = cell.end;
            parts += 1;
        }
        if covered < end {
            self.count_rest(end - covered, &mut undef, &mut all_zero);
        }
        if undef == end - start {
            Found::Undef
        } else if undef > 0 && parts <= 8 {
            Found::PartlyUndef
        } else if all_zero {
            Found::Zero
        } else {
            Found::Unknown
        }
    }

    fn count_rest(&self, bytes: i64, undef: &mut i64, all_zero: &mut bool) {
        match self.rest {
            Rest::Undef => {
                *undef += bytes;
                *all_zero = false;
            }
            Rest::Zero => {}
            Rest::Unknown => *all_zero = false,
        }
    }

    /// Writes a value to exactly these bytes.
    pub(crate) fn write(&mut self, start: i64, end: i64, value: Value) {
        self.terminator = None;
        self.cut(start, end);
        if self.cells.len() >= MAX_CELLS {
            self.forget_all();
            return;
        }
        let at = self.cells.partition_point(|cell| cell.start < start);
        self.cells.insert(at, Cell { start, end, value });
    }

    /// Remembers what an unknown read gave, without being a write.
    pub(crate) fn remember(&mut self, start: i64, end: i64, value: Value) {
        let terminator = self.terminator;
        if self.cells.len() < MAX_CELLS {
            self.write(start, end, value);
        }
        self.terminator = terminator;
    }

    /// Takes the cells out of a range; what stands out on either side keeps no value.
    fn cut(&mut self, start: i64, end: i64) {
        let first = self.cells.partition_point(|cell| cell.end <= start);
        let last = self.cells.partition_point(|cell| cell.start < end);
        if first >= last {
            return;
        }
        let mut stubs: SmallVec<[Cell; 2]> = SmallVec::new();
        if let Some(cell) = self.cells.get(first)
            && cell.start < start
        {
            stubs.push(stub(cell, cell.start, start));
        }
        if let Some(cell) = self.cells.get(last - 1)
            && cell.end > end
        {
            stubs.push(stub(cell, end, cell.end));
        }
        self.cells.drain(first..last);
        for cell in stubs {
            let at = self.cells.partition_point(|other| other.start < cell.start);
            self.cells.insert(at, cell);
        }
    }

    /// Something unknown was written somewhere into a range (`None`: anywhere).
    pub(crate) fn forget(&mut self, range: Option<(i64, i64)>) {
        self.terminator = None;
        match range {
            Some((start, end)) if start < end => {
                if self.rest == Rest::Unknown {
                    self.cut(start, end);
                } else {
                    self.write(start, end, Value::Any);
                }
            }
            _ => self.forget_all(),
        }
    }

    /// A write that may have changed some of the range: values go, and with them the certainty
    /// that nothing was written.
    pub(crate) fn blur(&mut self, range: Option<(i64, i64)>) {
        self.forget(range);
    }

    pub(crate) fn forget_all(&mut self) {
        self.terminator = None;
        self.cells.clear();
        self.rest = Rest::Unknown;
    }
}

fn stub(cell: &Cell, start: i64, end: i64) -> Cell {
    let value = match cell.value {
        Value::Undef => Value::Undef,
        value if value.is_null() => value,
        _ => Value::Any,
    };
    Cell { start, end, value }
}
