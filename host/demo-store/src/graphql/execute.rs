//! Answering an operation that fits the schema.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::address::{self, HOME, RouteTarget, Target};
use super::parse::{Document, Field, InputValue, Operation, Selection};
use super::problem::GraphqlError;
use super::schema::is_a;
use crate::php;
use crate::shop::addresses::SUFFIX;
use crate::shop::{Category, Shop, StoreId};

/// The operation's variables, by name.
pub(super) type Variables = Map<String, Value>;

/// The values of an operation's variables.
pub(super) fn variables(
    operation: &Operation,
    given: &Map<String, Value>,
) -> Result<Variables, Vec<GraphqlError>> {
    let mut variables = Variables::new();
    let mut problems = Vec::new();
    for variable in &operation.variables {
        let value = match (given.get(&variable.name), &variable.default) {
            (Some(value), _) if !value.is_null() => value.clone(),
            (None, Some(InputValue::Scalar(text))) => Value::String(text.clone()),
            _ => Value::Null,
        };
        if value.is_null() && variable.type_name.ends_with('!') {
            let (name, of) = (&variable.name, &variable.type_name);
            let message =
                format!("Variable \"${name}\" of required type \"{of}\" was not provided.");
            problems.push(GraphqlError::new(message).at(variable.at));
        }
        variables.insert(variable.name.clone(), value);
    }
    if problems.is_empty() { Ok(variables) } else { Err(problems) }
}

/// One operation, asked of one view.
pub(super) struct Execution<'a> {
    pub(super) shop: &'a Shop,
    pub(super) store: StoreId,
    pub(super) document: &'a Document,
    pub(super) variables: Variables,
}

impl Execution<'_> {
    /// `data`, and what its resolvers complained of.
    pub(super) fn answer(&self, selections: &[Selection]) -> (Value, Vec<GraphqlError>) {
        let mut problems = Vec::new();
        let data = self.object(selections, "Query", &mut |field| match &*field.name {
            "route" => self.route(field, &mut problems),
            "urlResolver" => self.url_resolver(field, &mut problems),
            "categories" => self.categories(field),
            _ => self.object(&field.selections, "StoreConfig", &mut |field| {
                self.store_config(&field.name)
            }),
        });
        (data, problems)
    }

    /// The fields of something of this type, in the order asked.
    fn object(
        &self,
        selections: &[Selection],
        of: &str,
        value: &mut dyn FnMut(&Field) -> Value,
    ) -> Value {
        let mut answer = Map::new();
        self.fill(selections, of, value, &mut answer);
        Value::Object(answer)
    }

    fn fill(
        &self,
        selections: &[Selection],
        of: &str,
        value: &mut dyn FnMut(&Field) -> Value,
        answer: &mut Map<String, Value>,
    ) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let name = field.alias.as_ref().unwrap_or(&field.name);
                    let shown = if field.name == "__typename" { of.into() } else { value(field) };
                    answer.insert(name.clone(), shown);
                }
                Selection::Inline { on, selections } => {
                    if on.as_ref().is_none_or(|on| is_a(of, on)) {
                        self.fill(selections, of, value, answer);
                    }
                }
                Selection::Spread { name, .. } => {
                    let fragment = self.document.fragments.iter().find(|known| known.name == *name);
                    if let Some(fragment) = fragment.filter(|fragment| is_a(of, &fragment.on)) {
                        self.fill(&fragment.selections, of, value, answer);
                    }
                }
            }
        }
    }

    /// The argument `url`, which may not be empty.
    fn url(&self, field: &Field, problems: &mut Vec<GraphqlError>) -> Option<String> {
        let given = field.arguments.iter().find(|(name, _)| name == "url");
        let url = match given.map(|(_, given)| given) {
            Some(InputValue::Scalar(text)) => text.clone(),
            Some(InputValue::Variable(name)) => self.variables.get(name).map(php::text_of)?,
            _ => String::new(),
        };
        if url.is_empty() {
            let message = "\"url\" argument should be specified and not empty";
            let path = if field.name == "route" { "route" } else { "urlResolver" };
            problems.push(GraphqlError {
                path: Some(path),
                ..GraphqlError::new(message).at(field.at).of_input()
            });
            return None;
        }
        Some(url)
    }

    fn route(&self, field: &Field, problems: &mut Vec<GraphqlError>) -> Value {
        let url = self.url(field, problems);
        let Some(found) = url.and_then(|url| address::find(self.shop, self.store, &url)) else {
            return Value::Null;
        };
        let of = found.target.type_name();
        self.object(&field.selections, of, &mut |field| match &*field.name {
            "type" => found.target.kind().into(),
            "relative_url" => found.relative_url.as_str().into(),
            "redirect_code" => found.redirect_code.into(),
            other => self.of_target(&found.target, other),
        })
    }

    fn url_resolver(&self, field: &Field, problems: &mut Vec<GraphqlError>) -> Value {
        let url = self.url(field, problems);
        let Some(found) = url.and_then(|url| address::find(self.shop, self.store, &url)) else {
            return Value::Null;
        };
        let RouteTarget { relative_url, redirect_code, target } = &found;
        self.object(&field.selections, "EntityUrl", &mut |field| match &*field.name {
            "id" => target.id().into(),
            "entity_uid" => uid(target.id()),
            "type" => target.kind().into(),
            "redirectCode" => (*redirect_code).into(),
            _ => relative_url.as_str().into(),
        })
    }

    /// An argument's value, with the variables in it.
    fn given(&self, value: &InputValue) -> Value {
        match value {
            InputValue::Variable(name) => self.variables.get(name).cloned().unwrap_or_default(),
            InputValue::Scalar(text) => text.as_str().into(),
            InputValue::Null => Value::Null,
            InputValue::List(values) => values.iter().map(|value| self.given(value)).collect(),
            InputValue::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.given(value))).collect()
            }
        }
    }

    /// The categories with some ids, as far as the view shows them. Whether those above them are
    /// active, Magento does not ask here.
    fn categories(&self, field: &Field) -> Value {
        let argument = |name: &str| {
            let given = field.arguments.iter().find(|(known, _)| known == name);
            given.map(|(_, value)| self.given(value)).unwrap_or_default()
        };
        let ids = match &argument("filters")["ids"] {
            Value::Object(filter) => match (filter.get("in"), filter.get("eq")) {
                (Some(Value::Array(ids)), _) => ids.iter().map(php::id_of).collect(),
                (_, Some(id)) => vec![php::id_of(id)],
                _ => Vec::new(),
            },
            _ => vec![self.shop.stores.root_category(self.store)],
        };
        let all = self.shop.categories.iter();
        let shown = all.filter(|category| {
            ids.contains(&category.id) && self.shop.categories.is_active(category.id, self.store)
        });
        let mut shown: Vec<_> = shown.collect();
        shown.sort_by_key(|category| category.id);
        let count = |name: &str, default: usize| match php::id_of(&argument(name)) {
            0 => default,
            count => usize::try_from(count).unwrap_or(default),
        };
        let (size, page) = (count("pageSize", 20), count("currentPage", 1));
        let on_page: Vec<_> = shown.iter().skip((page - 1) * size).take(size).collect();
        self.object(&field.selections, "CategoryResult", &mut |field| match &*field.name {
            "total_count" => shown.len().into(),
            _ => {
                let item = |category: &&&Category| {
                    self.object(&field.selections, "CategoryTree", &mut |field| {
                        self.of_target(&Target::Category(category), &field.name)
                    })
                };
                on_page.iter().map(item).collect()
            }
        })
    }

    fn of_target(&self, target: &Target<'_>, field: &str) -> Value {
        let store = self.store;
        let value = match (target, field) {
            (Target::Page(page), field) => {
                let field = if field == "url_key" { "identifier" } else { field };
                page.get(field).cloned()
            }
            (target, "id") => Some(target.id().into()),
            (target, "uid") => Some(uid(target.id())),
            (Target::Product(product), "stock_status") => {
                let stores = &self.shop.stores;
                let website = stores.website_code(stores.website_of(store)).unwrap_or_default();
                let stock = self.shop.stock_of_website(website);
                let sells = self.shop.can_sell(product, stock);
                Some(if sells { "IN_STOCK" } else { "OUT_OF_STOCK" }.into())
            }
            (Target::Product(product), "sku") => Some(product.sku.as_str().into()),
            (Target::Product(product), field) => Some(product.text(field, store).into()),
            (Target::Category(category), field) => category.values.get(field, store).cloned(),
        };
        value.unwrap_or_default()
    }

    fn store_config(&self, field: &str) -> Value {
        let stores = &self.shop.stores;
        let id = Value::from(self.store);
        let config = stores.configs.iter().find(|config| config["id"] == id);
        let website = stores.website_of(self.store);
        let root = stores.root_category(self.store);
        match field {
            "id" => id,
            "code" | "store_code" => {
                stores.view(self.store).map_or(Value::Null, |v| v["code"].clone())
            }
            "store_name" => stores.view(self.store).map_or(Value::Null, |v| v["name"].clone()),
            "website_id" => website.into(),
            "website_code" => stores.website_code(website).into(),
            "product_url_suffix" | "category_url_suffix" => SUFFIX.into(),
            "root_category_id" => root.into(),
            "root_category_uid" => uid(root),
            "cms_home_page" => HOME.into(),
            "cms_no_route" => "no-route".into(),
            "use_store_in_url" => json!(false),
            other => config.map_or(Value::Null, |config| config[other].clone()),
        }
    }
}

/// An id as GraphQL hides it.
fn uid(id: u64) -> Value {
    STANDARD.encode(id.to_string()).into()
}

impl Target<'_> {
    fn id(&self) -> u64 {
        match self {
            Self::Product(product) => product.id,
            Self::Category(category) => category.id,
            Self::Page(page) => page.get("id").map_or(0, php::id_of),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Product(_) => "PRODUCT",
            Self::Category(_) => "CATEGORY",
            Self::Page(_) => "CMS_PAGE",
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Product(product) => match product.type_id.as_str() {
                "virtual" => "VirtualProduct",
                "downloadable" => "DownloadableProduct",
                "configurable" => "ConfigurableProduct",
                "grouped" => "GroupedProduct",
                "bundle" => "BundleProduct",
                _ => "SimpleProduct",
            },
            Self::Category(_) => "CategoryTree",
            Self::Page(_) => "CmsPage",
        }
    }
}
