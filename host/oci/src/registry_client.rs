//! A registry, asked by the library that `wkg` asks it by, within bounds that the library has not.
//!
//! Credentials go to the registry, by the service of tokens that it names, and nowhere else: the library
//! leaves them out where a redirect or an upload leads to another host, port or scheme. Plain HTTP goes to
//! this machine's own registries alone, also where one leads on ([`PlainHttpGuard`]). No proxy is taken
//! from the environment, as for stores. What comes is bounded in time and size, and each digest is computed
//! of it.

use std::time::Duration;

use futures::StreamExt;
use http::HeaderValue;
use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::manifest::OCI_IMAGE_MEDIA_TYPE;
use oci_client::secrets::RegistryAuth;

use crate::artifact::{ArtifactManifest, PluginArtifact, sha256};
use crate::credentials::RegistryCredentials;
use crate::memory_bound;
use crate::plain_http_guard::PlainHttpGuard;
use crate::reference::OciReference;
use crate::registry_error::{OciError, RequestFailure};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a manifest may take, with everything before it: where to log in, a token.
const SHORT: Duration = Duration::from_secs(60);
/// How long a file may take.
const LONG: Duration = Duration::from_secs(900);
/// The largest manifest that is taken, in bytes: what every registry takes.
const MAX_MANIFEST: usize = 4 << 20;
/// What answers may take of memory, all in all, beside a file: some of the largest manifests.
const MAX_ANSWERS: u64 = 64 << 20;

/// How large a file may be.
#[derive(Debug, Clone)]
pub struct FileLimit {
    /// Bytes.
    pub bytes: u64,
    /// The setting that says so, for people.
    pub setting: String,
}

/// A registry, for what lies at one reference or beside it.
pub struct OciRegistry {
    client: Client,
    auth: RegistryAuth,
    guard: PlainHttpGuard,
}

impl OciRegistry {
    /// A registry; nothing is asked yet.
    ///
    /// # Errors
    /// No client can be built, as without readable certificates.
    pub async fn open(
        reference: &OciReference,
        credentials: RegistryCredentials,
    ) -> Result<Self, OciError> {
        let auth = credentials.into_inner();
        let failed = |why: String| OciError::of(reference, false, RequestFailure::Answer(why));
        let guard = PlainHttpGuard::start(reference.is_local()).await.map_err(|error| {
            failed(format!("nothing can listen on this machine, which is needed: {error}"))
        })?;
        // The only provider this program is built with. Elsewhere it may be installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = reference.is_local().then(|| reference.asked_registry().to_owned());
        let config = ClientConfig {
            protocol: ClientProtocol::HttpsExcept(plain.into_iter().collect()),
            platform_resolver: None,
            read_timeout: Some(SILENCE),
            connect_timeout: Some(CONNECT),
            user_agent: concat!("souk/", env!("CARGO_PKG_VERSION")),
            http_proxy: Some(guard.proxy()),
            no_proxy: PlainHttpGuard::exceptions(reference.is_local()),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config)
            .map_err(|error| failed(format!("no HTTP client can be built: {error}")))?;
        Ok(Self { client, auth, guard })
    }

    /// The manifest that lies there now. Where the reference names a digest, it is that one.
    ///
    /// # Errors
    /// It cannot be had, its bytes are not of the digest that was asked for, or it is not of a plugin.
    pub async fn manifest(&self, reference: &OciReference) -> Result<ArtifactManifest, OciError> {
        let kinds = [OCI_IMAGE_MEDIA_TYPE];
        let pulling = self.client.pull_manifest_raw(reference.inner(), &self.auth, &kinds);
        let (bytes, _) = self.within(reference, SHORT, MAX_ANSWERS, pulling).await?;
        if bytes.len() > MAX_MANIFEST {
            let why = format!("its manifest has more than {MAX_MANIFEST} bytes");
            return Err(self.refused(reference, why));
        }
        let manifest =
            ArtifactManifest::read(&bytes).map_err(|why| self.refused(reference, why))?;
        if let Some(digest) = reference.digest().filter(|digest| **digest != *manifest.digest) {
            let why = format!("the registry sent `{}`, in place of `{digest}`", manifest.digest);
            return Err(self.refused(reference, why));
        }
        Ok(manifest)
    }

    /// The file that a manifest of this repository names.
    ///
    /// # Errors
    /// It cannot be had, is larger than may be, or is not what the manifest says.
    pub async fn file(
        &self,
        reference: &OciReference,
        manifest: &ArtifactManifest,
        limit: &FileLimit,
    ) -> Result<Vec<u8>, OciError> {
        let ArtifactManifest { file_bytes, file_digest, .. } = manifest;
        let FileLimit { bytes: most, setting } = limit;
        if file_bytes > most {
            let why = format!("its file has {file_bytes} bytes, more than {most} ({setting})");
            return Err(self.refused(reference, why));
        }
        // The library keeps credentials by registry: it has to be told of them before a file is asked for.
        self.client.store_auth_if_needed(reference.asked_registry(), &self.auth).await;
        let pulling = self.read_file(reference, manifest.layer(), *file_bytes);
        let most = MAX_ANSWERS.saturating_add(file_bytes.saturating_mul(2));
        let bytes = self.within(reference, LONG, most, pulling).await?;
        let bytes = bytes.map_err(|why| self.refused(reference, why))?;
        if sha256(&bytes) != *file_digest {
            let why = "the registry sent another file than its manifest names".to_owned();
            return Err(self.refused(reference, why));
        }
        Ok(bytes)
    }

    /// Reads a file to its end, which has to be where its manifest says.
    async fn read_file(
        &self,
        reference: &OciReference,
        layer: String,
        file_bytes: u64,
    ) -> Result<Result<Vec<u8>, String>, OciDistributionError> {
        let mut stream = self.client.pull_blob_stream(reference.inner(), &*layer).await?.stream;
        let mut bytes = Vec::new();
        while let Some(part) = stream.next().await {
            bytes.extend_from_slice(&part?);
            if bytes.len() as u64 > file_bytes {
                return Ok(Err(format!(
                    "the registry sends more than the {file_bytes} bytes that its manifest names"
                )));
            }
        }
        if (bytes.len() as u64) < file_bytes {
            let count = bytes.len();
            return Ok(Err(format!(
                "the registry sent {count} of the {file_bytes} bytes that its manifest names"
            )));
        }
        Ok(Ok(bytes))
    }

    /// Pushes a plugin as `wkg` does. The digest of its manifest, which is the same each time.
    ///
    /// # Errors
    /// It is no component, or the registry does not take it.
    pub async fn push(
        &self,
        reference: &OciReference,
        artifact: PluginArtifact,
    ) -> Result<String, OciError> {
        let packed = artifact.pack().map_err(|why| self.refused(reference, why))?;
        let (digest, size) = (packed.digest.clone(), packed.layer.data.len() as u64);
        let pushing = async {
            let at = reference.inner();
            self.client.store_auth_if_needed(reference.asked_registry(), &self.auth).await;
            let [layer, config] = &packed.blob_digests;
            self.client.push_blob(at, packed.layer.data, layer).await?;
            self.client.push_blob(at, packed.config.data, config).await?;
            let kind = HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
            self.client.push_manifest_raw(at, packed.manifest, kind).await
        };
        self.within(reference, LONG, MAX_ANSWERS.saturating_add(size), pushing).await?;
        Ok(digest)
    }

    /// Does this within its time and room. Where the registry led to plain HTTP meanwhile, that is what
    /// went wrong.
    async fn within<T>(
        &self,
        reference: &OciReference,
        limit: Duration,
        most: u64,
        work: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, OciError> {
        let bounded = tokio::time::timeout(limit, memory_bound::within(most, work)).await;
        let failure = match bounded {
            Ok(Some(Ok(done))) => return Ok(done),
            Ok(Some(Err(error))) => RequestFailure::Library(error),
            Ok(None) => RequestFailure::TooMuch(most),
            Err(_) => RequestFailure::TooSlow(limit),
        };
        let failure = self.guard.refused().map_or(failure, RequestFailure::PlainHttp);
        Err(OciError::of(reference, self.auth != RegistryAuth::Anonymous, failure))
    }

    fn refused(&self, reference: &OciReference, why: String) -> OciError {
        let was_known = self.auth != RegistryAuth::Anonymous;
        OciError::of(reference, was_known, RequestFailure::Answer(why))
    }
}
