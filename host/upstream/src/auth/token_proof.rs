//! The read by which a store shows that it knows a token: one that it answers to the token, and not
//! to a guest. Which routes answer anybody is the store's configuration.

use std::sync::Mutex;
use std::sync::PoisonError;

use http::HeaderMap;

use crate::store::magento::Magento;
use crate::store::views::STORE_VIEWS;
use crate::wire::address::{ApiTarget, COUNT_ONLY};
use crate::wire::request::StoreRequest;

/// Reads of different resources, cheapest first. The first also tells the store's views.
pub(super) const PROBES: [ApiTarget<'static>; 8] = [
    STORE_VIEWS,
    ApiTarget::constant("/V1/products", COUNT_ONLY),
    ApiTarget::constant("/V1/orders", COUNT_ONLY),
    ApiTarget::constant("/V1/customers/search", COUNT_ONLY),
    ApiTarget::constant("/V1/categories/list", COUNT_ONLY),
    ApiTarget::constant("/V1/cmsPage/search", COUNT_ONLY),
    ApiTarget::constant("/V1/salesRules/search", COUNT_ONLY),
    ApiTarget::constant("/V1/modules", ""),
];

/// What is known of such a read.
#[derive(Debug, Default)]
pub(super) struct TokenProof(Mutex<ProofState>);

#[derive(Debug, Default, Clone, Copy)]
enum ProofState {
    /// Nothing was tried.
    #[default]
    Untried,
    /// It was answered to the token. Whether a guest is answered too was not asked yet.
    Candidate(ApiTarget<'static>),
    Proved(ApiTarget<'static>),
    /// The token may read none of [`PROBES`] that a guest may not.
    None,
}

impl TokenProof {
    fn state(&self) -> ProofState {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: ProofState) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Notes a read that was answered to the token.
    pub(super) fn suggest(&self, target: ApiTarget<'static>) {
        self.set(ProofState::Candidate(target));
    }

    /// Notes a read that was answered to the token and not to a guest.
    pub(super) fn prove(&self, target: ApiTarget<'static>) {
        self.set(ProofState::Proved(target));
    }

    /// Whether the store shows that it knows the token; `None` where nothing can show it.
    pub(super) async fn holds(&self, store: &Magento, token: &HeaderMap) -> Option<bool> {
        let holds = self.is_shown(store, token).await;
        (holds || !matches!(self.state(), ProofState::None)).then_some(holds)
    }

    async fn is_shown(&self, store: &Magento, token: &HeaderMap) -> bool {
        match self.state() {
            ProofState::None => false,
            ProofState::Proved(target) => is_answered(store, token, target).await,
            ProofState::Candidate(target) => {
                if !is_answered(store, token, target).await {
                    return false;
                }
                self.judge(store, target).await || self.find(store, token).await
            }
            ProofState::Untried => self.find(store, token).await,
        }
    }

    /// Looks for such a read. Where the token is answered nothing at all, it may have expired: then
    /// nothing is concluded.
    async fn find(&self, store: &Magento, token: &HeaderMap) -> bool {
        let mut any = false;
        for target in PROBES {
            if is_answered(store, token, target).await {
                any = true;
                if self.judge(store, target).await {
                    return true;
                }
            }
        }
        if any {
            self.set(ProofState::None);
        }
        false
    }

    /// Whether a guest is refused what the token was answered.
    async fn judge(&self, store: &Magento, target: ApiTarget<'static>) -> bool {
        let proves = is_refused_to_guests(store, target).await;
        if proves {
            self.prove(target);
        }
        proves
    }
}

async fn is_answered(store: &Magento, token: &HeaderMap, target: ApiTarget<'static>) -> bool {
    let read = store.send(&StoreRequest::once(target), || Ok(token.clone())).await;
    read.is_ok_and(|reply| reply.status == 200)
}

async fn is_refused_to_guests(store: &Magento, target: ApiTarget<'static>) -> bool {
    let read = store.send_anonymously(&StoreRequest::once(target)).await;
    read.is_ok_and(|reply| reply.status == 401)
}
