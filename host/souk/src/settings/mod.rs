//! Every setting, and where its value comes from.
//!
//! A setting is one entry of [`table`]: its flag, variables, place in the file, default, unit, rule of
//! merging and documentation. The command line, the file's parser, `docs/configuration.md`,
//! `souk.example.toml`, `souk config show` and `souk config check` come from it; adding one takes its
//! entry and the place that uses it.
//!
//! Sources are flags, variables, the operator's file and, only to narrow, a file of the working
//! directory. Where something is limited, the strictest of the sources that set it counts. A default
//! is no source: it counts where nobody else says anything, and against the working directory's file.

pub(crate) mod decision_rule;
pub(crate) mod defaults;
pub(crate) mod document;
pub(crate) mod example;
pub(crate) mod file;
pub(crate) mod flags;
pub(crate) mod kind;
pub(crate) mod load;
#[cfg(test)]
mod local_tests;
mod merge;
pub(crate) mod nearest;
pub(crate) mod resolved;
pub(crate) mod secret_file;
pub(crate) mod setting;
pub(crate) mod shape;
pub(crate) mod source;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod trust;
pub(crate) mod variables;

pub(crate) use nearest::nearest;
