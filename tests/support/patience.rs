//! Waiting for what must happen, and not for ever.

use std::time::Duration;

/// How long a test waits for something that must happen, before it says what did not.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until the answer is yes.
///
/// # Panics
/// When it does not become yes in time; `what` is said then.
pub async fn until<F: Future<Output = bool>>(what: &str, mut asked: impl FnMut() -> F) {
    let waiting = async {
        while !asked().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "waited in vain until {what}");
}
