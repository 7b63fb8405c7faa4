//! The ways in that a store may have in place of a password alone: a second factor, or Adobe's
//! identity service.

mod cloud_service;
mod second_factor;

use axum::http::HeaderMap;
use serde_json::Value;

pub(crate) use cloud_service::CloudService;
pub(crate) use second_factor::SecondFactor;

use crate::credentials::Credential;

/// How people and programs log in to the store.
#[derive(Debug, Default)]
pub(crate) enum DemoLogin {
    /// By password, integration and token, as a store without `Magento_TwoFactorAuth`.
    #[default]
    Password,
    /// Admins need a second factor.
    SecondFactor(SecondFactor),
    /// Adobe Commerce as a Cloud Service: only by Adobe's identity service.
    CloudService(CloudService),
}

/// A way in that there is none of.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no way to log in: use `password`, `2fa`, `2fa:PROVIDER,…` or `ims`")]
pub struct UnknownLogin(String);

impl DemoLogin {
    /// By its name: `password`, `2fa`, `2fa:duo_security,u2fkey`, `ims`.
    pub(crate) fn named(name: &str) -> Result<Self, UnknownLogin> {
        match name.split_once(':').map_or((name, None), |(way, rest)| (way, Some(rest))) {
            ("password", None) => Ok(Self::Password),
            ("2fa", providers) => {
                let providers = providers.unwrap_or(second_factor::GOOGLE).split(',');
                Ok(Self::SecondFactor(SecondFactor::new(providers.map(str::to_owned).collect())))
            }
            ("ims", None) => Ok(Self::CloudService(CloudService::new())),
            _ => Err(UnknownLogin(name.to_owned())),
        }
    }

    /// The credentials that go with the shop's own, and whether those count at all.
    pub(crate) fn credentials(&self, of_shop: &[Credential]) -> Vec<Credential> {
        match self {
            Self::Password => of_shop.to_vec(),
            Self::SecondFactor(factor) => [vec![factor.credential()], of_shop.to_vec()].concat(),
            Self::CloudService(service) => {
                let customers = of_shop.iter().filter(|c| matches!(c, Credential::Customer { .. }));
                [vec![service.credential()], customers.cloned().collect()].concat()
            }
        }
    }

    /// What stands before the store's paths: nothing, or the tenant's segment.
    pub(crate) fn base_path(&self) -> &'static str {
        match self {
            Self::CloudService(_) => cloud_service::TENANT,
            Self::Password | Self::SecondFactor(_) => "",
        }
    }

    /// Whether there is a route at all.
    pub(crate) fn serves(&self, template: &str) -> bool {
        let of_second_factor = template.starts_with("/V1/tfa/");
        match self {
            Self::Password => !of_second_factor,
            Self::SecondFactor(_) => true,
            Self::CloudService(_) => {
                let gone = ["/V1/cms", "/V1/integration/"];
                !of_second_factor && !gone.iter().any(|prefix| template.starts_with(prefix))
            }
        }
    }

    /// The path as a Magento of its own would have it; `None` for one outside the store.
    pub(crate) fn own_path(&self, path: &str, headers: &HeaderMap) -> Option<String> {
        match self {
            Self::CloudService(_) => cloud_service::own_path(path, headers),
            Self::Password | Self::SecondFactor(_) => Some(path.to_owned()),
        }
    }

    /// What is answered before the store is asked: status and body.
    pub(crate) fn refuse(&self, headers: &HeaderMap) -> Option<(u16, Value)> {
        match self {
            Self::CloudService(service) => service.refuse(headers),
            Self::Password | Self::SecondFactor(_) => None,
        }
    }
}
