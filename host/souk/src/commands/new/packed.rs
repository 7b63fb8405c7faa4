//! What is packed into the program for whoever makes plugins: see `build.rs`.

/// A file of a table.
pub(super) struct PackedFile {
    /// Where it stands, below the table's own directory; with `/` between names.
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/packed_files.rs"));

/// The file of a table that has this path.
pub(super) fn find(table: &[PackedFile], path: &str) -> Option<&'static str> {
    table.iter().find(|file| file.path == path).map(|file| file.text)
}
