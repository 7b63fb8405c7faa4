//! Failures of a store that pass by themselves: two of its transactions were in each other's way, and
//! it took one of them back.

use serde_json::Value;
use souk_model::plan::{PlanItem, Retry};
use souk_model::{Code, Failure, Tier};

use crate::guards::Guards;
use crate::money::{MoneyRequest, money_request};
use crate::observed::ObservedState;
use crate::verdict::{SendResult, is_untouched};

/// What such answers say, in lower case: the database's own words, and those of Magento where it keeps
/// the database's for its log.
const TEXTS: [&str; 5] = [
    "deadlock found",
    "try restarting transaction",
    "lock wait timeout exceeded",
    "see error log for details",
    // Of a product and of what lies in stock, whatever went wrong (`StockItemRepository`, `ProductRepository`).
    "unable to be saved. please try again",
];

/// The failure that a success really is: instead of what was asked for it is such an answer, and
/// nothing else.
pub(crate) fn failure_in(answer: &Value) -> Option<Failure> {
    let message = match answer {
        Value::String(message) => message,
        Value::Object(members) if members.keys().all(|name| is_of_a_failure(name)) => {
            members.get("message")?.as_str()?
        }
        _ => return None,
    };
    is_transient(message).then(|| {
        let message = format!("the store did not do it: it answered {message}");
        Failure::new(Code::UpstreamError, message)
    })
}

fn is_of_a_failure(name: &str) -> bool {
    matches!(name, "message" | "parameters" | "errors" | "code" | "trace")
}

fn is_transient(message: &str) -> bool {
    let message = message.to_lowercase();
    TEXTS.iter().any(|text| message.contains(text))
}

/// Whether an item that was sent may be sent again at once: the store failed in passing, and a read
/// proves that nothing happened. What no read can show is never sent twice, and neither is what may
/// reach a payment provider: that may have done its part before the store took its own back.
pub(crate) fn may_repeat(
    guards: &Guards,
    item: &PlanItem,
    sent: &SendResult,
    observed: Option<&Result<ObservedState, Failure>>,
) -> bool {
    let (SendResult::Refused(_, failure)
    | SendResult::Unsure(failure)
    | SendResult::Contradicted(failure)) = sent
    else {
        return false;
    };
    let Some(Ok(observed)) = observed else { return false };
    is_transient(&failure.message)
        && !item.change.is_unverifiable()
        && item.change.retry != Retry::Never
        && is_untouched(item, observed)
        && !may_reach_a_payment_provider(guards, item)
}

/// Of what the catalogue calls critical, only a refund without the provider and a cancellation are
/// known to stay within the store.
fn may_reach_a_payment_provider(guards: &Guards, item: &PlanItem) -> bool {
    guards.catalogue.tier_of_change(&item.change) == Tier::Critical
        && !matches!(
            money_request(&item.change),
            Ok(Some((_, MoneyRequest::Order | MoneyRequest::Cancel)))
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_answer_that_is_nothing_but_a_failure_is_taken_for_one() {
        let deadlock = "SQLSTATE[40001]: Serialization failure: 1213 Deadlock found when trying to \
                        get lock; try restarting transaction";
        for failed in [
            json!({"message": "Could not save a shipment, see error log for details"}),
            json!({"message": deadlock, "trace": null}),
            json!(deadlock),
            json!({"message": "The stock item was unable to be saved. Please try again."}),
        ] {
            assert!(failure_in(&failed).is_some(), "{failed}");
        }
        for fine in [
            json!("38"),
            json!(true),
            json!({"message": "saved"}),
            json!({"name": "A book on deadlock found in databases", "message": deadlock}),
        ] {
            assert!(failure_in(&fine).is_none(), "{fine}");
        }
    }
}
