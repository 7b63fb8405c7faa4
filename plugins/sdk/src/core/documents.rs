//! Documents that are too large for a result.

use schemars::JsonSchema;
use serde::Serialize;

use crate::bindings;
use crate::core::{Context, Failure, host};

/// Text goes to the host in pieces of about this many bytes, so that small writes cost nothing.
const PIECE: usize = 64 << 10;

impl Context {
    /// Begins a document for the caller: `("coupons.csv", "text/csv")`. The host stores it as it is
    /// written, so it may be far larger than the plugin's memory.
    ///
    /// The name is for people and never a path. Of media types those of text are taken. Where the
    /// operator masks personal data, the host masks it in CSV (columns by the names in the first
    /// line), JSON, JSON lines, Markdown and plain text, and refuses other types.
    ///
    /// ```
    /// # use souk_sdk::core::{Context, DocumentReference, Failure};
    /// # fn codes(context: &Context, codes: &[String]) -> Result<DocumentReference, Failure> {
    /// let mut document = context.document("coupons.csv", "text/csv");
    /// document.write("code\n")?;
    /// for code in codes {
    ///     document.write(code)?;
    ///     document.write("\n")?;
    /// }
    /// document.keep()
    /// # }
    /// ```
    #[must_use]
    pub fn document(&self, name: &str, media_type: &str) -> DocumentWriter {
        DocumentWriter { open: host::DocumentWriter::new(name, media_type), waiting: String::new() }
    }
}

/// A document on its way to the caller. One that is dropped, or whose call fails, leaves nothing
/// behind.
pub struct DocumentWriter {
    open: host::DocumentWriter,
    waiting: String,
}

impl std::fmt::Debug for DocumentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Export").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

impl DocumentWriter {
    /// Adds text at the end. It goes to the host in pieces, so what it refuses may come out of a
    /// later call.
    ///
    /// # Errors
    /// What the host refuses: a document larger than the operator allows, a media type that is not
    /// one of text.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.waiting.push_str(text);
        if self.waiting.len() >= PIECE {
            self.send()?;
        }
        Ok(())
    }

    /// Closes the document and keeps it. Put what this answers into the action's result: the host
    /// adds the link to the document there.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn keep(mut self) -> Result<DocumentReference, Failure> {
        self.send()?;
        self.open.keep().map(DocumentReference::from)
    }

    fn send(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.open.write(&std::mem::take(&mut self.waiting))
    }
}

/// A document that is kept for the caller, as a part of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentReference {
    /// Read the whole document as the resource of this URI.
    pub uri: String,
    /// Its size in bytes.
    pub size: u64,
    /// RFC 3339; afterwards it is gone.
    pub expires_at: String,
}

impl From<bindings::souk::plugin::documents::DocumentLink> for DocumentReference {
    fn from(kept: bindings::souk::plugin::documents::DocumentLink) -> Self {
        Self { uri: kept.uri, size: kept.size, expires_at: kept.expires_at }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::{NoArgs, action, group};
    use crate::testing::Host;

    /// Rows
    ///
    /// Writes many rows.
    #[action(query)]
    fn rows(_: &NoArgs, context: &Context) -> Result<DocumentReference, Failure> {
        let mut document = context.document("rows.csv", "text/csv");
        for _ in 0..10_000 {
            document.write("0123456789\n")?;
        }
        drop(context.document("dropped.csv", "text/csv"));
        document.keep()
    }

    group! {
        /// Demo
        ///
        /// Writes documents.
        demo: [rows]
    }

    #[test]
    fn what_is_written_in_small_pieces_is_kept_whole_and_what_is_dropped_is_not() {
        let host = Host::offline();
        let kept = host.call(&demo(), "rows", &json!({})).unwrap();
        assert_eq!(kept["size"], 110_000);
        let [exported] = &host.exported()[..] else { panic!("one document is kept") };
        assert_eq!((exported.name.as_str(), exported.text.len()), ("rows.csv", 110_000));
    }

    #[test]
    fn a_document_too_large_fails_the_call() {
        let host = Host::offline().export_limit(100_000);
        assert!(host.call(&demo(), "rows", &json!({})).is_err());
        assert!(host.exported().is_empty());
    }
}
