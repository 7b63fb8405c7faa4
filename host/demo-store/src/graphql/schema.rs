//! The part of Magento's schema that this store serves, and whether a document fits it.

use super::parse::{Document, Field, InputValue, Operation, Selection};
use super::problem::GraphqlError;

/// Types by name: the interfaces they are, and their fields.
const TYPES: &[(&str, &[&str], &str)] = &[
    ("Query", &[], "route urlResolver storeConfig categories"),
    ("RoutableInterface", &[], ROUTABLE),
    ("ProductInterface", &[], PRODUCT),
    ("SimpleProduct", &PRODUCT_IS, PRODUCT_ROUTE),
    ("VirtualProduct", &PRODUCT_IS, PRODUCT_ROUTE),
    ("DownloadableProduct", &PRODUCT_IS, PRODUCT_ROUTE),
    ("ConfigurableProduct", &PRODUCT_IS, PRODUCT_ROUTE),
    ("GroupedProduct", &PRODUCT_IS, PRODUCT_ROUTE),
    ("BundleProduct", &PRODUCT_IS, PRODUCT_ROUTE),
    ("CategoryInterface", &[], CATEGORY),
    ("CategoryTree", &["RoutableInterface", "CategoryInterface"], CATEGORY_ROUTE),
    ("CategoryResult", &[], "items total_count"),
    ("CmsPage", &["RoutableInterface"], PAGE_ROUTE),
    ("EntityUrl", &[], "id entity_uid type relative_url canonical_url redirectCode"),
    (
        "StoreConfig",
        &[],
        "id code store_code store_name website_id website_code locale base_currency_code \
         default_display_currency_code timezone weight_unit base_url secure_base_url base_link_url \
         base_media_url product_url_suffix category_url_suffix root_category_id root_category_uid \
         cms_home_page cms_no_route use_store_in_url",
    ),
];

const PRODUCT_IS: [&str; 2] = ["RoutableInterface", "ProductInterface"];
const ROUTABLE: &str = "type relative_url redirect_code";
const PRODUCT: &str = "id uid sku name url_key stock_status";
const PRODUCT_ROUTE: &str = "type relative_url redirect_code id uid sku name url_key stock_status";
const CATEGORY: &str = "id uid name url_key url_path";
const CATEGORY_ROUTE: &str = "type relative_url redirect_code id uid name url_key url_path";
const PAGE_ROUTE: &str = "type relative_url redirect_code identifier title content_heading url_key \
    page_layout content meta_title meta_description";

/// Whether something of a type is also of another: the same, or one of its interfaces.
pub(super) fn is_a(name: &str, other: &str) -> bool {
    name == other || TYPES.iter().any(|(known, is, _)| *known == name && is.contains(&other))
}

/// The type of a field that has fields of its own.
fn type_of(on: &str, field: &str) -> Option<&'static str> {
    match (on, field) {
        ("Query", "route") => Some("RoutableInterface"),
        ("Query", "urlResolver") => Some("EntityUrl"),
        ("Query", "storeConfig") => Some("StoreConfig"),
        ("Query", "categories") => Some("CategoryResult"),
        ("CategoryResult", "items") => Some("CategoryTree"),
        _ => None,
    }
}

/// The arguments that a field takes.
fn arguments_of(on: &str, field: &str) -> &'static [&'static str] {
    match (on, field) {
        ("Query", "route" | "urlResolver") => &["url"],
        ("Query", "categories") => &["filters", "pageSize", "currentPage"],
        _ => &[],
    }
}

/// The variables in a value.
fn variables_in(value: &InputValue) -> Vec<&str> {
    match value {
        InputValue::Variable(name) => vec![name],
        InputValue::List(values) => values.iter().flat_map(variables_in).collect(),
        InputValue::Object(members) => {
            members.iter().flat_map(|(_, value)| variables_in(value)).collect()
        }
        InputValue::Scalar(_) | InputValue::Null => Vec::new(),
    }
}

/// What of an operation does not fit; nothing where all does.
pub(super) fn check(document: &Document, operation: &Operation) -> Vec<GraphqlError> {
    let mut check = Check { document, operation, spread: Vec::new(), problems: Vec::new() };
    check.selections(&operation.selections, "Query");
    check.problems
}

struct Check<'a> {
    document: &'a Document,
    operation: &'a Operation,
    /// The fragments that are being looked into.
    spread: Vec<&'a str>,
    problems: Vec<GraphqlError>,
}

impl<'a> Check<'a> {
    fn selections(&mut self, selections: &'a [Selection], on: &str) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(field, on),
                Selection::Inline { on: Some(narrower), selections } => {
                    self.narrowed(narrower, selections);
                }
                Selection::Inline { on: None, selections } => self.selections(selections, on),
                Selection::Spread { name, at } => {
                    if self.spread.contains(&&**name) {
                        let message = format!("Cannot spread fragment \"{name}\" within itself.");
                        self.problems.push(GraphqlError::new(message).at(*at));
                        continue;
                    }
                    let document = self.document;
                    match document.fragments.iter().find(|fragment| fragment.name == *name) {
                        Some(fragment) => {
                            self.spread.push(name);
                            self.narrowed(&fragment.on, &fragment.selections);
                            self.spread.pop();
                        }
                        None => {
                            let message = format!("Unknown fragment \"{name}\".");
                            self.problems.push(GraphqlError::new(message).at(*at));
                        }
                    }
                }
            }
        }
    }

    fn narrowed(&mut self, on: &str, selections: &'a [Selection]) {
        if TYPES.iter().any(|(known, ..)| *known == on) {
            self.selections(selections, on);
        } else {
            let message = format!("Unknown type \"{on}\": the demo store does not serve it.");
            self.problems.push(GraphqlError::new(message));
        }
    }

    fn field(&mut self, field: &'a Field, on: &str) {
        let Field { name, at, .. } = field;
        if name == "__typename" {
            return;
        }
        let fields =
            TYPES.iter().find(|(known, ..)| *known == on).map_or("", |(.., fields)| fields);
        if !fields.split_whitespace().any(|known| known == name) {
            let mut message = format!("Cannot query field \"{name}\" on type \"{on}\".");
            if on == "Query" {
                message.push_str(
                    " The demo store serves route, urlResolver, storeConfig and categories.",
                );
            }
            self.problems.push(GraphqlError::new(message).at(*at));
            return;
        }
        let takes = arguments_of(on, name);
        for (argument, given) in &field.arguments {
            if !takes.contains(&argument.as_str()) {
                let message = format!("Unknown argument \"{argument}\" on field \"{on}.{name}\".");
                self.problems.push(GraphqlError::new(message).at(*at));
            }
            let known = |name: &&str| self.operation.variables.iter().any(|v| v.name == *name);
            for variable in variables_in(given).iter().filter(|name| !known(name)) {
                let message = format!("Variable \"${variable}\" is not defined.");
                self.problems.push(GraphqlError::new(message).at(*at));
            }
        }
        if takes.contains(&"url") && !field.arguments.iter().any(|(argument, _)| argument == "url")
        {
            let message = format!(
                "Field \"{name}\" argument \"url\" of type \"String!\" is required but not provided."
            );
            self.problems.push(GraphqlError::new(message).at(*at));
        }
        match (type_of(on, name), field.selections.is_empty()) {
            (Some(of), true) => {
                let message = format!(
                    "Field \"{name}\" of type \"{of}\" must have a selection of subfields."
                );
                self.problems.push(GraphqlError::new(message).at(*at));
            }
            (Some(of), false) => self.selections(&field.selections, of),
            (None, false) => {
                let message = format!("Field \"{name}\" must not have a selection.");
                self.problems.push(GraphqlError::new(message).at(*at));
            }
            (None, true) => {}
        }
    }
}
