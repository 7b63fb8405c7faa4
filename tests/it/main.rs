//! Whole-system tests.
#[test]
fn nothing() {}
