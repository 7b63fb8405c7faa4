//! The scope action group.
