//! The signature beside a plugin's file: `NAME.wasm.minisig`.

use std::fmt;
use std::path::{Path, PathBuf};

use souk_model::PluginSigner;

/// What stands after the name of the file that is signed.
const ENDING: &str = ".minisig";

/// By whom a file is signed, as far as that is known. A signature that is wrong is not among these: its
/// file is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PluginSignature {
    /// There is none.
    #[default]
    None,
    /// By a key that the operator does not list, so that nothing of it is verified.
    Unlisted {
        /// The id that it names.
        id: String,
    },
    /// By a key that the operator lists: it was verified over the very bytes that were loaded.
    Listed {
        /// Whose.
        signer: PluginSigner,
        /// What the signer said with it, in one line and visible; not known of a version that is
        /// loaded from what is kept.
        comment: Option<String>,
    },
}

impl PluginSignature {
    /// That of a version as the record of approvals has it.
    pub(crate) fn recorded(signer: Option<PluginSigner>) -> Self {
        signer.map_or(Self::None, |signer| Self::Listed { signer, comment: None })
    }

    /// Whose it is, where that is verified.
    #[must_use]
    pub const fn signer(&self) -> Option<&PluginSigner> {
        match self {
            Self::Listed { signer, .. } => Some(signer),
            Self::None | Self::Unlisted { .. } => None,
        }
    }
}

/// For people: nothing where there is none.
impl fmt::Display for PluginSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Unlisted { id } => {
                write!(f, "signed by key {id}, which `plugins.keys` does not list")
            }
            Self::Listed { signer, .. } => write!(f, "signed by {signer}"),
        }
    }
}

/// The path of the signature of a file.
pub(super) fn signature_path(wasm: &Path) -> PathBuf {
    let mut path = wasm.as_os_str().to_owned();
    path.push(ENDING);
    path.into()
}
