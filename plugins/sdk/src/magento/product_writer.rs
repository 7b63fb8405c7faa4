//! Changes of products, right on a real Magento.
//!
//! What makes a plain `PUT` wrong, and what is done about it:
//!
//! - Custom attributes at the top level are refused, and unknown ones ignored: [`Product::place`].
//! - A store view's `PUT` to a product with a special price starts that sale today, in the whole
//!   website, even if it sends the right date along (`special_from_drift.jsonl`). A `PUT` of the
//!   date alone, afterwards, puts it right (`repair-de-same-date`): it becomes a step of the change.
//! - Links to categories merge, and only an empty list clears them (`products_put.jsonl`,
//!   `put-categories-replace`): a change that takes categories away clears first.
//! - A new URL key leaves no redirect unless `save_rewrites_history` goes with it (`graphql.jsonl`,
//!   `chg-urlkey`).

use serde_json::{Value, json};

use super::product_match::PRODUCTS;
use super::write_scope::{ATTRIBUTE, ScopeLevel, WRITE, WriteScope};
use crate::bindings::souk::plugin::plans::{Change, Intent, Lookup};
use crate::core::{
    BindingSource, ChangeBuilder, Changes, Context, Failure, FailureCode, Route, StepIndex,
    StoreView,
};
use crate::magento::{Condition, Decimal, FieldValue, Product, ProductField, ProductUpdates};

/// One product, by its sku.
pub const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");

/// How many subjects the host may look up in one search.
const BATCH: &str = "300";

const FROM: &str = "special_from_date";
const CATEGORY_LINKS: &str = "/extension_attributes/category_links";

/// The changes that [`ProductWriter`] makes.
pub const PRODUCT_CHANGES: Changes<1> =
    Changes::of("product", PRODUCT).search(PRODUCTS).put(PRODUCT);

/// Makes changes of products for one place in the store.
#[derive(Debug)]
pub struct ProductWriter<'a> {
    target: &'a WriteScope,
    attributes: Vec<&'static str>,
    warnings: Vec<String>,
}

impl<'a> ProductWriter<'a> {
    /// A writer of these fields at this place.
    ///
    /// # Errors
    /// When Magento keeps one of them at another level, so that the write would change more than
    /// was named; and what reading that level meets.
    pub fn new(
        context: &Context,
        target: &'a WriteScope,
        fields: impl IntoIterator<Item = ProductField>,
    ) -> Result<Self, Failure> {
        let mut attributes = vec!["name", "special_price", FROM];
        let mut warnings = Vec::new();
        for field in fields {
            let keeps = match field.keeps() {
                Some(keeps) => keeps,
                None if target.is_global() => ScopeLevel::Global,
                None => scope_level(context, field.code())?,
            };
            warnings.extend(target.admits(field.code(), keeps)?);
            let needed = match field {
                ProductField::CategoryIds => &["extension_attributes[category_links]"][..],
                ProductField::SpecialPrice => &["price"],
                ProductField::SpecialFromDate => &[],
                _ => &[field.code()],
            };
            for code in needed {
                if !attributes.contains(code) {
                    attributes.push(code);
                }
            }
        }
        Ok(Self { target, attributes, warnings })
    }

    /// Where it writes.
    #[must_use]
    pub fn target(&self) -> &WriteScope {
        self.target
    }

    /// The attributes that products must be read with.
    #[must_use]
    pub fn attributes(&self) -> &[&'static str] {
        &self.attributes
    }

    /// What holds for every change of this writer's.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What a draft of this writer's changes is for. `summary` is one line, without the place.
    ///
    /// # Errors
    /// Never for the fields of products.
    pub fn intent(&self, summary: &str) -> Result<Intent, Failure> {
        let fields: Vec<String> =
            ["sku"].iter().chain(&self.attributes).map(|&code| code.to_owned()).collect();
        let projection = Product::projection(&fields)?;
        let whole = projection.strip_prefix("items[").and_then(|rest| rest.split_once("],total"));
        let view = self.target.view();
        let mut one = PRODUCT.read_by([BindingSource::Subject]).in_view(view.clone());
        if let Some((fields, _)) = whole {
            one = one.query("fields", fields);
        }
        let filter = |key: &str| format!("searchCriteria[filter_groups][0][filters][0][{key}]");
        let many = PRODUCTS
            .read([])
            .query(&filter("field"), "sku")
            .query(&filter("condition_type"), Condition::In.as_str())
            .query("searchCriteria[pageSize]", BATCH)
            .query("searchCriteria[currentPage]", "1")
            .query("fields", &projection)
            .in_view(view.clone());
        Ok(Intent {
            summary: [summary, " ", &self.target.in_words()].concat(),
            view: view.clone(),
            lookup: Lookup::one(one)
                .many(many, &filter("value"), "/items", "/sku")
                .inherits(!self.target.is_global()),
        })
    }

    /// The change of one product, read with [`attributes`](Self::attributes). `global` is the same
    /// product as it is globally, needed where a store view's value is cleared. `None` where
    /// nothing can be changed.
    ///
    /// # Errors
    /// When the store would not do what is wanted: it dates a sale that has no beginning itself.
    pub fn change(
        &self,
        product: &Product,
        global: Option<&Product>,
        updates: &ProductUpdates,
    ) -> Result<Option<Change>, Failure> {
        ProductChange {
            writer: self,
            product,
            global,
            updates,
            change: PRODUCT_CHANGES.change(product.sku()).label(product.text("name")),
            main: None,
            written: Vec::new(),
            categories: None,
            sale_start: false,
            explicit_undo: false,
        }
        .run()
    }
}

/// The level at which this store keeps a price.
fn scope_level(context: &Context, code: &str) -> Result<ScopeLevel, Failure> {
    let attribute: Value = context.get(&ATTRIBUTE.read([code]).in_view(StoreView::Global))?;
    match attribute.get("scope").and_then(Value::as_str) {
        Some("global") => Ok(ScopeLevel::Global),
        Some("website") => Ok(ScopeLevel::PerWebsite),
        Some("store") => Ok(ScopeLevel::PerView),
        _ => Err(Failure::new(
            FailureCode::UpstreamError,
            format!("the store does not tell at which level it keeps `{code}`"),
        )),
    }
}

/// How a written field is taken back where reversing the steps would not do.
struct WrittenField {
    field: ProductField,
    body: String,
}

/// One product's change in the making.
struct ProductChange<'a> {
    writer: &'a ProductWriter<'a>,
    product: &'a Product,
    global: Option<&'a Product>,
    updates: &'a ProductUpdates,
    change: ChangeBuilder,
    main: Option<StepIndex>,
    written: Vec<WrittenField>,
    /// Whether the product is in any category now; `None`: its categories stay.
    categories: Option<bool>,
    /// Whether a step of its own dates the sale.
    sale_start: bool,
    explicit_undo: bool,
}

impl ProductChange<'_> {
    fn run(mut self) -> Result<Option<Change>, Failure> {
        let priced = self.product.has_price();
        let on_sale = self.on_sale_after(priced);
        for (field, wanted) in &self.updates.0 {
            match field {
                ProductField::CategoryIds => {}
                field if ProductField::PRICES.contains(field) && !priced => {
                    self.change.warn(
                        "a configurable, grouped or bundle product has no price of its own: its \
                         prices stay as they are",
                    );
                }
                ProductField::SpecialFromDate if on_sale => {
                    if *wanted == FieldValue::Cleared {
                        return Err(self.sale_without_start());
                    }
                    if self.global_write() {
                        self.write(*field, wanted);
                    }
                }
                field => self.write(*field, wanted),
            }
        }
        self.links();
        self.sale(on_sale, priced);
        if self.change.is_empty() {
            return Ok(None);
        }
        self.add_undo();
        self.change.done().map(Some)
    }

    fn global_write(&self) -> bool {
        self.writer.target.is_global()
    }

    fn put(&self) -> crate::core::Step {
        PRODUCT.step(WRITE, [BindingSource::Subject], self.writer.target.view().clone())
    }

    /// The step that writes everything that may be written together.
    fn main(&mut self) -> StepIndex {
        match self.main {
            Some(step) => step,
            None => {
                let step = self.put();
                *self.main.insert(self.change.step(step))
            }
        }
    }

    fn write(&mut self, field: ProductField, wanted: &FieldValue) {
        let step = self.main();
        let code = field.code();
        let lookup = Product::place(code);
        let body = body(&lookup);
        match wanted {
            FieldValue::Value(value) => {
                self.change.set(step, code, &body, &lookup, value.clone());
            }
            FieldValue::Emptied if !self.global_write() => {
                self.change.constant(step, &body, json!(""));
                self.change.expect(code, &lookup, None);
                self.explicit_undo = true;
            }
            FieldValue::Emptied | FieldValue::Cleared => {
                let left = self.global.and_then(|product| product.attribute(code));
                self.change.constant(step, &body, Value::Null);
                self.change.expect(code, &lookup, left);
                self.explicit_undo = true;
            }
        }
        if field == ProductField::UrlKey {
            self.change.constant(step, &body_of("save_rewrites_history"), json!("1"));
            // Clearing a store view's key would have Magento make one of the name.
            self.explicit_undo |= !self.global_write();
        }
        self.written.push(WrittenField { field, body });
    }

    /// Replaces the categories and keeps the positions in those that stay.
    fn links(&mut self) {
        let Some(FieldValue::Value(Value::Array(wanted))) =
            self.updates.wanted(ProductField::CategoryIds)
        else {
            return;
        };
        let current = self.product.extension("category_links").and_then(Value::as_array);
        let current = current.map_or(&[][..], Vec::as_slice);
        let position = |id: &Value| {
            let link = current.iter().find(|link| link["category_id"] == *id);
            link.map(|link| link["position"].clone())
        };
        let goes = current.iter().any(|link| !wanted.contains(&link["category_id"]));
        if !goes && wanted.len() == current.len() {
            return;
        }
        let links: Vec<Value> = wanted
            .iter()
            .map(|id| json!({"position": position(id).unwrap_or(json!(0)), "category_id": id}))
            .collect();
        let code = ProductField::CategoryIds.code();
        let place = body(CATEGORY_LINKS);
        self.categories = Some(!current.is_empty());
        self.explicit_undo = true;
        let mut step = self.main();
        if goes {
            self.change.constant(step, &place, json!([]));
            if links.is_empty() {
                self.change.expect(code, CATEGORY_LINKS, None);
                return;
            }
            let next = self.put();
            step = self.change.step(next);
        }
        self.change.set(step, code, &place, CATEGORY_LINKS, Value::Array(links));
    }

    /// Whether the product has a special price once the change is made.
    fn on_sale_after(&self, priced: bool) -> bool {
        let has = |product: &Product| product.decimal("special_price").is_some();
        match self.updates.wanted(ProductField::SpecialPrice).filter(|_| priced) {
            Some(FieldValue::Value(_)) => true,
            Some(FieldValue::Cleared | FieldValue::Emptied) => self.global.is_some_and(has),
            None => has(self.product),
        }
    }

    fn sale_without_start(&self) -> Failure {
        Failure::argument(
            "match",
            format!(
                "`{}` keeps a special price, and the store begins a sale without `{FROM}` today",
                self.product.sku()
            ),
        )
        .remedy("give the sale a date, or clear `special_price` as well")
    }

    /// Keeps the beginning of a sale, and tells of sales that begin by themselves.
    fn sale(&mut self, on_sale: bool, priced: bool) {
        if !on_sale {
            return;
        }
        let asked = self.updates.wanted(ProductField::SpecialFromDate).filter(|_| priced);
        let wanted = match asked {
            Some(FieldValue::Value(value)) => Some(value.clone()),
            _ => self.product.attribute(FROM).cloned(),
        };
        let starts_sale = priced && self.updates.wanted(ProductField::SpecialPrice).is_some();
        let written = self.main.is_some() || asked.is_some();
        match wanted {
            None if starts_sale || (written && !self.global_write()) => {
                self.change.warn("the sale has no `special_from_date`: the store sets it to today");
            }
            Some(from) if written && !self.global_write() => {
                let put = self.put();
                let step = self.change.step(put);
                let lookup = Product::place(FROM);
                self.change.set(step, FROM, &body(&lookup), &lookup, from);
                self.sale_start = true;
                self.explicit_undo = true;
                if asked.is_none() {
                    self.change.warn(
                        "the product has a special price: writing at a part of the store would \
                         start that sale today, so a second request keeps its `special_from_date`, \
                         which the website then holds as its own",
                    );
                }
            }
            _ => {}
        }
        if starts_sale {
            self.compare_prices();
        }
    }

    fn compare_prices(&mut self) {
        let wanted = |field| match self.updates.wanted(field) {
            Some(FieldValue::Value(value)) => Decimal::of(value),
            _ => None,
        };
        let special = wanted(ProductField::SpecialPrice);
        let price = wanted(ProductField::Price).or_else(|| self.product.decimal("price"));
        if let (Some(special), Some(price)) = (special, price) {
            if special >= price {
                self.change.warn("the special price is not below the price");
            } else if special == Decimal::ZERO {
                self.change.warn("the special price is 0");
            }
        }
    }

    /// Reversing the steps is not always enough: categories merge, cleared values stand in no pointer,
    /// and a sale's beginning must not be cleared.
    fn add_undo(&mut self) {
        if !self.explicit_undo {
            return;
        }
        if !self.written.is_empty() || self.categories.is_some() {
            let put = self.put();
            let step = self.change.undo_step(put);
            for WrittenField { field, body } in &self.written {
                let code = field.code();
                if *field != ProductField::UrlKey {
                    self.change.undo_before(step, body, code);
                    continue;
                }
                self.change.undo_constant(step, &body_of("save_rewrites_history"), json!("1"));
                match self.product.attribute(code).filter(|_| !self.writer.target.is_global()) {
                    Some(key) => self.change.undo_constant(step, body, key.clone()),
                    None => self.change.undo_before(step, body, code),
                }
            }
            if let Some(in_any) = self.categories {
                let place = body(CATEGORY_LINKS);
                self.change.undo_constant(step, &place, json!([]));
                if in_any {
                    let put = self.put();
                    let step = self.change.undo_step(put);
                    let code = ProductField::CategoryIds.code();
                    self.change.undo_before(step, &place, code);
                }
            }
        }
        if self.sale_start {
            let put = self.put();
            let step = self.change.undo_step(put);
            let place = body_of(FROM);
            let on_sale = self.product.decimal("special_price").is_some();
            match self.product.attribute(FROM).filter(|_| on_sale) {
                Some(from) => self.change.undo_constant(step, &place, from.clone()),
                None => self.change.undo_before(step, &place, FROM),
            }
        }
    }
}

/// A place of a product in the body that writes it.
fn body(place: &str) -> String {
    ["/product", place].concat()
}

/// The place of an attribute in the body that writes it.
fn body_of(code: &str) -> String {
    body(&Product::place(code))
}
