//! What the signature of a listed key approves, and every way in which it approves nothing.

use std::collections::BTreeSet;

use souk_model::{GrantPower, ManifestEffect, PluginManifest, PluginSigner, Tier};

use super::tests::{approved, hello};
use super::*;

fn signer(name: &str) -> PluginSigner {
    PluginSigner { name: name.into(), id: "0123456789ABCDEF".into(), key: format!("RW{name}") }
}

/// What a key may approve: a tier, and requests.
fn ceiling(max_tier: Tier, grants: Option<&[&str]>) -> KeyCeiling {
    let pattern = |text: &&str| text.parse().unwrap();
    KeyCeiling { max_tier, grants: grants.map(|grants| grants.iter().map(pattern).collect()) }
}

/// Another version of `greet`, signed by the key that signed what is approved.
fn signed(version: &str) -> PluginManifest {
    let mut manifest = approved().signed_by(Some(signer("release")));
    manifest.version = version.into();
    manifest.digest = format!("{version:0>64}");
    manifest
}

/// What was approved before, and whether by the operator.
#[derive(Clone, Copy)]
enum PriorApproval {
    Nothing,
    NothingButRejected,
    ByHand(&'static str),
    BySignature(&'static str),
    Unsigned,
    OfAnotherKey,
}

/// The verdict on a signed version, where that was before.
fn verdict(
    mode: TrustMode,
    before: PriorApproval,
    now: &PluginManifest,
    ceiling: &KeyCeiling,
) -> PluginVerdict {
    let manifest = match before {
        PriorApproval::Nothing | PriorApproval::NothingButRejected => None,
        PriorApproval::ByHand(version) | PriorApproval::BySignature(version) => {
            Some(signed(version))
        }
        PriorApproval::Unsigned => Some(approved()),
        PriorApproval::OfAnotherKey => Some(approved().signed_by(Some(signer("other")))),
    };
    let is_by_signature = matches!(before, PriorApproval::BySignature(_));
    let approved = manifest.as_ref().map(|manifest| ApprovedOffer { manifest, is_by_signature });
    let was_another_rejected = matches!(before, PriorApproval::NothingButRejected);
    let signer = now.signer.as_ref();
    let signed = signer.map(|signer| SignedOffer { signer, ceiling, was_another_rejected });
    judge(mode, PluginStanding::Unknown { approved }, || OfferedPlugin {
        manifest: now,
        is_named_after_group: true,
        pin: Some("another"),
        signed,
    })
}

fn serves(held: &[&str]) -> PluginVerdict {
    let held: BTreeSet<String> = held.iter().map(|&tool| tool.to_owned()).collect();
    PluginVerdict::ServesSigned { held }
}

#[test]
fn a_listed_key_approves_its_own_lineage_forward_and_nothing_else() {
    let all = ceiling(Tier::Critical, None);
    let waits = PluginVerdict::Waits;
    for (before, version, expected) in [
        (PriorApproval::Nothing, "1.0.0", serves(&[])),
        (PriorApproval::BySignature("1.0.0"), "1.0.1", serves(&[])),
        (PriorApproval::BySignature("1.9.0"), "1.10.0", serves(&[])),
        (PriorApproval::BySignature("1.0.0"), "1.0.0+rebuilt", serves(&[])),
        (PriorApproval::ByHand("1.0.0"), "1.1.0", serves(&[])),
        (PriorApproval::BySignature("1.1.0"), "1.0.9", waits(WaitReason::Downgrade)),
        (PriorApproval::ByHand("1.0.0"), "1.0.0-rc.1", waits(WaitReason::Downgrade)),
        (PriorApproval::Unsigned, "2.0.0", waits(WaitReason::OtherSigner)),
        (PriorApproval::OfAnotherKey, "2.0.0", waits(WaitReason::OtherSigner)),
    ] {
        let now = signed(version);
        for mode in [TrustMode::Reads, TrustMode::Locked] {
            assert_eq!(verdict(mode, before, &now, &all), expected, "{version} under {mode}");
        }
        assert_eq!(verdict(TrustMode::Open, before, &now, &all), PluginVerdict::Serves);
    }
    // Which version the operator did not want is not known any more: only what reads serves, as ever.
    let now = signed("1.0.0");
    let locked = verdict(TrustMode::Locked, PriorApproval::NothingButRejected, &now, &all);
    assert_eq!(locked, waits(WaitReason::RejectedBefore));
    let reads = verdict(TrustMode::Reads, PriorApproval::NothingButRejected, &now, &all);
    assert_eq!(reads, waits(WaitReason::NotPinned));
}

/// One way to lie beyond a key's ceiling.
type GrowthBeyond = (&'static str, fn(&mut PluginManifest));

#[test]
fn what_lies_beyond_a_keys_ceiling_is_held_back_and_replaces_nothing() {
    let key = ceiling(Tier::Safe, Some(&["GET /V1/products/*"]));
    let beyond: [GrowthBeyond; 6] = [
        ("its tier is risk, and the key's `max_tier` is safe", |one| hello(one).tier = Tier::Risk),
        ("its tier is critical, and the key's `max_tier` is safe", |one| {
            let commit = one.actions["greet_note"].commit.clone();
            hello(one).commit = commit;
            hello(one).commit.as_mut().unwrap().tier = Tier::Critical;
        }),
        ("PUT /V1/products/{sku} on magento is risk, and the key's `max_tier` is safe", |one| {
            let grant = "PUT /V1/products/{sku} on magento".to_owned();
            hello(one).grants.insert(grant, GrantPower::Risk);
        }),
        ("GET /V1/orders on magento is not among the key's `grants`", |one| {
            hello(one).grants.insert("GET /V1/orders on magento".to_owned(), GrantPower::Read);
        }),
        ("GET /V1/products/{sku} on other is not among the key's `grants`", |one| {
            let grant = "GET /V1/products/{sku} on other".to_owned();
            hello(one).grants.insert(grant, GrantPower::Read);
        }),
        ("it touches the caller's session, which no signature approves", |one| {
            hello(one).effect = ManifestEffect::Session;
        }),
    ];
    for (why, grow) in beyond {
        // As it was approved, its note is beyond the key already, and held back.
        let mut now = signed("1.1.0");
        now.actions.insert("greet_bye".to_owned(), now.actions["greet_hello"].clone());
        grow(&mut now);
        assert_eq!(key.beyond(&now).why["greet_hello"], why);
        for mode in [TrustMode::Reads, TrustMode::Locked] {
            let new = verdict(mode, PriorApproval::Nothing, &now, &key);
            let PluginVerdict::ServesSigned { held } = new else { panic!("{why}: {new:?}") };
            assert!(held.contains("greet_hello") && held.contains("greet_commit_note"), "{held:?}");
            assert!(!held.contains("greet_bye"), "{held:?}");
            for before in [PriorApproval::BySignature("1.0.0"), PriorApproval::ByHand("1.0.0")] {
                let waits = verdict(mode, before, &now, &key);
                assert_eq!(waits, PluginVerdict::Waits(WaitReason::BeyondKey), "{why}");
            }
        }
    }
    // What is held back of both does not keep the new one from serving the rest.
    let now = signed("1.1.0");
    let before = PriorApproval::BySignature("1.0.0");
    let held = serves(&["greet_note", "greet_commit_note"]);
    assert_eq!(verdict(TrustMode::Locked, before, &now, &key), held);
    // Where nothing is left, the signature is worth nothing.
    let nothing = ceiling(Tier::Safe, Some(&[]));
    let waits = verdict(TrustMode::Locked, PriorApproval::Nothing, &now, &nothing);
    assert_eq!(waits, PluginVerdict::Waits(WaitReason::BeyondKey));
}

#[test]
fn a_key_that_is_taken_off_the_list_takes_what_it_approved_with_it() {
    let manifest = signed("1.0.0");
    let approved = Some(ApprovedOffer { manifest: &manifest, is_by_signature: true });
    for mode in [TrustMode::Reads, TrustMode::Locked] {
        let verdict = judge(mode, PluginStanding::Unknown { approved }, || OfferedPlugin {
            manifest: &manifest,
            is_named_after_group: true,
            pin: None,
            signed: None,
        });
        assert_eq!(verdict, PluginVerdict::Waits(WaitReason::SignerNotListed));
    }
}

#[test]
fn a_file_under_another_name_is_approved_by_no_signature() {
    let (now, key) = (signed("1.0.0"), ceiling(Tier::Critical, None));
    let signer = now.signer.as_ref().unwrap();
    let signed = Some(SignedOffer { signer, ceiling: &key, was_another_rejected: false });
    for mode in [TrustMode::Reads, TrustMode::Locked] {
        let unknown = PluginStanding::Unknown { approved: None };
        let verdict = judge(mode, unknown, || OfferedPlugin {
            manifest: &now,
            is_named_after_group: false,
            pin: None,
            signed,
        });
        assert_eq!(verdict, PluginVerdict::Waits(WaitReason::NotNamedAfterGroup));
        let rejected = judge(mode, PluginStanding::Rejected, || panic!("it is not looked at"));
        assert_eq!(rejected, PluginVerdict::Waits(WaitReason::Rejected));
    }
}

#[test]
fn another_signer_shows_and_a_signature_that_falls_away_is_more() {
    let (before, mut now) = (signed("1.0.0"), signed("1.1.0"));
    let line = |before: &PluginManifest, now: &PluginManifest| {
        let changes = diff(Some(before), now);
        let change = changes.into_iter().find(|change| change.code() == "signer");
        change.map(|change| (change.to_string(), change.is_more()))
    };
    assert_eq!(line(&before, &now), None);
    // The operator may call a key what they like.
    now.signer.as_mut().unwrap().name = "theirs".into();
    assert_eq!(line(&before, &now), None);
    let unsigned = now.clone().signed_by(None);
    let by = "`release` (key 0123456789ABCDEF)";
    let lost = format!("~ signed by nobody in place of {by}");
    assert_eq!(line(&before, &unsigned), Some((lost, true)));
    let gained = format!("~ signed by {by} in place of nobody");
    assert_eq!(line(&unsigned, &before), Some((gained, false)));
}
