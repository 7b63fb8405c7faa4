//! What stands around each page of somebody who has signed in.

use crate::access::sessions::PersonSession;

/// Where the links at the top lead, and who is signed in.
pub(super) struct Layout {
    /// What every address of this tab begins with.
    pub(super) base: String,
    pub(super) person: String,
    /// Of the button that signs out.
    pub(super) sign_out_code: String,
    /// Which link is of this page.
    pub(super) here: &'static str,
}

impl Layout {
    pub(super) fn of(session: &PersonSession, here: &'static str) -> Self {
        Self {
            base: session.url(""),
            person: session.person.name.clone(),
            sign_out_code: session.code("/sign-out"),
            here,
        }
    }
}
