//! The change of one product at one place of the store, and the way back.
//!
//! The way back is exact where Magento's API lets it be: a value that was inherited is inherited
//! again, an empty one is empty again, and the day that the store gives a sale by itself goes with the
//! sale. What is left, a warning says beforehand.

use serde_json::{Value, json};

use super::sale_terms;
use super::scoped_product::{ScopedProduct, ValueOrigin};
use super::sku_search::PRODUCTS;
use super::write_scope::{WRITE, WriteScope};
use crate::bindings::souk::plugin::plans::Change;
use crate::core::{BindingSource, ChangeBuilder, Changes, Failure, Route, StepIndex};
use crate::magento::{Decimal, FieldValue, LIST_LIMIT, Product, ProductField, ProductUpdates};

/// One product, by its sku.
pub const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");

/// The changes that [`ProductWriter`](super::ProductWriter) makes.
pub const PRODUCT_CHANGES: Changes<1> =
    Changes::of("product", PRODUCT).search(PRODUCTS).put(PRODUCT);

const FROM: &str = "special_from_date";
const SPECIAL: &str = "special_price";
const CATEGORY_LINKS: &str = "/extension_attributes/category_links";

/// A field that a request writes, and where in its body.
struct WrittenField {
    field: ProductField,
    body: String,
}

/// One product's change in the making.
pub(super) struct ProductChange<'a> {
    target: &'a WriteScope,
    product: &'a ScopedProduct,
    updates: &'a ProductUpdates,
    /// Whether the store keeps prices per website.
    website_prices: bool,
    change: ChangeBuilder,
    main: Option<StepIndex>,
    written: Vec<WrittenField>,
    /// Whether its categories change.
    replaces_categories: bool,
    /// Whether the store gives the sale its first day, today.
    dated_by_store: bool,
    explicit_undo: bool,
}

impl<'a> ProductChange<'a> {
    pub(super) fn new(
        target: &'a WriteScope,
        product: &'a ScopedProduct,
        updates: &'a ProductUpdates,
        website_prices: bool,
    ) -> Self {
        let here = product.here();
        Self {
            target,
            product,
            updates,
            website_prices,
            change: PRODUCT_CHANGES.change(here.sku()).label(here.text("name")),
            main: None,
            written: Vec::new(),
            replaces_categories: false,
            dated_by_store: false,
            explicit_undo: false,
        }
    }

    /// Warns where the product is not sold in the website of the place.
    pub(super) fn warn_of_website(&mut self, website: i64) {
        if self.product.is_in_no_website() {
            self.change.warn(format!(
                "it is in no website: nobody sees what changes {0}, and Magento copies all its other \
                 values there as well",
                self.target.in_words()
            ));
            self.change.warn(format!(
                "`plans_undo` leaves the copies that Magento makes {} of all values of a product that \
                 is in no website",
                self.target.in_words()
            ));
        } else if !self.product.is_in_website(website) {
            self.change.warn(format!(
                "it is not in the website it would change in: nobody sees what changes {}",
                self.target.in_words()
            ));
        }
    }

    pub(super) fn run(mut self) -> Result<Option<Change>, Failure> {
        self.check_end_of_sale()?;
        for warning in sale_terms::warnings(self.here(), self.updates)? {
            self.change.warn(warning);
        }
        for (field, wanted) in &self.updates.0 {
            if !matches!(field, ProductField::CategoryIds | ProductField::SpecialFromDate) {
                self.write(*field, wanted);
            }
        }
        self.links();
        self.date_sale()?;
        if self.change.is_empty() {
            return Ok(None);
        }
        self.compare_prices();
        self.warn_of_bundle();
        self.warn_of_inherited();
        self.add_undo();
        self.change.done().map(Some)
    }

    fn here(&self) -> &'a Product {
        self.product.here()
    }

    fn global_write(&self) -> bool {
        self.target.is_global()
    }

    /// A sale of the global scope shows through where a website has no special price of its own, and
    /// clearing what is not there would change nothing, with 200.
    fn check_end_of_sale(&mut self) -> Result<(), Failure> {
        if self.updates.wanted(ProductField::SpecialPrice) != Some(&FieldValue::Cleared) {
            return Ok(());
        }
        let global = self.product.global().and_then(|global| global.attribute(SPECIAL));
        let Some(global) = global.map(shown) else { return Ok(()) };
        let place = self.target.in_words();
        let how = "set `special_to_date` there to today, with which it ends, or clear `special_price` \
                   with the scope `global`";
        if self.product.origin(SPECIAL) == ValueOrigin::Own {
            self.change.warn(format!(
                "clearing `special_price` {place} does not end the sale there: the global special \
                 price of {global} shows again; to end it {how}"
            ));
            return Ok(());
        }
        Err(Failure::argument(
            "scope",
            format!(
                "`{}` has no special price of its own {place}: the global one of {global} shows \
                 there, and clearing cannot end it for a part of the store",
                self.here().sku()
            ),
        )
        .remedy(how))
    }

    /// A request that writes here. Texts that are empty here are sent along, or they would be lost.
    fn put(&mut self) -> StepIndex {
        let step = self.change.step(put(self.target));
        for code in self.empty_after() {
            self.change.constant(step, &body_of(code), json!(""));
        }
        step
    }

    /// Texts that are empty here when the change is made.
    fn empty_after(&self) -> Vec<&'a str> {
        if self.global_write() {
            return Vec::new();
        }
        let mut codes = self.product.emptied_texts();
        codes.retain(|code| self.updates.fields().all(|field| field.code() != *code));
        let emptied = |(field, wanted): &'a (ProductField, FieldValue)| {
            (*wanted == FieldValue::Emptied).then(|| field.code())
        };
        codes.extend(self.updates.0.iter().filter_map(emptied));
        codes
    }

    /// The step that writes everything that may be written together.
    fn main(&mut self) -> StepIndex {
        match self.main {
            Some(step) => step,
            None => {
                let step = self.put();
                *self.main.insert(step)
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
                let left = self.product.global().and_then(|product| product.attribute(code));
                self.change.constant(step, &body, Value::Null);
                self.change.expect(code, &lookup, left);
                self.explicit_undo = true;
            }
        }
        if field == ProductField::UrlKey {
            self.change.constant(step, &body_of("save_rewrites_history"), json!("1"));
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
        let current = self.here().extension("category_links").and_then(Value::as_array);
        let current = current.map_or(&[][..], Vec::as_slice);
        let position = |id: &Value| {
            let link = current.iter().find(|link| link["category_id"] == *id);
            link.map(|link| link["position"].clone())
        };
        let goes = current.iter().any(|link| !wanted.contains(&link["category_id"]));
        if !goes && wanted.len() == current.len() {
            return;
        }
        // The store answers them in the order in which they were linked: those that stay come first.
        let order = |id: &Value| current.iter().position(|link| link["category_id"] == *id);
        let mut wanted: Vec<&Value> = wanted.iter().collect();
        wanted.sort_by_key(|id| order(id).unwrap_or(usize::MAX));
        let links: Vec<Value> = wanted
            .iter()
            .map(|id| json!({"position": position(id).unwrap_or(json!(0)), "category_id": id}))
            .collect();
        let code = ProductField::CategoryIds.code();
        let place = body(CATEGORY_LINKS);
        self.replaces_categories = true;
        self.explicit_undo = true;
        let mut step = self.main();
        if goes {
            self.change.constant(step, &place, json!([]));
            if links.is_empty() {
                self.change.expect(code, CATEGORY_LINKS, None);
                return;
            }
            step = self.put();
        }
        if links.len() <= LIST_LIMIT {
            self.change.set(step, code, &place, CATEGORY_LINKS, Value::Array(links));
            return;
        }
        // What is sent is added to what is there: so many at a time as every store takes.
        for (index, some) in links.chunks(LIST_LIMIT).enumerate() {
            if index > 0 {
                step = self.put();
            }
            self.change.constant(step, &place, some.into());
        }
        self.change.expect(code, CATEGORY_LINKS, Some(&Value::Array(links)));
    }

    /// Whether the save sees a special price: with one, and without a first day, the store dates the
    /// sale. Where prices are kept per website, an inherited special price is not seen at a view.
    fn sale_is_seen(&self) -> bool {
        match self.updates.wanted(ProductField::SpecialPrice) {
            Some(FieldValue::Value(_)) => true,
            Some(FieldValue::Cleared | FieldValue::Emptied) => false,
            None => self.sale_was_seen(),
        }
    }

    /// The same of a save with what is there now.
    fn sale_was_seen(&self) -> bool {
        match self.product.origin(SPECIAL) {
            ValueOrigin::Own => true,
            ValueOrigin::Inherited => !self.website_prices,
            ValueOrigin::Nothing | ValueOrigin::Emptied => false,
        }
    }

    fn sale_without_start(&self) -> Failure {
        Failure::argument(
            "match",
            format!(
                "`{}` keeps a special price, and the store begins a sale without `{FROM}` today",
                self.here().sku()
            ),
        )
        .remedy("give the sale a date, or clear `special_price` as well")
    }

    /// Writes the beginning of a sale, keeps the one there is, and tells of sales that begin by
    /// themselves.
    fn date_sale(&mut self) -> Result<(), Failure> {
        let asked = self.updates.wanted(ProductField::SpecialFromDate);
        if !self.sale_is_seen() {
            if let Some(wanted) = asked {
                self.write(ProductField::SpecialFromDate, wanted);
            }
            return Ok(());
        }
        let stands = self.here().attribute(FROM);
        let is_own = self.product.origin(FROM) == ValueOrigin::Own;
        match (asked, stands) {
            (Some(FieldValue::Cleared | FieldValue::Emptied), _) => {
                return Err(self.sale_without_start());
            }
            (Some(FieldValue::Value(value)), stands) if is_own || stands != Some(value) => {
                self.write(ProductField::SpecialFromDate, &FieldValue::Value(value.clone()));
            }
            (Some(_), None) => {}
            (None, _) if self.main.is_none() => {}
            (None, None) => {
                self.change.warn("the sale has no `special_from_date`: the store sets it to today");
                self.dated_by_store = true;
            }
            (None, Some(_)) if is_own => {}
            (asked, Some(from)) => {
                let from = otherwise_written(from);
                self.write(ProductField::SpecialFromDate, &FieldValue::Value(from));
                if asked.is_none() {
                    self.change.warn(
                        "the product has a special price: writing at a part of the store would \
                         start that sale today, so its `special_from_date` goes along, and the website \
                         then holds it as its own",
                    );
                }
            }
        }
        Ok(())
    }

    /// Warns of a sale that is none afterwards. A bundle's special price is a share of its price.
    fn compare_prices(&mut self) {
        let (price, special) = (ProductField::Price, ProductField::SpecialPrice);
        let wanted = |field| self.updates.wanted(field);
        if wanted(price).is_none() && wanted(special).is_none() || self.here().is_bundle() {
            return;
        }
        let after = |field: ProductField| match wanted(field) {
            Some(FieldValue::Value(value)) => Decimal::of(value),
            Some(_) => None,
            None => self.here().decimal(field.code()),
        };
        let (Some(price), Some(after)) = (after(price), after(special)) else { return };
        if after >= price {
            self.change.warn(match wanted(special) {
                Some(_) => format!("the special price {after} is not below the price {price}"),
                None => format!(
                    "the special price {after} that stands there is not below the new price"
                ),
            });
        } else if after == Decimal::ZERO && wanted(special).is_some() {
            self.change.warn("the special price is 0");
        }
    }

    /// Magento writes the options of a bundle again with every save in a view, and then their titles are
    /// the view's own. No answer shows that.
    fn warn_of_bundle(&mut self) {
        if self.here().is_bundle() && !self.global_write() {
            self.change.warn(format!(
                "`plans_undo` leaves the titles of the bundle's options that Magento copies {0} with every \
                 save there: they do not follow the global titles any more",
                self.target.in_words()
            ));
        }
    }

    /// No answer tells whether a value that is the same as the global one is the view's own.
    fn warn_of_inherited(&mut self) {
        let inherited =
            |field: &&ProductField| self.product.origin(field.code()) == ValueOrigin::Inherited;
        let fields: Vec<ProductField> = self.written.iter().map(|written| written.field).collect();
        let codes: Vec<String> =
            fields.iter().filter(inherited).map(|field| format!("`{}`", field.code())).collect();
        if codes.is_empty() {
            return;
        }
        self.change.warn(format!(
            "`plans_undo` has {} {} inherit the global value again, which is what stands there now; \
             should there be a value of its own that is the same, no answer of the store tells",
            codes.join(", "),
            self.target.in_words()
        ));
    }

    /// Whether the save that takes the change back sees a special price.
    fn undo_sees_sale(&self) -> bool {
        match self.product.origin(SPECIAL) {
            // Null takes it away, and with null the store dates nothing.
            ValueOrigin::Inherited if self.writes(ProductField::SpecialPrice) => false,
            _ => self.sale_was_seen(),
        }
    }

    fn writes(&self, field: ProductField) -> bool {
        self.written.iter().any(|written| written.field == field)
    }

    /// Reversing the steps is not always enough: categories merge, cleared values stand in no pointer,
    /// and the day that a sale was given by itself stands in no body.
    fn add_undo(&mut self) {
        let undated = self.product.origin(FROM) != ValueOrigin::Own;
        let dates = self.dated_by_store || self.writes(ProductField::SpecialFromDate);
        let comes_back = self.writes(ProductField::SpecialPrice);
        // A sale that is there again without a day of the place's own is dated by the store.
        let stays = undated && self.undo_sees_sale() && (dates || comes_back);
        if stays {
            let value = match self.here().attribute(FROM) {
                Some(from) => format!("at {}, as a value of its own", shown(from)),
                None => "at the day on which the store wrote it".to_owned(),
            };
            self.change.warn(format!(
                "`plans_undo` leaves `{FROM}` {} {value}: while the sale lasts, the store dates it \
                 anew where it is taken away",
                self.target.in_words()
            ));
        }
        if (self.explicit_undo || self.dated_by_store || stays) && !self.is_empty() {
            self.undo_fields(stays);
        }
    }

    fn is_empty(&self) -> bool {
        self.written.is_empty() && !self.replaces_categories
    }

    /// `keeps_date`: the sale's first day cannot be taken away.
    fn undo_fields(&mut self, keeps_date: bool) {
        let step = self.undo_put();
        for WrittenField { field, body } in &self.written {
            match field {
                ProductField::SpecialFromDate if keeps_date => continue,
                ProductField::UrlKey => {
                    self.change.undo_constant(step, &body_of("save_rewrites_history"), json!("1"));
                }
                _ => {}
            }
            self.change.undo_before(step, body, field.code());
        }
        let stands = self.here().attribute(FROM).filter(|_| keeps_date);
        if let Some(from) = stands {
            self.change.undo_constant(step, &body_of(FROM), otherwise_written(from));
        } else if self.dated_by_store && !keeps_date {
            self.change.undo_constant(step, &body_of(FROM), Value::Null);
        }
        if self.replaces_categories {
            self.undo_links(step);
        }
    }

    /// Links the product to the categories it was in, and to no other.
    fn undo_links(&mut self, step: StepIndex) {
        let place = body(CATEGORY_LINKS);
        self.change.undo_constant(step, &place, json!([]));
        let before = self.here().extension("category_links").and_then(Value::as_array);
        let before = before.map_or(&[][..], Vec::as_slice);
        if before.len() > LIST_LIMIT {
            for some in before.chunks(LIST_LIMIT) {
                let step = self.undo_put();
                self.change.undo_constant(step, &place, some.into());
            }
        } else if !before.is_empty() {
            let step = self.undo_put();
            self.change.undo_before(step, &place, ProductField::CategoryIds.code());
        }
    }

    /// A request that takes something back, and keeps what is empty here as [`put`](Self::put) does.
    fn undo_put(&mut self) -> StepIndex {
        let step = self.change.undo_step(put(self.target));
        for code in self.product.emptied_texts() {
            self.change.undo_constant(step, &body_of(code), json!(""));
        }
        step
    }
}

/// A date in another form than the store keeps it in. What a save at a view holds just as it stands
/// there already, the store takes for inherited, and dates the sale.
fn otherwise_written(date: &Value) -> Value {
    let Value::String(text) = date else { return date.clone() };
    match text.strip_suffix(" 00:00:00") {
        Some(day) => day.into(),
        None => text.replacen(' ', "T", 1).into(),
    }
}

/// A value in a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

/// How attributes are written. `PUT`: `POST` of a product that exists writes as well, but creates
/// one that does not.
fn put(target: &WriteScope) -> crate::core::Step {
    PRODUCT.step(WRITE, [BindingSource::Subject], target.view().clone())
}

/// A place of a product in the body that writes it.
fn body(place: &str) -> String {
    ["/product", place].concat()
}

/// The place of an attribute in the body that writes it.
fn body_of(code: &str) -> String {
    body(&Product::place(code))
}
