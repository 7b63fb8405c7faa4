//! The credentials that a store was sent, or gave out, and may send back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use souk_model::{ExposeSecret, Secret};

use crate::wire::echo::EchoFilter;

/// How many are remembered beside the operator's own: those of callers, and tokens. The oldest goes
/// first.
const LEARNED: usize = 256;

/// All of them, whoever's session they belong to: a store that mixes up its callers gives none
/// another's.
pub(super) struct KnownSecrets {
    configured: Vec<Secret>,
    learned: Mutex<VecDeque<Secret>>,
    filter: ArcSwap<EchoFilter>,
}

impl KnownSecrets {
    pub(super) fn new(configured: Vec<Secret>) -> Self {
        let filter = ArcSwap::from_pointee(EchoFilter::of(&configured));
        Self { configured, learned: Mutex::default(), filter }
    }

    pub(super) fn filter(&self) -> Arc<EchoFilter> {
        self.filter.load_full()
    }

    pub(super) fn learn<'s>(&self, secrets: impl IntoIterator<Item = &'s Secret>) {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_new = false;
        for secret in secrets {
            let known = |known: &Secret| known.expose_secret() == secret.expose_secret();
            if self.configured.iter().any(known) || learned.iter().any(known) {
                continue;
            }
            learned.push_back(secret.clone());
            is_new = true;
        }
        if is_new {
            let surplus = learned.len().saturating_sub(LEARNED);
            learned.drain(..surplus);
            self.filter.store(Arc::new(EchoFilter::of(self.configured.iter().chain(&*learned))));
        }
    }
}
