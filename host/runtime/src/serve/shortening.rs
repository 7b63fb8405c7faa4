//! A result that is larger than its reader takes: cut, told, and kept whole where pages do not serve.

use std::sync::Arc;

use souk_model::{Failure, Principal};
use souk_state::exports::{ExportOwner, ExportRecord, Exports, MediaType, PendingExport};

use super::call_answer::CallAnswer;
use super::documents;
use super::result_budget::{Truncation, cut, exceeds};
use super::tool::LoadedTool;
use crate::guest::sessions::SessionHost;

/// The member of a result that tells what was left out of it.
const MEMBER: &str = "truncated";

/// Shortens the results of one call.
pub(super) struct Shortening<'d> {
    pub(super) exports: &'d Arc<Exports>,
    pub(super) tool: &'d LoadedTool,
    pub(super) principal: &'d Principal,
    pub(super) sessions: &'d SessionHost,
    /// What a result may have, in bytes of compact JSON.
    pub(super) bytes: usize,
}

impl Shortening<'_> {
    /// Cuts an answer that is too large. Where it is no page of a list, of which a smaller one can be
    /// asked for, the whole is kept as a document, and that is answered.
    pub(super) async fn shorten(&self, answer: &mut CallAnswer) -> Option<ExportRecord> {
        if !exceeds(&answer.result, self.bytes) {
            return None;
        }
        let whole = serde_json::to_string(&answer.result).unwrap_or_default();
        let truncation = cut(&mut answer.result, self.bytes);
        let smaller_page = truncation.page().filter(|_| self.takes("page_size"));
        let (how, kept) = match smaller_page {
            Some(items) => (self.smaller_page(items), None),
            None => self.keep(whole).await,
        };
        self.tell(&truncation, &how, answer);
        kept
    }

    fn smaller_page(&self, items: usize) -> String {
        let fewer = if self.takes("fields") { ", or name fewer `fields`" } else { "" };
        format!("ask again with `page_size` {items}, by which pages are counted then{fewer}")
    }

    async fn keep(&self, whole: String) -> (String, Option<ExportRecord>) {
        let kept = match self.written(whole).await {
            Ok(pending) => documents::publish(self.exports, vec![pending]).await,
            Err(failure) => Err(failure),
        };
        match kept.map(|mut kept| kept.pop()) {
            Ok(Some(kept)) => {
                (format!("`resources/read` has the whole under {}", kept.id.uri()), Some(kept))
            }
            Ok(None) => (String::new(), None),
            Err(failure) => (format!("ask for less; the whole could not be kept: {failure}"), None),
        }
    }

    async fn written(&self, whole: String) -> Result<PendingExport, Failure> {
        let tool = &self.tool.tool;
        let owner = ExportOwner {
            principal: self.principal.to_string(),
            store: self.sessions.get(self.principal).map(|session| session.info().store),
            group: self.tool.profile().group.to_owned(),
            tool: tool.name.clone(),
            tier: tool.tier,
        };
        let (exports, name) = (self.exports.clone(), format!("{}.json", tool.name));
        documents::blocking(move || {
            let json: MediaType = "application/json"
                .parse()
                .map_err(|error| Failure::internal(format!("the documents: {error}")))?;
            let mut document = exports.begin(owner, &name, &json)?;
            document.write(&whole)?;
            // It is masked already, as the answer is.
            document.close(None::<fn(&str, String) -> Result<String, Failure>>)
        })
        .await
    }

    /// Says what was cut: in the result, where its schema has room, else beside it.
    fn tell(&self, truncation: &Truncation, how: &str, answer: &mut CallAnswer) {
        if self.tool.has_room() && !self.tool.declares(MEMBER) {
            answer.result.insert(MEMBER.to_owned(), truncation.told(how));
        } else {
            answer.notes.push(truncation.sentence(how));
        }
    }

    fn takes(&self, argument: &str) -> bool {
        let arguments = self.tool.tool.input.get("properties");
        arguments.is_some_and(|arguments| arguments.get(argument).is_some())
    }
}
