//! A loaded plugin: what it is, what it offers, and its compiled code.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use souk_model::Group;

use super::describe::GroupDescription;
use super::schema::{InputSchema, OutputSchema, SettingsSchema};
use crate::guest::bindings::ActionGroupPre;
use crate::guest::state::GuestState;

/// A checked and compiled plugin.
pub struct Plugin {
    /// The file's name, without its directory.
    pub file: String,
    /// Lower-case hex SHA-256 of the file.
    pub digest: String,
    /// The file's size in bytes.
    pub size: usize,
    /// The interfaces it imports, which bound what it can do whatever it declares.
    pub imports: Vec<String>,
    /// What it offers.
    pub group: Group,
    pub(crate) schemas: HashMap<String, Arc<ActionSchemas>>,
    /// What the operator's settings for it may hold, where it says so.
    settings: Option<SettingsSchema>,
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
        Self { file: file.to_owned(), digest, size, imports, group, schemas, settings, pre, name }
    }

    /// Whether these settings of the operator's are what the plugin says that they may be.
    ///
    /// # Errors
    /// Each setting at fault and why, for people; values are not repeated.
    pub fn check_settings(&self, settings: &Map<String, Value>) -> Result<(), String> {
        self.settings.as_ref().map_or(Ok(()), |schema| schema.check(settings))
    }
}
