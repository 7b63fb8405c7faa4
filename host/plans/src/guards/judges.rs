//! Which reads may judge a write: one that the catalogue lets show its subject, of that very subject,
//! in the view that is written, and whole enough to show what changes.

use souk_model::plan::{Batch, Change, Expectation, Lookup};
use souk_model::{Binding, BindingSource, Failure, Read};
use souk_policy::writes::{IdPlace, JudgedWrite, WriteRoute};

use super::PlanScope;
use super::identity::{is_number_name, makes_new};
use super::projection::Projection;
use crate::magento::names::{plain, same_name};
use crate::magento::route_words::same_route;
use crate::refusals::plugin_fault;

/// Holds the plan's lookup to what a request of a change needs.
///
/// # Errors
/// What is wrong with it: a fault of the plugin.
pub(super) fn check_lookup(
    scope: &PlanScope<'_>,
    change: &Change,
    judged: &JudgedWrite<'_, '_>,
) -> Result<(), Failure> {
    let lookup = scope.lookup;
    let Some(route) = judged.route() else { return Ok(()) };
    check_view(scope, change, &lookup.one)?;
    check_route(change, route, &lookup.one)?;
    if lookup.one.path.is_empty() {
        SubjectSearch::of(change, &lookup.one)?.check_one(scope, change, route)?;
    } else {
        check_bound(change, &lookup.one)?;
        check_known_by(change, route, judged, &lookup.one)?;
    }
    if let Some(batch) = &lookup.many {
        check_view(scope, change, &batch.read)?;
        check_route(change, route, &batch.read)?;
        check_batch(scope, change, route, batch)?;
    }
    check_shown(lookup, change)
}

fn check_view(scope: &PlanScope<'_>, change: &Change, read: &Read) -> Result<(), Failure> {
    if read.view == *scope.view {
        return Ok(());
    }
    Err(plugin_fault(change, "what it looks at is another view of the store than the plan's"))
}

/// Whether the catalogue lets this read judge the write.
fn check_route(change: &Change, route: &WriteRoute, read: &Read) -> Result<(), Failure> {
    let lookups = &route.subject().lookups;
    let may = read.upstream == route.upstream()
        && lookups.iter().any(|lookup| same_route(lookup.as_str(), &read.route));
    // An operator's entry that names none leaves it to the plugin.
    if may || lookups.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = lookups.iter().map(|lookup| format!("`{lookup}`")).collect();
    Err(plugin_fault(
        change,
        format!(
            "`{}` does not show what it writes: to {} it is looked up by {}",
            read.route,
            route.does(),
            names.join(" or ")
        ),
    ))
}

/// A read of one subject names it first, and takes nothing else but words and the fields to show.
fn check_bound(change: &Change, read: &Read) -> Result<(), Failure> {
    let names = read.route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for (position, name) in names.enumerate() {
        let binding = read.path.iter().find(|binding| binding.name == name);
        let right = binding.is_some_and(|binding| match position {
            0 => is_subject(binding, &change.subject.id),
            // Which links, which images: what they are of is the subject.
            _ => matches!(binding.value, BindingSource::Text(_)),
        });
        if !right {
            let why = format!("what it looks at is not bound to its subject by `{name}`");
            return Err(plugin_fault(change, why));
        }
    }
    match read.query.iter().find(|binding| binding.name != "fields") {
        None => Ok(()),
        Some(binding) => Err(plugin_fault(
            change,
            format!("its lookup takes `{}`, which may show something else", binding.name),
        )),
    }
}

/// What a new one is known by is what it is looked up by: its name is no number of another.
fn check_known_by(
    change: &Change,
    route: &WriteRoute,
    judged: &JudgedWrite<'_, '_>,
    read: &Read,
) -> Result<(), Failure> {
    if !makes_new(judged) {
        return Ok(());
    }
    let lookup =
        route.subject().lookups.iter().find(|lookup| same_route(lookup.as_str(), &read.route));
    let parameter = lookup.and_then(|lookup| lookup.parameters().next());
    let known_by = route.subject().ids.iter().any(|place| match (place, parameter) {
        (IdPlace::Body(names), Some(parameter)) => names.last().is_some_and(|name| {
            same_name(name, parameter) || is_number_name(name) && is_number_name(parameter)
        }),
        _ => false,
    });
    if known_by {
        return Ok(());
    }
    Err(plugin_fault(change, "a new one is looked up by what its request names it by"))
}

fn is_subject(binding: &Binding, subject: &str) -> bool {
    match &binding.value {
        BindingSource::Subject => true,
        BindingSource::Text(text) => text == subject,
        BindingSource::FromResponse(_) => false,
    }
}

/// A search as a lookup: what it filters by.
struct SubjectSearch<'r> {
    filters: Vec<Filter<'r>>,
}

/// One condition of a search.
#[derive(Default)]
struct Filter<'r> {
    group: String,
    index: String,
    field: Option<&'r str>,
    value: Option<&'r Binding>,
    condition: Option<&'r str>,
}

impl<'r> SubjectSearch<'r> {
    /// Reads the query of a search.
    fn of(change: &Change, read: &'r Read) -> Result<Self, Failure> {
        let mut search = Self { filters: Vec::new() };
        for binding in &read.query {
            let Some(parts) = parts_of(&binding.name) else {
                if is_paging(binding) {
                    continue;
                }
                return Err(plugin_fault(
                    change,
                    format!("its lookup takes `{}`, which may hide what is there", binding.name),
                ));
            };
            let (group, index, what) = parts;
            let filter = search.filter(group, index);
            let text = match &binding.value {
                BindingSource::Text(text) => Some(text.as_str()),
                BindingSource::Subject | BindingSource::FromResponse(_) => None,
            };
            match what {
                "field" => filter.field = text,
                "value" => filter.value = Some(binding),
                _ => filter.condition = text.or(Some("")),
            }
        }
        Ok(search)
    }

    fn filter(&mut self, group: &str, index: &str) -> &mut Filter<'r> {
        let found =
            self.filters.iter().position(|filter| filter.group == group && filter.index == index);
        let at = found.unwrap_or_else(|| {
            self.filters.push(Filter {
                group: group.to_owned(),
                index: index.to_owned(),
                ..Filter::default()
            });
            self.filters.len() - 1
        });
        &mut self.filters[at]
    }

    /// One filter names the subject by the member that the request itself names it by.
    fn check_one(
        &self,
        scope: &PlanScope<'_>,
        change: &Change,
        route: &WriteRoute,
    ) -> Result<(), Failure> {
        let subject = &change.subject.id;
        let names_it = |filter: &&Filter<'_>| {
            filter.value.is_some_and(|value| is_subject(value, subject))
                && matches!(filter.condition, None | Some("eq"))
        };
        let by = self.filters.iter().find(|filter| names_it(filter));
        let field = by.and_then(|filter| filter.field);
        let Some(field) = field else {
            return Err(plugin_fault(change, "its lookup does not search for its subject alone"));
        };
        // New ones of a subject are those above a number: fewer are shown, never another's. The subject
        // itself would be hidden so.
        let above = |filter: &&Filter<'_>| {
            filter.condition == Some("gt")
                && filter.field.is_some_and(is_number_name)
                && !names_its_own(&scope.lookup.one.route, field)
        };
        let others = self.filters.iter().filter(|filter| !names_it(filter));
        let mut groups: Vec<&str> =
            self.filters.iter().map(|filter| filter.group.as_str()).collect();
        groups.dedup();
        if !others.clone().all(|filter| above(&filter)) || groups.len() != self.filters.len() {
            return Err(plugin_fault(change, "its lookup is narrowed by more than its subject"));
        }
        let known_by = route.subject().ids.iter().any(|place| match place {
            IdPlace::Body(names) => names.last().is_some_and(|name| same_name(name, field)),
            IdPlace::Path(name) => same_name(name, field),
        });
        // What takes back what was made is looked up as that was.
        if known_by || scope.takes_back {
            return Ok(());
        }
        Err(plugin_fault(
            change,
            format!("its lookup finds by `{field}`, and its request names its subject otherwise"),
        ))
    }
}

/// Whether what a search finds is known by this field itself, and not by what it belongs to: products by
/// their `sku`, blocks by their `block_id`; creditmemos by their order's `order_id` are not.
fn names_its_own(search: &str, field: &str) -> bool {
    let collection = plain(search.split('/').nth(2).unwrap_or_default());
    let field = plain(field);
    let kind = field.strip_suffix("id").unwrap_or(&field);
    ["sku", "id", "entityid", "code", "incrementid", "identifier"].contains(&&*field)
        || collection.contains(kind)
}

/// Many subjects at once: told apart by what the request names them by, and by nothing else.
fn check_batch(
    scope: &PlanScope<'_>,
    change: &Change,
    route: &WriteRoute,
    batch: &Batch,
) -> Result<(), Failure> {
    let search = SubjectSearch::of(change, &batch.read)?;
    let wrong =
        || plugin_fault(change, "its lookup of many does not tell its subjects by their ids");
    let [filter] = search.filters.as_slice() else { return Err(wrong()) };
    let Some(field) = filter.field else { return Err(wrong()) };
    let takes_ids =
        parts_of(&batch.ids) == Some((filter.group.as_str(), filter.index.as_str(), "value"));
    // A value of its own beside the ids would be another than the host puts there.
    if !takes_ids
        || filter.value.is_some()
        || filter.condition != Some("in")
        || batch.items.as_str() != "/items"
    {
        return Err(wrong());
    }
    let id = batch.id.as_str().strip_prefix('/').unwrap_or_default();
    let named = |name: &str| {
        route.subject().ids.iter().any(|place| match place {
            IdPlace::Path(own) => same_name(own, name),
            IdPlace::Body(names) => names.last().is_some_and(|own| same_name(own, name)),
        })
    };
    // A subject that is told by a word has a number as well, and that is another's word.
    let by_word = named(field) && !is_number_name(field);
    let by_number = || {
        is_number_name(field)
            && is_number_name(id)
            && route.subject().ids.iter().any(|place| match place {
                IdPlace::Path(own) => is_number_name(own),
                IdPlace::Body(_) => false,
            })
    };
    let right = if by_word { same_name(field, id) } else { by_number() };
    if right || scope.takes_back { Ok(()) } else { Err(wrong()) }
}

/// `searchCriteria[filter_groups][0][filters][0][field]`: group, filter, and what of it.
fn parts_of(name: &str) -> Option<(&str, &str, &str)> {
    let rest = name.strip_prefix("searchCriteria[")?.strip_suffix(']')?;
    let parts: Vec<&str> = rest.split("][").collect();
    let [groups, group, filters, index, what] = parts[..] else { return None };
    let is_index = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let what = match what {
        "field" => "field",
        "value" => "value",
        "condition_type" | "conditionType" => "condition",
        _ => return None,
    };
    (same_name(groups, "filter_groups")
        && filters == "filters"
        && is_index(group)
        && is_index(index))
    .then_some((group, index, what))
}

/// What only says how an answer is laid out. Any page but the first may be empty.
fn is_paging(binding: &Binding) -> bool {
    let name = binding.name.as_str();
    let number = match &binding.value {
        BindingSource::Text(text) => text.parse::<u32>().ok(),
        BindingSource::Subject | BindingSource::FromResponse(_) => None,
    };
    let is = |known: &str| same_name(name, &format!("searchCriteria[{known}]"));
    if is("pageSize") || is("page_size") {
        return number.is_some_and(|size| size > 0);
    }
    if is("currentPage") || is("current_page") {
        return number == Some(1);
    }
    name == "fields"
        || name.starts_with("searchCriteria[sortOrders]")
        || name.starts_with("searchCriteria[sort_orders]")
}

/// Every field of the review stands in what the lookup shows, or it would be shown as nothing.
fn check_shown(lookup: &Lookup, change: &Change) -> Result<(), Failure> {
    let unreadable = || plugin_fault(change, "the fields that its lookup asks for cannot be read");
    let one = Projection::of(&lookup.one).ok_or_else(unreadable)?;
    let one = match lookup.one_of_a_list() {
        Some(_) => one.of_elements("items").ok_or_else(unreadable)?,
        None => one,
    };
    let many = match &lookup.many {
        Some(batch) => {
            let projection = Projection::of(&batch.read).ok_or_else(unreadable)?;
            let projection = projection.of_elements("items").ok_or_else(unreadable)?;
            if !projection.shows_pointer(&batch.id) {
                return Err(unreadable());
            }
            Some(projection)
        }
        None => None,
    };
    for edit in change.edits.iter().filter(|edit| edit.is_readable()) {
        let whole = edit.at.is_root() && edit.after == Expectation::Removed;
        let shown = [Some(&one), many.as_ref()]
            .into_iter()
            .flatten()
            .all(|projection| projection.shows_pointer(&edit.at));
        if !shown && !whole {
            return Err(plugin_fault(
                change,
                format!("its lookup does not show `{}` of `{}`", edit.at, edit.field),
            ));
        }
    }
    Ok(())
}

/// Whether the lookup shows this place of a subject.
pub(super) fn shows(lookup: &Lookup, place: &str) -> bool {
    let element = |projection: Projection, list: bool| match list {
        true => projection.of_elements("items"),
        false => Some(projection),
    };
    let searched = lookup.one_of_a_list().is_some() || lookup.one.path.is_empty();
    let one = Projection::of(&lookup.one).and_then(|one| element(one, searched));
    let many = lookup
        .many
        .as_ref()
        .map(|batch| Projection::of(&batch.read).and_then(|projection| element(projection, true)));
    one.is_some_and(|one| one.shows(place))
        && many.is_none_or(|many| many.is_some_and(|many| many.shows(place)))
}

/// Whether the lookup shows all that there is of a subject.
pub(super) fn shows_whole(lookup: &Lookup) -> bool {
    let whole = |read: &Read| read.query.iter().all(|binding| binding.name != "fields");
    whole(&lookup.one) && lookup.many.as_ref().is_none_or(|batch| whole(&batch.read))
}
