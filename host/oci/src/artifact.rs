//! What a plugin is in a registry: a manifest, a small document, and the file as the only layer.

use std::collections::BTreeMap;

use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde::Serialize;
use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};

use crate::reference::is_sha256;

/// The kind of the layer.
const WASM: &str = "application/wasm";
/// The kind of the document beside it.
const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// When the document says it was made. A time of its own would give the same file another digest each
/// time it is pushed.
const CREATED: &str = "1970-01-01T00:00:00Z";
/// Under this name a manifest has the minisign signature over its file, whole. There is no convention
/// for these; readers leave out what they do not know.
const MINISIG: &str = "io.github.souk-mcp.minisig";
/// The longest signature that is taken, in bytes: as long as one beside a file may be.
const MAX_MINISIG: usize = 16 << 10;
/// The largest document beside a file that a manifest may announce, in bytes. It is not read.
const MAX_CONFIG: i64 = 1 << 20;

/// What a manifest says of a plugin's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactManifest {
    /// The digest of the manifest itself, computed of what came: `sha256:…`.
    pub digest: String,
    /// The SHA-256 of the file, in lower-case hex.
    pub file_digest: String,
    /// How many bytes the file has, as the manifest says.
    pub file_bytes: u64,
    /// The minisign signature over the file that came with it, if one did. Nobody has verified it.
    pub signature: Option<String>,
}

impl ArtifactManifest {
    /// Reads a manifest, of which the digest is computed here.
    ///
    /// # Errors
    /// It is not of a plugin as `wkg` writes it. For people.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let manifest: OciImageManifest = serde_json::from_slice(bytes)
            .map_err(|error| format!("its manifest cannot be read: {error}"))?;
        if let Some(kind) = manifest.media_type.filter(|kind| kind != OCI_IMAGE_MEDIA_TYPE) {
            return Err(format!("its manifest is of the kind `{kind}`"));
        }
        let config = &manifest.config;
        if config.media_type != WASM_CONFIG || config.size > MAX_CONFIG {
            return Err(format!(
                "what lies there is no WebAssembly: it is described by `{}`, not by `{WASM_CONFIG}`",
                config.media_type
            ));
        }
        let [layer] = manifest.layers.as_slice() else {
            let count = manifest.layers.len();
            return Err(format!("it has {count} layers, and a plugin has one, its file"));
        };
        if layer.media_type != WASM {
            return Err(format!("its layer is of the kind `{}`, not `{WASM}`", layer.media_type));
        }
        let signature = manifest.annotations.and_then(|mut all| all.remove(MINISIG));
        if signature.as_ref().is_some_and(|signature| signature.len() > MAX_MINISIG) {
            return Err(format!("its signature has more than {MAX_MINISIG} bytes"));
        }
        Ok(Self {
            digest: format!("sha256:{}", sha256(bytes)),
            file_digest: file_digest(layer)?,
            file_bytes: u64::try_from(layer.size).map_err(|_| "its layer has no size")?,
            signature,
        })
    }

    /// The digest of its layer, as registries write it.
    pub(crate) fn layer(&self) -> String {
        format!("sha256:{}", self.file_digest)
    }
}

fn file_digest(layer: &OciDescriptor) -> Result<String, String> {
    if !is_sha256(&layer.digest) {
        return Err(format!("the digest of its layer is no SHA-256: `{}`", layer.digest));
    }
    Ok(layer.digest.trim_start_matches("sha256:").to_owned())
}

/// A plugin that is to be pushed.
#[derive(Debug, Clone)]
pub struct PluginArtifact {
    /// The component.
    pub wasm: Vec<u8>,
    /// The name of its file, for those who pull it by other tools.
    pub file: String,
    /// The name of its group.
    pub title: String,
    /// The version that it gives itself.
    pub version: String,
    /// The minisign signature over it, if there is one.
    pub signature: Option<String>,
}

/// A plugin as it is pushed.
pub(crate) struct PackedArtifact {
    pub(crate) layer: ImageLayer,
    pub(crate) config: Config,
    /// The manifest as it is sent, and with it its digest.
    pub(crate) manifest: Vec<u8>,
    pub(crate) digest: String,
    /// Of layer and document, in this order.
    pub(crate) blob_digests: [String; 2],
}

impl PluginArtifact {
    /// Packs it as `wkg` does, and the same each time.
    ///
    /// # Errors
    /// It is no component, or its signature is too long. For people.
    pub(crate) fn pack(self) -> Result<PackedArtifact, String> {
        let Self { wasm, file, title, version, signature } = self;
        if signature.as_ref().is_some_and(|signature| signature.len() > MAX_MINISIG) {
            return Err(format!("its signature has more than {MAX_MINISIG} bytes"));
        }
        let document = WasmDocument {
            created: CREATED,
            author: None,
            architecture: "wasm",
            os: "wasip2",
            layer_digests: [format!("sha256:{}", sha256(&wasm))],
            component: ComponentDocument::of(&wasm)?,
        };
        let unwritten = |error: serde_json::Error| error.to_string();
        let config = serde_json::to_vec(&document).map_err(unwritten)?;
        let config = Config::new(config, WASM_CONFIG.to_owned(), None);
        let titled = |text: String| {
            (oci_client::annotations::ORG_OPENCONTAINERS_IMAGE_TITLE.to_owned(), text)
        };
        let layer = ImageLayer::new(wasm, WASM.to_owned(), Some(BTreeMap::from([titled(file)])));
        let versioned = oci_client::annotations::ORG_OPENCONTAINERS_IMAGE_VERSION.to_owned();
        let mut annotations = BTreeMap::from([titled(title), (versioned, version)]);
        annotations.extend(signature.map(|signature| (MINISIG.to_owned(), signature)));
        let mut manifest =
            OciImageManifest::build(std::slice::from_ref(&layer), &config, Some(annotations));
        manifest.media_type = Some(OCI_IMAGE_MEDIA_TYPE.to_owned());
        let blob_digests = [manifest.layers[0].digest.clone(), manifest.config.digest.clone()];
        let manifest = serde_json::to_vec(&manifest).map_err(unwritten)?;
        let digest = format!("sha256:{}", sha256(&manifest));
        Ok(PackedArtifact { layer, config, manifest, digest, blob_digests })
    }
}

/// The document that lies beside a component, as the CNCF's guidance for WebAssembly has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WasmDocument {
    created: &'static str,
    author: Option<String>,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [String; 1],
    component: ComponentDocument,
}

/// What a component imports and exports.
#[derive(Serialize, Debug, PartialEq, Eq)]
struct ComponentDocument {
    exports: Vec<String>,
    imports: Vec<String>,
    target: Option<String>,
}

impl ComponentDocument {
    /// Read off a component's own sections, not off those of what it is made of.
    fn of(wasm: &[u8]) -> Result<Self, String> {
        let wrong = |error: wasmparser::BinaryReaderError| format!("it is no component: {error}");
        if !Parser::is_component(wasm) {
            return Err("it is no component".to_owned());
        }
        let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0_usize);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(wrong)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        imports.push(import.map_err(wrong)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        exports.push(export.map_err(wrong)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(Self { exports, imports, target: None })
    }
}

/// The SHA-256 of bytes, in lower-case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component that has nothing in it.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn artifact() -> PluginArtifact {
        PluginArtifact {
            wasm: EMPTY.to_vec(),
            file: "greet.wasm".into(),
            title: "greet".into(),
            version: "1.0.0".into(),
            signature: Some("untrusted comment: x".into()),
        }
    }

    #[test]
    fn what_is_packed_is_read_again_and_is_the_same_each_time() {
        let packed = artifact().pack().unwrap();
        assert_eq!(artifact().pack().unwrap().digest, packed.digest);
        let read = ArtifactManifest::read(&packed.manifest).unwrap();
        assert_eq!(read.digest, packed.digest);
        assert_eq!(read.file_digest, sha256(EMPTY));
        assert_eq!((read.file_bytes, read.layer()), (8, packed.blob_digests[0].clone()));
        assert_eq!(read.signature.as_deref(), Some("untrusted comment: x"));
        let config: serde_json::Value = serde_json::from_slice(&packed.config.data).unwrap();
        assert_eq!(config["layerDigests"][0], read.layer());
        assert_eq!((&config["os"], &config["architecture"]), (&"wasip2".into(), &"wasm".into()));
        assert!(PluginArtifact { wasm: b"(module)".to_vec(), ..artifact() }.pack().is_err());
    }

    #[test]
    fn what_is_not_as_wkg_writes_it_is_refused_with_the_reason() {
        let packed = artifact().pack().unwrap();
        let text = String::from_utf8(packed.manifest).unwrap();
        let twice = |text: &str| {
            let mut manifest: serde_json::Value = serde_json::from_str(text).unwrap();
            let layer = manifest["layers"][0].clone();
            manifest["layers"].as_array_mut().unwrap().push(layer);
            manifest.to_string()
        };
        for (wrong, why) in [
            ("{}".to_owned(), "cannot be read"),
            (
                text.replace(WASM_CONFIG, "application/vnd.oci.image.config.v1+json"),
                "no WebAssembly",
            ),
            (text.replace("\"application/wasm\"", "\"application/x-tar\""), "`application/x-tar`"),
            (
                text.replace(OCI_IMAGE_MEDIA_TYPE, "application/vnd.oci.image.index.v1+json"),
                "of the kind",
            ),
            (text.replace("\"size\":8", "\"size\":-8"), "no size"),
            (text.replace(&sha256(EMPTY), &sha256(EMPTY).to_uppercase()), "no SHA-256"),
            (text.replace("untrusted", &"x".repeat(MAX_MINISIG)), "its signature has more"),
            (twice(&text), "2 layers"),
        ] {
            assert_ne!(wrong, text, "{why}");
            let error = ArtifactManifest::read(wrong.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
