//! Analyses that look at the interpreter's states: what is wrong at an access, a call, an
//! operation, an exit.

mod arithmetic;
mod bounds;
mod calls;
mod conditions;
mod formats;
mod function_pointers;
mod lifetime;
mod locks;
mod pointers;
mod shape;
mod threads;
