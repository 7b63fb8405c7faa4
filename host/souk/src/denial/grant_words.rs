//! A grant as its author writes it, in each language that there is an SDK for.

use souk_model::{Grant, Method, PurgeTarget, Route, WriteMethod};
use souk_policy::{MissingGrant, check_grant};

use crate::plugin_language::PluginLanguage;

/// Why a request cannot be granted at all, where it cannot.
pub(super) fn why_never(missing: &MissingGrant) -> Option<String> {
    let MissingGrant::Request { method, route, upstream } = missing else { return None };
    match route.parse::<Route>() {
        Err(why) => Some(why.to_string()),
        Ok(route) => {
            check_grant(&Grant::new(upstream, *method, route)).err().map(|refusal| refusal.message)
        }
    }
}

/// What its author writes, line by line.
pub(super) fn declaration(missing: &MissingGrant, language: PluginLanguage) -> Vec<String> {
    let words = match missing {
        MissingGrant::Field { method, at, .. } => return field(*method, at, language),
        MissingGrant::Request { method, route, upstream } => {
            GrantWords { method: *method, route, upstream, name: constant_name(route) }
        }
    };
    match (words.upstream == PurgeTarget::UPSTREAM, words.method) {
        (true, _) => words.purge(language),
        (false, Method::Get) => words.read(language),
        (false, Method::Write(method)) => words.write(method, language),
    }
}

/// A grant of a request, and what its route is called in code.
struct GrantWords<'g> {
    method: Method,
    route: &'g str,
    upstream: &'g str,
    name: String,
}

impl GrantWords<'_> {
    /// The route as a constant.
    fn route(&self, language: PluginLanguage) -> String {
        let Self { route, upstream, name, .. } = self;
        let is_of_store = *upstream == Grant::STORE;
        match language {
            PluginLanguage::Rust => {
                let parameters = route.matches('{').count();
                let value = if is_of_store {
                    format!("Route::new(\"{route}\")")
                } else {
                    format!("Route::of(\"{upstream}\", \"{route}\")")
                };
                format!("const {name}: Route<{parameters}> = {value};")
            }
            PluginLanguage::TypeScript | PluginLanguage::Python => {
                let upstream =
                    if is_of_store { String::new() } else { format!(", \"{upstream}\"") };
                match language {
                    PluginLanguage::TypeScript => {
                        format!("const {name} = new Route(\"{route}\"{upstream});")
                    }
                    _ => format!("{name} = Route(\"{route}\"{upstream})"),
                }
            }
        }
    }

    fn read(&self, language: PluginLanguage) -> Vec<String> {
        let name = &self.name;
        let declared = match language {
            PluginLanguage::Rust => format!("#[action(query, reads({name}))]"),
            PluginLanguage::TypeScript => format!("reads: [{name}],"),
            PluginLanguage::Python => format!("@query(reads=[{name}])"),
        };
        vec![
            self.route(language),
            String::new(),
            format!("{declared}{}", comment(language, "beside what it reads already")),
        ]
    }

    fn write(&self, method: WriteMethod, language: PluginLanguage) -> Vec<String> {
        let name = &self.name;
        let method = verb(method);
        let (changes, declared) = match language {
            PluginLanguage::Rust => (
                format!("const CHANGES: Changes<1> = Changes::of(\"…\", LOOKUP).{method}({name});"),
                "#[action(prepare, changes(CHANGES))]",
            ),
            PluginLanguage::TypeScript => (
                format!("const CHANGES = new Changes(\"…\", LOOKUP).{method}({name});"),
                "changes: [CHANGES],",
            ),
            PluginLanguage::Python => (
                format!("CHANGES = Changes(\"…\", LOOKUP).{method}({name})"),
                "@prepare(changes=[CHANGES])",
            ),
        };
        let note = format!("or `.{method}({name})` at the end of what it changes already");
        vec![
            self.route(language),
            format!("{changes}{}", comment(language, &note)),
            String::new(),
            declared.to_owned(),
        ]
    }

    fn purge(&self, language: PluginLanguage) -> Vec<String> {
        match language {
            PluginLanguage::Rust => {
                let name = &self.name;
                vec![
                    self.route(language),
                    String::new(),
                    format!("#[action(apply, purges({name}))]"),
                ]
            }
            PluginLanguage::TypeScript | PluginLanguage::Python => vec![format!(
                "the SDK has no words for purges: the action's `grants` in the contract take {} {}",
                self.method, self.route
            )],
        }
    }
}

/// A field of a body beside those that a grant names.
fn field(method: Method, at: &str, language: PluginLanguage) -> Vec<String> {
    let method = match method {
        Method::Write(method) => verb(method),
        Method::Get => "put",
    };
    let (only, all) = match language {
        PluginLanguage::Rust => {
            (format!(".{method}(…).only(&[\"{at}\"])"), "beside the fields that stand there")
        }
        PluginLanguage::TypeScript => {
            (format!(".{method}(…).only(\"{at}\")"), "beside the fields that stand there")
        }
        PluginLanguage::Python => {
            (format!(".{method}(…, only=[\"{at}\"])"), "beside the fields that stand there")
        }
    };
    vec![format!("{only}{}", comment(language, all))]
}

fn comment(language: PluginLanguage, text: &str) -> String {
    let sign = if language == PluginLanguage::Python { "#" } else { "//" };
    format!("  {sign} {text}")
}

const fn verb(method: WriteMethod) -> &'static str {
    match method {
        WriteMethod::Post => "post",
        WriteMethod::Put => "put",
        WriteMethod::Patch => "patch",
        WriteMethod::Delete => "delete",
    }
}

/// A constant's name for a route, made of its words: `/V1/cmsBlock/search` is `CMS_BLOCK_SEARCH`.
fn constant_name(route: &str) -> String {
    let is_word = |segment: &&str| {
        !segment.is_empty()
            && !segment.starts_with('{')
            && !matches!(*segment, "V1" | "async" | "bulk")
    };
    let mut name = String::new();
    for segment in route.split('/').filter(is_word) {
        if !name.is_empty() {
            name.push('_');
        }
        let mut before = '_';
        for character in segment.chars() {
            if character.is_ascii_uppercase() && before.is_ascii_lowercase() {
                name.push('_');
            }
            name.push(match character {
                'a'..='z' => character.to_ascii_uppercase(),
                'A'..='Z' | '0'..='9' => character,
                _ => '_',
            });
            before = character;
        }
    }
    if name.is_empty() { "ROUTE".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_gives_its_constant_a_name_that_can_be_one() {
        for (route, name) in [
            ("/V1/products/{sku}", "PRODUCTS"),
            ("/V1/cmsBlock/search", "CMS_BLOCK_SEARCH"),
            ("/async/bulk/V1/products/bySku", "PRODUCTS_BY_SKU"),
            (
                "/V1/inventory/get-product-salable-quantity/{sku}/{stockId}",
                "INVENTORY_GET_PRODUCT_SALABLE_QUANTITY",
            ),
            ("/V1/{a}", "ROUTE"),
        ] {
            assert_eq!(constant_name(route), name);
        }
    }
}
