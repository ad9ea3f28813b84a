//! Analyses that look at the interpreter's states: what is wrong at an access, a call, an
//! operation, an exit.

mod arithmetic;
mod bounds;
mod calls;
mod conditions;
mod formats;
mod function_pointers;
mod lifetime;
mod lock_exits;
mod lock_kinds;
pub(crate) mod lock_order;
#[cfg(test)]
mod lock_tests;
mod locks;
mod pointers;
mod shape;
mod sleeps;
mod threads;

pub(crate) use lock_exits::releases_by_name;
