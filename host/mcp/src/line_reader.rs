//! Reads lines of bounded length.

use std::mem;

use rmcp::model::RequestId;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::Instant;

use crate::id::IdFinder;

/// A read takes at most this much at once.
const READ: usize = 64 * 1024;

/// A line's buffer that has grown beyond this is given back once the line is read.
const KEEP: usize = 1024 * 1024;

/// What reading came to.
pub(crate) enum Read<'a> {
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
    state: State,
    held_until: Option<Instant>,
}

enum State {
    Reading,
    /// The line is complete and was handed out: the next read starts afresh.
    Complete,
    /// In a line that is too long.
    Skipping(IdFinder),
    Ended,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(crate) fn new(reader: R, bound: usize) -> Self {
        Self {
            reader: BufReader::with_capacity(READ, reader),
            line: Vec::new(),
            bound,
            state: State::Reading,
            held_until: None,
        }
    }

    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    pub(crate) async fn next(&mut self) -> Read<'_> {
        if matches!(self.state, State::Complete) {
            self.line.clear();
            self.line.shrink_to(KEEP);
            self.state = State::Reading;
        }
        loop {
            if matches!(self.state, State::Ended) {
                return Read::End(&mut self.held_until);
            }
            let read = match self.reader.fill_buf().await {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(%error, "the input cannot be read any more");
                    &[]
                }
            };
            if read.is_empty() {
                match mem::replace(&mut self.state, State::Ended) {
                    State::Skipping(finder) => return Read::TooLong(finder.id()),
                    // A last line without its newline is a line all the same.
                    _ if !self.line.is_empty() => return Read::Line,
                    _ => continue,
                }
            }
            let newline = read.iter().position(|byte| *byte == b'\n');
            let taken = newline.map_or(read.len(), |at| at + 1);
            let piece = &read[..taken];
            match &mut self.state {
                State::Skipping(finder) => finder.read(piece),
                _ if self.line.len() + taken > self.bound => {
                    let mut finder = IdFinder::default();
                    finder.read(&mem::take(&mut self.line));
                    finder.read(piece);
                    self.state = State::Skipping(finder);
                }
                _ => self.line.extend_from_slice(piece),
            }
            self.reader.consume(taken);
            if newline.is_some() {
                match mem::replace(&mut self.state, State::Complete) {
                    State::Skipping(finder) => return Read::TooLong(finder.id()),
                    _ => return Read::Line,
                }
            }
        }
    }
}
