//! Documents under test.

use std::cell::RefCell;
use std::rc::Rc;

use super::host::Host;
use super::state::{HostState, KeptDocument, current_state};
use crate::bindings::souk::plugin::documents::DocumentLink;
use crate::core::{Failure, FailureCode};

/// A document of the stand-in host, as it is written.
pub(crate) struct HostDocument {
    begun: RefCell<KeptDocument>,
    state: Option<Rc<HostState>>,
}

impl HostDocument {
    pub(crate) fn new(name: &str, media_type: &str) -> Self {
        let begun = KeptDocument {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            text: String::new(),
        };
        Self { begun: RefCell::new(begun), state: current_state().ok() }
    }

    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        let state = self.state()?;
        let mut begun = self.begun.borrow_mut();
        if !begun.media_type.contains('/') {
            return Err(Failure::internal(format!("`{}` is no media type", begun.media_type)));
        }
        begun.text.push_str(text);
        match state.record.borrow().document_bytes {
            Some(most) if begun.text.len() > most => Err(Failure::new(
                FailureCode::Forbidden,
                format!("the document is larger than {most} bytes"),
            )),
            _ => Ok(()),
        }
    }

    pub(crate) fn keep(&self) -> Result<DocumentLink, Failure> {
        self.write("")?;
        let state = self.state()?;
        let kept = self.begun.borrow().clone();
        let mut record = state.record.borrow_mut();
        record.documents.push(kept.clone());
        Ok(DocumentLink {
            uri: format!("souk://exports/test_{}", record.documents.len()),
            size: kept.text.len() as u64,
            expires_at: "2026-11-23T18:00:00Z".to_owned(),
        })
    }

    fn state(&self) -> Result<Rc<HostState>, Failure> {
        self.state.clone().ok_or_else(|| Failure::internal("there is no host"))
    }
}

impl Host {
    /// With an operator who allows no document larger than this. Bytes.
    #[must_use]
    pub fn export_limit(self, bytes: usize) -> Self {
        self.state.record.borrow_mut().document_bytes = Some(bytes);
        self
    }

    /// The documents that were kept so far.
    #[must_use]
    pub fn exported(&self) -> Vec<KeptDocument> {
        self.state.record.borrow().documents.clone()
    }
}
