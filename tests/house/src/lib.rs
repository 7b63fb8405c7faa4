//! What keeps the source a house one can walk through: in each crate the arrows between files run
//! one way, and a type name means one thing in the whole workspace.
//!
//! It reads the sources with `syn` and resolves the paths in them as far as names go: it has no
//! types, so a method called on a value makes no arrow. What it does see is enough to hold a
//! design: every `use`, every path in code, in macros and in attributes.

pub mod arrows;
pub mod circles;
pub mod modules;
pub mod names;
mod tokens;
pub mod workspace;
