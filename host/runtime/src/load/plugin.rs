//! A loaded plugin: what it is, what it offers, and its compiled code.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use souk_model::{Effect, Grant, Group, PluginManifest};
use souk_policy::writes::WriteCatalogue;
use souk_state::approvals::ApprovalSource;

use super::describe::GroupDescription;
use super::marked_group::{marked_group, partial_group};
use super::plugin_signature::PluginSignature;
use super::schema::{InputSchema, OutputSchema, SettingsSchema};
use crate::guest::bindings::ActionGroupPre;
use crate::guest::state::GuestState;

/// A checked and compiled plugin. Cheap to clone, but for what it says of itself.
#[derive(Clone)]
pub struct Plugin {
    /// The file's name, without its directory.
    pub file: String,
    /// Lower-case hex SHA-256 of the file.
    pub digest: String,
    /// The file's size in bytes.
    pub size: usize,
    /// The interfaces it imports, which bound what it can do whatever it declares.
    pub imports: Vec<String>,
    /// By whom its file is signed.
    pub signature: PluginSignature,
    /// What it offers.
    pub group: Group,
    pub(crate) schemas: HashMap<String, Arc<ActionSchemas>>,
    /// What the operator's settings for it may hold, where it says so.
    settings: Option<Arc<SettingsSchema>>,
    /// By what it was approved; none where nobody has.
    pub approval: Option<ApprovalSource>,
    /// What an approval of it is about, once somebody has asked.
    manifest: OnceLock<Arc<PluginManifest>>,
    pub(crate) pre: ActionGroupPre<GuestState>,
    pub(crate) name: Arc<str>,
}

/// An action's schemas, ready to apply.
pub(crate) struct ActionSchemas {
    pub(crate) input: Arc<InputSchema>,
    pub(crate) output: OutputSchema,
}

impl Plugin {
    pub(crate) fn new(
        file: &str,
        digest: String,
        size: usize,
        imports: Vec<String>,
        description: GroupDescription,
        pre: ActionGroupPre<GuestState>,
    ) -> Self {
        let GroupDescription { group, actions, settings } = description;
        let schemas = actions
            .into_iter()
            .map(|described| {
                let schemas =
                    ActionSchemas { input: Arc::new(described.input), output: described.output };
                (described.action.name.clone(), Arc::new(schemas))
            })
            .collect();
        let name = group.name.as_str().into();
        let settings = settings.map(Arc::new);
        let (file, approval, manifest) = (file.to_owned(), None, OnceLock::new());
        Self {
            file,
            digest,
            size,
            imports,
            signature: PluginSignature::None,
            group,
            schemas,
            settings,
            approval,
            manifest,
            pre,
            name,
        }
    }

    /// What it is and asks for, as far as an approval is about it. The catalogue is the sandbox's own.
    #[must_use]
    pub fn manifest(&self, catalogue: &WriteCatalogue) -> &PluginManifest {
        let tier = |grant: &Grant| catalogue.of_grant(grant).map(|tiers| tiers.lowest);
        let manifest = || {
            let unsigned = PluginManifest::of(&self.group, &self.digest, &self.imports, tier);
            unsigned.signed_by(self.signature.signer().cloned()).into()
        };
        self.manifest.get_or_init(manifest)
    }

    /// The same with the signature of its file.
    pub(crate) fn with_signature(&self, signature: PluginSignature) -> Self {
        Self { signature, manifest: OnceLock::new(), ..self.clone() }
    }

    /// As it serves when somebody has approved it.
    pub(crate) fn approved(&self, by: ApprovalSource) -> Self {
        Self { approval: Some(by), ..self.clone() }
    }

    /// As it serves by its signature: without the tools that are held back. Its manifest stays that of
    /// the whole.
    pub(crate) fn approved_in_part(
        &self,
        by: ApprovalSource,
        held: &BTreeSet<String>,
        catalogue: &WriteCatalogue,
    ) -> Self {
        let manifest = OnceLock::from(Arc::new(self.manifest(catalogue).clone()));
        Self { manifest, group: partial_group(&self.group, held), ..self.approved(by) }
    }

    /// As it serves though nobody has: all of it, its words its own.
    pub(crate) fn unapproved(&self) -> Self {
        Self { approval: None, ..self.clone() }
    }

    /// As it serves though nobody has approved it, where that is told: without the tools that are held
    /// back, and with each of its texts marked.
    pub(crate) fn marked(&self, held: &BTreeSet<String>) -> Self {
        let group = marked_group(&self.group, held);
        Self { group, manifest: OnceLock::new(), ..self.unapproved() }
    }

    /// Whether it serves a tool of this name: an action, or what commits one's plans.
    pub(crate) fn has_tool(&self, name: &str) -> bool {
        let group = &self.group;
        group.actions.iter().any(|action| match &action.effect {
            Effect::Prepare(commit) if commit.tool(&group.name) == name => true,
            _ => action.tool == name,
        })
    }

    /// Whether these settings of the operator's are what the plugin says that they may be.
    ///
    /// # Errors
    /// Each setting at fault and why, for people; values are not repeated.
    pub fn check_settings(&self, settings: &Map<String, Value>) -> Result<(), String> {
        self.settings.as_ref().map_or(Ok(()), |schema| schema.check(settings))
    }
}
