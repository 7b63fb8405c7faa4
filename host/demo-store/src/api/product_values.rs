//! What a save writes into a product: scopes, `null` against `''`, merged category links, and the
//! special-price trap.

use serde_json::{Map, Value, json};

use super::product_media;
use crate::call::Call;
use crate::php;
use crate::refusal::Refusal;
use crate::shop::product::CategoryLink;
use crate::shop::{ALL, Attribute, AttributeScope, Backend, Product, Shop, StoreId};
use crate::url_key::url_key;

/// A save that was refused, and which ids were gone by then.
pub(super) struct ProductSaveError {
    pub(super) refusal: Refusal,
    pub(super) used_up: ConsumedIds,
}

/// How far a refused save of a new product got in the database before it was rolled back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ConsumedIds {
    /// It did not get there.
    Nothing,
    /// Its own id.
    ProductId,
    /// And that of its stock item.
    ProductAndStockItemId,
}

impl From<Refusal> for ProductSaveError {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, used_up: ConsumedIds::Nothing }
    }
}

/// Whether products of the type have the attribute.
pub(super) fn applies(attribute: &Attribute, type_id: &str) -> bool {
    let types = attribute.doc["apply_to"].as_array();
    types.is_none_or(|types| types.is_empty() || types.iter().any(|known| known == type_id))
}

/// Whether a save of a product or category asks that its old addresses redirect.
pub(super) fn keeps_old_urls(given: &Map<String, Value>) -> bool {
    let pairs = given.get("custom_attributes").and_then(Value::as_array);
    pairs.into_iter().flatten().any(|pair| {
        pair["attribute_code"] == "save_rewrites_history" && php::truthy(&pair["value"])
    })
}

/// The sale of a product as a save finds it.
struct SaleBefore {
    price: Option<Value>,
    from: Option<Value>,
    /// Whether the scope of the save has them of its own.
    own_price: bool,
    own_from: bool,
}

impl SaleBefore {
    fn of(product: &Product, store: StoreId) -> Self {
        let value =
            |code| product.values.get(code, store).filter(|value| !value.is_null()).cloned();
        let own = |code| product.values.own(code, store).is_some_and(|value| !value.is_null());
        Self {
            price: value("special_price"),
            from: value("special_from_date"),
            own_price: own("special_price"),
            own_from: own("special_from_date"),
        }
    }

    fn value(&self, code: &str) -> Option<&Value> {
        if code == "special_price" { self.price.as_ref() } else { self.from.as_ref() }
    }
}

/// Whether a bundle weighs what its parts weigh: a weight of its own is then not kept.
fn weighs_by_parts(product: &Product) -> bool {
    product.type_id == "bundle" && !product.values.get("weight_type", ALL).is_some_and(php::truthy)
}

/// One save of one product.
pub(super) struct ProductSave<'a> {
    pub(super) shop: &'a mut Shop,
    pub(super) call: &'a Call,
    pub(super) store: StoreId,
    pub(super) is_new: bool,
    pub(super) given: Map<String, Value>,
}

impl ProductSave<'_> {
    /// Writes what is given into the product.
    ///
    /// # Errors
    /// What a save refuses; the product must then not be kept.
    pub(super) fn apply(&mut self, product: &mut Product) -> Result<(), ProductSaveError> {
        let sale = SaleBefore::of(product, self.store);
        self.drop_empty_overrides(product);
        self.copy_where_in_no_website(product);
        self.apply_fields(product);
        let mut categories = None;
        for pair in self
            .given
            .get("custom_attributes")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
        {
            let code = php::text_of(&pair["attribute_code"]);
            match code.as_str() {
                "category_ids" => categories = Some(pair["value"].clone()),
                "name" | "sku" | "price" | "status" | "visibility" | "weight" => {}
                _ => self.apply_attribute(product, &code, &pair["value"]),
            }
        }
        product_media::apply(self.shop, product, &self.given, self.store)?;
        self.start_sale(product, &sale);
        self.name_url(product);
        self.check(product)?;
        if self.is_url_taken(product) {
            let refusal = Refusal::bad("URL key for specified store already exists.");
            return Err(ProductSaveError { refusal, used_up: ConsumedIds::ProductAndStockItemId });
        }
        self.apply_extension(product, categories)?;
        self.apply_lists(product);
        Ok(())
    }

    /// An empty override lasts until the next save in its view, which takes it for none.
    fn drop_empty_overrides(&self, product: &mut Product) {
        if self.store == ALL {
            return;
        }
        let empty: Vec<String> = product
            .values
            .at(self.store)
            .filter(|(_, value)| value.is_null())
            .map(|(code, _)| code.clone())
            .collect();
        for code in empty {
            product.values.clear(&code, self.store);
        }
    }

    /// A save in a view of a product that is in no website makes all its values the view's own.
    fn copy_where_in_no_website(&self, product: &mut Product) {
        if self.store == ALL || !product.websites.is_empty() {
            return;
        }
        let global: Vec<(String, Value)> =
            product.values.at(ALL).map(|(code, value)| (code.clone(), value.clone())).collect();
        for (code, value) in global.into_iter().filter(|(_, value)| !value.is_null()) {
            let Some(attribute) = self.shop.attributes.get(&code) else { continue };
            let scope = self.scope_of(attribute);
            if scope != AttributeScope::Global && attribute.backend != Backend::Static {
                self.set(product, &code, scope, &value, true);
            }
        }
    }

    fn scope_of(&self, attribute: &Attribute) -> AttributeScope {
        match attribute.scope {
            AttributeScope::Global
                if self.shop.website_prices && attribute.doc["frontend_input"] == "price" =>
            {
                AttributeScope::Website
            }
            scope => scope,
        }
    }

    fn apply_fields(&self, product: &mut Product) {
        for field in ["name", "price", "status", "visibility", "weight"] {
            let Some(value) = self.given.get(field) else { continue };
            let scope = match field {
                "status" => AttributeScope::Website,
                "name" | "visibility" => AttributeScope::Store,
                "price" if self.shop.website_prices => AttributeScope::Website,
                _ => AttributeScope::Global,
            };
            let applies = self
                .shop
                .attributes
                .get(field)
                .is_none_or(|attribute| applies(attribute, &product.type_id));
            if !applies || field == "weight" && weighs_by_parts(product) {
                continue;
            }
            // A number given is not identical to the text stored.
            let whole = matches!(field, "status" | "visibility" | "price");
            self.set(product, field, scope, value, whole);
        }
        for (field, slot) in
            [("created_at", &mut product.created_at), ("type_id", &mut product.type_id)]
        {
            if let Some(value) = self.given.get(field).filter(|value| !value.is_null()) {
                *slot = php::text_of(value);
            }
        }
        if let Some(set) = self.given.get("attribute_set_id").map(php::id_of).filter(|set| *set > 0)
        {
            product.attribute_set = set;
        }
    }

    fn apply_attribute(&self, product: &mut Product, code: &str, value: &Value) {
        let Some(attribute) = self.shop.attributes.get(code) else { return };
        if !applies(attribute, &product.type_id) || attribute.backend == Backend::Static {
            return;
        }
        let scope = self.scope_of(attribute);
        let mut normal = attribute.normalise(value);
        if code == "url_key" && normal.is_string() {
            normal = Value::String(url_key(&php::text_of(&normal)));
        }
        // What is given is compared as it was given: the same date in another form is another text.
        let whole = match attribute.backend {
            Backend::Int | Backend::Decimal => true,
            Backend::Datetime => normal != *value,
            Backend::Text | Backend::Static => false,
        };
        self.set(product, code, scope, &normal, whole);
    }

    /// Writes a value in the scope of the call. Null takes the value away, empty text becomes an empty
    /// override. In a view, text that says what the view already shows is not written; options and
    /// flags are, because the number given is not identical to the text stored.
    fn set(
        &self,
        product: &mut Product,
        code: &str,
        scope: AttributeScope,
        value: &Value,
        whole: bool,
    ) {
        let stores = self.stores(scope);
        if value.is_null() {
            for store in stores {
                product.values.clear(code, store);
            }
            return;
        }
        let in_view = !stores.contains(&ALL);
        if in_view && !whole && product.values.get(code, self.store) == Some(value) {
            return;
        }
        let empty = value.as_str() == Some("");
        for store in stores {
            product.values.set(code, store, if empty { Value::Null } else { value.clone() });
        }
    }

    /// The trap: a product with a special price and, as this save sees it, no first day of the sale
    /// gets today as that day, in a view for the whole website. What a view inherits the save does not
    /// see, and neither what it is given just as it inherits it. An empty first day is one.
    fn start_sale(&self, product: &mut Product, before: &SaleBefore) {
        let inherits = |code: &str| match code {
            "special_price" => self.shop.website_prices && self.store != ALL,
            _ => self.store != ALL,
        };
        let sees = |code: &str, was_own: bool| match self.given_value(code) {
            Some(Value::Null) => false,
            Some(given) if inherits(code) && !was_own => before.value(code) != Some(given),
            Some(_) => true,
            None if inherits(code) => was_own,
            None => before.value(code).is_some(),
        };
        let priced = sees("special_price", before.own_price)
            && product.number("special_price", self.store).is_some_and(|price| price != 0.0);
        if priced && !sees("special_from_date", before.own_from) {
            let today = Value::String(format!("{} 00:00:00", self.call.today()));
            for store in self.stores(AttributeScope::Website) {
                product.values.set("special_from_date", store, today.clone());
            }
        }
    }

    /// A custom attribute's value as it was given.
    fn given_value(&self, code: &str) -> Option<&Value> {
        let pairs = self.given.get("custom_attributes").and_then(Value::as_array);
        let found = pairs.into_iter().flatten().rfind(|pair| pair["attribute_code"] == code);
        found.map(|pair| &pair["value"])
    }

    /// Where a value of this scope is written by a save in the scope of the call.
    fn stores(&self, scope: AttributeScope) -> Vec<StoreId> {
        match (self.store, scope) {
            (ALL, _) | (_, AttributeScope::Global) => vec![ALL],
            (store, AttributeScope::Website) => {
                self.shop.stores.views_of(self.shop.stores.website_of(store))
            }
            (store, AttributeScope::Store) => vec![store],
        }
    }

    fn name_url(&self, product: &mut Product) {
        if product.values.get("url_key", self.store).is_none_or(|key| !php::truthy(key)) {
            let key = url_key(&product.text("name", self.store));
            if !key.is_empty() {
                product.values.set("url_key", ALL, Value::String(key));
            }
        }
    }

    fn check(&self, product: &Product) -> Result<(), Refusal> {
        let empty = |label: &str| {
            Refusal::bad(format!(
                "The \"{label}\" attribute value is empty. Set the attribute and try again."
            ))
        };
        if product.text("name", self.store).trim().is_empty() {
            return Err(empty("Product Name"));
        }
        // Without a type nothing says yet that the product has a price.
        let needs_price = (!self.is_new || self.given.contains_key("type_id"))
            && self
                .shop
                .attributes
                .get("price")
                .is_some_and(|price| applies(price, &product.type_id));
        match product.number("price", self.store) {
            None if needs_price
                && !matches!(product.type_id.as_str(), "configurable" | "bundle" | "grouped") =>
            {
                return Err(empty("Price"));
            }
            Some(price) if price < 0.0 => {
                return Err(Refusal::bad("Please enter a number 0 or greater in this field."));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether another product has the product's URL in a view that this save is for.
    fn is_url_taken(&self, product: &Product) -> bool {
        let stores =
            if self.store == ALL { self.shop.stores.all_views() } else { vec![self.store] };
        let taken = |store: StoreId| {
            let key = product.text("url_key", store);
            self.shop.products.iter().any(|other| {
                other.sku != product.sku && !key.is_empty() && other.text("url_key", store) == key
            })
        };
        let visible = product.number("visibility", self.store) != Some(1.0);
        let changed = self.is_new || self.names_url();
        visible && changed && stores.into_iter().any(taken)
    }

    fn names_url(&self) -> bool {
        let pairs = self.given.get("custom_attributes").and_then(Value::as_array);
        pairs.into_iter().flatten().any(|pair| pair["attribute_code"] == "url_key")
    }

    fn apply_extension(
        &self,
        product: &mut Product,
        category_ids: Option<Value>,
    ) -> Result<(), ProductSaveError> {
        let extension = self.given.get("extension_attributes").and_then(Value::as_object);
        if let Some(ids) = category_ids {
            let wanted: Vec<u64> = ids.as_array().into_iter().flatten().map(php::id_of).collect();
            product.categories.retain(|link| wanted.contains(&link.category));
            for category in wanted {
                if !product.categories.iter().any(|link| link.category == category) {
                    product.categories.push(CategoryLink { category, position: 0 });
                }
            }
        }
        let Some(extension) = extension else { return Ok(()) };
        if let Some(websites) = extension.get("website_ids").and_then(Value::as_array) {
            let ids: Vec<u32> =
                websites.iter().map(|id| u32::try_from(php::id_of(id)).unwrap_or(0)).collect();
            let known = self.shop.stores.website_ids();
            if ids.iter().any(|id| !known.contains(id)) {
                let refusal = Refusal::bad("The product was unable to be saved. Please try again.");
                return Err(ProductSaveError { refusal, used_up: ConsumedIds::ProductId });
            }
            product.websites = ids;
        }
        if let Some(links) = extension.get("category_links").and_then(Value::as_array) {
            self.merge_categories(product, links);
        }
        if let Some(given) = extension.get("stock_item").and_then(Value::as_object) {
            for (field, value) in given
                .iter()
                .filter(|(field, _)| !matches!(field.as_str(), "item_id" | "product_id"))
            {
                product.stock_item.insert(field.clone(), value.clone());
            }
            if self.is_new && !given.contains_key("is_in_stock") {
                product.stock_item.insert(
                    "is_in_stock".to_owned(),
                    json!(given.get("qty").map_or(0.0, php::number_of) > 0.0),
                );
            }
        }
        for (field, value) in extension {
            if matches!(
                field.as_str(),
                "configurable_product_options"
                    | "configurable_product_links"
                    | "bundle_product_options"
            ) && !value.is_null()
            {
                product.extension.insert(field.clone(), value.clone());
            }
        }
        Ok(())
    }

    /// Given links are added to those there are; only the empty list takes them away.
    fn merge_categories(&self, product: &mut Product, links: &[Value]) {
        if links.is_empty() {
            product.categories.clear();
        }
        for link in links {
            let category = php::id_of(&link["category_id"]);
            let position = php::int_of(&link["position"]);
            if self.shop.categories.get(category).is_none() {
                continue;
            }
            match product.categories.iter_mut().find(|known| known.category == category) {
                Some(known) => known.position = position,
                None => product.categories.push(CategoryLink { category, position }),
            }
        }
    }

    fn apply_lists(&self, product: &mut Product) {
        if let Some(links) = self.given.get("product_links").and_then(Value::as_array) {
            product.links = links.clone();
        }
        if let Some(tiers) = self.given.get("tier_prices").and_then(Value::as_array) {
            let price = product.number("price", ALL).unwrap_or(0.0);
            product.tier_prices = tiers.iter().map(|tier| show_tier(tier, price)).collect();
        }
        if let Some(options) = self
            .given
            .get("options")
            .and_then(Value::as_array)
            .filter(|options| !options.is_empty())
        {
            product.options = options.clone();
        }
    }
}

/// A tier price as it is answered: percentages as prices, always with a website.
fn show_tier(given: &Value, price: f64) -> Value {
    let extension = &given["extension_attributes"];
    let website = php::id_of(&extension["website_id"]);
    let mut shown = json!({
        "customer_group_id": php::id_of(&given["customer_group_id"]),
        "qty": php::number(php::number_of(&given["qty"])),
    });
    match extension.get("percentage_value").filter(|percent| !percent.is_null()).map(php::number_of)
    {
        Some(percent) => {
            shown["value"] = php::number(php::round(price * (1.0 - percent / 100.0), 4));
            shown["extension_attributes"] =
                json!({ "percentage_value": php::number(percent), "website_id": website });
        }
        None => {
            shown["value"] = php::number(php::number_of(&given["value"]));
            shown["extension_attributes"] = json!({ "website_id": website });
        }
    }
    shown
}
