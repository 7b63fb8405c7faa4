//! What the whole-system tests and the benches share.
