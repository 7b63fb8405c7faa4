//! Documents that a call kept for its caller.

/// A document that is kept for one principal, as its caller is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// `souk://exports/…`; whoever else knows it cannot read it.
    pub uri: String,
    /// What its maker calls it: `coupons.csv`. For people; never a path.
    pub name: String,
    /// Its media type: `text/csv`.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// When it is removed. RFC 3339.
    pub expires_at: String,
    /// The tool that made it.
    pub tool: String,
    /// The store it was made from, by the operator's name for it.
    pub store: Option<String>,
}
