//! Prompts: tasks that a person picks in a client, put into words; the plugins' own and the host's.

use std::borrow::Cow;

use serde_json::{Map, Value};
use souk_model::{
    Code, CompletionSource, ContentBlock, Failure, Prompt, PromptArgument, PromptInfo,
    PromptMessage, PromptParameter, PromptRole,
};

use super::host_prompts::HOST_PROMPTS;
use crate::load::plugin_set::PluginSet;
use crate::load::prompt_text::{PromptPart, prompt_parts};

/// The prompts that somebody can use who may call the tools of which `may` says so, by name. A
/// plugin's are of use to whoever may call any tool of its group.
pub(super) struct Prompts<'s> {
    prompts: Vec<OfferedPrompt<'s>>,
}

struct OfferedPrompt<'s> {
    /// As callers know it.
    name: String,
    /// Whose it is; the host's own are nobody's.
    group: &'s str,
    prompt: Cow<'s, Prompt>,
}

impl<'s> Prompts<'s> {
    pub(super) fn new(loaded: &'s PluginSet, may: impl Fn(&str) -> bool) -> Self {
        let own = HOST_PROMPTS
            .iter()
            .filter(|prompt| prompt.tools.iter().all(|tool| may(tool)))
            .map(|prompt| OfferedPrompt {
                name: prompt.name.to_owned(),
                group: "",
                prompt: Cow::Owned(prompt.prompt()),
            });
        let plugins = loaded
            .plugins
            .values()
            .filter(|plugin| plugin.group.actions.iter().any(|action| may(&action.tool)))
            .flat_map(|plugin| {
                let group = &plugin.group;
                group.details.prompts.iter().map(|prompt| OfferedPrompt {
                    name: format!("{}_{}", group.name, prompt.name),
                    group: &group.name,
                    prompt: Cow::Borrowed(prompt),
                })
            });
        let mut prompts: Vec<_> = own.chain(plugins).collect();
        prompts.sort_by(|one, other| one.name.cmp(&other.name));
        Self { prompts }
    }

    fn find(&self, name: &str) -> Result<&OfferedPrompt<'s>, Failure> {
        let found = self.prompts.iter().find(|offered| offered.name == name);
        found.ok_or_else(|| {
            Failure::new(Code::NotFound, format!("no prompt is called `{name}`"))
                .remedy("`prompts/list` has those there are")
        })
    }

    /// As they are listed.
    pub(super) fn list(&self) -> Vec<PromptInfo> {
        let parameter = |argument: &PromptArgument| PromptParameter {
            name: argument.name.clone(),
            description: argument.description.clone(),
            required: argument.required,
        };
        self.prompts
            .iter()
            .map(|OfferedPrompt { name, prompt, .. }| PromptInfo {
                name: name.clone(),
                title: prompt.title.clone(),
                description: prompt.description.clone(),
                arguments: prompt.arguments.iter().map(parameter).collect(),
            })
            .collect()
    }

    /// One with its arguments filled in.
    pub(super) fn get(
        &self,
        name: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Vec<PromptMessage>, Failure> {
        let text = fill(&self.find(name)?.prompt, arguments)?;
        Ok(vec![PromptMessage { role: PromptRole::User, content: ContentBlock::Text(text) }])
    }

    /// Where suggestions for an argument come from, and by which group; none where nobody says.
    pub(super) fn completion(
        &self,
        name: &str,
        argument: &str,
    ) -> Result<Option<(&CompletionSource, &'s str)>, Failure> {
        let OfferedPrompt { group, prompt, .. } = self.find(name)?;
        let found = prompt.arguments.iter().find(|known| known.name == argument);
        let found = found.ok_or_else(|| unknown_argument(argument, &prompt.arguments))?;
        Ok(found.completion.as_ref().map(|source| (source, *group)))
    }
}

fn unknown_argument(name: &str, arguments: &[PromptArgument]) -> Failure {
    let names: Vec<_> = arguments.iter().map(|argument| format!("`{}`", argument.name)).collect();
    let failure = Failure::argument(name, "the prompt has no such argument");
    failure.remedy(if names.is_empty() {
        "this prompt takes none".to_owned()
    } else {
        format!("its arguments are {}", names.join(", "))
    })
}

/// The text with each `{name}` replaced by what was given for it, and each brace of its own once.
fn fill(prompt: &Prompt, arguments: &Map<String, Value>) -> Result<String, Failure> {
    for name in arguments.keys() {
        if prompt.arguments.iter().all(|argument| argument.name != *name) {
            return Err(unknown_argument(name, &prompt.arguments));
        }
    }
    for argument in &prompt.arguments {
        match arguments.get(&argument.name) {
            None if argument.required => {
                return Err(Failure::argument(&*argument.name, "it is missing")
                    .remedy(argument.description.clone()));
            }
            Some(value) if !value.is_string() => {
                return Err(Failure::argument(&*argument.name, "the value is no text"));
            }
            _ => {}
        }
    }
    let given = |name: &str| arguments.get(name).and_then(Value::as_str).unwrap_or_default();
    // That it can be read was checked when it was loaded.
    let parts = prompt_parts(&prompt.text).unwrap_or_default().into_iter();
    let text = parts.map(|part| match part {
        PromptPart::Own(text) => text,
        PromptPart::Argument(name) => given(name),
    });
    Ok(text.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_prompt_is_of_use_to_whoever_may_call_what_it_names() {
        let loaded = PluginSet::default();
        let names = |may: &dyn Fn(&str) -> bool| -> Vec<String> {
            Prompts::new(&loaded, may).list().into_iter().map(|prompt| prompt.name).collect()
        };
        let all = [
            "content_check",
            "explain_tool",
            "late_orders",
            "morning_briefing",
            "orders_in_status",
            "price_change",
            "review_plan",
        ];
        assert_eq!(names(&|_| true), all);
        let of_others = all
            .iter()
            .filter(|name| !["morning_briefing", "price_change", "review_plan"].contains(name));
        assert!(names(&|tool| !tool.starts_with("plans_")).iter().eq(of_others));
        assert!(names(&|_| false).is_empty());
    }

    #[test]
    fn what_is_given_stands_in_the_text_and_what_is_missing_is_told() {
        let loaded = PluginSet::default();
        let prompts = Prompts::new(&loaded, |_| true);
        let given = object(json!({"products": "TEN-*", "change": "{5} % less"}));
        let messages = prompts.get("price_change", &given).unwrap();
        let [PromptMessage { content: ContentBlock::Text(text), .. }] = &messages[..] else {
            panic!("{messages:?}")
        };
        assert!(text.contains("Products: TEN-*. Change: {5} % less."), "{text}");
        for (given, argument) in [
            (json!({"products": "TEN-*"}), "change"),
            (json!({"products": "a", "change": 5}), "change"),
            (json!({"products": "a", "change": "b", "more": "c"}), "more"),
        ] {
            let failure = prompts.get("price_change", &object(given)).unwrap_err();
            assert_eq!(failure.argument.as_deref(), Some(argument));
        }
        assert_eq!(prompts.get("nothing", &Map::new()).unwrap_err().code, Code::NotFound);
    }

    #[test]
    fn braces_of_its_own_are_written_twice() {
        let prompt = Prompt {
            name: "x".into(),
            title: "X".into(),
            description: "X.".into(),
            arguments: Vec::new(),
            text: "a {{b}} }}{{ c".into(),
        };
        assert_eq!(fill(&prompt, &Map::new()).unwrap(), "a {b} }{ c");
    }

    #[test]
    fn an_argument_says_where_suggestions_come_from() {
        let loaded = PluginSet::default();
        let prompts = Prompts::new(&loaded, |_| true);
        let source = |prompt: &str, argument: &str| {
            prompts.completion(prompt, argument).unwrap().map(|(source, _)| source.clone())
        };
        let days = CompletionSource::Values(vec!["today".into(), "yesterday".into()]);
        assert_eq!(source("morning_briefing", "since"), Some(days));
        assert_eq!(source("content_check", "store_view"), Some(CompletionSource::StoreViews));
        assert_eq!(source("price_change", "change"), None);
        assert!(prompts.completion("morning_briefing", "until").is_err());
        assert!(prompts.completion("nothing", "since").is_err());
    }
}
