//! Who serves a group: names belong to what was approved under them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use souk_policy::trust::{
    ApprovedOffer, OfferedPlugin, PluginStanding, PluginVerdict, SignedOffer, TrustMode, diff,
    judge,
};
use souk_policy::writes::WriteCatalogue;
use souk_state::approvals::{ApprovalSource, ApprovedVersion};

use super::plugin::Plugin;
use super::plugin_trust::TrustSnapshot;
use super::waiting::{WaitingPart, WaitingVersion};

/// A file that loads and would serve a group.
pub(super) struct Claimant<'s> {
    pub(super) plugin: &'s Arc<Plugin>,
    /// Whether its file was another's rival for the group when it came: it is no heir by itself.
    pub(super) was_rival: bool,
    /// Whether it served the group before.
    pub(super) served: bool,
}

/// What becomes of a group's claimants.
#[derive(Default)]
pub(super) struct GroupOutcome {
    /// Who serves.
    pub(super) serves: Option<Arc<Plugin>>,
    /// Who waits for an approval.
    pub(super) waiting: Vec<WaitingVersion>,
    /// Whose name it is not, and why.
    pub(super) rivals: Vec<(Arc<Plugin>, String)>,
}

/// What is known when it is decided who serves which group.
pub(super) struct Lineage<'s> {
    pub(super) trust: &'s TrustSnapshot,
    pub(super) catalogue: &'s WriteCatalogue,
    /// Approved versions that were loaded from what is kept, by digest.
    pub(super) kept: &'s BTreeMap<String, Arc<Plugin>>,
    /// The names of all files that are there, loaded or not.
    pub(super) files: &'s BTreeSet<String>,
    /// Those that are still to be looked at.
    pub(super) pending: &'s BTreeSet<String>,
}

impl Lineage<'_> {
    /// Decides who serves a group. What is approved serves under any name, then comes the file named
    /// after the group, then the first by name; a file that is named after the group keeps others from
    /// it even while it is refused.
    pub(super) fn decide(&self, group: &str, mut claimants: Vec<Claimant<'_>>) -> GroupOutcome {
        let named = format!("{group}.wasm");
        let approval =
            |claimant: &Claimant<'_>| self.trust.approval(group, &claimant.plugin.digest);
        // Where everything serves, an approval gives no file a better right than its name does.
        let comes_first = |claimant: &Claimant<'_>| {
            self.trust.mode != TrustMode::Open && approval(claimant).is_some()
        };
        claimants.sort_by_key(|claimant| {
            let file = &claimant.plugin.file;
            (!comes_first(claimant), *file != named, file.clone())
        });
        let named_is_there = self.files.contains(&named) || self.pending.contains(&named);
        let mut outcome = GroupOutcome::default();
        // Taken by a file, which may not load, or not yet.
        let mut owner: Option<String> = None;
        for claimant in &claimants {
            let file = claimant.plugin.file.clone();
            let is_approved = comes_first(claimant);
            if owner.is_none() && !is_approved && named_is_there {
                owner = Some(named.clone());
            }
            let verdict = self.judge(group, claimant, file == named);
            let view = match verdict {
                PluginVerdict::Waits(why) => {
                    let part = WaitingPart::Whole(why);
                    outcome.waiting.push(self.waiting(claimant.plugin, part));
                    continue;
                }
                PluginVerdict::Serves => match approval(claimant) {
                    Some(by) => claimant.plugin.approved(by),
                    None => claimant.plugin.unapproved(),
                },
                PluginVerdict::ServesSigned { held } => {
                    if !held.is_empty() {
                        let part = WaitingPart::BeyondKey(held.clone());
                        outcome.waiting.push(self.waiting(claimant.plugin, part));
                    }
                    let by = ApprovalSource::Signature;
                    claimant.plugin.approved_in_part(by, &held, self.catalogue)
                }
                PluginVerdict::ServesReads { held } => {
                    let part = WaitingPart::Tools(held.clone());
                    outcome.waiting.push(self.waiting(claimant.plugin, part));
                    claimant.plugin.marked(&held)
                }
            };
            match &owner {
                Some(owner) if *owner != file => {
                    let why = format!("the group `{group}` is {owner}'s");
                    outcome.rivals.push((claimant.plugin.clone(), why));
                    continue;
                }
                None if claimant.was_rival && !is_approved && file != named => {
                    let why = format!(
                        "the group `{group}` was another file's when it came, and it is no heir by \
                         itself: name it `{named}`, or approve it"
                    );
                    outcome.rivals.push((claimant.plugin.clone(), why));
                    continue;
                }
                _ => {}
            }
            let is_settled =
                self.pending.is_empty() || file == named || claimant.served || is_approved;
            owner = Some(file);
            if is_settled {
                outcome.serves = Some(Arc::new(view));
            }
        }
        if outcome.serves.is_none() {
            outcome.serves = self.kept_version(group, &outcome);
        }
        let serving = outcome
            .serves
            .as_ref()
            .map(|plugin| (plugin.group.version.clone(), plugin.digest.clone()));
        for waiting in &mut outcome.waiting {
            let is_other =
                serving.as_ref().is_some_and(|(_, digest)| *digest != waiting.plugin.digest);
            waiting.serving = serving.clone().filter(|_| is_other);
        }
        outcome
    }

    fn judge(
        &self,
        group: &str,
        claimant: &Claimant<'_>,
        is_named_after_group: bool,
    ) -> PluginVerdict {
        let digest = &claimant.plugin.digest;
        let approvals = &self.trust.approvals;
        let recorded = approvals.approved(group);
        let approval = self.trust.approval(group, digest);
        let standing = if approvals.is_rejected(digest) {
            PluginStanding::Rejected
        } else if approval.is_some_and(|by| by != ApprovalSource::Signature) {
            PluginStanding::Approved
        } else {
            let approved = recorded.map(|recorded| ApprovedOffer {
                manifest: &recorded.manifest,
                is_by_signature: recorded.by == ApprovalSource::Signature,
            });
            PluginStanding::Unknown { approved }
        };
        let pin = self.trust.lock.plugins.get(group).map(|pinned| pinned.digest.as_str());
        judge(self.trust.mode, standing, || OfferedPlugin {
            manifest: claimant.plugin.manifest(self.catalogue),
            is_named_after_group,
            pin,
            signed: self.signed(group, claimant.plugin),
        })
    }

    /// The listed key that signed a file. What was verified of its bytes once and is on record counts
    /// also where the signature is not beside the file any more.
    fn signed<'o>(&'o self, group: &str, plugin: &'o Plugin) -> Option<SignedOffer<'o>> {
        let recorded = self.trust.approvals.approved(group).filter(|recorded| {
            recorded.by == ApprovalSource::Signature && recorded.manifest.digest == plugin.digest
        });
        let on_record = || recorded.and_then(|recorded| recorded.manifest.signer.as_ref());
        let signer = plugin.signature.signer().or_else(on_record)?;
        let ceiling = self.trust.keys.ceiling(signer)?;
        let was_another_rejected = self.trust.approvals.has_rejected(group);
        Some(SignedOffer { signer, ceiling, was_another_rejected })
    }

    fn waiting(&self, plugin: &Arc<Plugin>, part: WaitingPart) -> WaitingVersion {
        let manifest = plugin.manifest(self.catalogue);
        let approved = self.trust.approvals.approved(&plugin.group.name);
        let mut changes = diff(approved.map(|approved| &approved.manifest), manifest);
        if let WaitingPart::Tools(held) | WaitingPart::BeyondKey(held) = &part
            && !held.is_empty()
        {
            // What serves already is not asked for.
            changes.retain(|change| change.tool.as_ref().is_none_or(|tool| held.contains(tool)));
        }
        let ceiling = plugin.signature.signer().and_then(|signer| self.trust.keys.ceiling(signer));
        let beyond_key = ceiling.map(|ceiling| ceiling.beyond(manifest).why).unwrap_or_default();
        WaitingVersion { plugin: plugin.clone(), part, changes, beyond_key, serving: None }
    }

    /// The approved version from what is kept, while the file that it came by is there: whoever removes
    /// the file removes the plugin.
    fn kept_version(&self, group: &str, outcome: &GroupOutcome) -> Option<Arc<Plugin>> {
        let approved = self.trust.approvals.approved(group)?;
        let is_wanted = self.trust.mode != TrustMode::Open
            || outcome.waiting.iter().any(WaitingVersion::is_rejected);
        let is_there = self.files.contains(&approved.file);
        let plugin = self.kept.get(&approved.manifest.digest)?;
        let held = self.trust.held(approved)?;
        let view = || plugin.approved_in_part(approved.by, &held, self.catalogue);
        (is_wanted && is_there).then(|| Arc::new(view()))
    }
}

/// The approved versions that must be loaded from what is kept: whose file is there, and is another by now.
pub(super) fn needed_from_kept(
    trust: &TrustSnapshot,
    digest_of: impl Fn(&str) -> Option<Option<String>>,
) -> Vec<&ApprovedVersion> {
    let approved = trust.approvals.plugins.values().map(|approval| &approval.current);
    let is_needed = |approved: &&ApprovedVersion| match digest_of(&approved.file) {
        // The file is gone, and the plugin with it.
        None => false,
        Some(digest) => {
            let is_other = digest.as_ref() != Some(&approved.manifest.digest);
            let is_rejected =
                digest.as_ref().is_some_and(|digest| trust.approvals.is_rejected(digest));
            is_other && (trust.mode != TrustMode::Open || is_rejected)
        }
    };
    approved.filter(|approved| trust.held(approved).is_some()).filter(is_needed).collect()
}
