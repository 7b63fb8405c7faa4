//! Documents after the call that made them: kept with its answer, listed and read by their caller.

use std::sync::Arc;

use souk_model::{Code, Document, Failure, Principal, visible};
use souk_policy::{EffectKind, Mask, Rules, ToolProfile};
use souk_state::exports::{ExportId, ExportRecord, Exports, PendingExport};

use crate::guest::documents::unmaskable;
use crate::guest::sessions::SessionHost;
use crate::text::printable;

/// What a caller may see of its documents.
pub(crate) struct DocumentReader<'d> {
    pub(crate) exports: &'d Arc<Exports>,
    pub(crate) rules: &'d Rules,
    pub(crate) sessions: &'d SessionHost,
}

impl DocumentReader<'_> {
    /// Those that may be read now, newest first.
    pub(crate) async fn list(&self, principal: &Principal) -> Result<Vec<Document>, Failure> {
        let (exports, whose) = (self.exports.clone(), principal.clone());
        let kept = blocking(move || exports.list(&whose)).await?;
        let readable = |kept: &&ExportRecord| self.may_read(principal, kept).is_ok();
        Ok(kept
            .iter()
            .filter(readable)
            .map(|kept| document_for(kept, &self.rules.mask_for(principal, &kept.owner.group)))
            .collect())
    }

    /// One of them, and its text.
    pub(crate) async fn read(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<(Document, String), Failure> {
        let id = ExportId::of_uri(uri)
            .map_err(|error| no_such(format!("`{}`: {error}", printable(uri, 100))))?;
        let (exports, whose) = (self.exports.clone(), principal.clone());
        let found = blocking(move || Ok(exports.find(&whose, &id))).await?;
        let kept = found.ok_or_else(|| no_such("you have no document of this URI".to_owned()))?;
        self.may_read(principal, &kept)?;
        let exports = self.exports.clone();
        // It was masked when it was made if the rules said so then; now they may say more.
        let mask = self.rules.mask_for(principal, &kept.owner.group);
        blocking(move || {
            let text = exports.read(&kept)?;
            let text = mask.document(&kept.media_type, text).map_err(unmaskable)?;
            let text = visible::document(&kept.media_type, text);
            Ok((document_for(&kept, &mask), text))
        })
        .await
    }

    /// The rules may have changed since the document was made, and the caller may have gone over to
    /// another store.
    fn may_read(&self, principal: &Principal, kept: &ExportRecord) -> Result<(), Failure> {
        let owner = &kept.owner;
        self.rules.decide(
            principal,
            &ToolProfile {
                name: &owner.tool,
                group: &owner.group,
                tier: owner.tier,
                // Whatever made it, reading it changes nothing.
                effect: EffectKind::Query,
            },
        )?;
        let now = self.sessions.get(principal).map(|session| session.info().store);
        match (&owner.store, now) {
            (Some(made), Some(now)) if *made != now => Err(no_such(format!(
                "the document is of the store `{made}`, and you are logged in to `{now}`"
            ))
            .remedy(format!("log in to `{made}`, or log out"))),
            _ => Ok(()),
        }
    }
}

/// A document as its caller is told of it.
pub(crate) fn document_for(kept: &ExportRecord, mask: &Mask) -> Document {
    let mut document = kept.document();
    document.name = visible::line(&mask.text(document.name)).into_owned();
    document
}

/// Keeps what a call closed, once it has ended well: all of it or nothing.
pub(crate) async fn publish(
    exports: &Arc<Exports>,
    closed: Vec<PendingExport>,
) -> Result<Vec<ExportRecord>, Failure> {
    if closed.is_empty() {
        return Ok(Vec::new());
    }
    let exports = exports.clone();
    blocking(move || {
        let mut kept = Vec::with_capacity(closed.len());
        for one in closed {
            match one.publish() {
                Ok(one) => kept.push(one),
                Err(failure) => {
                    kept.iter().for_each(|kept| exports.remove(kept));
                    return Err(failure);
                }
            }
        }
        Ok(kept)
    })
    .await
}

/// Takes documents away again whose answer is not given out.
pub(crate) async fn retract(exports: &Arc<Exports>, kept: Vec<ExportRecord>) {
    if !kept.is_empty() {
        let exports = exports.clone();
        let _ = blocking(move || {
            kept.iter().for_each(|kept| exports.remove(kept));
            Ok(())
        })
        .await;
    }
}

fn no_such(message: String) -> Failure {
    Failure::new(Code::NotFound, message).remedy("`resources/list` has the documents you can read")
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|broken| Err(Failure::internal(format!("the documents: {broken}"))))
}
