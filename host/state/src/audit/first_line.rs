//! When a file was begun: by its first line, which is as old as whoever wrote it says with the key.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use jiff::Timestamp;
use serde::Deserialize;

use super::chain_head::REACH;
use super::key::TrailKey;
use super::line::SealedLine;

/// What is read first: mostly the whole line.
const FIRST_READ: u64 = 4 << 10;

/// The first line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstLine {
    /// There is none, or not yet a whole one.
    None,
    /// When its event happened.
    Of(Timestamp),
    /// It is no line that this key sealed.
    Foreign,
}

/// What a line of any kind says.
#[derive(Deserialize)]
struct LineTime {
    at: Timestamp,
}

/// Reads the first line of a file.
///
/// # Errors
/// It cannot be read.
pub(super) fn read_first_line(file: &File, key: &TrailKey) -> io::Result<FirstLine> {
    let len = file.metadata()?.len();
    let mut reach = FIRST_READ.min(len);
    loop {
        let mut bytes = vec![0; usize::try_from(reach).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, 0)?;
        if let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            return Ok(sealed_at(&bytes[..end], key).map_or(FirstLine::Foreign, FirstLine::Of));
        }
        if reach == len {
            // A whole line may lack nothing but its newline.
            return Ok(sealed_at(&bytes, key).map_or(FirstLine::None, FirstLine::Of));
        }
        if reach == REACH {
            return Ok(FirstLine::Foreign);
        }
        reach = (reach * 4).min(REACH).min(len);
    }
}

fn sealed_at(line: &[u8], key: &TrailKey) -> Option<Timestamp> {
    let sealed = SealedLine::parse(line).filter(SealedLine::is_intact)?;
    let mac = sealed.seal.mac?;
    let is_own = key.has_sealed(&sealed.seal.position.hash, &mac);
    is_own.then(|| sealed.record::<LineTime>().ok()).flatten().map(|line| line.at)
}
