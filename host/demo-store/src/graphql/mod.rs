//! The storefront's GraphQL, of which this store serves what tells where an address leads: `route`,
//! the older `urlResolver`, and `storeConfig`; and `categories` by their ids. A field that it does not
//! serve is an error that says so.
//!
//! The odd mixture of statuses is Magento's (`graphql.jsonl`): what cannot be read at all is a 500, what
//! does not fit the schema and what a resolver complains of is a 200 with `errors`.

mod address;
mod execute;
mod parse;
mod problem;
mod schema;

use serde_json::{Map, Value, json};

use self::parse::{Document, Operation};
use self::problem::GraphqlError;
use crate::shop::{ALL, Shop, StoreId};

/// A query as it came, by GET or POST.
#[derive(Debug, Default)]
pub(crate) struct GraphqlRequest {
    /// The document.
    pub(crate) query: String,
    /// Values for the operation's variables.
    pub(crate) variables: Map<String, Value>,
    /// Which of several operations.
    pub(crate) operation_name: Option<String>,
    /// Whether it came in a way that may change something: not by GET.
    pub(crate) may_change: bool,
}

/// Whether a view shows something at a path, at this very address.
pub(crate) fn shows(shop: &Shop, store: StoreId, path: &str) -> bool {
    address::find(shop, store, path).is_some_and(|found| found.redirect_code == 0)
}

/// A request that is refused as a whole, and its body.
pub(crate) fn refusal(message: &str) -> (u16, Value) {
    (500, json!({ "errors": [GraphqlError::new(message).of_input().to_json()] }))
}

/// Status and body of the answer; `store_code` is the header `Store`.
pub(crate) fn answer(
    shop: &Shop,
    store_code: Option<&str>,
    asked: &GraphqlRequest,
) -> (u16, Value) {
    let store = match view(shop, store_code) {
        Ok(store) => store,
        Err(code) => return refusal(&format!("Requested store is not found ({code})")),
    };
    let document = match parse::document(&asked.query) {
        Ok(document) => document,
        Err(error) => {
            let problem = GraphqlError::new(error.message).at(error.at);
            return (500, json!({ "errors": [problem.to_json()] }));
        }
    };
    match checked(&document, asked) {
        Ok((operation, variables)) => {
            let ask = execute::Execution { shop, store, document: &document, variables };
            let (data, problems) = ask.answer(&operation.selections);
            let mut answer = Map::new();
            if !problems.is_empty() {
                answer.insert(
                    "errors".to_owned(),
                    problems.iter().map(GraphqlError::to_json).collect(),
                );
            }
            answer.insert("data".to_owned(), data);
            (200, Value::Object(answer))
        }
        Err(RequestError::ByMethod) => refusal("Mutation requests allowed only over POST requests"),
        Err(RequestError::BySchema(problems)) => {
            let told: Vec<Value> = problems.iter().map(GraphqlError::to_json).collect();
            (200, json!({ "errors": told }))
        }
    }
}

/// The view that the header names; the store's own where there is none. `all` is no view here.
fn view<'a>(shop: &Shop, code: Option<&'a str>) -> Result<StoreId, &'a str> {
    match code.unwrap_or_default().trim() {
        "" => Ok(shop.stores.default_view()),
        code => shop.stores.by_code(code).filter(|id| *id != ALL).ok_or(code),
    }
}

enum RequestError {
    ByMethod,
    BySchema(Vec<GraphqlError>),
}

/// The operation to answer and its variables, once all fits the schema.
fn checked<'a>(
    document: &'a Document,
    asked: &GraphqlRequest,
) -> Result<(&'a Operation, execute::Variables), RequestError> {
    let one = |problem: GraphqlError| RequestError::BySchema(vec![problem]);
    let operation = match (&asked.operation_name, &document.operations[..]) {
        (Some(name), all) if !name.is_empty() => {
            all.iter().find(|operation| operation.name.as_ref() == Some(name)).ok_or_else(|| {
                one(GraphqlError::new(format!("Unknown operation named \"{name}\".")))
            })?
        }
        (_, [only]) => only,
        _ => {
            let message = "Must provide operation name if query contains multiple operations.";
            return Err(one(GraphqlError::new(message)));
        }
    };
    if operation.kind != "query" {
        if !asked.may_change {
            return Err(RequestError::ByMethod);
        }
        let message = format!("The demo store serves queries, and no {}.", operation.kind);
        return Err(one(GraphqlError::new(message)));
    }
    let problems = schema::check(document, operation);
    if !problems.is_empty() {
        return Err(RequestError::BySchema(problems));
    }
    let variables =
        execute::variables(operation, &asked.variables).map_err(RequestError::BySchema)?;
    Ok((operation, variables))
}
