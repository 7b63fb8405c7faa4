//! Asynchronous requests: accepted at once, done by a consumer later, looked up by their id.
//!
//! Items are read as the route reads them before anything is accepted, so that one malformed item
//! refuses them all; what a value does is found out by the consumer. An item that makes PHP itself
//! fail, such as a product without a SKU, kills the consumer: it stays open for ever, and what is
//! behind it waits until somebody starts the consumer again.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::bulk_topics::success;
use super::route::{Handler, HandlerResult, Route};
use super::routes::{find, route_of};
use crate::call::Call;
use crate::php;
use crate::refusal::{Refusal, RefusalBody};
use crate::shop::Shop;
use crate::shop::bulk::{Bulk, Operation, Outcome};
use crate::wire;

/// The template of the call that accepts a bulk.
pub(crate) const ACCEPT: &str = "/accept";
/// The template of the call that lets the consumer work.
pub(crate) const CONSUME: &str = "/consume";
/// The template of the call that starts or stops the consumer.
pub(crate) const SWITCH: &str = "/switch";
/// How long a consumer that died is away, in seconds.
const AWAY: i64 = 5;

/// Finds the route that an asynchronous path is for. `bySku` stands for a parameter, and may be left
/// out at the end.
pub(crate) fn find_async(
    method: &str,
    segments: &[String],
) -> Option<(Route, Vec<(String, String)>)> {
    let shorter = || {
        let mut segments = segments.to_vec();
        segments.push("by".to_owned());
        find(method, &segments).filter(|(route, _)| route.template.ends_with('}'))
    };
    find(method, segments)
        .or_else(shorter)
        .filter(|(route, _)| matches!(route.handler, Handler::Write(_)))
}

/// Reads every item for a route and makes the call that accepts them.
///
/// # Errors
/// The first item that cannot be read refuses the request; one that is no object breaks it.
pub(crate) fn request(
    shop: &Shop,
    route: &Route,
    items: Vec<Value>,
    path: Option<&[(String, String)]>,
) -> Result<Map<String, Value>, Refusal> {
    let mut operations = Vec::with_capacity(items.len());
    for item in items {
        let Value::Object(given) = &item else { return Err(Refusal::crash()) };
        let path = match path {
            Some(path) if !is_save_of_product(route.method, route.template) => path.to_vec(),
            _ => parameters(route, given),
        };
        let arguments =
            wire::read_arguments(route.method, route.template, &path, given, &shop.attributes)?;
        let arguments = shop.as_kept(arguments);
        operations.push(json!({ "item": item, "arguments": arguments }));
    }
    let mut call = Map::new();
    call.insert("method".to_owned(), route.method.into());
    call.insert("template".to_owned(), route.template.into());
    call.insert("operations".to_owned(), Value::Array(operations));
    Ok(call)
}

/// The path's parameters, which an item has beside the body or inside of it. That of a product's save
/// is not asked for: the service takes the SKU from the product.
fn parameters(route: &Route, item: &Map<String, Value>) -> Vec<(String, String)> {
    let names = route
        .template
        .split('/')
        .filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
    names
        .filter_map(|name| {
            let inside = item.values().find_map(|value| value.get(name));
            let value = match item.get(name) {
                Some(value) if !is_save_of_product(route.method, route.template) => Some(value),
                _ => inside,
            };
            let text = value.map(php::text_of);
            let text =
                if is_product(route.template) { Some(text.unwrap_or_default()) } else { text };
            text.map(|text| (name.to_owned(), text))
        })
        .collect()
}

fn is_product(template: &str) -> bool {
    matches!(template, "/V1/products" | "/V1/products/{sku}")
}

fn is_save_of_product(method: &str, template: &str) -> bool {
    method != "DELETE" && is_product(template)
}

/// Puts a bulk into the queue.
pub(crate) fn accept(shop: &mut Shop, call: &Call) -> HandlerResult {
    let operations: Vec<Operation> = call
        .list("operations")
        .into_iter()
        .map(|operation| Operation {
            item: operation["item"].clone(),
            arguments: operation["arguments"].as_object().cloned().unwrap_or_default(),
            outcome: Outcome::Open,
            taken: false,
            message: None,
            result: None,
        })
        .collect();
    let mut chance = fastrand::Rng::with_seed(call.seed);
    let uuid =
        uuid::Builder::from_random_bytes(chance.u128(..).to_be_bytes()).into_uuid().to_string();
    let accepted: Vec<Value> = operations
        .iter()
        .enumerate()
        .map(|(id, operation)| {
            let hash = Sha256::digest(operation.item.to_string());
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "id": id, "data_hash": hash, "status": "accepted" })
        })
        .collect();
    shop.bulks.list.push(Bulk {
        uuid: uuid.clone(),
        method: call.text("method"),
        template: call.text("template"),
        store: call.store,
        accepted: call.now,
        user_type: if call.argument("integration") == true { 1 } else { 2 },
        operations,
    });
    Ok(json!({ "bulk_uuid": uuid, "request_items": accepted, "errors": false }))
}

/// Starts or stops the consumer.
pub(crate) fn switch(shop: &mut Shop, call: &Call) -> HandlerResult {
    shop.bulks.stopped = call.argument("running") == false;
    Ok(json!({ "running": !shop.bulks.stopped }))
}

/// Handles a call of the message queue. `None` when its template is gone.
pub(crate) fn handle(shop: &mut Shop, call: &Call) -> Option<HandlerResult> {
    match call.template.as_str() {
        ACCEPT => Some(accept(shop, call)),
        CONSUME => Some(consume(shop, call)),
        SWITCH => Some(switch(shop, call)),
        _ => None,
    }
}

/// Whether the consumer has something to do.
pub(crate) fn is_due(shop: &Shop, now: i64) -> bool {
    shop.bulks.next(now).is_some()
}

/// Does what is due by now, as if it had been done when it was due: the consumer works a second after
/// a request, and is away for a while when it died.
pub(crate) fn consume(shop: &mut Shop, call: &Call) -> HandlerResult {
    let mut chance = fastrand::Rng::with_seed(call.seed);
    while let Some((place, number)) = shop.bulks.next(call.now) {
        let free_from = shop.bulks.down_until;
        let bulk = &mut shop.bulks.list[place];
        let at = free_from.max(bulk.accepted + 1);
        let operation = &mut bulk.operations[number];
        operation.taken = true;
        let inner = Call {
            method: bulk.method.clone(),
            template: bulk.template.clone(),
            store: bulk.store,
            arguments: operation.arguments.clone(),
            query: Map::new(),
            now: at,
            seed: chance.u64(..),
            customer: None,
        };
        shop.bulks.count(at);
        match run(shop, &inner) {
            None => shop.bulks.down_until = at + AWAY,
            Some(answer) => finish(&mut shop.bulks.list[place], number, answer),
        }
    }
    Ok(Value::Null)
}

/// Runs one operation; `None` when PHP failed and took the consumer with it.
fn run(shop: &mut Shop, call: &Call) -> Option<HandlerResult> {
    let product = call.argument("product").get("sku").map(php::text_of).unwrap_or_default();
    if is_save_of_product(&call.method, &call.template) && product.is_empty() {
        return None;
    }
    let Some(Route { handler: Handler::Write(handle), .. }) =
        route_of(&call.method, &call.template)
    else {
        return Some(Err(Refusal::no_route()));
    };
    match handle(shop, call) {
        Err(Refusal { body: RefusalBody::Text(_), .. }) => None,
        answer => Some(answer),
    }
}

fn finish(bulk: &mut Bulk, number: usize, answer: HandlerResult) {
    let message = success(&bulk.method, &bulk.template);
    let operation = &mut bulk.operations[number];
    match answer {
        Ok(result) => {
            operation.outcome = Outcome::Done;
            operation.message = Some(message);
            // A service that returns nothing answers an empty list elsewhere.
            let is_nothing = result.as_array().is_some_and(Vec::is_empty);
            operation.result = (!is_nothing).then(|| php::json(&result));
        }
        Err(refusal) => {
            operation.outcome = Outcome::Failed;
            operation.message = Some(refusal.interpolated());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::{ALL, Product};

    const NOW: i64 = 1_795_000_000;

    /// A shop whose products can be saved, with this bulk accepted.
    fn accepted(skus: &[&str]) -> Shop {
        let mut shop = Shop::default();
        for sku in ["a", "b"] {
            let mut product =
                Product { id: shop.products.take_id(), sku: sku.to_owned(), ..Product::default() };
            product.values.set("name", ALL, json!(sku));
            product.values.set("price", ALL, json!(1));
            product.values.set("url_key", ALL, json!(sku));
            shop.products.put(product);
        }
        let items = skus.iter().map(|sku| match *sku {
            "" => json!({ "product": { "price": 2 } }),
            sku => json!({ "product": { "sku": sku, "price": 2 } }),
        });
        let route = route_of("PUT", "/V1/products/{sku}").unwrap();
        let arguments = request(&shop, &route, items.collect(), None).unwrap();
        accept(&mut shop, &Call::of_queue(ACCEPT, ALL, arguments, NOW)).unwrap();
        shop
    }

    fn outcomes(shop: &Shop) -> Vec<Outcome> {
        shop.bulks.list[0].operations.iter().map(|operation| operation.outcome).collect()
    }

    fn visit(shop: &mut Shop, now: i64) {
        consume(shop, &Call::of_queue(CONSUME, ALL, Map::new(), now)).unwrap();
    }

    #[test]
    fn nothing_is_done_in_the_second_of_the_request_and_all_soon_after() {
        let mut shop = accepted(&["a", "nosuch", "b"]);
        visit(&mut shop, NOW);
        assert_eq!(outcomes(&shop), [Outcome::Open; 3]);
        visit(&mut shop, NOW + 1);
        assert_eq!(outcomes(&shop), [Outcome::Done, Outcome::Failed, Outcome::Done]);
        assert_eq!(shop.products.by_sku("a").unwrap().number("price", ALL), Some(2.0));
    }

    #[test]
    fn an_item_without_a_sku_kills_the_consumer_and_stays_open_for_ever() {
        let mut shop = accepted(&["a", "", "b"]);
        visit(&mut shop, NOW + 1);
        assert_eq!(outcomes(&shop), [Outcome::Done, Outcome::Open, Outcome::Open]);
        visit(&mut shop, NOW + 1 + AWAY);
        assert_eq!(outcomes(&shop), [Outcome::Done, Outcome::Open, Outcome::Done]);
        visit(&mut shop, NOW + 1_000_000);
        assert_eq!(outcomes(&shop), [Outcome::Done, Outcome::Open, Outcome::Done]);
    }

    #[test]
    fn one_malformed_item_refuses_the_whole_request() {
        let shop = Shop::default();
        let route = route_of("PUT", "/V1/products/{sku}").unwrap();
        let good = json!({ "product": { "sku": "a" } });
        let refused =
            |bad: Value| request(&shop, &route, vec![good.clone(), bad], None).unwrap_err();
        assert_eq!(refused(json!({ "wrong": 1 })), Refusal::required("product"));
        assert!(refused(json!({ "product": { "price": "abc" } })).message().contains("\"float\""));
        assert_eq!(refused(Value::Null), Refusal::crash());
    }
}
