//! How dangerous a tool is: the plugin's word, and the host's, of which the higher counts.

use souk_model::{Grant, Tier, TierRaise};
use souk_policy::writes::WriteCatalogue;

/// The tier of what may make these writes: the lowest that any of their bodies can have, or what the
/// plugin says where that is higher. What a call's bodies really are is judged at the call.
pub(super) fn listed_tier(
    declared: Tier,
    grants: &[Grant],
    catalogue: &WriteCatalogue,
) -> (Tier, Option<Box<TierRaise>>) {
    let writes = grants.iter().filter_map(|grant| Some((grant, catalogue.of_grant(grant)?)));
    let Some((grant, tiers)) = writes.min_by_key(|(_, tiers)| tiers.lowest) else {
        return (declared, None);
    };
    if tiers.lowest <= declared {
        return (declared, None);
    }
    let does = tiers.route.map(|route| route.does().to_owned());
    (tiers.lowest, Some(Box::new(TierRaise { declared, grant: grant.clone(), does })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use souk_model::{Method, WriteMethod};

    fn grant(method: Method, route: &str) -> Grant {
        Grant::new("magento", method, route.parse().unwrap())
    }

    #[test]
    fn of_the_plugins_word_and_the_hosts_the_higher_counts() {
        let (get, post) = (Method::Get, Method::Write(WriteMethod::Post));
        let refund = grant(post, "/V1/order/{orderId}/refund");
        let hold = grant(post, "/V1/orders/{id}/hold");
        let order = grant(get, "/V1/orders/{id}");
        let listed = |declared, grants: &[&Grant]| {
            let grants: Vec<Grant> = grants.iter().map(|&grant| grant.clone()).collect();
            let (tier, raise) = listed_tier(declared, &grants, WriteCatalogue::shipped());
            assert_eq!(raise.is_some(), tier != declared);
            (tier, raise.map(|raise| (raise.grant.to_string(), raise.does)))
        };
        assert_eq!(listed(Tier::Safe, &[&order]), (Tier::Safe, None));
        assert_eq!(listed(Tier::Risk, &[&order, &hold]), (Tier::Risk, None));
        assert_eq!(listed(Tier::Safe, &[&hold, &refund]), (Tier::Safe, None));
        let raised = (refund.to_string(), Some("refund an order".to_owned()));
        assert_eq!(listed(Tier::Safe, &[&order, &refund]), (Tier::Critical, Some(raised)));
        let unknown = grant(post, "/V1/acme/{id}");
        assert_eq!(
            listed(Tier::Risk, &[&unknown]),
            (Tier::Critical, Some((unknown.to_string(), None)))
        );
    }
}
