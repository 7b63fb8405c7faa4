//! The catalogue that is part of the program, and an operator's entries beside it.

use std::sync::LazyLock;

use serde_json::Value;

use super::catalogue::WriteCatalogue;
use super::file::{self, InvalidCatalogue};

static SHIPPED: LazyLock<WriteCatalogue> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "it is part of the program, and a test reads it")]
    file::parse_shipped().expect("the shipped catalogue is right")
});

impl WriteCatalogue {
    /// The catalogue that is part of the program: the writes of Magento's own API, and of the cache.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// This catalogue with an operator's entries, the `[[routes]]` of a `souk.toml`. One that names a
    /// route of this catalogue can only tighten it.
    ///
    /// # Errors
    /// Which entry is wrong and why, for people.
    pub fn with_operator_routes(&self, routes: &[Value]) -> Result<Self, InvalidCatalogue> {
        file::with_operator_routes(self.clone(), routes)
    }
}
