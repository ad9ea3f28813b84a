//! What library functions do, as data: the C library and POSIX, RTOS and vendor libraries.
//!
//! A function with a model changes nothing but what its effects say; a function without one may
//! change whatever it can reach.

mod tables;

use rustc_hash::FxHashMap;

use crate::flow::ir::{Symbol, Unit};

/// Families of allocators and openers; what one family made, another may not release.
pub(crate) mod family {
    /// `malloc`, `free`.
    pub(crate) const HEAP: u8 = 0;
    /// FreeRTOS `pvPortMalloc`.
    pub(crate) const FREERTOS: u8 = 1;
    /// Zephyr `k_malloc`.
    pub(crate) const ZEPHYR: u8 = 2;
    /// lwIP `mem_malloc`.
    pub(crate) const LWIP_MEM: u8 = 3;
    /// lwIP `pbuf_alloc`; counted.
    pub(crate) const PBUF: u8 = 4;
    /// `fopen`.
    pub(crate) const STREAM: u8 = 5;
    /// ESP-IDF `heap_caps_malloc`.
    pub(crate) const ESP: u8 = 6;
    /// mbedTLS `mbedtls_calloc`.
    pub(crate) const MBEDTLS: u8 = 7;
    /// wolfSSL `XMALLOC`.
    pub(crate) const WOLFSSL: u8 = 8;
    /// `opendir`.
    pub(crate) const DIRECTORY: u8 = 9;
    /// lwIP `memp_malloc`.
    pub(crate) const LWIP_POOL: u8 = 10;
    /// `mmap`-like and others whose release is not modelled.
    pub(crate) const OTHER: u8 = 11;
}

/// Size of what a call makes, reads or writes, by arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Value of an argument.
    Argument(u8),
    /// Product of two arguments.
    Product(u8, u8),
    /// Length of the string argument and its zero.
    StringOf(u8),
    /// Not known.
    Unknown,
}

/// One thing that a function does. Numbers are indexes of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Returns new memory.
    Allocates {
        size: Size,
        family: u8,
        is_zeroed: bool,
    },
    /// `realloc`.
    Reallocates { pointer: u8, size: Size, family: u8 },
    /// The result may be NULL.
    MayBeNull,
    /// Releases what the argument points to.
    Frees { pointer: u8, family: u8 },
    /// Copies bytes; overlapping is allowed or not.
    Copies {
        to: u8,
        from: u8,
        size: Size,
        may_overlap: bool,
    },
    /// Fills with a byte.
    Fills { to: u8, value: u8, size: Size },
    /// Fills with zeros.
    Zeroes { to: u8, size: Size },
    /// Copies a string and its zero.
    CopiesString { to: u8, from: u8 },
    /// Copies at most so many bytes of a string, zeros behind it; maybe no zero at the end.
    CopiesSome { to: u8, from: u8, size: u8 },
    /// Appends a string.
    Appends { to: u8, from: u8 },
    /// Prints into a buffer without a bound; first argument of the format.
    Prints { to: u8, format: u8 },
    /// Prints into a buffer of that size.
    PrintsSome { to: u8, size: u8 },
    /// Reads a string.
    ReadsString(u8),
    /// Returns the length of a string.
    Length(u8),
    /// Reads bytes.
    Reads { from: u8, size: Size },
    /// Writes unknown bytes, from outside if set.
    Writes {
        to: u8,
        size: Size,
        is_outside: bool,
    },
    /// Writes something to what the argument points to (an out parameter of its type).
    Sets(u8),
    /// Writes something to what this and all further arguments point to.
    SetsFrom(u8),
    /// The result comes from outside.
    ResultIsOutside,
    /// The result lies between the two.
    ResultBetween(i64, i64),
    /// The result is that argument.
    ReturnsArgument(u8),
    /// Takes a lock. Kind: what may release it.
    Locks { lock: u8, kind: u8, taken: Taken },
    /// Takes a lock or gives up after a time: a call whose result nobody looks at counts as taking.
    LocksOrTimesOut { lock: u8, kind: u8, taken: Taken },
    /// Tries to take a lock; it is held only if the result says so.
    TriesLock { lock: u8, kind: u8, taken: Taken },
    /// Releases a lock.
    Unlocks { lock: u8, kind: u8 },
    /// Makes a lock, which is free then.
    InitialisesLock(u8),
    /// Begins a section that ends after as many calls as began it.
    EntersSection(u8),
    /// Ends one.
    LeavesSection(u8),
    /// Returns a new lock of that kind.
    MakesLock(u8),
    /// Does not come back.
    NeverReturns,
    /// May wait for something for long.
    Blocks,
    /// Waits for as long as an argument says, in parts of a second.
    Sleeps { time: u8, per_second: u32 },
    /// The result says whether it worked, and nothing else does.
    MustBeChecked,
    /// Starts a thread: the function, and what it is given.
    StartsThread { function: u8, data: u8 },
    /// Result is `base` to the power `exponent`.
    Power,
    /// Absolute value.
    Absolute,
}

/// How a call that takes a lock says whether it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It has no result, or none that says so.
    Unsaid,
    /// Its result is zero.
    IfZero,
    /// Its result is one; otherwise it is zero.
    IfOne,
}

/// Sections that count how often they were entered.
pub(crate) mod section {
    /// Interrupts are held off (FreeRTOS `taskENTER_CRITICAL`).
    pub(crate) const INTERRUPTS: u8 = 0;
    /// The scheduler is held (FreeRTOS `vTaskSuspendAll`).
    pub(crate) const SCHEDULER: u8 = 1;
}

/// Kinds of locks.
pub(crate) mod lock {
    /// A mutex that must not be taken twice.
    pub(crate) const MUTEX: u8 = 0;
    /// A mutex that may be taken twice by its owner.
    pub(crate) const RECURSIVE: u8 = 1;
    /// A spin lock.
    pub(crate) const SPIN: u8 = 2;
    /// A semaphore: giving without taking is normal.
    pub(crate) const SEMAPHORE: u8 = 3;
    /// A mutex that others may release, to wake whoever waits in it.
    pub(crate) const SIGNAL: u8 = 5;
    /// Read-write lock taken for reading.
    pub(crate) const READ: u8 = 4;
}

/// A function and what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Model {
    /// Its name in C.
    pub(crate) name: &'static str,
    /// What it does, in order.
    pub(crate) effects: &'static [Effect],
}

impl Model {
    pub(crate) fn never_returns(&self) -> bool {
        self.effects.contains(&Effect::NeverReturns)
    }
}

/// Whether it is known what a library function of that name does.
pub fn is_library_function(name: &str) -> bool {
    let mut models = tables::MODELS.iter().copied().flatten();
    models.any(|model| model.name == name)
}

/// The models of the names of a unit.
#[derive(Debug)]
pub(crate) struct ModelTable {
    by_symbol: FxHashMap<Symbol, &'static Model>,
}

impl ModelTable {
    pub(crate) fn new(unit: &Unit) -> Self {
        let mut by_symbol = FxHashMap::default();
        for model in tables::MODELS.iter().copied().flatten() {
            if let Some(symbol) = unit.names.find(model.name) {
                by_symbol.insert(symbol, model);
            }
        }
        Self { by_symbol }
    }

    /// The model of a name; a function that the file defines itself has none.
    pub(crate) fn get(&self, name: Symbol) -> Option<&'static Model> {
        self.by_symbol.get(&name).copied()
    }
}
