//! One claim, held on every transport and in every era of the protocol.

use crate::{ERAS, Mcp, Souk};

/// Holds a claim against a client of each era on each transport.
///
/// # Panics
/// When it does not hold.
pub async fn everywhere(souk: &Souk<'_>, claim: impl AsyncFn(Mcp)) {
    for era in ERAS {
        claim(souk.stdio(era).await).await;
    }
    let served = souk.http().await;
    for era in ERAS {
        claim(served.connect(era).await).await;
    }
}
