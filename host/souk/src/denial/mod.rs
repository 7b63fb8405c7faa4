//! What would allow what was refused, for whoever writes the plugin.

mod grant_words;
mod rule_words;

use souk_policy::MissingGrant;

use crate::plugin_language::PluginLanguage;

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denial {
    /// The tool, where it is known.
    pub(crate) tool: Option<String>,
    /// What was said of it: the failure's text, or something around that.
    pub(crate) message: String,
    /// The rule's id, where it is known. What a plugin passes on has none.
    pub(crate) rule: Option<String>,
}

impl Denial {
    /// The grant that is lacking, if it is one.
    pub(crate) fn missing_grant(&self) -> Option<MissingGrant> {
        MissingGrant::find(&self.message)
    }

    /// What would allow it, in lines for people: a grant as the author writes it, in each of these
    /// languages; or whose rule it was, and what its owner can do.
    pub(crate) fn explain(&self, languages: &[PluginLanguage]) -> String {
        match self.missing_grant() {
            Some(missing) => self.explain_grant(&missing, languages),
            None => rule_words::explain(self.rule.as_deref(), self.tool.as_deref()),
        }
    }

    fn explain_grant(&self, missing: &MissingGrant, languages: &[PluginLanguage]) -> String {
        let tool = self.tool.as_deref().map(|tool| format!("`{tool}`"));
        let tool = tool.unwrap_or_else(|| "the action".to_owned());
        let mut text = match missing {
            MissingGrant::Request { method, route, .. } => {
                format!("{tool} may do that once it declares `{method} {route}`\n")
            }
            MissingGrant::Field { method, route, at } => format!(
                "{tool} may do that once its grant of `{method} {route}` names the field `{at}`\n"
            ),
        };
        if let Some(why) = grant_words::why_never(missing) {
            return format!("no grant can allow it: {why}\n");
        }
        for &language in languages {
            text.push_str(&format!("\n{}:\n\n", language.name()));
            for line in grant_words::declaration(missing, language) {
                text.push_str(&format!("    {line}\n").replace("    \n", "\n"));
            }
        }
        text.push_str(
            "\nA plugin that asks for more waits until its operator approves that: `souk plugins` shows \
             the difference.\n",
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(message: &str, rule: Option<&str>) -> Denial {
        let tool = Some("greet_find".to_owned());
        Denial { tool, message: message.to_owned(), rule: rule.map(str::to_owned) }
    }

    #[test]
    fn a_read_is_declared_as_each_language_writes_it() {
        let refused =
            denial("the action has no grant for `GET /V1/orders/{id}` on `magento`", None);
        let text = refused.explain(&PluginLanguage::ALL);
        for said in [
            "`greet_find` may do that once it declares `GET /V1/orders/{id}`",
            "const ORDERS: Route<1> = Route::new(\"/V1/orders/{id}\");",
            "#[action(query, reads(ORDERS))]",
            "const ORDERS = new Route(\"/V1/orders/{id}\");",
            "reads: [ORDERS],",
            "ORDERS = Route(\"/V1/orders/{id}\")",
            "@query(reads=[ORDERS])",
        ] {
            assert!(text.contains(said), "`{said}` is not in:\n{text}");
        }
        assert!(!refused.explain(&[PluginLanguage::Python]).contains("#[action"));
    }

    #[test]
    fn a_write_is_declared_with_the_changes_that_it_belongs_to() {
        let refused =
            denial("the action has no grant for `PUT /V1/cmsPage/{id}` on `magento`", None);
        let text = refused.explain(&PluginLanguage::ALL);
        for said in [".put(CMS_PAGE)", "new Changes(", "changes(CHANGES)", "changes=[CHANGES]"] {
            assert!(text.contains(said), "`{said}` is not in:\n{text}");
        }
        let field = "the action may `PUT /V1/cmsBlock/{id}`, but not with a value at `/block/content` of the body";
        let text = denial(field, Some("grant-fields")).explain(&PluginLanguage::ALL);
        for said in [
            ".only(&[\"/block/content\"])",
            ".only(\"/block/content\")",
            "only=[\"/block/content\"]",
        ] {
            assert!(text.contains(said), "`{said}` is not in:\n{text}");
        }
    }

    #[test]
    fn what_no_grant_changes_says_whose_it_is() {
        for (rule, said) in [
            ("read-only", "souk policy explain local greet_find"),
            ("field-list", "[guards]"),
            ("store-acl", "souk doctor"),
            ("effect", "`prepare`"),
            ("something-newer", "the rule `something-newer`"),
        ] {
            let text = denial("no", Some(rule)).explain(&PluginLanguage::ALL);
            assert!(text.contains(said) && !text.contains("Route"), "{rule}: {text}");
        }
        let foreign = "the action has no grant for `GET /rest/V1/x` on `magento`";
        assert!(
            denial(foreign, None).explain(&PluginLanguage::ALL).contains("no grant can allow it")
        );
    }
}
