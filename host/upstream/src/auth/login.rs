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
//! A valid bearer token that may read none of the [`PROBES`](super::token_proof::PROBES) cannot be told from an invalid one;
//! the failure says what was tried.

use souk_model::{Code, Failure};

use super::oauth;
use super::store_auth::StoreAuth;
use super::token_proof::PROBES;
use crate::store::magento::Magento;
use crate::store::views::STORE_VIEWS;
use crate::wire::address::ApiTarget;
use crate::wire::error_body::{denies_resource, refuses_signature};
use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::failure_of;
use crate::wire::request::StoreRequest;
use crate::wire::signing::OauthSigner;
use crate::wire::upstream::UPSTREAM;

/// Reads until the store is known to accept the credentials.
pub(crate) async fn verify(store: &Magento, auth: &StoreAuth) -> Result<(), Failure> {
    let views = match auth {
        StoreAuth::Renewable(token) => {
            token.send_once(store, &StoreRequest::get(STORE_VIEWS)).await?
        }
        _ => auth.read(store, &STORE_VIEWS).await?,
    };
    if views.status == 200 && views.json {
        store.views().learn(&views.body)?;
    }
    match auth {
        StoreAuth::Renewable(token) => {
            verify_renewable(store, &views)?;
            if views.status == 200 {
                token.proof().suggest(STORE_VIEWS);
            }
            Ok(())
        }
        StoreAuth::Oauth(signer) => verify_signature_over_own_base(store, signer, views).await,
        StoreAuth::Bearer(token) => {
            token.proof().prove(verify_token(store, auth, views).await?);
            Ok(())
        }
    }
}

fn verify_renewable(store: &Magento, views: &StoreReply) -> Result<(), Failure> {
    if views.status == 200 || denies_resource(views) {
        return Ok(());
    }
    let failure = failure_of(views);
    if !(store.is_cloud_service() && matches!(views.status, 401 | 403)) {
        return Err(failure);
    }
    Err(as_unauthenticated(failure).remedy(
        "check the organisation (`credentials.ims.org_id`), and that the credentials belong to a \
         project of Adobe's developer console to which Commerce was added",
    ))
}

/// Where the store's address has a port, the server before Magento may not pass it on, as a common
/// setting of nginx does: then Magento verifies signatures over its address without the port. A
/// refused signature is made once so; what the store accepts is kept for all that follow.
async fn verify_signature_over_own_base(
    store: &Magento,
    signer: &OauthSigner,
    views: StoreReply,
) -> Result<(), Failure> {
    if !(refuses_signature(&views) && store.may_sign_without_port()) {
        return verify_signature(store, signer, &views).await;
    }
    store.set_signs_without_port(true);
    let form = store.path_form();
    let again = oauth::send_in_form(store, signer, &StoreRequest::get(STORE_VIEWS), form).await;
    let verified = match again {
        Ok(again) if !refuses_signature(&again) => verify_signature(store, signer, &again).await,
        // The first refusal is about the address that was configured.
        Ok(_) => Err(as_unauthenticated(failure_of(&views))),
        Err(error) => Err(error.into()),
    };
    if verified.is_err() {
        store.set_signs_without_port(false);
        return verified;
    }
    tracing::info!(store = store.name(), "signatures are made over its address without the port");
    Ok(())
}

async fn verify_signature(
    store: &Magento,
    signer: &OauthSigner,
    views: &StoreReply,
) -> Result<(), Failure> {
    if refuses_signature(views) || views.status == 400 {
        return Err(as_unauthenticated(failure_of(views)));
    }
    if views.status != 200 && !denies_resource(views) {
        return Err(failure_of(views));
    }
    let with_wrong_secret = oauth::send_in_form(
        store,
        &signer.with_wrong_secret(),
        &StoreRequest::get(STORE_VIEWS),
        store.path_form(),
    )
    .await?;
    if refuses_signature(&with_wrong_secret) {
        return Ok(());
    }
    if with_wrong_secret.status == 200 && views.status == 200 {
        // The route answers anybody. One that does not will judge the signature.
        return verify_on_guarded_route(store, signer).await;
    }
    Err(signature_ignored())
}

/// For stores that let guests read: finds a route that does not, and proves the signature there.
async fn verify_on_guarded_route(store: &Magento, signer: &OauthSigner) -> Result<(), Failure> {
    for probe in &PROBES[1..] {
        let form = store.path_form();
        let reply = oauth::send_in_form(store, signer, &StoreRequest::get(*probe), form).await?;
        if refuses_signature(&reply) {
            return Err(as_unauthenticated(failure_of(&reply)));
        }
        let accepted = reply.status == 200 || denies_resource(&reply);
        let with_wrong_secret = oauth::send_in_form(
            store,
            &signer.with_wrong_secret(),
            &StoreRequest::get(*probe),
            form,
        )
        .await?;
        if accepted && refuses_signature(&with_wrong_secret) {
            return Ok(());
        }
    }
    Err(signature_ignored())
}

fn signature_ignored() -> Failure {
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
    auth: &StoreAuth,
    views: StoreReply,
) -> Result<ApiTarget<'static>, Failure> {
    let mut reply = views;
    let mut tried = Vec::new();
    for probe in &PROBES {
        if probe.path != STORE_VIEWS.path {
            reply = auth.read(store, probe).await?;
        }
        if reply.status == 200 {
            let anonymous = store.send_anonymously(&StoreRequest::get(*probe)).await?;
            if anonymous.status == 401 {
                return Ok(*probe);
            }
        } else if !matches!(reply.status, 401 | 404) {
            return Err(failure_of(&reply));
        }
        tried.push(probe.path);
    }
    let message = format!(
        "the store does not accept the token: none of `{}` shows that it is known",
        tried.join("`, `")
    );
    Err(Failure::new(Code::NotAuthenticated, message)
        .from_upstream(UPSTREAM, Some(reply.status))
        .remedy(
            "since 2.4.4 Magento refuses integration tokens as bearer tokens unless Stores > \
             Configuration > Services > OAuth > Consumer Settings > Allow OAuth Access Tokens to be \
             used as standalone Bearer tokens is on (`oauth/consumer/enable_integration_as_bearer`): \
             switch that on, or better use the integration's four OAuth keys",
        ))
}

fn as_unauthenticated(failure: Failure) -> Failure {
    Failure { code: Code::NotAuthenticated, ..failure }
}
