//! The list: what waits, what runs, what was done.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use souk_model::plan::PlanState;
use souk_model::visible::quoted;
use souk_model::{Failure, visible};
use souk_plans::PlanReview;
use souk_plans::review::masked;
use souk_state::plans::{PlanFilter, PlanOrder, PlanPage, PlanPageFilter, StoredPlan};
use url::form_urlencoded;

use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use super::plan_view::{class_of, money, state_words, time_left};
use crate::access::form::FormFields;
use crate::console::Console;

/// Plans of a page, of each kind.
const LISTED: u32 = 50;

/// Orders as an address has them, and in words.
const ORDERS: [(&str, PlanOrder, &str); 3] = [
    ("turns", PlanOrder::InTurns, "each caller's newest first"),
    ("newest", PlanOrder::Newest, "newest first"),
    ("soonest", PlanOrder::SoonestToExpire, "soonest to expire first"),
];

#[derive(Template)]
#[template(path = "plans.html")]
struct PlansPage {
    layout: Layout,
    waiting: PlanSection,
    running: PlanSection,
    /// The newest; the terminal lists all.
    ended: Vec<PlanRow>,
    orders: [(&'static str, &'static str, bool); 3],
    /// Whose are shown, where it is not everybody's.
    whose: Option<String>,
}

/// A page of plans of a kind, and what leads to the others.
struct PlanSection {
    plans: Vec<PlanRow>,
    /// How many of these there are: of everybody's, or of the one whose are shown.
    total: u64,
    /// How many stand before the first.
    before: u32,
    /// Of each caller: the name, how many, and what leads to theirs alone.
    callers: Vec<(String, u64, String)>,
    newer: Option<String>,
    further: Option<String>,
}

impl PlanSection {
    /// `1 to 50 of 123`, where not all are shown.
    fn range(&self) -> Option<String> {
        let shown = self.plans.len() as u64;
        let first = u64::from(self.before) + 1;
        (shown > 0 && shown < self.total)
            .then(|| format!("{first} to {} of {}", first + shown - 1, self.total))
    }
}

/// A plan in the list.
struct PlanRow {
    id: String,
    /// What the plugin says that it is for, in quotes.
    said: String,
    principal: String,
    store: String,
    environment: String,
    tool: String,
    count: u32,
    done: u32,
    money: String,
    warnings: usize,
    time_left: String,
    state: &'static str,
    at: String,
    is_frozen: bool,
}

impl PlanRow {
    fn of(console: &Console, stored: &StoredPlan) -> Result<Self, Failure> {
        let header = &stored.header;
        let review: PlanReview =
            masked(&PlanReview::of(stored), &console.host.mask(&header.group))?;
        let is_under_way = review.run.as_ref().is_some_and(|run| run.is_under_way);
        Ok(Self {
            id: review.plan_id,
            said: quoted(&review.summary),
            principal: visible::line(&header.principal).into_owned(),
            store: review.store,
            environment: review.environment,
            tool: review.proposed_by,
            count: review.count,
            done: review.done,
            money: money(header),
            warnings: review.warnings.len() + review.plugin_warnings.len(),
            time_left: time_left(header, Console::now_ms()),
            state: match stored.state {
                PlanState::Running if !is_under_way => "interrupted",
                state => state_words(state),
            },
            at: review.created_at,
            is_frozen: console.host.why_frozen(header, stored.state).is_some(),
        })
    }
}

impl PlanRow {
    fn state_class(&self) -> String {
        class_of(self.state)
    }
}

/// `/`
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    RawQuery(query): RawQuery,
    request: PersonRequest,
) -> Response {
    let query = ListQuery::parse(query.as_deref());
    let found = async {
        let waiting = section(&console, &query, &WAITING).await?;
        let running = section(&console, &query, &RUNNING).await?;
        let expired = rows(&console, &[PlanState::Proposed]).await?;
        let ended =
            [PlanState::Done, PlanState::PartlyDone, PlanState::Failed, PlanState::Discarded];
        Ok::<_, Failure>((waiting, running, expired, rows(&console, &ended).await?))
    };
    let (waiting, running, expired, mut ended) = match found.await {
        Ok(found) => found,
        Err(failure) => return request.refuse("console_plans", &failure),
    };
    if let Err(response) = request.note("console_plans") {
        return response;
    }
    let expired = expired.into_iter().filter(|row| row.time_left == "expired");
    ended.extend(expired.map(|row| PlanRow { state: "expired", ..row }));
    ended.sort_by(|one, other| other.at.cmp(&one.at));
    let layout = request.layout("plans");
    let orders = ORDERS.map(|(name, order, words)| (name, words, order == query.order));
    let whose = query.caller.as_deref().map(|caller| visible::line(caller).into_owned());
    page(StatusCode::OK, &PlansPage { layout, waiting, running, ended, orders, whose })
}

/// What the page shows of plans that wait and of those that run; it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ListQuery {
    order: PlanOrder,
    caller: Option<String>,
    waiting: u32,
    running: u32,
}

impl ListQuery {
    fn parse(query: Option<&str>) -> Self {
        let form = FormFields::parse(query.unwrap_or_default().as_bytes());
        let order = ORDERS.into_iter().find(|(name, ..)| *name == form.text("order"));
        let caller = Some(form.text("caller")).filter(|caller| !caller.is_empty());
        Self {
            order: order.map(|(_, order, _)| order).unwrap_or_default(),
            caller: caller.map(str::to_owned),
            waiting: form.text("waiting").parse().unwrap_or_default(),
            running: form.text("running").parse().unwrap_or_default(),
        }
    }

    fn write(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let order = ORDERS.into_iter().find(|(_, order, _)| *order == self.order);
        query.append_pair("order", order.map_or("", |(name, ..)| name));
        if let Some(caller) = &self.caller {
            query.append_pair("caller", caller);
        }
        for (name, number) in [("waiting", self.waiting), ("running", self.running)] {
            if number > 0 {
                query.append_pair(name, &number.to_string());
            }
        }
        query.finish()
    }

    /// Of everybody's or one caller's, from the first.
    fn of_caller(&self, caller: Option<&str>) -> Self {
        Self { order: self.order, caller: caller.map(str::to_owned), ..Self::default() }
    }
}

/// One kind of plans that is shown by pages.
struct SectionKind {
    states: &'static [PlanState],
    /// Whether those that have expired are left out.
    only_open: bool,
    /// Where the section's offset stands.
    offset: fn(&mut ListQuery) -> &mut u32,
}

const WAITING: SectionKind = SectionKind {
    states: &[PlanState::Proposed],
    only_open: true,
    offset: |query| &mut query.waiting,
};
const RUNNING: SectionKind = SectionKind {
    states: &[PlanState::Running, PlanState::Stopped],
    only_open: false,
    offset: |query| &mut query.running,
};

async fn section(
    console: &Console,
    query: &ListQuery,
    kind: &SectionKind,
) -> Result<PlanSection, Failure> {
    let at = |offset: u32| {
        let mut there = query.clone();
        *(kind.offset)(&mut there) = offset;
        there
    };
    let before = *(kind.offset)(&mut query.clone());
    let filter = PlanPageFilter {
        states: kind.states.to_vec(),
        after_ms: kind.only_open.then(Console::now_ms),
        principal: query.caller.clone(),
        order: query.order,
        offset: before,
        limit: LISTED,
    };
    let PlanPage { plans, callers } = console.plans.page(&filter).await?;
    let is_meant = |name: &str| query.caller.as_deref().is_none_or(|caller| caller == name);
    let total: u64 =
        callers.iter().filter(|(name, _)| is_meant(name)).map(|(_, count)| count).sum();
    let callers = callers.into_iter().map(|(name, count)| {
        let leads = query.of_caller(Some(&name)).write();
        (visible::line(&name).into_owned(), count, leads)
    });
    let end = u64::from(before) + plans.len() as u64;
    // From beyond the end it leads back to the last page.
    let last = total.saturating_sub(1) / u64::from(LISTED) * u64::from(LISTED);
    let back = before.saturating_sub(LISTED).min(u32::try_from(last).unwrap_or(u32::MAX));
    Ok(PlanSection {
        plans: plans.iter().map(|stored| PlanRow::of(console, stored)).collect::<Result<_, _>>()?,
        total,
        before,
        callers: callers.collect(),
        newer: (before > 0).then(|| at(back).write()),
        further: (end < total).then(|| at(before.saturating_add(LISTED)).write()),
    })
}

async fn rows(console: &Console, states: &[PlanState]) -> Result<Vec<PlanRow>, Failure> {
    let filter = PlanFilter { states: states.to_vec(), limit: LISTED, ..PlanFilter::default() };
    let plans = console.plans.list(&filter).await?;
    plans.iter().map(|stored| PlanRow::of(console, stored)).collect()
}
