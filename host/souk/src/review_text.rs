//! A plan's review for people, on a terminal: the host's words begin a line, and nothing that a
//! plugin, a store or a customer wrote can.

use std::fmt::Write;

use serde_json::Value;
use souk_model::plan::{Constant, ItemState, Retry, SpendKind, WriteSummary};
use souk_model::visible::quoted;
use souk_plans::review::{
    BodyFill, ExpectationKind, FailureResponseReview, FieldChange, ParameterReview, RequestsReview,
    RunReview, UndoKind, UndoReview, changed_lines, one_line,
};
use souk_plans::{ItemReview, PlanReview};

/// How many items are not shown of so many; nothing where all are.
pub(crate) fn hidden_items(count: u32, shown: u32) -> String {
    match count.saturating_sub(shown) {
        0 => String::new(),
        hidden => format!("\n… and {hidden} more; `-n {count}` shows all\n"),
    }
}

/// What a plan is, and how far it came.
pub(crate) fn plan(review: &PlanReview) -> String {
    let mut text = format!(
        "the plugin says: {}\n{}  [{}, {} of {} done]\nproposed by {} for {} ({}), view `{}`, {}; expires {}\n\
         each subject is read by {}\nsha-256 {}\n",
        quoted(&review.summary),
        review.plan_id,
        review.state.as_str(),
        review.done,
        review.count,
        review.proposed_by,
        review.store,
        review.environment,
        review.view,
        review.created_at,
        review.expires_at,
        review.read_by,
        review.digest,
    );
    let _ = writeln!(text, "tier {}, asked for by {}", review.tier, quoted(&review.asked_by));
    for money in &review.money {
        let what = match money.kind {
            SpendKind::Refund => "gives back",
            SpendKind::Cancel => "cancels",
        };
        let _ = writeln!(text, "{what} {} {} at most", money.amount, bare(&money.currency));
    }
    decisions(&mut text, review);
    if let Some(run) = &review.run {
        let _ = writeln!(text, "{}", run_line(run));
    }
    if let Some(undone) = &review.undoes {
        let _ = writeln!(text, "takes back {undone}");
    }
    if let Some(reason) = &review.reason {
        let _ = writeln!(text, "reason: {}", quoted(reason));
    }
    warnings(&mut text, "", &review.warnings, &review.plugin_warnings);
    text
}

/// Who has to decide of a plan, and what was decided.
fn decisions(text: &mut String, review: &PlanReview) {
    if let Some(needed) = &review.decision_needed {
        let so_far = if needed.is_met { "who has decided" } else { "and waits for that" };
        let (who, set_by) = (needed.who.describe(), &needed.set_by);
        let _ = writeln!(text, "wants {who} to decide, as {set_by} says, {so_far}");
    }
    for decision in &review.decisions {
        let (verdict, by) = (decision.verdict.as_str(), quoted(&decision.by));
        let _ = write!(text, "{verdict} by {by} ({}) at {}", decision.means.as_str(), decision.at);
        if !decision.left_out.is_empty() {
            let items: Vec<String> = decision.left_out.iter().map(u32::to_string).collect();
            let _ = write!(text, ", without the items {}", items.join(", "));
        }
        match &decision.reason {
            Some(reason) => {
                let _ = writeln!(text, ": {}", quoted(reason));
            }
            None => text.push('\n'),
        }
    }
}

/// A plan's last run, in a line.
fn run_line(run: &RunReview) -> String {
    let by = run.started_by.as_deref().map(|by| format!(" by {}", quoted(by))).unwrap_or_default();
    let at = run.at.as_deref().map(|at| format!(", {at}")).unwrap_or_default();
    let mut line = if run.is_under_way {
        format!(
            "running since {}{by}{at}: {} done, {} left, {} answered by the store in this run",
            run.started_at, run.done, run.left, run.answered
        )
    } else {
        format!("last carried out at {}{by}: {} done, {} left", run.started_at, run.done, run.left)
    };
    if let Some(stop) = &run.stop_asked_by {
        let _ = write!(line, "; {} asked it to stop", quoted(stop));
    }
    if let Some(why) = &run.ended_early {
        let _ = write!(line, "; it ended early: {}", quoted(why));
    }
    line
}

/// An item: each field as a diff, then everything else that goes out for it.
pub(crate) fn item(review: &ItemReview) -> String {
    let mut text = format!("\n{} {}", bare(&review.kind), bare(&review.subject));
    if let Some(label) = &review.label {
        let _ = write!(text, "  {}", quoted(label));
    }
    let _ = writeln!(text, "  [{}]", review.state.as_str());
    warnings(&mut text, "  ", &review.warnings, &[]);
    for change in &review.changes {
        field(&mut text, change);
    }
    for (number, write) in review.writes.iter().enumerate() {
        writes(&mut text, number, review.writes.len(), write);
    }
    requests(&mut text, "  ", &review.requests);
    match review.retry {
        Retry::Idempotent => {}
        Retry::IfAbsent => {
            text.push_str("  is sent again only if a read shows that it did not happen\n");
        }
        Retry::Never => text.push_str("  is sent once: no read can show that it did not happen\n"),
    }
    undo(&mut text, &review.undo);
    warnings(&mut text, "  ", &[], &review.plugin_warnings);
    if let Some(failure) = review.failure.as_ref().filter(|_| review.state != ItemState::Done) {
        let _ = writeln!(text, "  {}: {}", failure.code, failure.message);
    }
    text
}

/// The host's own first, each marked by whose it is.
fn warnings(text: &mut String, indent: &str, host: &[String], plugin: &[String]) {
    for warning in host {
        let _ = writeln!(text, "{indent}! {warning}");
    }
    for warning in plugin {
        let _ = writeln!(text, "{indent}the plugin says: {}", quoted(warning));
    }
}

fn field(text: &mut String, change: &FieldChange) {
    let _ = write!(text, "  {}", bare(&change.field));
    if let Some(at) = &change.read_at {
        let _ = write!(text, ", read at {}", bare(at));
    }
    if !change.sent_at.is_empty() {
        let places: Vec<String> = change.sent_at.iter().map(|at| bare(at)).collect();
        let _ = write!(text, ", sent at {}", places.join(" and "));
    }
    text.push('\n');
    let from = if change.inherited { " (inherited)" } else { "" };
    let by = match change.expectation {
        None => "",
        Some(ExpectationKind::SetByStore) => " (expected: set by the store, sent by no request)",
        Some(ExpectationKind::Removed) => " (expected)",
        Some(ExpectationKind::Unverifiable) => " (expected: reported by the store, not readable)",
    };
    let removed = change.expectation == Some(ExpectationKind::Removed);
    let lines = match (&change.before, &change.after) {
        (Value::Null, after) => vec![("nothing".to_owned(), after_line(after, removed))],
        (before, after) if removed || after.is_null() => {
            vec![(one_line(before), after_line(after, removed))]
        }
        (before, after) => changed_lines(before, after),
    };
    for (before, after) in lines {
        let _ = writeln!(text, "    - {before}{from}\n    + {after}{by}");
    }
}

fn after_line(after: &Value, removed: bool) -> String {
    if removed { "nothing".to_owned() } else { one_line(after) }
}

/// What the host itself knows of a request.
fn writes(text: &mut String, number: usize, of: usize, write: &WriteSummary) {
    let which = if of > 1 { format!("request {number}: ") } else { String::new() };
    let rows = if write.rows == 1 { "row" } else { "rows" };
    let (does, tier) = (&write.does, write.tier.as_str());
    let _ = write!(text, "  {which}{does}, {tier}, {} {rows}", write.rows);
    for (kind, places) in &write.values {
        let places: Vec<String> = places.iter().map(|at| bare(at)).collect();
        let _ = write!(text, "; {kind} at {}", places.join(" and "));
    }
    text.push('\n');
}

/// The requests, each with what else goes out in it.
fn requests(text: &mut String, indent: &str, review: &RequestsReview) {
    for (number, request) in review.requests.iter().enumerate() {
        let _ = writeln!(text, "{indent}sends {request}");
        let of_this = |step: &usize| *step == number;
        for ParameterReview { name, part, value, source, .. } in
            review.parameters.iter().filter(|parameter| of_this(&parameter.step))
        {
            let value = match (value, source) {
                (Some(value), _) => one_line(&Value::from(value.as_str())),
                (None, source) => source.clone().unwrap_or_default(),
            };
            let _ =
                writeln!(text, "{indent}  not the subject, {part} value {}: {value}", bare(name));
        }
        for Constant { at, value, .. } in
            review.constants.iter().filter(|constant| of_this(&constant.step))
        {
            let _ = writeln!(text, "{indent}  also sent, {}: {}", place(at), one_line(value));
        }
        for BodyFill { at, source, value, .. } in
            review.fills.iter().filter(|fill| of_this(&fill.step))
        {
            let value = value.as_ref().map(|value| format!(": {}", one_line(value)));
            let _ = writeln!(
                text,
                "{indent}  filled in, {}: {source}{}",
                place(at),
                value.unwrap_or_default()
            );
        }
        for FailureResponseReview { at, equals, .. } in
            review.failure_responses.iter().filter(|refusal| of_this(&refusal.step))
        {
            let equals = equals.as_ref().map_or("anything".to_owned(), one_line);
            let _ = writeln!(
                text,
                "{indent}  an answer with {equals} at {} counts as refused",
                place(at)
            );
        }
    }
}

fn undo(text: &mut String, undo: &UndoReview) {
    match (undo.how, &undo.steps) {
        (UndoKind::Restore, _) => text.push_str("  undone by the same, with what was before\n"),
        (UndoKind::Steps, steps) => {
            text.push_str("  undone by\n");
            if let Some(steps) = steps {
                requests(text, "    ", steps);
            }
        }
        (UndoKind::None, _) => {
            let why = undo.why.as_deref().map(quoted).unwrap_or_default();
            let _ = writeln!(text, "  cannot be undone, the plugin says: {why}");
        }
    }
}

/// A place of a document; the empty one is all of it.
fn place(at: &str) -> String {
    if at.is_empty() { "the whole".to_owned() } else { bare(at) }
}

/// A name as it is, where it is one; whatever could be read as more than a name stands in quotes.
fn bare(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./[]=~:#@+*%".contains(c);
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { quoted(name) }
}
