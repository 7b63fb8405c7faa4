//! How much of everything a test tries.

/// So much of something, or as many times as much as `SOUK_TEST_SCALE` says: what a test of seconds
/// tries with a few thousand files can be tried with as many as somebody hostile would have.
///
/// # Panics
/// When that is no number.
#[must_use]
pub fn scaled(count: usize) -> usize {
    let scale = std::env::vars_os().find(|(name, _)| name == "SOUK_TEST_SCALE");
    let scale = scale.map_or(1, |(_, scale)| scale.to_str().unwrap().parse().unwrap());
    count * scale
}
