//! Tells owners that their documents have changed.

use std::sync::{Arc, Weak};

use souk_model::{Document, Principal, ResourceChange};
use souk_state::exports::Exports;
use tokio::sync::{Mutex, broadcast};

use super::document_watch::{DocumentWatch, LOOK};

/// Changes that a slow listener may have outstanding; after more it looks at all again.
const OUTSTANDING: usize = 64;

/// Who is told, and what was there when it was last looked.
pub(super) struct DocumentNews {
    exports: Arc<Exports>,
    watch: Mutex<DocumentWatch>,
    changes: broadcast::Sender<(Option<Principal>, ResourceChange)>,
}

impl DocumentNews {
    /// Looks for changes from now on, for as long as it lives.
    pub(super) fn of(exports: Arc<Exports>) -> Arc<Self> {
        let changes = broadcast::Sender::new(OUTSTANDING);
        let news = Arc::new(Self { exports, watch: Mutex::default(), changes });
        tokio::spawn(Self::follow(Arc::downgrade(&news)));
        news
    }

    async fn follow(news: Weak<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(news) = news.upgrade() else { return };
            news.look().await;
        }
    }

    /// Tells those whose documents have expired, or come or gone by another way than their calls.
    async fn look(&self) {
        // Nobody listens, as in a host that ends after one call.
        if self.changes.receiver_count() == 0 {
            return;
        }
        match self.watch.lock().await.look(&self.exports).await {
            Ok(owners) => owners.iter().for_each(|owner| self.tell(Principal::named(owner))),
            Err(failure) => tracing::warn!("cannot look for documents: {failure}"),
        }
    }

    /// Tells the owner of documents that a call has kept.
    pub(super) async fn kept(&self, owner: Principal, documents: &[Document]) {
        if !documents.is_empty() {
            self.watch.lock().await.note(owner.as_str(), documents);
            self.tell(owner);
        }
    }

    fn tell(&self, owner: Principal) {
        // That nobody hears of it is no failure.
        let _ = self.changes.send((Some(owner), ResourceChange::List));
    }

    /// Tells of what changes from now on.
    pub(super) fn subscribe(&self) -> broadcast::Receiver<(Option<Principal>, ResourceChange)> {
        self.changes.subscribe()
    }
}
