//! Families of resources: what a query answers, by the address of what it is about.

use serde_json::{Map, Value};
use souk_model::{
    CallFailure, CompletionSource, Principal, ResourceBody, ResourceContents, ResourceFamily,
    ToolCall, ToolResult,
};

use crate::load::plugin_set::PluginSet;

/// What is the host's own, whatever a plugin is called.
const OWN: [&str; 3] = ["souk://audit/", "souk://exports/", "souk://plans/"];

/// What each member of a family is.
const MEDIA_TYPE: &str = "application/json";

/// Resources that one tool answers, with one argument that the address holds.
pub(super) struct FamilyOfTool {
    /// `souk://orders/{increment_id}`.
    uri: String,
    title: String,
    description: String,
    tool: String,
    argument: String,
    group: String,
    /// What the argument may be, where that is known.
    completion: Option<CompletionSource>,
}

impl FamilyOfTool {
    /// The plans, which are the host's own.
    fn of_plans() -> Self {
        Self {
            uri: "souk://plans/{plan_id}".to_owned(),
            title: "A plan".to_owned(),
            description: "A plan with its changes, as `plans_get` answers it.".to_owned(),
            tool: "plans_get".to_owned(),
            argument: "plan_id".to_owned(),
            group: "plans".to_owned(),
            completion: Some(CompletionSource::Other("plans".to_owned())),
        }
    }

    /// All whose tool may be called, by name.
    pub(super) fn all(loaded: &PluginSet, may: impl Fn(&str) -> bool) -> Vec<Self> {
        let is_own = |uri: &str| OWN.iter().any(|own| uri.starts_with(own));
        let of_plugins = loaded.plugins.values().flat_map(|plugin| {
            let group = &plugin.group;
            group.details.resource_templates.iter().map(|template| Self {
                uri: template.uri.clone(),
                title: template.title.clone(),
                description: template.description.clone(),
                tool: format!("{}_{}", group.name, template.action),
                argument: template.argument.clone(),
                group: group.name.clone(),
                completion: group.completion(&template.action, &template.argument).cloned(),
            })
        });
        let of_plugins = of_plugins.filter(|family| !is_own(&family.uri));
        std::iter::once(Self::of_plans())
            .chain(of_plugins)
            .filter(|family| may(&family.tool))
            .collect()
    }

    /// As it is listed.
    pub(super) fn listed(self) -> ResourceFamily {
        ResourceFamily {
            name: self.tool,
            uri_template: self.uri,
            title: self.title,
            description: self.description,
            media_type: MEDIA_TYPE.to_owned(),
        }
    }

    /// What its argument may be, and by which group; none where that is not known, or the argument is
    /// another's.
    pub(super) fn completion(
        &self,
        uri: &str,
        argument: &str,
    ) -> Option<(&CompletionSource, &str)> {
        let is_asked = self.uri == uri && self.argument == argument;
        let completion = self.completion.as_ref().filter(|_| is_asked)?;
        Some((completion, &self.group))
    }

    /// The value that an address holds, if it is of this family.
    fn value(&self, uri: &str) -> Option<String> {
        let (before, after) = self.uri.split_once('{')?;
        let (_, after) = after.split_once('}')?;
        let value = uri.strip_prefix(before)?.strip_suffix(after)?;
        let is_segment = !value.is_empty() && !value.contains(['/', '?', '#']);
        is_segment.then(|| decoded(value))?
    }

    /// The call that answers an address, if it is of this family.
    pub(super) fn call(&self, principal: &Principal, uri: &str) -> Option<ToolCall> {
        let arguments = Map::from_iter([(self.argument.clone(), Value::from(self.value(uri)?))]);
        Some(ToolCall::new(principal.clone(), self.tool.clone(), arguments))
    }
}

/// What the call answered, as the resource.
pub(super) fn contents(
    uri: &str,
    answer: Result<ToolResult, CallFailure>,
) -> Result<ResourceContents, souk_model::Failure> {
    let answer = answer.map_err(|failed| failed.failure)?;
    Ok(ResourceContents {
        uri: uri.to_owned(),
        media_type: MEDIA_TYPE.to_owned(),
        body: ResourceBody::Text(Value::Object(answer.result).to_string()),
    })
}

/// A segment without its percent signs; none where it is no text.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_one_value_and_nothing_else() {
        let family = FamilyOfTool::of_plans();
        let value = |uri: &str| family.value(uri);
        assert_eq!(value("souk://plans/p-1").as_deref(), Some("p-1"));
        assert_eq!(value("souk://plans/a%20%C3%BC%2Fb").as_deref(), Some("a ü/b"));
        for wrong in [
            "souk://plans/",
            "souk://plans/a/b",
            "souk://plans/a?b",
            "souk://orders/a",
            "souk://plans/%",
            "souk://plans/%zz",
            "souk://plans/%ff",
            "souk://plans",
        ] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_family_is_there_for_whoever_may_call_its_tool() {
        let loaded = PluginSet::default();
        assert_eq!(FamilyOfTool::all(&loaded, |_| true).len(), 1);
        assert!(FamilyOfTool::all(&loaded, |tool| tool != "plans_get").is_empty());
    }
}
