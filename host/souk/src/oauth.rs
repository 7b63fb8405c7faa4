//! From the settings to whom an authorization server vouches for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;
use souk_model::AccessTokens;
use souk_oauth::{OauthConfig, OauthVerifier};
use souk_upstream::plain_client;
use url::Url;

use crate::caller_roles::check_known;
use crate::settings::resolved::ResolvedSettings;

/// Where MCP is served below the address that clients know.
const ENDPOINT: &str = "/mcp";

/// Whether there is an authorization server.
pub(crate) fn is_configured(settings: &ResolvedSettings) -> bool {
    settings.text("oauth.issuer").is_some()
}

/// The roles that scopes stand for.
///
/// # Errors
/// One that is nowhere defined.
pub(crate) fn scopes(settings: &ResolvedSettings) -> anyhow::Result<Vec<(String, Vec<String>)>> {
    let known = settings.names("roles");
    let mut scopes = Vec::new();
    for (scope, given) in settings.named("oauth.scopes.NAME") {
        let roles = given.value.as_array().into_iter().flatten().filter_map(Value::as_str);
        let roles: Vec<String> = roles.map(str::to_owned).collect();
        for role in &roles {
            check_known(&given.key, role, &known)?;
        }
        // They are put into a header with spaces between.
        let is_fit = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if scope.is_empty() || !scope.bytes().all(is_fit) {
            bail!("`{}`: `{scope}` cannot be a scope", given.key);
        }
        scopes.push((scope.to_owned(), roles));
    }
    Ok(scopes)
}

/// What is said of the authorization server; none where there is none.
///
/// # Errors
/// What is missing.
pub(crate) fn config(settings: &ResolvedSettings) -> anyhow::Result<Option<OauthConfig>> {
    let Some(issuer) = settings.text("oauth.issuer") else { return Ok(None) };
    let list = |key: &str| -> Vec<String> {
        let value = settings.value(key).unwrap_or_default();
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let mut audiences = list("oauth.audience");
    if audiences.is_empty() {
        let public = settings.text("http.public_url").ok_or_else(|| {
            anyhow!(
                "`oauth.issuer`: say what its tokens are for, by `http.public_url` or `oauth.audience`; \
                 else one that was made for another server would do here"
            )
        })?;
        audiences.push(format!("{}{ENDPOINT}", public.trim_end_matches('/')));
    }
    let keys = settings.text("oauth.jwks_url").map(|url| Url::parse(&url)).transpose();
    Ok(Some(OauthConfig {
        issuer,
        audiences,
        algorithms: list("oauth.algorithms"),
        keys: keys.context("`oauth.jwks_url`")?,
        subject_claim: settings.text("oauth.subject_claim").unwrap_or_default(),
        first_scopes: list("oauth.first_scopes"),
        keys_pause: Duration::from_secs(settings.size("oauth.keys_pause_s") as u64),
    }))
}

/// What is wrong with that, as far as that can be told without asking anybody.
///
/// # Errors
/// It.
pub(crate) fn check(settings: &ResolvedSettings) -> anyhow::Result<()> {
    let Some(config) = config(settings)? else { return Ok(()) };
    souk_oauth::check_config(&config).map_err(|error| anyhow!("`oauth.issuer`: {error}"))
}

/// Takes the authorization server's tokens, where there is one.
///
/// # Errors
/// What is wrong with what is said of it.
pub(crate) async fn access_tokens(
    settings: &ResolvedSettings,
) -> anyhow::Result<Option<Arc<dyn AccessTokens>>> {
    let Some(config) = config(settings)? else { return Ok(None) };
    let is_plain = |address: &str| address.starts_with("http://");
    let encrypted = !is_plain(&config.issuer)
        || config.keys.as_ref().is_some_and(|keys| !is_plain(keys.as_str()));
    let client = plain_client(encrypted).await.map_err(|failure| anyhow!("{failure}"))?;
    let verifier = OauthVerifier::new(config, client).context("`oauth.issuer`")?;
    Ok(Some(Arc::new(verifier)))
}
