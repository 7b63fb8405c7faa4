//! Checks, compiles, limits and calls plugins.
