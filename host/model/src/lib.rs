//! The nouns every other crate of the host shares.
//!
//! This crate owns words and their invariants: what an [`Action`] is, what a [`Grant`] allows, who a
//! [`Principal`] is, what a [`Failure`] tells, how a text from outside is made [`visible`]. It must not know wasm, MCP, HTTP or SQLite, and it
//! decides nothing: deciding is `souk-policy`'s.
//!
//! ```
//! use souk_model::{Code, Failure, Route};
//!
//! let route: Route = "/V1/products/{sku}".parse().unwrap();
//! assert_eq!(route.parameters().collect::<Vec<_>>(), ["sku"]);
//!
//! let refused = Failure::new(Code::Forbidden, "`cache_flush` is above the ceiling `safe`")
//!     .remedy("start souk with --max-tier critical");
//! assert_eq!(refused.code_text(), "FORBIDDEN");
//! ```

mod access;
mod access_grant;
mod action;
mod actions;
mod address_range;
mod callers;
pub mod capabilities;
mod caps;
mod client;
mod connection_addresses;
mod content;
mod counted;
mod decimal;
mod details;
mod document;
mod failure;
mod json_bytes;
mod orientation;
pub mod plan;
mod plugin_manifest;
mod plugin_signer;
mod principal;
mod prompting;
mod purge;
mod request;
mod resource;
mod route;
mod session;
mod token_digest;
pub mod visible;

pub use access::{AccessTokens, RefusalKind, TokenRefusal};
pub use access_grant::AccessGrant;
pub use action::{Action, Bound, CommitTool, Effect, Group, InvalidName, Tier, TierRaise};
pub use actions::{
    Actions, CallFailure, CallUsage, Features, Progress, PromptRequest, ShownPlan, Tool, ToolCall,
    ToolHints, ToolResult,
};
pub use address_range::{AddressRange, InvalidAddressRange};
pub use callers::{Callers, InvalidCallers};
pub use capabilities::{Capabilities, Finding};
pub use caps::{Caps, InvalidCaps};
pub use client::{Client, Elicitation, ElicitationAnswer, LogLevel, NoAnswer};
pub use connection_addresses::ConnectionAddresses;
pub use content::{Audio, AudioType, ContentBlock, DocumentBlock, Image, ImageType};
pub use counted::counted;
pub use decimal::{Decimal, InvalidDecimal};
pub use details::{
    ActionDetails, Completion, CompletionQuery, CompletionSource, Extension, GroupDetails, Prompt,
    PromptArgument, ResourceTemplate,
};
pub use document::Document;
pub use failure::{Code, Failure, WaitingPlan};
pub use json_bytes::json_bytes;
pub use orientation::{LoginWay, Orientation};
pub use plan::{InvalidPointer, Pointer, PointerPattern};
pub use plugin_manifest::{
    ActionManifest, CommitManifest, GrantPower, InvalidManifestEffect, ManifestEffect,
    ManifestText, PluginManifest, short_digest,
};
pub use plugin_signer::PluginSigner;
pub use principal::Principal;
pub use prompting::{
    CompletionRequest, CompletionTarget, PromptInfo, PromptMessage, PromptParameter, PromptRole,
    Suggestions,
};
pub use purge::PurgeTarget;
pub use request::{Binding, BindingSource, Read, StoreView};
pub use resource::{Resource, ResourceBody, ResourceChange, ResourceContents, ResourceFamily};
pub use route::{Grant, InvalidRoute, Method, Route, WriteMethod};
pub use session::{AuthMethod, SessionInfo};
pub use token_digest::TokenDigest;

/// Text that must never be printed: a password, a token, a key.
///
/// `Debug` shows a placeholder, and there is neither `Display` nor `Serialize`, so a logger that
/// forgets cannot leak it. The memory is wiped on drop.
pub use secrecy::SecretString as Secret;

/// Reads a [`Secret`], at the one place where it is used.
pub use secrecy::ExposeSecret;
