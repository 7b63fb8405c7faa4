//! Whoever makes a plugin: from `souk new` to a served tool.

mod denials;
mod dev;
mod new;
mod terminal;
