//! A property over the whole contract: of any change that a plugin could propose, either it is
//! refused, or its review names every value, address and view that is then sent, and no cap, list or
//! count is passed. The same of the plan that takes it back.
//!
//! `SOUK_FUZZ_CASES` says how many are tried (2,000), `SOUK_FUZZ_SEED` where chance begins.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod generator;
mod store;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use souk_model::plan::PlanId;
use souk_model::{
    Action, ActionDetails, CommitTool, Decimal, Effect, Grant, Principal, StoreView, Tier,
};
use souk_plans::{
    CommitRequest, Guards, ItemReview, PlanClock, Plans, PlansConfig, PlansDeps, Proposer, SealKey,
    UndoAsker,
};
use souk_policy::decisions::DecisionPolicy;
use souk_state::StateDir;
use souk_state::audit::AuditTrail;
use souk_state::people::People;
use souk_state::plans::SqlitePlanStore;

use generator::{Case, Hostile, leaves};
use store::{SentWrite, Store};

const FIELDS: [&str; 5] = ["name", "price", "special_price", "meta_title", "tier_prices"];
const ROWS: u32 = 3;
const COUPONS: u64 = 5;

/// Each time it is asked, much later: nobody waits for it.
struct Leaps(AtomicI64);

impl PlanClock for Leaps {
    fn now_ms(&self) -> i64 {
        self.0.fetch_add(1_000_000, Ordering::SeqCst)
    }
}

fn guards() -> Guards {
    let shut = || "0".parse().unwrap();
    Guards {
        bulk_cap: ROWS,
        coupon_cap: COUPONS,
        max_refund: shut(),
        max_refund_per_day: shut(),
        max_cancel_per_day: shut(),
        product_fields: FIELDS.iter().map(|&field| field.to_owned()).collect(),
        ..Guards::default()
    }
}

struct World {
    store: Store,
    plans: Arc<Plans>,
    _root: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path().join("state")).unwrap();
        let plans = Plans::new(PlansDeps {
            store: Arc::new(SqlitePlanStore::open(&state).unwrap()),
            guards: guards(),
            config: PlansConfig {
                expiry_min: 10_000_000,
                lease_s: 1,
                repeats: 0,
                ..PlansConfig::default()
            },
            key: SealKey::new(state.seal_key().unwrap()),
            clock: Arc::new(Leaps(AtomicI64::new(1))),
            trail: Arc::new(
                AuditTrail::open(state.audit_trail(), state.trail_key().unwrap()).unwrap(),
            ),
            people: People::new(state.path()),
            policy: DecisionPolicy::default(),
        });
        Self { store: Store::open().await, plans, _root: root }
    }

    /// Proposes a case; answers its plan, if it is not refused.
    async fn propose(&self, case: &Case) -> Option<PlanId> {
        let proposer = Proposer {
            principal: Principal::local(),
            session: self.store.session.clone(),
            group: "hostile".into(),
            action: Arc::new(action(case.grants.clone())),
            reads: souk_upstream::ReadMemo::default(),
            roles: Arc::new(|_| Ok(Vec::new())),
        };
        let mut draft = self.plans.draft(proposer, case.intent.clone()).await.ok()?;
        draft.add(case.changes.clone()).await.ok()?;
        Some(draft.propose().await.ok()?.header.id)
    }

    async fn review(&self, plan: &PlanId) -> Vec<Value> {
        let items = self.plans.items(plan, None, 100, &[]).await.unwrap();
        let review =
            |(item, progress)| serde_json::to_value(ItemReview::of(item, progress)).unwrap();
        items.iter().map(|(item, progress)| (item, progress)).map(review).collect()
    }

    /// Proposes to take a plan back, if there is something to take back.
    async fn undo(&self, plan: &PlanId) -> Option<PlanId> {
        let principal = Principal::local();
        let undo =
            self.plans.undo(&principal, &self.store.session, plan, UndoAsker::Caller, None).await;
        Some(undo.ok()?.header.id)
    }

    async fn carry_out(&self, plan: &PlanId) {
        let principal = Principal::local();
        let request = |_| CommitRequest {
            principal: &principal,
            session: &self.store.session,
            plan,
            tool: None,
            reason: None,
            key: None,
            gate: &|_| Ok(()),
            wait: Duration::ZERO,
            operator: false,
            started: None,
            progress: None,
        };
        let _ = self.plans.commit(request(())).await;
        for _ in 0..2 {
            let _ = self.plans.resume(request(())).await;
        }
    }

    async fn price(&self, sku: &str) -> Option<Decimal> {
        let product = self.store.get(&format!("/rest/all/V1/products/{sku}")).await;
        Decimal::from_json(product.get("price")?)
    }
}

fn action(grants: Vec<Grant>) -> Action {
    Action {
        name: "act".into(),
        tool: "hostile_act".into(),
        title: "Act".into(),
        description: "Acts.".into(),
        tier: Tier::Critical,
        tier_raise: None,
        effect: Effect::Prepare(Box::new(CommitTool {
            name: "commit".into(),
            title: "Commit".into(),
            description: "Commits.".into(),
            tier: Tier::Critical,
            tier_raise: None,
            subject_as: None,
        })),
        needs_session: true,
        input: Arc::default(),
        output: Arc::default(),
        grants,
        details: ActionDetails::default(),
    }
}

/// What the review shows of the values that are sent, and of the places that an answer fills.
struct Shown {
    values: BTreeSet<String>,
    requests: Vec<String>,
    answered: Vec<String>,
}

impl Shown {
    fn of(items: &[Value]) -> Self {
        let mut shown =
            Self { values: BTreeSet::new(), requests: Vec::new(), answered: Vec::new() };
        let list = |item: &Value, name: &str| item[name].as_array().cloned().unwrap_or_default();
        for item in items {
            for change in list(item, "changes") {
                shown.add(&change["after"]);
            }
            for constant in list(item, "constants") {
                shown.add(&constant["value"]);
            }
            for fill in list(item, "fills") {
                shown.add(&fill["value"]);
                if fill["from"].to_string().contains("response") {
                    shown.answered.push(fill["at"].as_str().unwrap_or_default().to_owned());
                }
            }
            let requests = list(item, "requests");
            shown.requests.extend(requests.iter().map(|text| text.as_str().unwrap().to_owned()));
        }
        shown
    }

    fn add(&mut self, value: &Value) {
        let mut value = value.clone();
        souk_model::visible::json(&mut value);
        leaves(&value, String::new(), &mut |_, leaf| {
            self.values.insert(leaf.to_string());
        });
    }

    /// How often it shows this request.
    fn times(&self, write: &SentWrite) -> usize {
        let address = write.address();
        self.requests.iter().filter(|request| **request == address).count()
    }

    /// What of a write it does not show.
    fn lacks(&self, write: &SentWrite) -> Option<String> {
        let address = write.address();
        let is_shown = |request: &String| match request.split_once('[') {
            // What an answer says stands there by the place that it comes from.
            Some((known, _)) => address.starts_with(known),
            None => *request == address,
        };
        if !self.requests.iter().any(is_shown) {
            return Some(format!("the address `{address}`"));
        }
        let mut lacks = None;
        let mut body = write.body.clone();
        souk_model::visible::json(&mut body);
        leaves(&body, String::new(), &mut |at, leaf| {
            let answered = self.answered.contains(&at);
            if !answered && !leaf.is_null() && !self.values.contains(&leaf.to_string()) {
                lacks.get_or_insert(format!("`{leaf}` at `{at}`"));
            }
        });
        lacks
    }
}

/// Which limit a write passes, if any.
async fn passes(world: &World, write: &SentWrite, before: &[(String, Decimal)]) -> Option<String> {
    let path = write.path.to_ascii_lowercase();
    // Of an order that was invoiced whole nothing is left to be called off.
    let cancels = match path.strip_suffix("/cancel") {
        Some(order) => {
            let order =
                world.store.get(&format!("/rest/all{}", order.replace("/v1/", "/V1/"))).await;
            order["total_invoiced"].as_f64() < order["grand_total"].as_f64()
        }
        None => false,
    };
    let moves_money = cancels || path.ends_with("/refund");
    let document =
        ["/v1/orders", "/v1/invoices", "/v1/shipment", "/v1/creditmemo", "/v1/orders/create"];
    if moves_money || document.contains(&path.as_str()) {
        return Some("money moves under caps of nothing".into());
    }
    let bodies = match &write.body {
        Value::Array(list) => list.clone(),
        body => vec![body.clone()],
    };
    if bodies.len() > ROWS as usize {
        return Some("bodies above the cap".into());
    }
    for body in &bodies {
        if let Some(product) = body.get("product").and_then(Value::as_object) {
            // Magento takes a name in any case, with or without its underscores.
            let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
            let allowed = |name: &str| {
                let known = ["sku", "custom_attributes"].iter().chain(&FIELDS);
                known.into_iter().any(|known| plain(known) == plain(name))
            };
            // A number that is none names nothing.
            let mut sets = product.iter().filter(|(name, value)| *name != "id" || !value.is_null());
            if let Some((name, _)) = sets.find(|(name, _)| !allowed(name)) {
                return Some(format!("the field `{name}` that is not listed"));
            }
            let attributes = product.get("custom_attributes").and_then(Value::as_array);
            for attribute in attributes.into_iter().flatten() {
                let code = attribute["attribute_code"].as_str().unwrap_or_default();
                if !FIELDS.contains(&code) {
                    return Some(format!("the attribute `{code}` that is not listed"));
                }
                if code == "special_price"
                    && let Some(why) = too_cheap(&attribute["value"], product.get("sku"), before)
                {
                    return Some(why);
                }
            }
            let tiers = product.get("tier_prices").and_then(Value::as_array);
            for tier in tiers.into_iter().flatten() {
                if let Some(why) = too_cheap(&tier["value"], product.get("sku"), before) {
                    return Some(why);
                }
            }
        }
        let rows = body.get("prices").and_then(Value::as_array);
        if rows.is_some_and(|rows| rows.len() > ROWS as usize) {
            return Some("rows above the cap".into());
        }
        for row in rows.into_iter().flatten() {
            let reduced = path.ends_with("special-price")
                || path.ends_with("tier-prices") && row["price_type"] == "fixed";
            if reduced && let Some(why) = too_cheap(&row["price"], row.get("sku"), before) {
                return Some(why);
            }
            if row["price_type"] == "discount" && row["price"].as_f64() > Some(50.0) {
                return Some("a group price above the cap".into());
            }
        }
        if body["couponSpec"]["quantity"].as_u64() > Some(COUPONS) {
            return Some("coupons above the cap".into());
        }
        if let Some(rule) = body.get("rule")
            && (rule.get("discount_amount").is_some() || rule.get("simple_action").is_some())
        {
            let id = write.path.rsplit('/').next().unwrap_or_default();
            let standing = world.store.get(&format!("/rest/all/V1/salesRules/{id}")).await;
            // Null leaves what stands.
            let given = |name: &str| rule.get(name).filter(|value| !value.is_null());
            let value = |name: &str| given(name).or_else(|| standing.get(name)).cloned();
            let amount = value("discount_amount").and_then(|amount| amount.as_f64()).unwrap_or(0.0);
            let step = value("discount_step").and_then(|step| step.as_f64()).unwrap_or(0.0);
            let action = value("simple_action").unwrap_or_else(|| json!("by_percent"));
            // One that is off takes nothing off; whoever wakes it is judged by what it does.
            let is_off = standing.get("is_active") == Some(&Value::Bool(false));
            let right = is_off
                || amount == 0.0
                || match action.as_str() {
                    Some("by_percent") => amount <= 50.0,
                    Some("to_percent") => amount >= 50.0,
                    Some("by_fixed" | "cart_fixed") => amount <= 100.0,
                    Some("buy_x_get_y") => amount / (amount + step) <= 0.5,
                    _ => false,
                };
            if !right {
                return Some(format!("a discount above the cap: {action} {amount}"));
            }
        }
    }
    None
}

/// Whether a reduced price is more than half below what the product cost.
fn too_cheap(price: &Value, sku: Option<&Value>, before: &[(String, Decimal)]) -> Option<String> {
    let reduced = match price {
        Value::Null => return None,
        price => Decimal::from_json(price)?,
    };
    let sku = sku.and_then(Value::as_str)?.trim_end().to_ascii_uppercase();
    let (_, base) = before.iter().find(|(own, _)| *own == sku)?;
    let half = base.checked_div(Decimal::from(2_u32))?;
    (reduced < half).then(|| format!("{sku} at {reduced}, and it cost {base}"))
}

fn setting(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is its caller's to say")]
    let text = std::env::var(name).ok()?;
    text.parse().ok()
}

/// Carries a plan out, and holds what reaches the store to its review and to the limits. How many
/// requests that were.
async fn carried_out_as_shown(world: &World, seed: u64, case: &Case, plan: &PlanId) -> usize {
    let shown = Shown::of(&world.review(plan).await);
    let mut before = Vec::new();
    for sku in ["TEN-001", "TEN-002", "BTL-008"] {
        before.extend(world.price(sku).await.map(|price| (sku.to_owned(), price)));
    }
    world.store.take_writes();
    world.carry_out(plan).await;
    let writes = world.store.take_writes();
    let view = match &case.intent.view {
        StoreView::View(code) => code.clone(),
        _ => "all".to_owned(),
    };
    for (n, write) in writes.iter().enumerate() {
        if let Some(what) = shown.lacks(write) {
            let requests = &shown.requests;
            panic!("seed {seed}: the review shows {requests:?}, and not {what} of {write:?}");
        }
        if let Some(why) = passes(world, write, &before).await {
            panic!("seed {seed}: {why}: {write:?} of {:?}", case.changes);
        }
        assert_eq!(write.view, view, "seed {seed}: {write:?}");
        let once = write.method == "POST"
            && ["comments", "emails", "coupons", "generate", "salesRules", "ship", "invoice"]
                .iter()
                .any(|word| write.path.ends_with(word));
        // What a plan does twice its review shows twice.
        let times = writes[..=n].iter().filter(|sent| *sent == write).count();
        let again = !write.is_refused && times > shown.times(write).max(1);
        assert!(
            !(once && again),
            "seed {seed}: sent {times} times: {write:?} of {:?}",
            case.changes
        );
    }
    writes.len()
}

#[tokio::test]
async fn whatever_is_proposed_is_refused_or_shown_as_it_is_sent() {
    let cases = setting("SOUK_FUZZ_CASES").unwrap_or(2_000);
    let first = setting("SOUK_FUZZ_SEED").unwrap_or(1);
    let mut world = World::new().await;
    let (mut accepted, mut sent, mut taken_back) = (0_u64, 0_usize, 0_usize);
    for seed in first..first + cases {
        // A shop of its own from time to time, so that not everything has been written already.
        if (seed - first) % 2_000 == 1_999 {
            world = World::new().await;
        }
        let case = Hostile::new(seed).case();
        let plan = world.propose(&case).await;
        let early = world.store.take_writes();
        assert_eq!(early, [], "seed {seed}: something was sent that nobody committed");
        let Some(plan) = plan else { continue };
        accepted += 1;
        sent += carried_out_as_shown(&world, seed, &case, &plan).await;
        let Some(undo) = world.undo(&plan).await else { continue };
        let early = world.store.take_writes();
        assert_eq!(early, [], "seed {seed}: something was taken back that nobody committed");
        taken_back += carried_out_as_shown(&world, seed, &case, &undo).await;
    }
    eprintln!(
        "of {cases} cases {accepted} were plans, {sent} requests were sent, {taken_back} to take \
         something back"
    );
    assert!(accepted * 50 > cases, "nearly everything is refused: nothing is tried");
}
