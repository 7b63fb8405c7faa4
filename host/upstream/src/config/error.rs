//! Why a configuration cannot be used.

/// Why a store cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// An address of the store is not one.
    #[error("`{url}` cannot be the {setting} of store `{store}`: {why}")]
    Address {
        /// The store, by the operator's name for it.
        store: String,
        /// `base_url` or `signing_base_url`.
        setting: &'static str,
        /// The address, without user name and password.
        url: String,
        /// What is wrong with it, and which one is meant.
        why: String,
    },
    /// A limit that would let nothing through.
    #[error("`{limit}` of store `{store}` may not be zero")]
    Limit {
        /// The store, by the operator's name for it.
        store: String,
        /// The limit's key.
        limit: &'static str,
    },
    /// How the store is reached makes no sense: its proxy, its authorities, its headers.
    #[error("the {setting} of store `{store}`: {why}")]
    Connection {
        /// The store, by the operator's name for it.
        store: String,
        /// The setting's key.
        setting: &'static str,
        /// What is wrong, without anything secret.
        why: String,
    },
    /// What is said of the cache before the store makes no sense.
    #[error("the cache before store `{store}`: {why}")]
    Cdn {
        /// The store, by the operator's name for it.
        store: String,
        /// What is wrong, and what to set.
        why: String,
    },
}
