//! Prompts: tasks that a person picks in a client, put into words; the plugins' own and the host's.

use std::borrow::Cow;

use serde_json::{Map, Value};
use souk_model::{
    Code, CompletionRequest, CompletionSource, CompletionTarget, ContentBlock, Failure, Prompt,
    PromptArgument, PromptInfo, PromptMessage, PromptParameter, PromptRole, Suggestions,
};

use crate::load::plugin_set::PluginSet;
use crate::load::prompt_text::{PromptPart, prompt_parts};

/// A prompt of the host's.
struct HostPrompt {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Who may not call one of these has no use for it.
    tools: &'static [&'static str],
    /// Name and description; none can be left out.
    arguments: &'static [(&'static str, &'static str)],
    text: &'static str,
}

const HOST_PROMPTS: [HostPrompt; 4] = [
    HostPrompt {
        name: "content_check",
        title: "Check the content pages",
        description: "Reads the store's pages and blocks and lists what a customer should not see.",
        tools: &["cms_search_pages", "cms_get_page", "cms_search_blocks", "cms_get_block"],
        arguments: &[("store_view", "The store view, by its code.")],
        text: "Check the content of the store view {store_view}. List its active pages with \
               `cms_search_pages` and its blocks with `cms_search_blocks`, and read each with \
               `cms_get_page` or `cms_get_block`. Tell me of texts in the wrong language, of \
               placeholders, of past dates and offers, of empty pages, and of links that lead \
               nowhere: page or block, what is wrong, and what you would write instead. Change \
               nothing.",
    },
    HostPrompt {
        name: "late_orders",
        title: "Find late orders",
        description: "Lists orders that wait longer than they should, and what can be done.",
        tools: &["orders_stuck", "orders_why"],
        arguments: &[],
        text: "Which orders wait longer than they should? Ask `orders_stuck`, and for the longest \
               waiting of each kind `orders_why`. Give me a table: order, customer's country, how \
               long it waits and for what, what can be done about it. Then propose what you would \
               do first. Change nothing before I say so.",
    },
    HostPrompt {
        name: "morning_briefing",
        title: "Morning briefing",
        description: "What came in, what waits, and which changes are still open.",
        tools: &["orders_search", "orders_stuck", "plans_list"],
        arguments: &[("since", "Since when: `yesterday`, or a day as 2026-07-28.")],
        text: "Give me a briefing on the store, in ten lines at most. Orders since {since} with \
               `orders_search`: how many, for how much in each currency, and anything unusual. What \
               is stuck, with `orders_stuck`. Plans that are proposed and not committed, or did not \
               end well, with `plans_list`. Say last what I should look at first. Change nothing.",
    },
    HostPrompt {
        name: "price_change",
        title: "Change prices, with a review",
        description: "Prepares a change of prices, shows it, and commits it once you agree.",
        tools: &["pricing_prepare_bulk_price_update", "plans_get", "plans_commit"],
        arguments: &[
            ("products", "Which products: skus, a category, a brand."),
            ("change", "What becomes of their prices: `5 % less`, `19.90`."),
        ],
        text: "Change prices. Products: {products}. Change: {change}. Find the products first and \
               tell me how many there are. Prepare the change with \
               `pricing_prepare_bulk_price_update`, show me what `plans_get` says of it (how many, \
               the largest changes, every warning), and wait. Only when I have agreed, commit it \
               with `plans_commit`, and tell me what was done and how to take it back.",
    },
];

impl HostPrompt {
    fn prompt(&self) -> Prompt {
        let argument = |(name, description): &(&str, &str)| PromptArgument {
            name: (*name).to_owned(),
            description: (*description).to_owned(),
            required: true,
            completion: (*name == "since")
                .then(|| CompletionSource::Values(vec!["today".into(), "yesterday".into()])),
        };
        Prompt {
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            arguments: self.arguments.iter().map(argument).collect(),
            text: self.text.to_owned(),
        }
    }
}

/// The prompts that somebody can use who may call the tools of which `may` says so, by name. A
/// plugin's are of use to whoever may call any tool of its group.
pub(super) struct Prompts<'s> {
    prompts: Vec<(String, Cow<'s, Prompt>)>,
}

impl<'s> Prompts<'s> {
    pub(super) fn new(loaded: &'s PluginSet, may: impl Fn(&str) -> bool) -> Self {
        let own = HOST_PROMPTS
            .iter()
            .filter(|prompt| prompt.tools.iter().all(|tool| may(tool)))
            .map(|prompt| (prompt.name.to_owned(), Cow::Owned(prompt.prompt())));
        let plugins = loaded
            .plugins
            .values()
            .filter(|plugin| plugin.group.actions.iter().any(|action| may(&action.tool)))
            .flat_map(|plugin| {
                let group = &plugin.group;
                group.details.prompts.iter().map(|prompt| {
                    (format!("{}_{}", group.name, prompt.name), Cow::Borrowed(prompt))
                })
            });
        let mut prompts: Vec<_> = own.chain(plugins).collect();
        prompts.sort_by(|one, other| one.0.cmp(&other.0));
        Self { prompts }
    }

    fn find(&self, name: &str) -> Result<&Prompt, Failure> {
        let found = self.prompts.iter().find(|(known, _)| known == name);
        found.map(|(_, prompt)| &**prompt).ok_or_else(|| {
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
            .map(|(name, prompt)| PromptInfo {
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
        let text = fill(self.find(name)?, arguments)?;
        Ok(vec![PromptMessage { role: PromptRole::User, content: ContentBlock::Text(text) }])
    }

    /// What a plugin or the host knows beforehand for an argument, as far as it fits what is typed.
    pub(super) fn complete(&self, request: &CompletionRequest) -> Result<Suggestions, Failure> {
        let CompletionTarget::Prompt(name) = &request.target else {
            return Ok(Suggestions::default());
        };
        let prompt = self.find(name)?;
        let argument = prompt.arguments.iter().find(|known| known.name == request.argument);
        let argument =
            argument.ok_or_else(|| unknown_argument(&request.argument, &prompt.arguments))?;
        let values = match &argument.completion {
            Some(CompletionSource::Values(values)) => values.as_slice(),
            _ => &[],
        };
        let typed = request.typed.to_lowercase();
        let fitting = values.iter().filter(|value| value.to_lowercase().starts_with(&typed));
        Ok(Suggestions { values: fitting.cloned().collect(), total: None })
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
        let all = ["content_check", "late_orders", "morning_briefing", "price_change"];
        assert_eq!(names(&|_| true), all);
        assert_eq!(names(&|tool| !tool.starts_with("plans_")), all[..2]);
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
    fn what_is_typed_is_completed_from_what_is_known() {
        let loaded = PluginSet::default();
        let prompts = Prompts::new(&loaded, |_| true);
        let request = |argument: &str, typed: &str| CompletionRequest {
            target: CompletionTarget::Prompt("morning_briefing".into()),
            argument: argument.into(),
            typed: typed.into(),
            others: Map::new(),
        };
        assert_eq!(prompts.complete(&request("since", "YEST")).unwrap().values, ["yesterday"]);
        assert!(prompts.complete(&request("until", "")).is_err());
    }

    #[test]
    fn every_text_names_its_tools_and_its_arguments() {
        for prompt in &HOST_PROMPTS {
            for tool in prompt.tools {
                assert!(prompt.text.contains(&format!("`{tool}`")), "{} {tool}", prompt.name);
            }
            for (argument, _) in prompt.arguments {
                assert!(prompt.text.contains(&format!("{{{argument}}}")), "{argument}");
            }
        }
    }
}
