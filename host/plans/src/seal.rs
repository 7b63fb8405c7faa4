//! A plan's digest, which reviewers can compare, and its seal, which shows tampering.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use souk_model::plan::{PlanDecision, PlanHeader, PlanId, PlanItem, WriteStop};

/// The host's key for seals. Whoever can write the database but has not the key cannot make a plan
/// that is carried out.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey([secret])")
    }
}

/// Takes a plan's items in, one by one, so that a plan of any length needs no memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlanHasher(Sha256);

impl PlanHasher {
    pub(crate) fn add(&mut self, item: &PlanItem) -> serde_json::Result<()> {
        let text = serde_json::to_vec(item)?;
        // Each item is hashed first: where one ends and the next begins is then part of the sum.
        self.0.update(Sha256::digest(&text));
        Ok(())
    }

    /// The digest of these items under this header: lower-case hex SHA-256.
    pub(crate) fn finish(mut self, header: &PlanHeader) -> serde_json::Result<String> {
        self.0.update(Sha256::digest(serde_json::to_vec(header)?));
        Ok(hex::encode(self.0.finalize()))
    }
}

fn mac(key: &SealKey, content: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&key.0);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(content);
    mac
}

/// The seal of a digest: HMAC-SHA256, lower-case hex.
pub(crate) fn seal(key: &SealKey, digest: &str) -> String {
    hex::encode(mac(key, digest.as_bytes()).finalize().into_bytes())
}

/// Whether the seal is this digest's, compared in constant time.
pub(crate) fn is_sealed(key: &SealKey, digest: &str, given: &str) -> bool {
    hex::decode(given).is_ok_and(|given| mac(key, digest.as_bytes()).verify_slice(&given).is_ok())
}

/// What a decision's seal is over: all of it but the seal, and which plan it is of. No digest of a plan
/// begins so.
fn decision_content(plan: &PlanId, decision: &PlanDecision) -> serde_json::Result<String> {
    let unsealed = PlanDecision { seal: String::new(), ..decision.clone() };
    Ok(format!("souk decision: {plan} {}", serde_json::to_string(&unsealed)?))
}

/// Seals what a person decided of a plan.
///
/// # Errors
/// It cannot be written as JSON.
pub(crate) fn seal_decision(
    key: &SealKey,
    plan: &PlanId,
    decision: &mut PlanDecision,
) -> serde_json::Result<()> {
    decision.seal = seal(key, &decision_content(plan, decision)?);
    Ok(())
}

/// Whether a host took this decision down as it is, for this plan.
pub(crate) fn is_sealed_decision(key: &SealKey, plan: &PlanId, decision: &PlanDecision) -> bool {
    decision_content(plan, decision).is_ok_and(|content| is_sealed(key, &content, &decision.seal))
}

fn stop_content(stop: &WriteStop) -> serde_json::Result<String> {
    let unsealed = WriteStop { seal: String::new(), ..stop.clone() };
    Ok(format!("souk write stop: {}", serde_json::to_string(&unsealed)?))
}

/// Seals that somebody stopped all writes.
///
/// # Errors
/// It cannot be written as JSON.
pub(crate) fn seal_stop(key: &SealKey, stop: &mut WriteStop) -> serde_json::Result<()> {
    stop.seal = seal(key, &stop_content(stop)?);
    Ok(())
}

/// Whether a host took this stop down as it is.
pub(crate) fn is_sealed_stop(key: &SealKey, stop: &WriteStop) -> bool {
    stop_content(stop).is_ok_and(|content| is_sealed(key, &content, &stop.seal))
}
