//! Money and other things that must not happen twice, from a plugin's change to what the store saw.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod retries;
mod shop;
mod spending;
mod trail;
mod unverifiable;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use souk_model::plan::{
    Change, Edit, Expectation, FailureResponse, Intent, Lookup, PlanId, Retry, Step, Subject, Undo,
};
use souk_model::{
    Action, ActionDetails, Binding, BindingSource, Bound, Effect, Failure, Grant, Method,
    Principal, Read, StoreView, Tier, WriteMethod,
};
use souk_plans::{
    ApplyOptions, CommitRequest, Guards, PlanClock, PlanOutcome, Plans, PlansConfig, PlansDeps,
    Proposer, SealKey, request_digest,
};
use souk_policy::decisions::DecisionPolicy;
use souk_state::StateDir;
use souk_state::audit::AuditTrail;
use souk_state::people::People;
use souk_state::plans::{PlanStore, SpendAccount, SpendKind, SqlitePlanStore};
use souk_upstream::Session;

use shop::{Mood, Shop};

/// Noon of a day, and that day.
const NOON: i64 = 20_000 * DAY + DAY / 2;
const DAY: i64 = 24 * 60 * 60 * 1_000;

struct Hands(AtomicI64);

impl PlanClock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A host, its state directory and its clock.
struct Host {
    plans: Arc<Plans>,
    store: Arc<SqlitePlanStore>,
    clock: Arc<Hands>,
    session: Session,
}

/// Hosts on one state directory and one shop. What they share lives as long as this.
struct World {
    shop: Shop,
    root: tempfile::TempDir,
    guards: Guards,
    config: PlansConfig,
    policy: DecisionPolicy,
}

impl World {
    async fn new() -> Self {
        Self {
            shop: Shop::open().await,
            root: tempfile::tempdir().unwrap(),
            guards: Guards::default(),
            config: PlansConfig::default(),
            policy: DecisionPolicy::default(),
        }
    }

    async fn host(&self) -> Host {
        let state = StateDir::open(self.root.path().join("state")).unwrap();
        let store = Arc::new(SqlitePlanStore::open(&state).unwrap());
        let trail = AuditTrail::open(state.audit_trail(), state.trail_key().unwrap()).unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(NOON)));
        let key = SealKey::new(state.seal_key().unwrap());
        let (guards, config) = (self.guards.clone(), self.config.clone());
        let plans = Plans::new(PlansDeps {
            store: store.clone(),
            guards,
            config,
            key,
            clock: clock.clone(),
            trail: Arc::new(trail),
            people: People::new(state.path()),
            policy: self.policy.clone(),
        });
        Host { plans, store, clock, session: self.shop.session().await }
    }
}

impl Host {
    /// What a plugin's `apply` does with this change.
    async fn apply(&self, change: Change, key: Option<&str>) -> Result<PlanOutcome, Failure> {
        self.apply_all(vec![change], key).await
    }

    /// The same with several changes in one plan.
    async fn apply_all(
        &self,
        changes: Vec<Change>,
        key: Option<&str>,
    ) -> Result<PlanOutcome, Failure> {
        let bound = u32::try_from(changes.len()).unwrap();
        let proposer = Proposer {
            principal: Principal::local(),
            session: self.session.clone(),
            group: "orders".into(),
            action: Arc::new(action(bound)),
            reads: souk_upstream::ReadMemo::default(),
            roles: Arc::new(|_| Ok(Vec::new())),
        };
        // A caller who asks for the same asks for the same requests, whatever stands there now.
        let steps: Vec<_> = changes.iter().map(|change| &change.steps).collect();
        let asked = request_digest("shop", &serde_json::to_value(steps).unwrap());
        let mut draft = self.plans.draft(proposer, intent()).await?;
        draft.add(changes).await?;
        let terms = ApplyOptions {
            reason: None,
            key: key.map(str::to_owned),
            preview: false,
            request_digest: Some(asked),
            started: Arc::default(),
            wait: Duration::ZERO,
        };
        self.plans.apply(draft, terms, &|_| Ok(()), None).await
    }

    /// Resumes a plan, later than anything that was sent could still be at work in the shop.
    async fn resume(&self, plan: &PlanId) -> Result<PlanOutcome, Failure> {
        self.clock.0.fetch_add(61_000, Ordering::SeqCst);
        let commit = CommitRequest {
            principal: &Principal::local(),
            session: &self.session,
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
        self.plans.resume(commit).await
    }

    /// What today's account of refunds has come to.
    async fn spent(&self, kind: SpendKind) -> String {
        let day = self.clock.now_ms().div_euclid(DAY);
        let account = SpendAccount { day, store: "shop".into(), kind, currency: "EUR".into() };
        self.store.spent(&account).await.unwrap().with_cents()
    }
}

const REFUND: &str = "/V1/order/{id}/refund";
const REFUND_INVOICE: &str = "/V1/invoice/{invoiceId}/refund";
const CANCEL: &str = "/V1/orders/{id}/cancel";
const EMAIL: &str = "/V1/orders/{id}/emails";

fn action(bound: u32) -> Action {
    let grant = |method, route: &str| Grant::new("magento", method, route.parse().unwrap());
    let reads = ["/V1/orders/{id}", "/V1/invoices/{id}"].map(|route| grant(Method::Get, route));
    let writes = [REFUND, REFUND_INVOICE, CANCEL, EMAIL]
        .map(|route| grant(Method::Write(WriteMethod::Post), route));
    Action {
        name: "act".into(),
        tool: "orders_act".into(),
        title: "Act".into(),
        description: "Acts.".into(),
        tier: Tier::Critical,
        tier_raise: None,
        effect: Effect::Apply(Bound::AtMost(bound)),
        needs_session: true,
        input: Arc::default(),
        output: Arc::default(),
        grants: reads.into_iter().chain(writes).collect(),
        details: ActionDetails::default(),
    }
}

fn intent() -> Intent {
    let one = Read {
        upstream: "magento".into(),
        route: "/V1/orders/{id}".into(),
        path: vec![Binding { name: "id".into(), value: BindingSource::Subject }],
        query: Vec::new(),
        view: StoreView::Global,
    };
    let lookup = Lookup { one, many: None, inherits: false };
    Intent { summary: "act".into(), view: StoreView::Global, lookup }
}

fn change(route: &str, id: BindingSource, body: Option<Value>, edits: Vec<Edit>) -> Change {
    let name = if route == REFUND_INVOICE { "invoiceId" } else { "id" };
    Change {
        subject: Subject { kind: "order".into(), id: "7".into(), label: None },
        edits,
        steps: vec![Step {
            upstream: "magento".into(),
            method: WriteMethod::Post,
            route: route.into(),
            path: vec![Binding { name: name.into(), value: id }],
            query: Vec::new(),
            view: StoreView::Global,
            body,
            body_bindings: Vec::new(),
            failure_responses: vec![FailureResponse {
                at: "".parse().unwrap(),
                equals: Some(false.into()),
            }],
        }],
        retry: Retry::IfAbsent,
        undo: Undo::None("it is money".into()),
        warnings: Vec::new(),
    }
}

fn expect(field: &str, value: Value) -> Edit {
    let at = format!("/{field}").parse().unwrap();
    Edit { field: field.into(), at, after: Expectation::SetByStore(value.into()) }
}

/// A refund of so many pieces at 100, with what it says of `total_refunded`.
fn refund(qty: u64, total_refunded: u64) -> Change {
    let body =
        json!({"items": [{"order_item_id": 1, "qty": qty}], "arguments": {"shipping_amount": 0}});
    change(
        REFUND,
        BindingSource::Subject,
        Some(body),
        vec![expect("total_refunded", total_refunded.into())],
    )
}
