//! Changes as hostile as chance makes them: of every route that the catalogue knows, half honest, so
//! that some get through and are sent.

use fastrand::Rng;
use serde_json::{Map, Value, json};
use souk_model::plan::{
    Batch, BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse,
    Intent, Lookup, Retry, Step, Subject, Undo, escape_token,
};
use souk_model::{Binding, BindingSource, Grant, Method, Read, StoreView, WriteMethod};
use souk_policy::writes::WriteCatalogue;

/// What a plugin might propose, and what it was granted.
pub(crate) struct Case {
    pub(crate) intent: Intent,
    pub(crate) changes: Vec<Change>,
    pub(crate) grants: Vec<Grant>,
}

/// Kinds that the demo store has: how they are read, and ids of theirs.
const KINDS: [(&str, &str, &[&str]); 5] = [
    ("product", "/V1/products/{sku}", &["TEN-001", "TEN-002", "BTL-008", "ten-001", "TEN-001 "]),
    ("order", "/V1/orders/{id}", &["1", "5", "7", "05"]),
    ("cart-price-rule", "/V1/salesRules/{ruleId}", &["1", "2", "3"]),
    ("cms-block", "/V1/cmsBlock/{blockId}", &["1", "2"]),
    ("cms-page", "/V1/cmsPage/{pageId}", &["1", "2", "3"]),
];

/// Routes that do most, with a body of theirs.
const FAVOURITES: [(&str, WriteMethod, &str); 18] = [
    ("product", WriteMethod::Put, "/V1/products/{sku}"),
    ("product", WriteMethod::Put, "/V1/products/{sku}"),
    ("product", WriteMethod::Post, "/V1/products"),
    ("product", WriteMethod::Post, "/V1/products/base-prices"),
    ("product", WriteMethod::Post, "/V1/products/special-price"),
    ("product", WriteMethod::Post, "/V1/products/tier-prices"),
    ("cart-price-rule", WriteMethod::Put, "/V1/salesRules/{ruleId}"),
    ("cart-price-rule", WriteMethod::Post, "/V1/salesRules"),
    ("cart-price-rule", WriteMethod::Post, "/V1/coupons/generate"),
    ("cart-price-rule", WriteMethod::Post, "/V1/coupons"),
    ("order", WriteMethod::Post, "/V1/orders/{id}/comments"),
    ("order", WriteMethod::Post, "/V1/orders/{id}/hold"),
    ("order", WriteMethod::Post, "/V1/order/{orderId}/refund"),
    ("order", WriteMethod::Post, "/V1/orders/{id}/cancel"),
    ("order", WriteMethod::Post, "/V1/orders/{id}/emails"),
    ("cms-block", WriteMethod::Put, "/V1/cmsBlock/{id}"),
    ("cms-page", WriteMethod::Put, "/V1/cmsPage/{id}"),
    ("cms-block", WriteMethod::Delete, "/V1/cmsBlock/{blockId}"),
];

pub(crate) struct Hostile(Rng);

impl Hostile {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    fn chance(&mut self, per_cent: u32) -> bool {
        self.0.u32(0..100) < per_cent
    }

    fn pick<'p, T: ?Sized>(&mut self, from: &[&'p T]) -> &'p T {
        from[self.0.usize(0..from.len())]
    }

    pub(crate) fn case(&mut self) -> Case {
        let (kind, lookup, ids) = KINDS[self.0.usize(0..KINDS.len())];
        let view = match self.0.u32(0..10) {
            0 => StoreView::View("de".into()),
            1 => StoreView::View("trade".into()),
            _ => StoreView::Global,
        };
        let intent = Intent {
            summary: "hostile".into(),
            view: view.clone(),
            lookup: self.lookup(lookup, &view),
        };
        let count = if self.chance(85) { 1 } else { self.0.usize(2..6) };
        let changes: Vec<Change> = (0..count)
            .map(|_| {
                let id = self.pick(ids);
                self.change(kind, id, &view)
            })
            .collect();
        Case { grants: grants_of(&intent, &changes), intent, changes }
    }

    fn lookup(&mut self, honest: &str, view: &StoreView) -> Lookup {
        let route = if self.chance(92) {
            honest.to_owned()
        } else {
            KINDS[self.0.usize(0..KINDS.len())].1.to_owned()
        };
        let path = names(&route)
            .map(|name| Binding {
                name: name.to_owned(),
                value: if self.chance(95) {
                    BindingSource::Subject
                } else {
                    BindingSource::Text(self.pick(&["TEN-002", "1", "5"]).to_owned())
                },
            })
            .collect();
        let mut one = Read {
            upstream: "magento".into(),
            route,
            path,
            query: Vec::new(),
            view: if self.chance(95) { view.clone() } else { StoreView::Global },
        };
        if self.chance(10) {
            let fields =
                self.pick(&["sku,name", "sku,price,name", "rule_id", "items[sku]", "status"]);
            one.query.push(Binding::text("fields", fields));
        }
        let many = (honest == "/V1/products/{sku}" && self.chance(15)).then(|| {
            let filter =
                |what: &str| format!("searchCriteria[filter_groups][0][filters][0][{what}]");
            let field = self.pick(&["sku", "sku", "sku", "name", "entity_id"]);
            let id = self.pick(&["/sku", "/sku", "/sku", "/id", "/name"]);
            Batch {
                read: Read {
                    upstream: "magento".into(),
                    route: "/V1/products".into(),
                    path: Vec::new(),
                    query: vec![
                        Binding::text(filter("field"), field),
                        Binding::text(filter("condition_type"), "in"),
                    ],
                    view: one.view.clone(),
                },
                ids: filter("value"),
                items: "/items".parse().unwrap(),
                id: id.parse().unwrap(),
            }
        });
        Lookup { one, many, inherits: self.chance(20) }
    }

    fn change(&mut self, kind: &str, id: &str, view: &StoreView) -> Change {
        let count = if self.chance(80) { 1 } else { 2 };
        let steps: Vec<Step> = (0..count).map(|_| self.step(kind, id, view)).collect();
        let edits = (0..self.0.usize(1..3)).map(|n| self.edit(n, &steps)).collect();
        let undo = match self.0.u32(0..10) {
            0..5 => Undo::None("hostile".into()),
            5..8 => Undo::Restore,
            _ => Undo::Steps(vec![self.step(kind, id, view)]),
        };
        Change {
            subject: Subject { kind: kind.into(), id: id.into(), label: None },
            edits,
            steps,
            retry: if self.chance(50) { Retry::Idempotent } else { Retry::IfAbsent },
            undo,
            warnings: Vec::new(),
        }
    }

    fn step(&mut self, kind: &str, id: &str, view: &StoreView) -> Step {
        let favourites: Vec<_> = FAVOURITES.iter().filter(|(of, ..)| *of == kind).collect();
        let (method, mut route) = if self.chance(80) {
            let (_, method, route) = favourites[self.0.usize(0..favourites.len())];
            (*method, (*route).to_owned())
        } else {
            let all: Vec<_> = WriteCatalogue::shipped().routes().collect();
            let entry = all[self.0.usize(0..all.len())];
            (entry.method(), entry.route().as_str().to_owned())
        };
        let mut body = self.body(&route, id);
        match self.0.u32(0..100) {
            0..3 => route = format!("/async{route}"),
            3..5 => {
                route = format!("/async/bulk{route}");
                body = json!([body.clone(), body]);
            }
            _ => {}
        }
        let mut path = Vec::new();
        // A word of a route that only a value says.
        if self.chance(5) {
            let words: Vec<&str> = route
                .split('/')
                .filter(|word| !word.is_empty() && !word.starts_with('{'))
                .collect();
            let word = words[words.len() - 1].to_owned();
            if let Some(start) = route.rfind(&word).filter(|_| word != "V1") {
                route.replace_range(start..start + word.len(), "{w}");
                let value = match self.chance(70) {
                    true => BindingSource::Text(word),
                    false => BindingSource::FromResponse("/name".into()),
                };
                path.push(Binding { name: "w".into(), value });
            }
        }
        for name in names(&route).filter(|name| *name != "w").map(str::to_owned).collect::<Vec<_>>()
        {
            let value = match self.0.u32(0..100) {
                0..88 => BindingSource::Subject,
                88..95 => BindingSource::Text(
                    self.pick(&["TEN-001", "TEN-002", "1", "2", "5"]).to_owned(),
                ),
                _ => BindingSource::FromResponse(
                    self.pick(&["/id", "/name", "/rule_id", "", "/sku"]).to_owned(),
                ),
            };
            path.push(Binding { name, value });
        }
        if self.chance(25) {
            self.spoil(&mut body);
        }
        let mut step = Step {
            upstream: "magento".into(),
            method,
            route,
            path,
            query: Vec::new(),
            view: if self.chance(95) { view.clone() } else { StoreView::View("de".into()) },
            body: (method != WriteMethod::Delete).then_some(body),
            body_bindings: Vec::new(),
            failure_responses: Vec::new(),
        };
        if self.chance(3) {
            step.query.push(Binding::text("product[price]", "1"));
        }
        if self.chance(10) {
            let at = self.pick(&[
                "/product/price",
                "/product/name",
                "/rule/rule_id",
                "/coupon/rule_id",
                "/prices/0/price",
                "/product/custom_attributes",
                "",
            ]);
            let value = match self.0.u32(0..3) {
                0 => BodySource::Before("field 0".into()),
                1 => BodySource::Subject,
                _ => BodySource::FromResponse(
                    self.pick(&["/rule_id", "/name", "", "/id"]).parse().unwrap(),
                ),
            };
            step.body_bindings.push(BodyBinding { at: at.parse().unwrap(), value });
        }
        if self.chance(30) {
            let equals = [None, Some(json!(false)), Some(json!(true)), Some(json!([]))];
            step.failure_responses.push(FailureResponse {
                at: self.pick(&["", "/0/message", "/id"]).parse().unwrap(),
                equals: equals[self.0.usize(0..equals.len())].clone(),
            });
        }
        step
    }

    /// A body that could be honest, for this route.
    fn body(&mut self, route: &str, id: &str) -> Value {
        let prices =
            [json!(199), json!(120.5), json!(1), json!(0.01), json!("150"), json!(-5), json!(1e9)];
        let price = if self.chance(60) {
            json!(190)
        } else {
            prices[self.0.usize(0..prices.len())].clone()
        };
        let n = self.0.u32(0..1000);
        let sku = if self.chance(90) { id } else { "TEN-002" };
        match route {
            "/V1/products/{sku}" | "/V1/products" => {
                let mut product = json!({"sku": sku});
                match self.0.u32(0..5) {
                    0 => product["name"] = json!(format!("Telt {n}")),
                    1 => product["price"] = price,
                    2 => {
                        product["custom_attributes"] =
                            json!([{"attribute_code": "special_price", "value": price}]);
                    }
                    3 => {
                        product["custom_attributes"] = json!([
                            {"attribute_code": "meta_title", "value": format!("Telt {n}")}]);
                    }
                    _ => {
                        product["tier_prices"] =
                            json!([{"customer_group_id": 0, "qty": 2, "value": price}]);
                    }
                }
                json!({"product": product})
            }
            "/V1/products/base-prices"
            | "/V1/products/special-price"
            | "/V1/products/tier-prices" => {
                let rows: Vec<Value> = (0..self.0.usize(1..6))
                    .map(|at| {
                        let mut row = json!({"sku": if at == 0 || self.chance(70) { sku } else { "BTL-008" },
                            "price": price});
                        match route.rsplit('/').next() {
                            Some("tier-prices") => {
                                row["price_type"] = json!(self.pick(&["fixed", "discount", "gift"]));
                                row["website_id"] = json!(0);
                                row["customer_group"] = json!("ALL GROUPS");
                                row["quantity"] = json!(at + 1);
                            }
                            Some("special-price") => {
                                row["store_id"] = json!(0);
                                row["price_from"] = json!("2030-01-01 00:00:00");
                                row["price_to"] = json!("2030-02-01 00:00:00");
                            }
                            _ => row["store_id"] = json!(self.0.usize(0..2)),
                        }
                        row
                    })
                    .collect();
                json!({"prices": rows})
            }
            "/V1/salesRules" | "/V1/salesRules/{ruleId}" => {
                let mut rule = Map::new();
                rule.insert(
                    "name".into(),
                    json!(if self.chance(60) { id.to_owned() } else { format!("Rule {n}") }),
                );
                if self.chance(60) {
                    let action = self.pick(&[
                        "by_percent",
                        "to_percent",
                        "by_fixed",
                        "cart_fixed",
                        "buy_x_get_y",
                        "gift",
                    ]);
                    rule.insert("simple_action".into(), json!(action));
                }
                if self.chance(60) {
                    let amounts =
                        [json!(5), json!(10), json!(95), json!("95"), json!(1000), json!([95])];
                    rule.insert(
                        "discount_amount".into(),
                        amounts[self.0.usize(0..amounts.len())].clone(),
                    );
                }
                if self.chance(40) {
                    rule.insert("is_active".into(), json!(self.chance(50)));
                }
                if self.chance(10) {
                    rule.insert("rule_id".into(), json!(2));
                }
                json!({"rule": rule})
            }
            "/V1/coupons/generate" => {
                json!({"couponSpec": {"rule_id": id, "quantity": self.0.u32(1..12), "length": 12, "format": "alphanum"}})
            }
            "/V1/coupons" => json!({"coupon": {"rule_id": id, "code": format!("C{n}"), "type": 0}}),
            "/V1/orders/{id}/comments" => {
                json!({"statusHistory": {"comment": format!("c{n}"), "parent_id": id, "is_customer_notified": 0,
                    "is_visible_on_front": 0}})
            }
            "/V1/cmsBlock/{id}" => {
                json!({"block": {"title": format!("T{n}"), "content": format!("<p>{n}</p>")}})
            }
            "/V1/cmsPage/{id}" => {
                json!({"page": {"title": format!("T{n}"), "identifier": format!("p{n}")}})
            }
            _ => json!({}),
        }
    }

    /// Puts something into a body that nobody expects.
    fn spoil(&mut self, body: &mut Value) {
        let long = format!("1.{}", "1".repeat(45));
        let values = [
            json!("1e3"),
            json!(long),
            json!({"0": 1}),
            json!([1, 2]),
            json!(null),
            json!(true),
            json!(""),
            json!({"a": {"b": [1]}}),
            json!(0.01),
            json!(" 5"),
            json!("TEN-002"),
        ];
        let value = values[self.0.usize(0..values.len())].clone();
        let keys = [
            "price",
            "Price",
            "special_price",
            "0",
            "id",
            "sku",
            "rule_id",
            "discountAmount",
            "type_id",
            "customAttributes",
            "name",
            "extension_attributes",
            "qty",
        ];
        let key = keys[self.0.usize(0..keys.len())];
        let mut places = vec![String::new()];
        containers(body, "", &mut places);
        let place = places[self.0.usize(0..places.len())].clone();
        match body.pointer_mut(&place) {
            Some(at) if self.chance(30) => *at = value,
            Some(Value::Object(map)) => {
                map.insert(key.to_owned(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            _ => {}
        }
    }

    fn edit(&mut self, n: usize, steps: &[Step]) -> Edit {
        let mut places = Vec::new();
        for (step, body) in
            steps.iter().enumerate().filter_map(|(n, step)| Some((n, step.body.as_ref()?)))
        {
            leaves(body, String::new(), &mut |at, _| places.push((step, at)));
        }
        let looks = [
            "/name",
            "/price",
            "/status",
            "/state",
            "/title",
            "/is_active",
            "/content",
            "/id",
            "/custom_attributes/[attribute_code=special_price]/value",
            "/total_refunded",
        ];
        let look = looks[self.0.usize(0..looks.len())];
        let (at, after) = match self.0.u32(0..10) {
            0..7 if !places.is_empty() => {
                let (step, at) = places[self.0.usize(0..places.len())].clone();
                let name = at.rsplit('/').next().unwrap_or_default().to_owned();
                let look = if self.chance(70) { format!("/{name}") } else { look.to_owned() };
                let at = at.parse().unwrap();
                (look, Expectation::AsSent(vec![BodyPointer { step, at }]))
            }
            7 => (look.to_owned(), Expectation::Removed),
            8 => (String::new(), Expectation::Unverifiable(json!("it happens"))),
            _ => (look.to_owned(), Expectation::SetByStore(json!("holded").into())),
        };
        let at = at.parse().unwrap_or_else(|_| "/name".parse().unwrap());
        Edit { field: format!("field {n}"), at, after }
    }
}

fn names(route: &str) -> impl Iterator<Item = &str> {
    route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// Everything that the changes ask for: grants are not what is tried here.
fn grants_of(intent: &Intent, changes: &[Change]) -> Vec<Grant> {
    let mut grants = Vec::new();
    let mut add = |method, route: &str| {
        if let Ok(route) = route.parse() {
            grants.push(Grant::new("magento", method, route));
        }
    };
    add(Method::Get, &intent.lookup.one.route);
    if let Some(many) = &intent.lookup.many {
        add(Method::Get, &many.read.route);
    }
    for change in changes {
        let undo = match &change.undo {
            Undo::Steps(steps) => steps.as_slice(),
            _ => &[],
        };
        for step in change.steps.iter().chain(undo) {
            add(Method::Write(step.method), &step.route);
        }
    }
    grants
}

/// Where a document has something in it.
fn containers(value: &Value, at: &str, places: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect()
        }
        _ => return,
    };
    for (key, value) in members {
        let at = format!("{at}/{}", escape_token(&key));
        containers(value, &at, places);
        places.push(at);
    }
}

/// Every value of a document that holds no other, with its place.
pub(crate) fn leaves<'v>(value: &'v Value, at: String, each: &mut impl FnMut(String, &'v Value)) {
    let inside = |key: &str| format!("{at}/{}", escape_token(key));
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                leaves(value, inside(key), each);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (n, value) in list.iter().enumerate() {
                leaves(value, inside(&n.to_string()), each);
            }
        }
        leaf => each(at, leaf),
    }
}
