//! The auth action group.
