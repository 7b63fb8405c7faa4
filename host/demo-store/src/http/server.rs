//! The shop and all that serves it, shared by its requests.

use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::input_limits::InputLimits;
use super::log::RequestLog;
use super::shipping::Shipping;
use crate::api::{self, HandlerResult};
use crate::auth::Guard;
use crate::call::Call;
use crate::durable::Journal;
use crate::faults::Faults;
use crate::login::DemoLogin;
use crate::refusal::Refusal;
use crate::shop::{ALL, Shop};

/// How a store is served, apart from what it holds.
#[derive(Debug, Default)]
pub(crate) struct ServingOptions {
    pub(crate) login: DemoLogin,
    /// How long its tokens live, in seconds, where that is not an hour.
    pub(crate) token_life: Option<i64>,
    /// Whether it takes its own address for one without the port.
    pub(crate) without_port: bool,
    /// What it says of its version.
    pub(crate) version_page: Option<String>,
    /// What a request may hold, where it is limited.
    pub(crate) input_limits: Option<InputLimits>,
}

/// A running store.
pub(crate) struct Server {
    shop: RwLock<Shop>,
    pub(super) guard: Guard,
    pub(super) log: RequestLog,
    pub(super) faults: Faults,
    pub(super) shipping: Shipping,
    /// Where writes are noted before they happen, for a durable store. Locked after the shop.
    journal: Option<Mutex<Journal>>,
    /// By how many seconds its clock is ahead.
    pub(super) clock_ahead: i64,
    pub(super) options: ServingOptions,
}

/// A redirect that a merchant enters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomRedirect {
    store: String,
    path: String,
    to: String,
}

impl Server {
    /// A server of this shop.
    pub(crate) fn new(shop: Shop, faults: Faults, journal: Option<Journal>) -> Self {
        let guard = Guard::new(shop.token_key);
        let journal = journal.map(Mutex::new);
        let (shop, log) = (RwLock::new(shop), RequestLog::default());
        let (shipping, options) = (Shipping::default(), ServingOptions::default());
        Self { shop, guard, log, faults, shipping, journal, clock_ahead: 0, options }
    }

    /// The same with a clock that is ahead by so many seconds, or behind.
    pub(crate) fn clock_ahead(self, seconds: i64) -> Self {
        Self { clock_ahead: seconds, ..self }
    }

    /// The same, served so.
    pub(crate) fn with(mut self, options: ServingOptions) -> Self {
        if let Some(seconds) = options.token_life {
            self.guard.set_token_life(seconds);
        }
        Self { options, ..self }
    }

    /// The shop, to be read.
    pub(super) fn shop(&self) -> RwLockReadGuard<'_, Shop> {
        self.shop.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the shop; a durable one notes the write first, and does without it when it cannot.
    pub(super) fn write(
        &self,
        call: &Call,
        handle: fn(&mut Shop, &Call) -> HandlerResult,
    ) -> HandlerResult {
        let mut shop = self.shop.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &self.journal {
            let noted = journal.lock().unwrap_or_else(PoisonError::into_inner).note(call);
            if let Err(error) = noted {
                tracing::error!(%error, "the journal takes no more writes");
                return Err(Refusal::internal(call.seed));
            }
        }
        handle(&mut shop, call)
    }

    /// Adds redirects, as a merchant does in the administration. A durable store forgets them.
    pub(super) fn add_redirects(&self, body: &[u8]) -> Result<(), String> {
        let rows: Vec<CustomRedirect> =
            serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let mut shop = self.shop.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let store = shop.stores.by_code(&row.store).filter(|store| *store != ALL);
            let store = store.ok_or_else(|| format!("there is no view `{}`", row.store))?;
            shop.rewrites.redirect(store, &row.path, &row.to);
        }
        Ok(())
    }

    /// Starts or stops the consumer of the message queue, as `{"running": false}` says.
    pub(super) fn switch_consumer(&self, body: &[u8]) -> HandlerResult {
        let given: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| Refusal::bad("Decoding error."))?;
        let call = Call::of_queue(api::bulk::SWITCH, ALL, given, 0);
        self.write(&call, api::bulk::switch)
    }
}
