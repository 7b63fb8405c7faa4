//! The host's side of `documents`: what a plugin writes for its caller.

use std::sync::Arc;

use souk_model::{Code, Failure};
use souk_policy::mask::UnmaskableMediaType;
use souk_state::exports::{ExportOwner, ExportWriter, Exports, MediaType, PendingExport};
use wasmtime::component::Resource;

use super::bindings::souk::plugin::{documents, types};
use super::call_context::CallContext;
use super::handles::{GuestDocument, OpenDocument};
use super::host_result::HostResult;
use super::state::GuestState;
use crate::text::printable;

/// Documents that one call may keep.
const DOCUMENTS: usize = 16;
/// Characters of a document's name.
const NAME_CHARS: usize = 120;

impl GuestState {
    async fn write_document(
        &mut self,
        document: &Resource<GuestDocument>,
        text: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let mut writing = match self.take_document(document).await? {
            Ok(writing) => writing,
            Err(failure) => return Ok(Err(failure)),
        };
        let (writing, written) = self
            .blocking(move || {
                let written = writing.writer.write(&text);
                (writing, written)
            })
            .await?;
        *self.table.get_mut(document)? = GuestDocument::Begun(writing);
        Ok(written)
    }

    /// The document, begun if it was not. What is in the table meanwhile says that it is lost.
    async fn take_document(
        &mut self,
        document: &Resource<GuestDocument>,
    ) -> wasmtime::Result<Result<Box<OpenDocument>, Failure>> {
        let (name, media_type) = match self.table.get_mut(document)? {
            GuestDocument::Named { name, media_type } => (name.clone(), media_type.clone()),
            GuestDocument::Closed => return Ok(Err(closed())),
            begun => {
                return Ok(match std::mem::replace(begun, GuestDocument::Lost) {
                    GuestDocument::Begun(writing) => Ok(writing),
                    _ => Err(Failure::internal("the document is lost").rule("exports")),
                });
            }
        };
        let Ok(place) = self.open_documents.clone().try_acquire_owned() else {
            return Ok(Err(too_many_open()));
        };
        let begin = self.call_to_export().and_then(|call| call.begins(&name, &media_type));
        match begin {
            Ok(begin) => {
                let begun = self.blocking(begin).await?;
                Ok(begun.map(|writer| Box::new(OpenDocument { writer, place })))
            }
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn keep_document(
        &mut self,
        document: &Resource<GuestDocument>,
    ) -> wasmtime::Result<Result<documents::DocumentLink, Failure>> {
        let writing = match self.take_document(document).await? {
            Ok(writing) => writing,
            Err(failure) => return Ok(Err(failure)),
        };
        *self.table.get_mut(document)? = GuestDocument::Closed;
        self.usage.close_handle();
        let mask = self.call.as_deref().map(|call| call.mask.clone()).unwrap_or_default();
        let closed = self
            .blocking(move || {
                // What is not to leave is not on the disk either.
                let edit = mask.is_on().then_some(|media_type: &str, text: String| {
                    mask.document(media_type, text).map_err(unmaskable)
                });
                writing.writer.close(edit)
            })
            .await?;
        Ok(closed.and_then(|closed| Ok(self.call_to_export()?.keeps(closed))))
    }

    /// Runs what waits for the disk where a thread may wait. Its processor time is the call's.
    async fn blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> wasmtime::Result<T> {
        let meter = self.usage.meter.clone();
        Ok(tokio::task::spawn_blocking(move || meter.count(work)).await?)
    }

    fn call_to_export(&mut self) -> Result<&mut CallContext, Failure> {
        self.call.as_deref_mut().ok_or_else(|| {
            Failure::new(Code::Forbidden, "`describe` may not export").rule("describe")
        })
    }
}

impl CallContext {
    /// What begins a document for the caller.
    fn begins(
        &self,
        name: &str,
        media_type: &str,
    ) -> Result<impl FnOnce() -> Result<ExportWriter, Failure> + Send + use<>, Failure> {
        let exports: Arc<Exports> = self.exports.clone().ok_or_else(|| {
            Failure::internal("this run serves no call, so nothing can be exported")
        })?;
        if self.closed_exports.len() >= DOCUMENTS {
            return Err(Failure::internal(format!(
                "the plugin keeps more than {DOCUMENTS} documents in one call"
            ))
            .rule("exports-per-call"));
        }
        let media_type: MediaType = media_type.parse().map_err(|error| {
            Failure::internal(format!("the plugin exports something malformed: {error}"))
                .rule("exports")
        })?;
        self.mask.check_media_type(media_type.as_str()).map_err(unmaskable)?;
        let name = printable(name, NAME_CHARS).replace('\n', " ");
        let name = self.mask.text(name);
        let owner = ExportOwner {
            principal: self.principal.to_string(),
            store: self.session.as_ref().map(|session| session.info().store),
            group: self.group.clone(),
            tool: self.action.tool.clone(),
            tier: self.action.tier,
        };
        Ok(move || exports.begin(owner, &name, &media_type))
    }

    /// Notes a document that is whole: it is kept once the call has ended well.
    fn keeps(&mut self, closed: PendingExport) -> documents::DocumentLink {
        let document = closed.kept().document();
        self.closed_exports.push(closed);
        documents::DocumentLink {
            uri: document.uri,
            size: document.size,
            expires_at: document.expires_at,
        }
    }
}

/// What is told of a document that was kept already.
fn closed() -> Failure {
    Failure::new(Code::Conflict, "the document was kept already, and nothing more can be written")
}

/// Why a document cannot be had where personal data is masked.
#[expect(clippy::needless_pass_by_value, reason = "made for `map_err`")]
pub(crate) fn unmaskable(error: UnmaskableMediaType) -> Failure {
    Failure::new(Code::Forbidden, error.to_string())
        .rule("mask-pii")
        .remedy("ask for another format; the operator's `policy.mask_pii` asks for the mask")
}

/// What is told where as many documents are being written as may.
fn too_many_open() -> Failure {
    Failure::new(Code::RateLimited, "too many documents are being written at once, by all callers")
        .rule("open-documents")
        .remedy("wait a moment and try again")
}

impl documents::Host for GuestState {}

impl documents::HostDocument for GuestState {
    async fn new(
        &mut self,
        name: String,
        media_type: String,
    ) -> wasmtime::Result<Resource<GuestDocument>> {
        self.usage.open_handle()?;
        Ok(self.table.push(GuestDocument::Named { name, media_type })?)
    }

    async fn write(&mut self, document: Resource<GuestDocument>, text: String) -> HostResult<()> {
        self.enter_host()?;
        let written = self.write_document(&document, text).await;
        self.leave_host()?;
        Ok(written?.map_err(types::Failure::from))
    }

    async fn keep(
        &mut self,
        document: Resource<GuestDocument>,
    ) -> HostResult<documents::DocumentLink> {
        self.enter_host()?;
        let kept = self.keep_document(&document).await;
        self.leave_host()?;
        Ok(kept?.map_err(types::Failure::from))
    }

    async fn drop(&mut self, document: Resource<GuestDocument>) -> wasmtime::Result<()> {
        if !matches!(self.table.delete(document)?, GuestDocument::Closed) {
            self.usage.close_handle();
        }
        Ok(())
    }
}
