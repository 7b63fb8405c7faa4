//! URL keys of many products: transformed, checked against the whole catalogue, redirected.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use souk_sdk::{
    Action, ActionInfo, CATEGORIES, CommitTool, Condition, Context, Criteria, Failure, Filter,
    LIST_BUDGET, PRODUCTS, PrepareContext, PreparedResult, Product, ProductField, ProductMatch,
    ProductUpdates, ProductWriter, Read, Scope, SearchPage, StoreView, Stores, Tier, check_url_key,
    nothing_matches, projection,
};

/// How many changes are listed in the answer; the plan has all of them.
const LISTED: usize = 1_000;

/// How many searches are made together.
const TOGETHER: usize = 16;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Which products; all that is given has to hold.
    r#match: ProductMatch,
    /// How to make the new key of the old one: first `replace`, then `prefix` and `suffix`. At
    /// least one.
    url_key_transform: Transform,
    /// Where to write: a store view, or "global". At least one.
    scope: Scope,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Transform {
    /// Goes before the key.
    #[schemars(length(min = 1))]
    prefix: Option<String>,
    /// Goes after the key.
    #[schemars(length(min = 1))]
    suffix: Option<String>,
    replace: Option<Replace>,
}

/// Every occurrence of a text in the key becomes another.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Replace {
    #[schemars(length(min = 1))]
    search: String,
    replacement: String,
}

impl Transform {
    fn of(&self, key: &str) -> String {
        let key = match &self.replace {
            Some(Replace { search, replacement }) => key.replace(search, replacement),
            None => key.to_owned(),
        };
        let [prefix, suffix] = [&self.prefix, &self.suffix].map(|o| o.as_deref().unwrap_or(""));
        [prefix, &key, suffix].concat()
    }

    fn check(&self) -> Result<(), Failure> {
        let replaces = self.replace.as_ref().is_some_and(|replace| !replace.search.is_empty());
        let adds = [&self.prefix, &self.suffix].into_iter().flatten().any(|text| !text.is_empty());
        if replaces || adds {
            return Ok(());
        }
        Err(Failure::argument("url_key_transform", "it transforms nothing")
            .remedy("give `prefix`, `suffix` or `replace`"))
    }
}

/// One product's key, before and after.
#[derive(Debug, Serialize)]
struct NewKey {
    sku: String,
    /// The key it has.
    from: String,
    /// The key it gets; the old URL redirects to the new one.
    to: String,
}

/// A product that is left out, since its key would not be its own.
#[derive(Debug, Serialize)]
struct Collision {
    sku: String,
    /// The key it would get.
    url_key: String,
    /// What stands in the way.
    reason: String,
}

/// What planning URL keys answers.
#[derive(Debug, Serialize)]
struct Answer {
    #[serde(flatten)]
    prepared: PreparedResult,
    changes: Vec<NewKey>,
    collisions: Vec<Collision>,
}

impl JsonSchema for Answer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Answer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = PreparedResult::json_schema(generator);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for (name, items) in
                [("changes", "sku, from, to"), ("collisions", "sku, url_key, reason")]
            {
                let list = Value::Object(Map::from_iter([
                    ("type".to_owned(), Value::from("array")),
                    ("description".to_owned(), Value::from(items)),
                ]));
                properties.insert(name.to_owned(), list);
            }
        }
        schema
    }
}

/// The actions about URL keys.
pub(crate) fn actions() -> [Action; 1] {
    let about = ActionInfo {
        name: "prepare_bulk_update_url_keys",
        title: "Plan new URL keys for many products",
        description: "Plans to transform the URL key of every product that fits the match, and \
            changes nothing yet: answers a plan_id, the changes, and collisions: products that are \
            left out because their new key belongs to something else in the catalogue, or two \
            would get the same. Old URLs redirect to the new ones. Commit it with \
            seo_commit_bulk_update_url_keys.",
    };
    let commit = CommitTool::new("commit_bulk_update_url_keys").described(
        "Commit planned URL keys",
        "Carries out a plan of seo_prepare_bulk_update_url_keys: writes each key with \
            a redirect from the old URL, leaves out products that changed since, and reads every \
            one back.",
    );
    [Action::prepare(prepare, about, commit)
        .tier(Tier::Risk)
        .reads(souk_sdk::SCOPES)
        .changes(souk_sdk::PRODUCT_CHANGES)
        .reads(CATEGORIES)]
}

/// A product and the key it would get.
struct Candidate {
    product: Product,
    from: String,
    to: String,
}

fn prepare(asked: &Asked, context: &PrepareContext) -> Result<Answer, Failure> {
    asked.url_key_transform.check()?;
    let target = asked.scope.target(context)?;
    let writer = ProductWriter::new(context, &target, [ProductField::UrlKey])?;
    let mut candidates = candidates(asked, context, &writer)?;
    let mut collisions = Vec::new();
    let mut taken = in_catalogue(context, &candidates)?;
    for candidate in &candidates {
        insert(&mut taken, candidate.wants());
    }
    candidates.retain(|candidate| {
        let reason = candidate.in_the_way(&taken);
        if let Some(reason) = &reason {
            let (sku, url_key) = (candidate.product.sku().to_owned(), candidate.to.clone());
            collisions.push(Collision { sku, url_key, reason: reason.clone() });
        }
        reason.is_none()
    });
    if candidates.is_empty() {
        let reason = collisions.first().map_or("no key would change", |first| &first.reason);
        let message = format!("no key can be changed: {reason}");
        return Err(Failure::argument("url_key_transform", message));
    }
    let intent = writer.intent("set url_key of products")?;
    let mut draft = context.draft(&intent);
    let mut warnings = writer.warnings().to_vec();
    for candidate in &candidates {
        let key = Value::String(candidate.to.clone());
        let updates = ProductUpdates::one(ProductField::UrlKey, key);
        draft.add(writer.change(&candidate.product, None, &updates)?)?;
    }
    if !collisions.is_empty() {
        warnings.push(format!("{} products are left out: see collisions", collisions.len()));
    }
    if candidates.len() > LISTED {
        warnings.push(format!(
            "the first {LISTED} of {} changes are listed; `plans_get` has all",
            candidates.len()
        ));
    }
    warnings.push(
        "every old URL redirects to the new one: save_rewrites_history goes with each key"
            .to_owned(),
    );
    for warning in warnings {
        draft.warn(warning);
    }
    let listed = candidates.into_iter().take(LISTED).map(|candidate| NewKey {
        sku: candidate.product.sku().to_owned(),
        from: candidate.from,
        to: candidate.to,
    });
    Ok(Answer { prepared: draft.propose()?, changes: listed.collect(), collisions })
}

/// Every product that fits and whose key would become another.
fn candidates(
    asked: &Asked,
    context: &PrepareContext,
    writer: &ProductWriter,
) -> Result<Vec<Candidate>, Failure> {
    let mut pages = asked.r#match.products(context, writer.target().view(), writer.attributes())?;
    let mut candidates = Vec::new();
    let mut matched: u64 = 0;
    // Only these are needed later: custom attributes come all or none, descriptions among them.
    let kept: Vec<String> = writer.attributes().iter().map(|&code| code.to_owned()).collect();
    while let Some(products) = pages.next_page()? {
        matched += products.len() as u64;
        for mut product in products {
            product.keep_only(&kept);
            let Some(from) = product.text("url_key").map(str::to_owned) else { continue };
            let to = asked.url_key_transform.of(&from);
            if to == from {
                continue;
            }
            check_url_key(&to).map_err(|why| {
                Failure::argument(
                    "url_key_transform",
                    format!("of the key `{from}` of `{}` it makes {why}", product.sku()),
                )
            })?;
            candidates.push(Candidate { product, from, to });
        }
        context.progress(matched, None, "products read");
    }
    if matched == 0 {
        return Err(nothing_matches("product"));
    }
    Ok(candidates)
}

/// A key, and who has it or wants it.
#[derive(Debug)]
struct Taken {
    key: String,
    owner: Owner,
    /// A sku, or a category's name.
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// A product that has it.
    Has,
    /// A category that has it.
    Category,
    /// A product that would get it.
    Wants,
}

/// Keeps the list sorted by key, and those who have a key before those who want it.
fn insert(taken: &mut Vec<Taken>, new: Taken) {
    let at = taken.partition_point(|before| (&before.key, before.owner) < (&new.key, new.owner));
    taken.insert(at, new);
}

impl Candidate {
    fn wants(&self) -> Taken {
        let name = self.product.sku().to_owned();
        Taken { key: self.to.clone(), owner: Owner::Wants, name }
    }

    /// Why the key would not be this product's own. `taken` is sorted.
    fn in_the_way(&self, taken: &[Taken]) -> Option<String> {
        let first = taken.partition_point(|taken| taken.key < self.to);
        let same = taken.iter().skip(first).take_while(|taken| taken.key == self.to);
        let mut others = same.filter(|taken| match taken.owner {
            Owner::Has | Owner::Wants => taken.name != self.product.sku(),
            Owner::Category => true,
        });
        others.next().map(|Taken { owner, name, .. }| match owner {
            Owner::Has => format!("`{name}` has it"),
            Owner::Category => format!("the category `{name}` has it"),
            Owner::Wants => format!("`{name}` would get it as well"),
        })
    }
}

/// Who in the whole catalogue has the keys that are wanted: globally and in every store view, for a
/// view may have its own, and addresses collide view by view.
fn in_catalogue(context: &Context, candidates: &[Candidate]) -> Result<Vec<Taken>, Failure> {
    let mut keys: Vec<&str> = Vec::new();
    for candidate in candidates {
        if let Err(at) = keys.binary_search(&&*candidate.to) {
            keys.insert(at, &candidate.to);
        }
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let stores = Stores::read(context)?;
    let mut views = vec![StoreView::Global];
    views.extend(stores.views().map(|(code, _)| StoreView::View(code.to_owned())));
    let products = Product::projection(&["sku", "url_key"].map(str::to_owned))?;
    let categories = projection(["id", "name", "custom_attributes"])?;
    let mut reads: Vec<Read> = Vec::new();
    for filter in Filter::split("url_key", &keys, LIST_BUDGET / 2)? {
        let products = Criteria::new().filter(filter.clone()).page(300, 1).fields(products.clone());
        // Only categories at the top have addresses that a product's could meet.
        let categories = Criteria::new()
            .filter(filter)
            .filter(Filter::new("level", Condition::Eq, "2")?)
            .page(300, 1)
            .fields(categories.clone());
        for view in &views {
            reads.push(PRODUCTS.read([]).search(&products).at(view.clone()));
            reads.push(CATEGORIES.read([]).search(&categories).at(view.clone()));
        }
    }
    let mut taken = Vec::new();
    for chunk in reads.chunks(TOGETHER) {
        // Categories decode as products do, and keep their key among custom attributes as well.
        for (read, answer) in chunk.iter().zip(context.get_all::<SearchPage<Product>>(chunk)) {
            let is_category = read.route != PRODUCTS.read([]).route;
            for found in answer?.items {
                let Some(key) = found.text("url_key").map(str::to_owned) else { continue };
                if keys.binary_search(&&*key).is_err() {
                    continue;
                }
                let (owner, name) = match is_category {
                    true => (Owner::Category, found.text("name").unwrap_or_default()),
                    false => (Owner::Has, found.sku()),
                };
                insert(&mut taken, Taken { key, owner, name: name.to_owned() });
            }
        }
    }
    Ok(taken)
}
