//! What docker keeps of credentials: its configuration file, and the programs that it names.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::secrets::RegistryAuth;
use tokio::sync::oneshot;

use crate::reference::OciReference;

/// How long a program that keeps credentials may take: it may have to ask a person.
const HELPER: Duration = Duration::from_secs(60);
/// What such a program says that has none for a registry, in whatever words around it.
const NONE_KEPT: &str = "credentials not found";
/// The name under which docker keeps what is for its own registry.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What a registry is told of who asks. It is shown by nothing.
#[derive(Clone)]
pub struct RegistryCredentials(RegistryAuth);

/// Why credentials cannot be had. It quotes nothing of them.
#[derive(Debug, thiserror::Error)]
#[error("the credentials for `{registry}` cannot be had from `{file}`: {why}")]
pub struct CredentialsError {
    registry: String,
    file: String,
    why: String,
}

impl RegistryCredentials {
    /// None.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self(RegistryAuth::Anonymous)
    }

    /// What docker's configuration file has for a registry, or the program that it names for it
    /// (`docker-credential-…`); none where neither has any. `file` is what errors call it.
    ///
    /// # Errors
    /// The file is no configuration of docker's, its program fails, or what is kept is of a kind that is
    /// not taken.
    pub async fn from_docker_config(
        config: Vec<u8>,
        file: &Path,
        reference: &OciReference,
    ) -> Result<Self, CredentialsError> {
        let registry = match reference.asked_registry() {
            "index.docker.io" => DOCKER_HUB.to_owned(),
            other => other.to_owned(),
        };
        let failed = |why: String| CredentialsError {
            registry: registry.clone(),
            file: file.display().to_string(),
            why,
        };
        let (send, receive) = oneshot::channel();
        let asked = registry.clone();
        // A thread of its own, and none of the runtime's: a program that hangs would keep that from
        // ending.
        std::thread::spawn(move || {
            let found = docker_credential::get_credential_from_reader(config.as_slice(), &asked);
            let _ = send.send(found);
        });
        match tokio::time::timeout(HELPER, receive).await {
            Ok(Ok(found)) => credentials(found).map(Self).map_err(failed),
            Ok(Err(_)) => Err(failed("its entry cannot be read".to_owned())),
            Err(_) => {
                let seconds = HELPER.as_secs();
                Err(failed(format!("its credential helper took more than {seconds} seconds")))
            }
        }
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.0 == RegistryAuth::Anonymous
    }

    pub(crate) fn into_inner(self) -> RegistryAuth {
        self.0
    }
}

impl fmt::Debug for RegistryCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistryCredentials([REDACTED])")
    }
}

/// What follows from what was found. Why nothing does, without a word of what is kept: a helper may
/// write a password where it fails.
fn credentials(
    found: Result<DockerCredential, CredentialRetrievalError>,
) -> Result<RegistryAuth, String> {
    let why = match found {
        Ok(DockerCredential::UsernamePassword(name, password)) => {
            return Ok(RegistryAuth::Basic(name, password));
        }
        Err(CredentialRetrievalError::NoCredentialConfigured) => {
            return Ok(RegistryAuth::Anonymous);
        }
        Err(CredentialRetrievalError::HelperFailure { stdout, stderr, .. })
            if [&stdout, &stderr].iter().any(|said| said.contains(NONE_KEPT)) =>
        {
            return Ok(RegistryAuth::Anonymous);
        }
        Ok(DockerCredential::IdentityToken(_)) => {
            "an identity token is kept, and only a name with a password or an access token is \
             taken; log in with `docker login -u NAME`"
        }
        Err(CredentialRetrievalError::HelperFailure { helper, .. }) => {
            return Err(format!("`{helper}` failed; run it by hand, to see what it says"));
        }
        Err(CredentialRetrievalError::HelperCommunicationError) => {
            "the credential helper that it names (`credHelpers`, `credsStore`) cannot be asked; is it \
             on the PATH?"
        }
        Err(CredentialRetrievalError::MalformedHelperResponse) => {
            "its credential helper answers what is no credential"
        }
        Err(CredentialRetrievalError::CredentialDecodingError) => {
            "its `auth` is not the Base64 of `NAME:PASSWORD`"
        }
        Err(CredentialRetrievalError::CredentialMismatchError) => {
            "its `auth` says another than its `username` and `password`"
        }
        Err(
            CredentialRetrievalError::ConfigReadError | CredentialRetrievalError::ConfigNotFound,
        ) => "it is no configuration of docker's",
    };
    Err(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(config: &str, reference: &str) -> Result<RegistryAuth, String> {
        let reference = reference.parse().unwrap();
        let file = Path::new("config.json");
        RegistryCredentials::from_docker_config(config.into(), file, &reference)
            .await
            .map(RegistryCredentials::into_inner)
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn what_docker_login_writes_is_found_for_its_registry_and_for_no_other() {
        // `me:secret:with colon`
        let config = r#"{"auths": {
            "127.0.0.1:5000": {"auth": "bWU6c2VjcmV0OndpdGggY29sb24="},
            "https://index.docker.io/v1/": {"username": "hub", "password": "another"},
            "empty.example": {}
        }}"#;
        let basic =
            |name: &str, password: &str| Ok(RegistryAuth::Basic(name.into(), password.into()));
        assert_eq!(
            kept(config, "oci://127.0.0.1:5000/greet").await,
            basic("me", "secret:with colon")
        );
        assert_eq!(kept(config, "oci://docker.io/you/greet").await, basic("hub", "another"));
        for none in
            ["oci://127.0.0.1:5001/greet", "oci://127.0.0.1/greet", "oci://empty.example/greet"]
        {
            assert_eq!(kept(config, none).await, Ok(RegistryAuth::Anonymous), "{none}");
        }
        assert_eq!(kept("{}", "oci://ghcr.io/greet").await, Ok(RegistryAuth::Anonymous));
    }

    #[tokio::test]
    async fn what_cannot_be_taken_is_told_without_a_word_of_it() {
        let of = |entry: &str| format!(r#"{{"auths": {{"ghcr.io": {entry}}}}}"#);
        for (config, why) in [
            ("secret".to_owned(), "no configuration of docker's"),
            (of(r#"{"auth": "c2VjcmV0"}"#), "not the Base64"),
            (of(r#"{"identitytoken": "secret"}"#), "an identity token is kept"),
            (
                of(r#"{"auth": "bWU6c2VjcmV0", "username": "you", "password": "secret"}"#),
                "says another",
            ),
            (r#"{"credsStore": "there-is-none-secret"}"#.to_owned(), "cannot be asked"),
        ] {
            let error = kept(&config, "oci://ghcr.io/greet").await.unwrap_err();
            assert!(error.contains(why) && error.contains("`config.json`"), "{error}");
            assert!(!error.contains("secret") && !error.contains("c2VjcmV0"), "{error}");
        }
    }

    #[test]
    fn what_a_helper_says_is_not_repeated() {
        let failure = |stdout: &str| CredentialRetrievalError::HelperFailure {
            helper: "docker-credential-x".into(),
            stdout: stdout.into(),
            stderr: "secret".into(),
        };
        let none = credentials(Err(failure("credentials not found in native keychain")));
        assert_eq!(none, Ok(RegistryAuth::Anonymous));
        let failed = credentials(Err(failure("my secret"))).unwrap_err();
        assert!(failed.contains("docker-credential-x") && !failed.contains("secret"), "{failed}");
        let shown =
            format!("{:?}", RegistryCredentials(RegistryAuth::Basic("me".into(), "secret".into())));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
