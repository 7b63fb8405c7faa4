//! A result that is larger than its reader takes: cut, told, and kept whole where pages do not serve.

use std::sync::Arc;

use serde_json::Value;
use souk_model::{Failure, Principal};
use souk_state::exports::{ExportOwner, ExportRecord, Exports, MediaType, PendingExport};

use super::call_answer::CallAnswer;
use super::documents;
use super::operator_config::OperatorConfig;
use super::result_budget::{Truncation, cut, exceeds, forget_next_page};
use super::tool::LoadedTool;
use crate::guest::sessions::SessionHost;
use crate::tool_sets::ToolSet;

/// The member of a result that tells what was left out of it.
const MEMBER: &str = "truncated";

/// What a page of a list may have of which nobody said how long it be and what it show: bytes of
/// compact JSON.
const DEFAULT_PAGE: usize = 8_000;

/// How the length of a list is named.
const PAGE_LENGTHS: [&str; 2] = ["page_size", "limit"];

/// What the result of a call with these arguments may have, in bytes of compact JSON. Under `classic`
/// a page is as large as those of magento-mcp.
pub(super) fn allowed_bytes(
    tool: &LoadedTool,
    arguments: &Value,
    principal: &Principal,
    config: &OperatorConfig,
) -> usize {
    let is_page = PAGE_LENGTHS.iter().any(|length| takes(tool, length));
    let is_chosen =
        PAGE_LENGTHS.iter().chain(&["fields"]).any(|chosen| arguments.get(chosen).is_some());
    let is_classic = config.selection_of(principal).sets.contains(&ToolSet::Classic);
    if is_page && !is_chosen && !is_classic {
        config.result_bytes.min(DEFAULT_PAGE)
    } else {
        config.result_bytes
    }
}

fn takes(tool: &LoadedTool, argument: &str) -> bool {
    let arguments = tool.tool.input.get("properties");
    arguments.is_some_and(|arguments| arguments.get(argument).is_some())
}

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
        let length = PAGE_LENGTHS.into_iter().find(|length| takes(self.tool, length));
        let (how, kept) = match (truncation.page(), length) {
            (Some(items), Some(length)) => {
                forget_next_page(&mut answer.result);
                (self.smaller_page(length, items), None)
            }
            _ => self.keep(whole).await,
        };
        self.tell(&truncation, &how, answer);
        kept
    }

    fn smaller_page(&self, length: &str, items: usize) -> String {
        let fewer = if takes(self.tool, "fields") { ", or name fewer `fields`" } else { "" };
        format!("ask again with `{length}` {items}, by which pages are counted then{fewer}")
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
}
