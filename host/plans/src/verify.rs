//! Whether a stored plan is still the one that was reviewed.

use souk_model::{Code, Failure};
use souk_state::plans::Stored;

use crate::digest::{Running, sealed};
use crate::service::Plans;

impl Plans {
    /// Reads the whole plan again and holds it to its digest and seal.
    pub(crate) async fn verify(&self, stored: &Stored) -> Result<(), Failure> {
        let mut running = Running::default();
        let tampered = || {
            Failure::new(
                Code::Forbidden,
                format!(
                    "the plan `{}` is not as it was reviewed: it was tampered with",
                    stored.header.id
                ),
            )
            .rule("plan-seal")
            .remedy("propose it again, and find out who can write the state directory")
        };
        let mut pages = self.pages(&stored.header.id, &[]);
        while let Some(page) = pages.next().await? {
            for (item, _) in &page {
                running.add(item).map_err(|_| tampered())?;
            }
        }
        let digest = running.close(&stored.header).map_err(|_| tampered())?;
        if digest == stored.digest && sealed(&self.key, &digest, &stored.seal) {
            return Ok(());
        }
        Err(tampered())
    }
}
