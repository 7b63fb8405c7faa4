//! The catalog action group.
