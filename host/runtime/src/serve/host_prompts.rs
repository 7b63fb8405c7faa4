//! The host's own prompts: a merchant's tasks that go across plugins.

use souk_model::{CompletionSource, Prompt, PromptArgument};

/// A prompt of the host's.
pub(super) struct HostPrompt {
    pub(super) name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Who may not call one of these has no use for it.
    pub(super) tools: &'static [&'static str],
    arguments: &'static [HostPromptArgument],
    text: &'static str,
}

/// What goes into one; none can be left out.
struct HostPromptArgument {
    name: &'static str,
    description: &'static str,
    completion: Suggested,
}

/// Where suggestions for an argument come from.
#[derive(Clone, Copy)]
enum Suggested {
    Nowhere,
    Values(&'static [&'static str]),
    StoreViews,
    /// A source of the host's, by its name.
    Named(&'static str),
}

const fn argument(
    name: &'static str,
    description: &'static str,
    completion: Suggested,
) -> HostPromptArgument {
    HostPromptArgument { name, description, completion }
}

pub(super) const HOST_PROMPTS: [HostPrompt; 7] = [
    HostPrompt {
        name: "content_check",
        title: "Check the content pages",
        description: "Reads the store's pages and blocks and lists what a customer should not see.",
        tools: &["cms_search_pages", "cms_get_page", "cms_search_blocks", "cms_get_block"],
        arguments: &[argument("store_view", "The store view, by its code.", Suggested::StoreViews)],
        text: "Check the content of the store view {store_view}. List its active pages with \
               `cms_search_pages` and its blocks with `cms_search_blocks`, and read each with \
               `cms_get_page` or `cms_get_block`. Tell me of texts in the wrong language, of \
               placeholders, of past dates and offers, of empty pages, and of links that lead \
               nowhere: page or block, what is wrong, and what you would write instead. Change \
               nothing.",
    },
    HostPrompt {
        name: "explain_tool",
        title: "Explain a tool",
        description: "Says in plain words what a tool does, what it needs and what it may change.",
        tools: &["tools_describe"],
        arguments: &[argument("tool", "The tool, by its name.", Suggested::Named("tools"))],
        text: "Explain the tool {tool} to me, from what `tools_describe` says of it: what it is for, \
               what it needs, what it changes in the store and how that is taken back. Give one \
               example. Explain only.",
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
        arguments: &[argument(
            "since",
            "Since when: `yesterday`, or a day as 2026-07-28.",
            Suggested::Values(&["today", "yesterday"]),
        )],
        text: "Give me a briefing on the store, in ten lines at most. Orders since {since} with \
               `orders_search`: how many, for how much in each currency, and anything unusual. What \
               is stuck, with `orders_stuck`. Plans that are proposed and not committed, or did not \
               end well, with `plans_list`. Say last what I should look at first. Change nothing.",
    },
    HostPrompt {
        name: "orders_in_status",
        title: "Go through the orders in a status",
        description: "Lists the orders in one status, the oldest first, and what each waits for.",
        tools: &["orders_search", "orders_why"],
        arguments: &[argument(
            "status",
            "The status, by its code: `pending`, `processing`.",
            Suggested::Named("order-statuses"),
        )],
        text: "Go through the orders in the status {status}. Find them with `orders_search`, the \
               oldest first, and tell me how many there are and since when the oldest waits. Ask \
               `orders_why` for the five oldest. Give me a table: order, since when, what it waits \
               for, what can be done. Change nothing.",
    },
    HostPrompt {
        name: "price_change",
        title: "Change prices, with a review",
        description: "Prepares a change of prices, shows it, and commits it once you agree.",
        tools: &["pricing_prepare_bulk_price_update", "plans_get", "plans_commit"],
        arguments: &[
            argument(
                "products",
                "Which products: skus, a category, a brand.",
                Suggested::Named("skus"),
            ),
            argument(
                "change",
                "What becomes of their prices: `5 % less`, `19.90`.",
                Suggested::Nowhere,
            ),
        ],
        text: "Change prices. Products: {products}. Change: {change}. Find the products first and \
               tell me how many there are. Prepare the change with \
               `pricing_prepare_bulk_price_update`, show me what `plans_get` says of it (how many, \
               the largest changes, every warning), and wait. Only when I have agreed, commit it \
               with `plans_commit`, and tell me what was done and how to take it back.",
    },
    HostPrompt {
        name: "review_plan",
        title: "Review a plan",
        description: "Shows what a plan would change, and what to look at before it is carried out.",
        tools: &["plans_get"],
        arguments: &[argument("plan_id", "The plan, by its id.", Suggested::Named("plans"))],
        text: "Review the plan {plan_id} with me, from what `plans_get` says of it: what it changes, \
               in how many items and by whom it was proposed, the largest changes, every warning, \
               how each is taken back. Say what I should look at before I agree; I decide then.",
    },
];

impl HostPrompt {
    pub(super) fn prompt(&self) -> Prompt {
        let argument = |argument: &HostPromptArgument| PromptArgument {
            name: argument.name.to_owned(),
            description: argument.description.to_owned(),
            required: true,
            completion: argument.completion.source(),
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

impl Suggested {
    fn source(self) -> Option<CompletionSource> {
        match self {
            Self::Nowhere => None,
            Self::Values(values) => {
                let values = values.iter().map(|&value| value.to_owned()).collect();
                Some(CompletionSource::Values(values))
            }
            Self::StoreViews => Some(CompletionSource::StoreViews),
            Self::Named(name) => Some(CompletionSource::Other(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_names_its_tools_and_its_arguments() {
        for prompt in &HOST_PROMPTS {
            for tool in prompt.tools {
                assert!(prompt.text.contains(&format!("`{tool}`")), "{} {tool}", prompt.name);
            }
            for HostPromptArgument { name, .. } in prompt.arguments {
                assert!(prompt.text.contains(&format!("{{{name}}}")), "{name}");
            }
        }
    }
}
