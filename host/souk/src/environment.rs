//! The environment, read in one place: Souk's own variables and those of magento-mcp.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use souk_model::{Secret, Tier};
use souk_plans::Caps;
use souk_policy::ToolPattern;
use souk_upstream::CdnSettings;

/// A variable's text; an empty one counts as not set, which is how shells and client
/// configurations often leave them.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn text(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("`{name}` is not valid UTF-8"),
    }
}

/// A secret variable.
pub(crate) fn secret(name: &str) -> anyhow::Result<Option<Secret>> {
    Ok(text(name)?.map(Secret::from))
}

fn parsed<T: FromStr>(name: &str) -> anyhow::Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    text(name)?.map(|text| text.parse().map_err(|error| anyhow!("`{name}`: {error}"))).transpose()
}

fn flag(name: &str) -> anyhow::Result<bool> {
    Ok(switch(name)?.unwrap_or(false))
}

fn switch(name: &str) -> anyhow::Result<Option<bool>> {
    match text(name)?.as_deref() {
        None => Ok(None),
        Some("0" | "false" | "no") => Ok(Some(false)),
        Some("1" | "true" | "yes") => Ok(Some(true)),
        Some(other) => bail!("`{name}` is `{other}`, and must be true or false"),
    }
}

fn patterns(name: &'static str) -> anyhow::Result<Option<Vec<ToolPattern>>> {
    text(name)?
        .map(|list| {
            list.split(',')
                .map(|pattern| pattern.trim().parse().with_context(|| format!("`{name}`")))
                .collect()
        })
        .transpose()
}

/// Souk's own variables.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// `SOUK_CONFIG`
    pub(crate) config: Option<PathBuf>,
    /// `SOUK_PLUGINS`
    pub(crate) plugins: Option<PathBuf>,
    /// `SOUK_HTTP`
    pub(crate) http: Option<SocketAddr>,
    /// `SOUK_MAX_TIER`
    pub(crate) max_tier: Option<Tier>,
    /// `SOUK_READ_ONLY`
    pub(crate) read_only: bool,
    /// `SOUK_MASK_PII`
    pub(crate) mask_pii: bool,
    /// `SOUK_ALLOW`
    pub(crate) allow: Option<Vec<ToolPattern>>,
    /// `SOUK_DENY`
    pub(crate) deny: Option<Vec<ToolPattern>>,
    /// `SOUK_ACCEPT_CREDENTIALS`
    pub(crate) accept_credentials: Option<bool>,
    /// `SOUK_PROBE`
    pub(crate) probe: Option<bool>,
    /// `SOUK_HTTP_TOKEN`: the bearer token of the principal `http`.
    pub(crate) http_token: Option<Secret>,
    /// `SOUK_STATE_DIR`, else `souk` in `XDG_STATE_HOME` or `~/.local/state`.
    pub(crate) state_dir: Option<PathBuf>,
    /// `SOUK_CACHE_DIR`, else `souk` in `XDG_CACHE_HOME` or `~/.cache`.
    pub(crate) cache_dir: Option<PathBuf>,
    /// `MCP_AUDIT_LOG_PATH`
    pub(crate) audit_path: Option<PathBuf>,
    /// `MCP_DEFAULT_ENV`
    pub(crate) default_environment: Option<String>,
    /// `MCP_MAX_SKUS_PER_BULK`
    pub(crate) bulk_cap: Option<u32>,
    /// `MCP_MAX_COUPON_QTY`
    pub(crate) coupon_cap: Option<u64>,
    /// `MCP_PRICE_THRESHOLD_PCT`
    pub(crate) price_threshold_pct: Option<f64>,
    /// `MCP_MAX_DISCOUNT_PCT`
    pub(crate) max_discount_pct: Option<f64>,
    /// `SOUK_MAX_REFUND`
    pub(crate) max_refund: Option<Caps>,
    /// `SOUK_MAX_REFUND_PER_DAY`
    pub(crate) max_refund_per_day: Option<Caps>,
    /// `SOUK_MAX_CANCEL_PER_DAY`
    pub(crate) max_cancel_per_day: Option<Caps>,
    /// `MCP_TIER2_CONFIRM`
    pub(crate) confirm: Option<bool>,
    /// `MCP_PLAN_EXPIRY_MIN`
    pub(crate) plan_expiry_min: Option<u32>,
    /// `SOUK_CDN`, `SOUK_CDN_URL`, `FASTLY_SERVICE_ID`, `FASTLY_API_TOKEN`,
    /// `MCP_CACHE_RATE_LIMIT`
    pub(crate) cdn: CdnSettings,
}

impl Environment {
    /// Reads them all.
    ///
    /// # Errors
    /// The first variable that is not what it must be.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let home = text("HOME")?.map(PathBuf::from);
        let user_dir = |own: &str, xdg: &str, below: &str| -> anyhow::Result<Option<PathBuf>> {
            if let Some(own) = text(own)? {
                return Ok(Some(own.into()));
            }
            let base = text(xdg)?.map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(below)));
            Ok(base.map(|base| base.join("souk")))
        };
        Ok(Self {
            config: parsed("SOUK_CONFIG")?,
            plugins: parsed("SOUK_PLUGINS")?,
            http: parsed("SOUK_HTTP")?,
            max_tier: parsed("SOUK_MAX_TIER")?,
            read_only: flag("SOUK_READ_ONLY")?,
            mask_pii: flag("SOUK_MASK_PII")?,
            allow: patterns("SOUK_ALLOW")?,
            deny: patterns("SOUK_DENY")?,
            accept_credentials: switch("SOUK_ACCEPT_CREDENTIALS")?,
            probe: switch("SOUK_PROBE")?,
            http_token: secret("SOUK_HTTP_TOKEN")?,
            state_dir: user_dir("SOUK_STATE_DIR", "XDG_STATE_HOME", ".local/state")?,
            cache_dir: user_dir("SOUK_CACHE_DIR", "XDG_CACHE_HOME", ".cache")?,
            audit_path: parsed("MCP_AUDIT_LOG_PATH")?,
            default_environment: text("MCP_DEFAULT_ENV")?,
            bulk_cap: parsed("MCP_MAX_SKUS_PER_BULK")?,
            coupon_cap: parsed("MCP_MAX_COUPON_QTY")?,
            price_threshold_pct: parsed("MCP_PRICE_THRESHOLD_PCT")?,
            max_discount_pct: parsed("MCP_MAX_DISCOUNT_PCT")?,
            max_refund: parsed("SOUK_MAX_REFUND")?,
            max_refund_per_day: parsed("SOUK_MAX_REFUND_PER_DAY")?,
            max_cancel_per_day: parsed("SOUK_MAX_CANCEL_PER_DAY")?,
            confirm: switch("MCP_TIER2_CONFIRM")?,
            plan_expiry_min: parsed("MCP_PLAN_EXPIRY_MIN")?,
            cdn: CdnSettings {
                provider: parsed("SOUK_CDN")?,
                url: parsed("SOUK_CDN_URL")?,
                service_id: text("FASTLY_SERVICE_ID")?,
                token: secret("FASTLY_API_TOKEN")?,
                soft: false,
                purges_per_minute: parsed("MCP_CACHE_RATE_LIMIT")?,
            },
        })
    }
}
