//! Requests signed with an integration's four keys.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use souk_model::Failure;

use crate::store::magento::Magento;
use crate::wire::error_body::refuses_signature;
use crate::wire::reply::StoreReply;
use crate::wire::request::StoreRequest;
use crate::wire::secret_header::secret_header;
use crate::wire::signing::{NonceTimestamp, OauthSigner, PathForm, SignatureInput};
use crate::wire::transport_error::TransportError;

/// Signs and sends a request. Where the store refuses the signature and its path has two forms, the
/// other one is tried once, and kept if it is right.
pub(super) async fn send(
    store: &Magento,
    signer: &OauthSigner,
    request: &StoreRequest<'_>,
) -> Result<StoreReply, TransportError> {
    let form = store.path_form();
    let reply = send_in_form(store, signer, request, form).await?;
    if !(refuses_signature(&reply) && PathForm::matters(request.target.path)) {
        return Ok(reply);
    }
    let second = send_in_form(store, signer, request, form.other()).await?;
    if refuses_signature(&second) {
        return Ok(reply);
    }
    store.learn_path_form(form.other());
    Ok(second)
}

/// Signs a request with its path in this form, and sends it.
///
/// Of a request with a JSON body, only method, address and query are signed (`oauth_vectors.json`,
/// `bulk-oauth`).
pub(super) async fn send_in_form(
    store: &Magento,
    signer: &OauthSigner,
    request: &StoreRequest<'_>,
    form: PathForm,
) -> Result<StoreReply, TransportError> {
    let target = &request.target;
    let view = store.address().view_in_path(target.view);
    let slash = if view.is_empty() { "" } else { "/" };
    let path = [slash, view, target.path].concat();
    let input = SignatureInput {
        method: request.method.as_str(),
        base: store.signing_rest_url(),
        path: &path,
        query: target.query,
        form,
    };
    store
        .send(request, || {
            let stamp = NonceTimestamp::now().map_err(|error| {
                Failure::internal(format!("the system gives no random numbers: {error}"))
            })?;
            let mut proof = HeaderMap::new();
            proof.insert(AUTHORIZATION, secret_header(&signer.authorization(&input, &stamp))?);
            Ok(proof)
        })
        .await
}
