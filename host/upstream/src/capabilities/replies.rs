//! What the store replied to a probe, and what each reply says of an area.

use serde_json::Value;
use souk_model::capabilities::{Reachability, UnavailableReason};

use crate::wire::error_body::ErrorBody;
use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::failure_of;
use crate::wire::text::sanitize;

/// The longest name that is taken from a store, in characters.
pub(super) const NAME_CHARS: usize = 120;

/// What came of one read: a reply, or why there is none.
pub(super) type ProbeReply = Result<StoreReply, String>;

/// What the store answered, question by question.
pub(super) struct ProbeReplies {
    pub views: ProbeReply,
    pub websites: ProbeReply,
    pub configs: ProbeReply,
    pub modules: ProbeReply,
    pub version: ProbeReply,
    pub graphql: ProbeReply,
    pub areas: Vec<ProbeReply>,
    /// Whether the store knows the credentials: a denial is then the role's.
    known: bool,
}

impl ProbeReplies {
    /// Takes the replies in the order in which the questions were put.
    pub(super) fn new(views: ProbeReply, others: Vec<ProbeReply>, known: bool) -> Self {
        let mut others = others.into_iter();
        let mut next = || others.next().unwrap_or_else(|| Err("it was not asked".to_owned()));
        let [websites, configs, modules, version, graphql] = [(); 5].map(|()| next());
        let areas = others.collect();
        Self { views, websites, configs, modules, version, graphql, areas, known }
    }

    /// What came of a read of the API.
    pub(super) fn reachability(&self, reply: &ProbeReply) -> Reachability {
        let reply = match reply {
            Ok(reply) => reply,
            Err(why) => return Reachability::Unknown(why.clone()),
        };
        if reply.is_success() {
            return match parse_json(reply) {
                Some(json) => Reachability::Granted(count(&json)),
                None => Reachability::Unknown("the answer is not JSON".to_owned()),
            };
        }
        let body = ErrorBody::parse(&reply.body);
        let denied = body.as_ref().and_then(ErrorBody::denied_resources);
        match (reply.status, denied) {
            (401, Some(resource)) if self.known => {
                Reachability::Denied(sanitize(resource, NAME_CHARS))
            }
            (401, Some(_)) => {
                Reachability::Unknown("the store does not know the credentials".to_owned())
            }
            (404, _) if body.as_ref().is_some_and(ErrorBody::is_no_route) => Reachability::Missing,
            _ => Reachability::Unknown(failure_of(reply).message),
        }
    }

    /// The body of an answer of the API, or why there is none.
    pub(super) fn body(&self, reply: &ProbeReply) -> Result<Value, String> {
        match self.reachability(reply) {
            Reachability::Granted(_) => {
                Ok(reply.as_ref().ok().and_then(parse_json).unwrap_or_default())
            }
            Reachability::Denied(resource) => Err(UnavailableReason::Lacks(resource).to_string()),
            Reachability::Missing => Err(UnavailableReason::NoRoute.to_string()),
            Reachability::Unknown(why) => Err(why),
        }
    }
}

/// The body of a reply, if it is JSON.
pub(super) fn parse_json(reply: &StoreReply) -> Option<Value> {
    serde_json::from_slice(&reply.body).ok()
}

fn count(body: &Value) -> Option<u64> {
    match body {
        Value::Array(items) => u64::try_from(items.len()).ok(),
        body => body.get("total_count")?.as_u64(),
    }
}
