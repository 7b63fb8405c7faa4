//! All writes of the store that the host knows.

use std::collections::HashMap;

use souk_model::{Grant, Method, Tier, WriteMethod};

use super::route::WriteRoute;
use super::shape::Shape;
use super::target::WriteTarget;

/// The store's writes, route by route: what each is about, what its body holds, how much harm it can
/// do.
///
/// ```
/// use souk_model::{Grant, Method, Tier, WriteMethod};
/// use souk_policy::writes::WriteCatalogue;
///
/// let catalogue = WriteCatalogue::shipped();
/// let grant = |method, route: &str| Grant::new("magento", Method::Write(method), route.parse().unwrap());
/// let tier = |method, route| catalogue.of_grant(&grant(method, route)).unwrap().lowest;
/// assert_eq!(tier(WriteMethod::Post, "/V1/order/{orderId}/refund"), Tier::Critical);
/// assert_eq!(tier(WriteMethod::Put, "/V1/salesRules/{ruleId}"), Tier::Safe);
/// // What nobody knows is dangerous.
/// assert_eq!(tier(WriteMethod::Post, "/V1/acme/everything"), Tier::Critical);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteCatalogue {
    routes: Vec<WriteRoute>,
    /// Where entries stand in the list, by what a request's path shows at a glance.
    index: HashMap<PathKey, Vec<usize>>,
    shapes: Vec<Shape>,
}

/// What of a path is never open: how it is sent, whether it begins as the store's API does, and how
/// many segments come then.
type PathKey = (WriteMethod, bool, usize);

/// What the writes of a grant can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantTiers<'c> {
    /// The lowest tier that a body of it can have.
    pub lowest: Tier,
    /// The highest.
    pub highest: Tier,
    /// Its entry; `None`: the catalogue does not know it, or it could be several.
    pub route: Option<&'c WriteRoute>,
}

impl WriteCatalogue {
    pub(super) fn new(routes: Vec<WriteRoute>, shapes: Vec<Shape>) -> Self {
        let mut catalogue = Self { routes: Vec::new(), index: HashMap::new(), shapes };
        routes.into_iter().for_each(|route| catalogue.add(route));
        catalogue
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, route: WriteRoute) {
        let key = (route.method, route.has_version(), route.segments().count());
        self.index.entry(key).or_default().push(self.routes.len());
        self.routes.push(route);
    }

    /// Every entry.
    pub fn routes(&self) -> impl Iterator<Item = &WriteRoute> {
        self.routes.iter()
    }

    /// The entries, to be tightened; where each goes stays.
    pub(super) fn routes_mut(&mut self) -> impl Iterator<Item = &mut WriteRoute> {
        self.routes.iter_mut()
    }

    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    pub(super) fn shapes_mut(&mut self) -> &mut Vec<Shape> {
        &mut self.shapes
    }

    /// What the writes of a grant can be; `None` for a read. A route that has parameters where no
    /// entry has them could be anything.
    #[must_use]
    pub fn of_grant(&self, grant: &Grant) -> Option<GrantTiers<'_>> {
        let Method::Write(method) = grant.method else { return None };
        let target = WriteTarget::of_route(&grant.route);
        let route = self
            .matching(&grant.upstream, method, &target)
            .into_iter()
            .filter(|route| route.is_spelled_by(&target))
            .max_by_key(|route| route.precedence());
        Some(match route {
            Some(route) => GrantTiers {
                lowest: route.lowest_tier(grant.fields.as_deref()),
                highest: route.highest_tier(),
                route: Some(route),
            },
            None => GrantTiers { lowest: Tier::Critical, highest: Tier::Critical, route: None },
        })
    }

    /// The entry of the route that a request takes. Where a part of its path is not known before, and
    /// it could be several, nobody knows.
    pub(super) fn find(
        &self,
        upstream: &str,
        method: WriteMethod,
        target: &WriteTarget<'_>,
    ) -> Option<&WriteRoute> {
        let matching = self.matching(upstream, method, target);
        if let [only] = matching[..] {
            return Some(only).filter(|route| route.is_spelled_around(target));
        }
        // As Magento does: the last of those that match, and words come after parameters. Where it
        // depends on letters' case, nobody knows.
        let last = matching.into_iter().max_by_key(|route| route.precedence())?;
        Some(last).filter(|route| route.is_spelled_exactly(target))
    }

    /// The entries that a request takes, or could take.
    fn matching(
        &self,
        upstream: &str,
        method: WriteMethod,
        target: &WriteTarget<'_>,
    ) -> Vec<&WriteRoute> {
        let key = (method, target.has_version, target.segments.len());
        let at = self.index.get(&key).into_iter().flatten();
        at.filter_map(|at| self.routes.get(*at))
            .filter(|route| route.upstream == upstream && route.matches(target))
            .collect()
    }
}
