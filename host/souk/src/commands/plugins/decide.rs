//! `souk plugins approve`, `reject` and `rollback`: what the operator decides, a running host obeys.

use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use souk_model::short_digest;
use souk_policy::trust::{diff, indented};
use souk_runtime::{Registry, note_approved, note_rejected};
use souk_state::approvals::{ApprovalError, ApprovalSource, ApprovalStore, ApprovedVersion};
use souk_state::audit::AuditTrail;
use souk_state::plans::SqlitePlanStore;
use souk_state::{StateDir, Timestamp};

use super::offer::{OfferedVersion, named, offered, the_one};
use crate::host_figures;
use crate::output::print;
use crate::setup::Setup;
use crate::wiring;

/// Approves what waits of these groups, or of all.
pub(super) async fn approve(
    setup: &Setup,
    names: &[String],
    all: bool,
    digest: Option<&str>,
) -> anyhow::Result<ExitCode> {
    if digest.is_some() && (all || names.len() != 1) {
        bail!("`--digest` is of one plugin: name it");
    }
    let registry = wiring::load(setup).await?;
    let offered = offered(&registry).await;
    let parked: Vec<String> =
        host_figures::parked(&setup.state_dir()?).into_iter().map(|(plugin, _)| plugin).collect();
    let chosen = if all {
        let loaded = registry.loaded();
        let waits = |one: &&OfferedVersion| {
            loaded.undecided().any(|waiting| waiting.plugin.digest == one.manifest.digest)
        };
        offered.iter().filter(waits).collect()
    } else {
        let one = |name: &String| match the_one(&offered, name, digest) {
            // Nothing of it waits: what is approved already is approved once more, for its sake.
            Err(why) if parked.contains(name) => approved(&offered, name).ok_or(why),
            found => found,
        };
        names.iter().map(one).collect::<anyhow::Result<Vec<_>>>()?
    };
    if chosen.is_empty() {
        print("nothing waits\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let (trail, loaded) = (decisions_trail(setup).await?, registry.loaded());
    for version in chosen {
        // Whoever only lets it serve again has not decided for this file and against its successors.
        let serving = loaded.plugins.get(&version.manifest.group);
        let same = serving.filter(|one| digest.is_none() && one.digest == version.manifest.digest);
        let same = same.filter(|_| version.is_approved);
        let by = same.and_then(|one| one.approval).unwrap_or(ApprovalSource::Operator);
        print(&take_over(&registry, &trail, version, by)?)?;
        if parked.contains(&version.manifest.group) {
            print("  it was parked, and is not any more\n")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The version of a group that serves by an approval already.
fn approved<'o>(offered: &'o [OfferedVersion], group: &str) -> Option<&'o OfferedVersion> {
    offered.iter().find(|one| one.manifest.group == group && one.is_approved)
}

/// Approves one version, with a line on the trail. What it may do from now on, for people.
pub(super) fn take_over(
    registry: &Registry,
    trail: &AuditTrail,
    version: &OfferedVersion,
    by: ApprovalSource,
) -> anyhow::Result<String> {
    let approvals = registry.approvals();
    let before = approvals.approved(&version.manifest.group).map(|approved| &approved.manifest);
    let approved = registry.approve(&version.plugin, by).map_err(|why| anyhow!(why))?;
    note_approved(trail, &approved);
    let mut text = format!("approved {}", named(&approved.manifest));
    if let Some(before) = before.filter(|before| before.digest != approved.manifest.digest) {
        text.push_str(&format!(", in place of {}", named(before)));
    }
    text.push_str(&indented(&diff(before, &approved.manifest)));
    text.push('\n');
    Ok(text)
}

/// Rejects what waits of a group; with its digest, what is approved.
pub(super) async fn reject(
    setup: &Setup,
    name: &str,
    digest: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let registry = wiring::load(setup).await?;
    let offered = offered(&registry).await;
    let version = the_one(&offered, name, digest)?;
    let (store, trail) = (store(setup)?, decisions_trail(setup).await?);
    let (group, digest) = (&version.manifest.group, &version.manifest.digest);
    store.update(|approvals| {
        approvals.reject(group, digest);
        Ok::<_, ApprovalError>(())
    })?;
    note_rejected(&trail, &version.plugin)?;
    print(&format!(
        "rejected {}: no host serves this file; `souk plugins approve {group} --digest {}` takes that back\n",
        named(&version.manifest),
        short_digest(digest)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Goes one step back.
pub(super) async fn roll_back(setup: &Setup, name: &str) -> anyhow::Result<ExitCode> {
    let (store, trail) = (store(setup)?, decisions_trail(setup).await?);
    let (all, plugins) = (setup.limits.clone(), setup.plugin_limits()?);
    let restored = store.update(|approvals| {
        let current = approvals
            .approved(name)
            .with_context(|| format!("nothing is approved of `{name}`"))?
            .manifest
            .clone();
        let restored: ApprovedVersion = approvals
            .roll_back(name, Timestamp::now())
            .with_context(|| {
                format!("there is no step back of `{name}`: nothing was approved before")
            })?
            .clone();
        // It is of no use where it cannot serve.
        let limit = all.max_file_bytes(&restored.file, &plugins);
        store.kept(&restored.manifest.digest, limit).map_err(|why| anyhow!(why))?;
        anyhow::Ok((current, restored))
    });
    let (taken_back, restored) = restored?;
    note_approved(&trail, &restored);
    print(&format!(
        "{} serves again, and {} is rejected\n",
        named(&restored.manifest),
        named(&taken_back)
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn store(setup: &Setup) -> anyhow::Result<ApprovalStore> {
    // Says what is missing where there is no state directory.
    setup.state_dir()?;
    setup.plugin_trust()?.store.ok_or_else(|| anyhow!("there is no state directory"))
}

/// The trail, for what is decided here. Plans are looked at first: what is missing of them is found
/// before there is a line.
pub(super) async fn decisions_trail(setup: &Setup) -> anyhow::Result<AuditTrail> {
    let state = StateDir::open(setup.state_dir()?)?;
    let trail = wiring::open_trail(setup, &state)?;
    let plans = SqlitePlanStore::open(&state)?;
    wiring::reconcile(setup, &state, &trail, &plans).await?;
    Ok(trail)
}
