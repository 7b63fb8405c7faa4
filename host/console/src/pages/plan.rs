//! One plan with its items: what it is first, then what it changes, page by page.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use souk_model::Failure;
use souk_model::plan::{ItemState, PlanId};
use souk_plans::ItemReview;
use souk_plans::review::masked;
use souk_policy::Mask;
use souk_state::plans::StoredPlan;

use super::item_query::{ItemNumbers, ItemQuery, MAX_LEFT_OUT, PAGE_ITEMS};
use super::item_view::{ItemView, changes_field, holds};
use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use super::plan_view::PlanView;
use crate::access::form::FormFields;
use crate::audit_lines::refusal;
use crate::console::Console;

/// Items that are read at once where not every one is shown.
const READ_AT_ONCE: u32 = 200;
/// Items that one page looks through; of a longer plan it says where it stopped, and goes on from there.
const LOOKED_THROUGH: u32 = 4_000;

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    layout: Layout,
    plan: PlanView,
    items: Vec<ItemView>,
    query: ItemQuery,
    states: Vec<StateChoice>,
    /// The numbers of the items of this page.
    shown: String,
    leave: String,
    /// Where the next page begins, if there is one.
    next: Option<u32>,
    /// Whether the items from there on have only not been looked through yet.
    is_cut: bool,
    code: String,
    code_run: String,
    code_stop: String,
    code_undo: String,
}

struct StateChoice {
    name: &'static str,
    is_chosen: bool,
}

/// The items of a page, and where the next begins.
pub(super) struct ItemPage {
    pub(super) items: Vec<ItemReview>,
    pub(super) next: Option<u32>,
    pub(super) is_cut: bool,
}

/// `/plans/PLAN`
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path((_, plan)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: PersonRequest,
) -> Response {
    let found = async {
        let (id, stored) = find(&console, &plan).await?;
        let view = PlanView::load(&console, &stored).await?;
        let query = ItemQuery::parse(query.as_deref())?;
        let items = read(&console, &stored, &query).await?;
        Ok::<_, Failure>((id, stored, view, query, items))
    };
    let (id, stored, plan, query, found) = match found.await {
        Ok(found) => found,
        Err(failure) => return request.refuse("console_plan", &failure),
    };
    if let Err(response) = request.note_view(&stored) {
        return response;
    }
    let shown: ItemNumbers = found.items.iter().map(|item| item.n).collect();
    let views = found.items.iter().map(|item| ItemView::of(item, query.leave.contains(item.n)));
    let session = &request.session;
    let code = |what: &str| session.code(&format!("/plans/{id}{what}"));
    let template = PlanPage {
        layout: request.layout("plans"),
        items: views.collect(),
        states: ItemState::ALL
            .into_iter()
            .map(|state| StateChoice {
                name: state.as_str(),
                is_chosen: query.state == Some(state),
            })
            .collect(),
        shown: shown.to_string(),
        leave: query.leave.to_string(),
        next: found.next,
        is_cut: found.is_cut,
        code: code(""),
        code_run: code("/run"),
        code_stop: code("/stop"),
        code_undo: code("/undo"),
        plan,
        query,
    };
    page(StatusCode::OK, &template)
}

/// A plan by the id in an address.
///
/// # Errors
/// PLAN_NOT_FOUND.
pub(super) async fn find(console: &Console, plan: &str) -> Result<(PlanId, StoredPlan), Failure> {
    let id: PlanId = plan
        .parse()
        .map_err(|_| Failure::new(souk_model::Code::PlanNotFound, "there is no such plan"))?;
    let stored = console.plans.get(None, &id).await?;
    Ok((id, stored))
}

/// The items that a page shows.
pub(super) async fn read(
    console: &Console,
    stored: &StoredPlan,
    query: &ItemQuery,
) -> Result<ItemPage, Failure> {
    if stored.is_forgotten {
        return Ok(ItemPage { items: Vec::new(), next: None, is_cut: false });
    }
    let mask = console.host.mask(&stored.header.group);
    let states: Vec<ItemState> = query.state.into_iter().collect();
    let id = &stored.header.id;
    let wants_each = query.text.is_empty() && query.field.is_empty();
    let at_once = if wants_each { PAGE_ITEMS + 1 } else { READ_AT_ONCE };
    let (mut after, mut looked, mut items) = (query.after, 0, Vec::new());
    loop {
        let found = console.plans.items(id, after, at_once, &states).await?;
        let is_last = found.len() < at_once as usize;
        for (item, progress) in found {
            let review = review(&ItemReview::of(&item, &progress), &mask)?;
            let is_wanted = (query.text.is_empty() || holds(&review, &query.text))
                && (query.field.is_empty() || changes_field(&review, &query.field));
            if is_wanted && items.len() == PAGE_ITEMS as usize {
                // One more than fits: the next page begins after the last that does.
                let next = items.last().map(|item: &ItemReview| item.n);
                return Ok(ItemPage { items, next, is_cut: false });
            }
            (after, looked) = (Some(review.n), looked + 1);
            if is_wanted {
                items.push(review);
            }
        }
        if is_last {
            return Ok(ItemPage { items, next: None, is_cut: false });
        }
        if looked >= LOOKED_THROUGH {
            return Ok(ItemPage { items, next: after, is_cut: true });
        }
    }
}

/// A review without personal data; most have none to be masked.
fn review(review: &ItemReview, mask: &Mask) -> Result<ItemReview, Failure> {
    if mask.is_on() { masked(review, mask) } else { Ok(review.clone()) }
}

/// What is shown, and left out with what is marked on the page that was sent.
fn marked(form: &FormFields) -> Result<ItemQuery, Failure> {
    let mut query = ItemQuery::of(form)?;
    let marks: Vec<u32> = form
        .all("mark")
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| refusal("console-form", "the marked items cannot be read"))?;
    query.leave = query.leave.remarked(&ItemNumbers::of(form, "shown")?, marks.into_iter());
    Ok(query)
}

/// What the buttons of the items' form do: keep the marks, and go somewhere.
pub(crate) async fn turn(
    Path((_, plan)): Path<(String, String)>,
    request: PersonRequest,
) -> Response {
    let Ok(id) = plan.parse::<PlanId>() else {
        let failure = Failure::new(souk_model::Code::PlanNotFound, "there is no such plan");
        return request.refuse("console_plan", &failure);
    };
    let form = &request.form;
    let mut query = match marked(form) {
        Ok(query) => query,
        Err(failure) => return request.refuse("console_plan", &failure),
    };
    if query.leave.len() > MAX_LEFT_OUT {
        let why = format!("an approval leaves out {MAX_LEFT_OUT} items at most: reject the plan");
        return request.refuse("console_plan", &refusal("console-form", why));
    }
    match form.text("go") {
        verdict @ ("approve" | "reject") => {
            let leave = ItemQuery { leave: query.leave, ..ItemQuery::default() };
            let query = leave.to_query();
            request.go_on(&format!("/plans/{id}/decide?verdict={verdict}&{query}"))
        }
        "next" => {
            query.after = form.text("next").parse().ok();
            request.go_on(&format!("/plans/{id}?{}#items", query.to_query()))
        }
        // The first page of what is looked for.
        _ => {
            query.after = None;
            request.go_on(&format!("/plans/{id}?{}#items", query.to_query()))
        }
    }
}
