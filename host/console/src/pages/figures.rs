//! What has been going on: calls and refusals hour by hour from the trail, and today's money against caps.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use souk_model::{Failure, visible};
use souk_plans::DayMoney;
use souk_state::Timestamp;
use souk_state::audit::{self, CallOutcome, TrailRecord};
use souk_state::plans::PlanFilter;

use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use crate::console::Console;

/// Hours that are shown.
const HOURS: usize = 24;
/// Lines of the trail that are read for it; what came before is not counted.
const LINES: usize = 50_000;
/// Plans whose money is looked up.
const PLANS: u32 = 500;
const HOUR_MS: i64 = 3_600_000;
/// The chart's measures, in its own units.
const HEIGHT: u64 = 120;
const STEP: usize = 30;

#[derive(Template)]
#[template(path = "figures.html")]
struct FiguresPage {
    layout: Layout,
    hours: Vec<HourView>,
    calls: u64,
    refused: u64,
    most: u64,
    money: Vec<MoneyView>,
}

/// An hour of the chart.
struct HourView {
    /// `13:00`, in UTC.
    at: String,
    x: usize,
    calls: u64,
    refused: u64,
    /// How high the bars are.
    calls_height: u64,
    refused_height: u64,
}

impl HourView {
    const fn calls_y(&self) -> u64 {
        HEIGHT.saturating_sub(self.calls_height)
    }

    const fn refused_y(&self) -> u64 {
        HEIGHT.saturating_sub(self.refused_height)
    }
}

/// Money that left a store today.
struct MoneyView {
    store: String,
    kind: &'static str,
    spent: String,
    cap: String,
    /// How much of it, in hundredths.
    share: u32,
}

/// `/figures`
pub(crate) async fn show(State(console): State<Arc<Console>>, request: PersonRequest) -> Response {
    let found = async {
        let path = console.trail.path().to_owned();
        let counts = tokio::task::spawn_blocking(move || count(&path, Console::now_ms())).await;
        let counts = counts.map_err(|error| Failure::internal(error.to_string()))??;
        let filter = PlanFilter { limit: PLANS, ..PlanFilter::default() };
        let plans = console.plans.list(&filter).await?;
        Ok::<_, Failure>((counts, console.plans.money_today(&plans).await?))
    };
    let (counts, money) = match found.await {
        Ok(found) => found,
        Err(failure) => return request.refuse("console_figures", &failure),
    };
    if let Err(response) = request.note("console_figures") {
        return response;
    }
    let most = counts.iter().map(|hour| hour.calls.max(hour.refused)).max().unwrap_or(0);
    let template = FiguresPage {
        layout: request.layout("figures"),
        calls: counts.iter().map(|hour| hour.calls).sum(),
        refused: counts.iter().map(|hour| hour.refused).sum(),
        hours: counts.iter().enumerate().map(|(number, hour)| hour.view(number, most)).collect(),
        most,
        money: money.iter().map(MoneyView::of).collect(),
    };
    page(StatusCode::OK, &template)
}

/// Calls of one hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct HourCount {
    begins_ms: i64,
    calls: u64,
    refused: u64,
}

impl HourCount {
    fn view(&self, number: usize, most: u64) -> HourView {
        let height = |count: u64| (count * HEIGHT).checked_div(most).unwrap_or(0);
        let at = Timestamp::from_millisecond(self.begins_ms).unwrap_or_default().to_string();
        HourView {
            at: at.get(11..16).unwrap_or_default().to_owned(),
            x: number * STEP,
            calls: self.calls,
            refused: self.refused,
            calls_height: height(self.calls),
            refused_height: height(self.refused),
        }
    }
}

/// The calls of the last hours, the oldest first; the console's own are not among them.
fn count(path: &std::path::Path, now_ms: i64) -> Result<Vec<HourCount>, Failure> {
    let this_hour = now_ms.div_euclid(HOUR_MS);
    let first = this_hour - i64::try_from(HOURS).unwrap_or(24) + 1;
    let mut hours: Vec<HourCount> = (first..=this_hour)
        .map(|hour| HourCount { begins_ms: hour * HOUR_MS, ..HourCount::default() })
        .collect();
    let lines = audit::page(path, None, LINES)
        .map_err(|error| Failure::internal(format!("the audit trail cannot be read: {error}")))?;
    for line in lines {
        let hour = line.record.at().as_millisecond().div_euclid(HOUR_MS) - first;
        let Some(hour) = usize::try_from(hour).ok().and_then(|hour| hours.get_mut(hour)) else {
            continue;
        };
        match &line.record {
            TrailRecord::Call(call) if call.transport == audit::Transport::Console => {}
            TrailRecord::Call(call) => match call.outcome {
                CallOutcome::Ok => hour.calls += 1,
                CallOutcome::Failed { .. } => hour.refused += 1,
            },
            TrailRecord::Refused(sum) => hour.refused += sum.count,
            _ => {}
        }
    }
    Ok(hours)
}

/// How much of a cap is used up, in hundredths; of no cap all of it.
fn share(money: &DayMoney) -> u32 {
    let (spent, cap) = (money.spent.to_ten_thousandths(), money.cap.to_ten_thousandths());
    let share = match (spent, cap) {
        (Some(0), _) => Some(0),
        (Some(spent), Some(cap)) => spent.saturating_mul(100).checked_div(cap),
        _ => None,
    };
    share.and_then(|share| u32::try_from(share).ok()).unwrap_or(100).min(100)
}

impl MoneyView {
    fn of(money: &DayMoney) -> Self {
        let currency = visible::line(&money.currency);
        Self {
            store: visible::line(&money.store).into_owned(),
            kind: money.kind.as_str(),
            spent: format!("{} {currency}", money.spent.with_cents()),
            cap: format!("{} {currency}", money.cap.with_cents()),
            share: share(money),
        }
    }
}
