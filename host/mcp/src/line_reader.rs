//! Reads lines of bounded length.

use std::mem;

use rmcp::model::RequestId;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::Instant;

use crate::request_id::RequestIdFinder;

/// A read takes at most this much at once.
const READ: usize = 64 * 1024;

/// A line's buffer that has grown beyond this is given back once the line is read.
const KEEP: usize = 1024 * 1024;

/// What reading came to.
pub(crate) enum LineRead<'a> {
    /// A line, in [`LineReader::line`] until the next read.
    Line,
    /// A line beyond the bound, which was not kept, and the id in it.
    TooLong(Option<RequestId>),
    /// The input has ended, and there is the place to keep until when that is held back.
    End(&'a mut Option<Instant>),
}

/// Reads lines. Its futures may be dropped at any await without losing anything.
pub(crate) struct LineReader<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    bound: usize,
    state: ReaderState,
    held_until: Option<Instant>,
}

enum ReaderState {
    Reading,
    /// The line is complete and was handed out: the next read starts afresh.
    Complete,
    /// In a line that is too long.
    Skipping(RequestIdFinder),
    Ended,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(crate) fn new(reader: R, bound: usize) -> Self {
        Self {
            reader: BufReader::with_capacity(READ, reader),
            line: Vec::new(),
            bound,
            state: ReaderState::Reading,
            held_until: None,
        }
    }

    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    pub(crate) async fn next(&mut self) -> LineRead<'_> {
        if matches!(self.state, ReaderState::Complete) {
            self.line.clear();
            self.line.shrink_to(KEEP);
            self.state = ReaderState::Reading;
        }
        loop {
            if matches!(self.state, ReaderState::Ended) {
                return LineRead::End(&mut self.held_until);
            }
            let read = match self.reader.fill_buf().await {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(%error, "the input cannot be read any more");
                    &[]
                }
            };
            if read.is_empty() {
                match mem::replace(&mut self.state, ReaderState::Ended) {
                    ReaderState::Skipping(finder) => return LineRead::TooLong(finder.id()),
                    // A last line without its newline is a line all the same.
                    _ if !self.line.is_empty() => return LineRead::Line,
                    _ => continue,
                }
            }
            let newline = read.iter().position(|byte| *byte == b'\n');
            let taken = newline.map_or(read.len(), |at| at + 1);
            let piece = &read[..taken];
            match &mut self.state {
                ReaderState::Skipping(finder) => finder.read(piece),
                _ if self.line.len() + taken > self.bound => {
                    let mut finder = RequestIdFinder::default();
                    finder.read(&mem::take(&mut self.line));
                    finder.read(piece);
                    self.state = ReaderState::Skipping(finder);
                }
                _ => self.line.extend_from_slice(piece),
            }
            self.reader.consume(taken);
            if newline.is_some() {
                match mem::replace(&mut self.state, ReaderState::Complete) {
                    ReaderState::Skipping(finder) => return LineRead::TooLong(finder.id()),
                    _ => return LineRead::Line,
                }
            }
        }
    }
}
