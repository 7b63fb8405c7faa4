//! Proving credentials before a session stands.
//!
//! Magento answers 401 alike to a token that it does not know and to one whose role is too small,
//! and some routes answer anybody: which, is the store's configuration. So a login reads routes of
//! different resources, cheapest first, until one shows that the store knows us:
//!
//! - An admin is known by the token that the password gave. No further proof is needed.
//! - A signature is judged before resources are. A 401 that names a resource has accepted it,
//!   provided that the store saw it at all: a deliberately wrong signature must be answered
//!   otherwise.
//! - Whoever gets 200 where the same request without credentials gets 401 is known.
//!
//! A valid bearer token that may read none of the [`PROBES`] cannot be told from an invalid one;
//! the failure says what was tried.

use souk_model::{Code, Failure};

use crate::UPSTREAM;
use crate::address::Target;
use crate::auth::{Auth, denies_resource, refuses_signature, signed_once};
use crate::complaint;
use crate::exchange::{Outgoing, Reply};
use crate::signing::Signer;
use crate::transport::Magento;

/// The route of the store's views, whose answer is kept.
pub(crate) const STORE_VIEWS: Target<'static> = Target::own("/V1/store/storeViews", "");

/// Asks for the number of things only.
const COUNT: &str = "searchCriteria%5BpageSize%5D=1&fields=total_count";

/// Reads of different resources. The first also tells the store's views.
const PROBES: [Target<'static>; 8] = [
    STORE_VIEWS,
    Target::own("/V1/products", COUNT),
    Target::own("/V1/orders", COUNT),
    Target::own("/V1/customers/search", COUNT),
    Target::own("/V1/categories/list", COUNT),
    Target::own("/V1/cmsPage/search", COUNT),
    Target::own("/V1/salesRules/search", COUNT),
    Target::own("/V1/modules", ""),
];

/// Reads until the store is known to accept the credentials.
pub(crate) async fn verify(store: &Magento, auth: &Auth) -> Result<(), Failure> {
    let views = auth.read(store, &STORE_VIEWS).await?;
    if views.status == 200 && views.json {
        store.views().learn(&views.body)?;
    }
    match auth {
        Auth::Admin(_) => verify_admin(&views),
        Auth::Oauth(signer) => verify_signature(store, signer, &views).await,
        Auth::Bearer(token) => {
            token.prove(verify_token(store, auth, views).await?);
            Ok(())
        }
    }
}

fn verify_admin(views: &Reply) -> Result<(), Failure> {
    if views.status == 200 || denies_resource(views) {
        return Ok(());
    }
    Err(complaint::failure(views))
}

async fn verify_signature(store: &Magento, signer: &Signer, views: &Reply) -> Result<(), Failure> {
    if refuses_signature(views) || views.status == 400 {
        return Err(as_unauthenticated(complaint::failure(views)));
    }
    if views.status != 200 && !denies_resource(views) {
        return Err(complaint::failure(views));
    }
    let spoilt =
        signed_once(store, &signer.spoilt(), &Outgoing::get(STORE_VIEWS), store.path_form())
            .await?;
    if refuses_signature(&spoilt) {
        return Ok(());
    }
    if spoilt.status == 200 && views.status == 200 {
        // The route answers anybody. One that does not will judge the signature.
        return verify_on_guarded_route(store, signer).await;
    }
    Err(unseen())
}

/// For stores that let guests read: finds a route that does not, and proves the signature there.
async fn verify_on_guarded_route(store: &Magento, signer: &Signer) -> Result<(), Failure> {
    for probe in &PROBES[1..] {
        let form = store.path_form();
        let answer = signed_once(store, signer, &Outgoing::get(*probe), form).await?;
        if refuses_signature(&answer) {
            return Err(as_unauthenticated(complaint::failure(&answer)));
        }
        let accepted = answer.status == 200 || denies_resource(&answer);
        let spoilt = signed_once(store, &signer.spoilt(), &Outgoing::get(*probe), form).await?;
        if accepted && refuses_signature(&spoilt) {
            return Ok(());
        }
    }
    Err(unseen())
}

fn unseen() -> Failure {
    Failure::new(
        Code::NotAuthenticated,
        "the store answers a wrong signature as it answers the right one: it does not look at it",
    )
    .from_upstream(UPSTREAM, None)
    .remedy("a server before Magento may drop the `Authorization` header; it must be passed on")
}

/// The read that shows that the store knows the token.
async fn verify_token(
    store: &Magento,
    auth: &Auth,
    views: Reply,
) -> Result<Target<'static>, Failure> {
    let mut answer = views;
    let mut tried = Vec::new();
    for probe in &PROBES {
        if probe.path != STORE_VIEWS.path {
            answer = auth.read(store, probe).await?;
        }
        if answer.status == 200 {
            let anonymous = store.send(&Outgoing::get(*probe), || Ok(None)).await?;
            if anonymous.status == 401 {
                return Ok(*probe);
            }
        } else if !matches!(answer.status, 401 | 404) {
            return Err(complaint::failure(&answer));
        }
        tried.push(probe.path);
    }
    let message = format!(
        "the store does not accept the token: none of `{}` shows that it is known",
        tried.join("`, `")
    );
    Err(Failure::new(Code::NotAuthenticated, message)
        .from_upstream(UPSTREAM, Some(answer.status))
        .remedy(
            "since 2.4.4 Magento refuses integration tokens as bearer tokens unless \
             `oauth/consumer/enable_integration_as_bearer` is on: use the integration's four OAuth \
             keys instead",
        ))
}

fn as_unauthenticated(failure: Failure) -> Failure {
    Failure { code: Code::NotAuthenticated, ..failure }
}
