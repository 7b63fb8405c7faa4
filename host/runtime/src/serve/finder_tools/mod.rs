//! The host's own tools that find other tools and run them: search, describe, read, write.
//!
//! A list shows only so much; these four are always on it. A call that `tools_read` or `tools_write`
//! passes on is a call of the tool that it names from its very beginning, see
//! `call_target`: rules, rates, schema, idempotency and the audit line are that
//! tool's.

mod args;
mod call;
mod tool;

pub(crate) use args::RunToolArgs;
pub(crate) use call::{FinderCall, no_such_tool};
pub(crate) use tool::{FinderTool, RunKind};
