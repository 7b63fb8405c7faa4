//! A Magento 2.4.7 REST look-alike, to run Souk against and to test it with.
//!
//! It owns its whole world: stores, products with values per store view, categories, content,
//! promotions, stock, customers, orders with their documents, and what admins and integrations may do
//! with them. What it answers, oddities and error bodies included, is held to
//! recordings of a real store, because the oddities are what breaks clients. It knows nothing of Souk:
//! above all it shares no code with the crate that signs and sends requests, so that one mistake is
//! not made twice.
//!
//! Before a store there may be a cache to purge, [`DemoCdn`], which is a server of its own.
//!
//! Of the storefront's GraphQL (`/graphql`, GET and POST) it answers what tells where an address leads:
//! `route`, `urlResolver` and `storeConfig`. Anything else is an error that says so.
//!
//! Beside Magento's paths it has its own, open to its own machine only: `/__demo/requests` tells what
//! was asked (GET, and DELETE to forget), `/__demo/faults` what shall go wrong (GET, PUT, DELETE),
//! `/__demo/consumer` stops and starts the consumer of asynchronous requests (PUT), and `/__demo/rows`
//! shows what its tables hold, products scope by scope (GET).
//!
//! ```no_run
//! # async fn run() -> std::io::Result<()> {
//! let store = souk_demo_store::DemoStore::sample();
//! let ways_in = store.credentials();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! store.serve(listener, std::future::pending()).await
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod amount;
mod api;
mod auth;
mod call;
mod cdn;
mod collate;
mod credentials;
mod document;
mod durable;
mod faults;
mod graphql;
mod http;
mod login;
mod oauth;
#[cfg(test)]
mod oauth_vectors;
mod php;
mod refusal;
mod sales;
mod sample;
mod search;
mod shop;
mod url_key;
mod wire;

use std::future::Future;
use std::sync::Arc;

pub use cdn::DemoCdn;
pub use credentials::{Access, Credential};
pub use durable::DataError;
pub use faults::FaultsError;
pub use http::{InputLimits, LoggedRequest};
pub use login::UnknownLogin;
pub use shop::load::StateError;

use http::ServingOptions;
use login::DemoLogin;
use shop::Shop;

/// A demo store, not yet serving.
pub struct DemoStore {
    shop: Shop,
    faults: faults::Faults,
    journal: Option<durable::Journal>,
    /// By how many seconds its clock is ahead.
    clock_ahead: i64,
    options: ServingOptions,
    /// Whether base URLs follow the address that is served on; a loaded state keeps its own.
    follows_address: bool,
}

impl DemoStore {
    fn new(mut shop: Shop, follows_address: bool) -> Self {
        if getrandom::fill(&mut shop.token_key).is_err() {
            fastrand::fill(&mut shop.token_key);
        }
        shop.address_all();
        Self {
            shop,
            faults: faults::Faults::default(),
            journal: None,
            clock_ahead: 0,
            options: ServingOptions::default(),
            follows_address,
        }
    }

    /// The sample shop: the files of `sample/`, the same every time, with credentials of its own.
    #[must_use]
    pub fn sample() -> Self {
        Self::new(sample::shop(), true)
    }

    /// A shop read from a state file (the format of `lab-state.json`), its credentials among it.
    ///
    /// # Errors
    /// When the file is not JSON, or has no stores, products or categories.
    pub fn from_state(json: &[u8]) -> Result<Self, StateError> {
        Ok(Self::new(Shop::from_state(json)?, false))
    }

    /// The same store, durable: its writes, and the tokens it issued, outlast the process. The directory
    /// is made when it is not there; what it already holds takes the place of this store's shop.
    ///
    /// # Errors
    /// When the directory cannot be used, or holds something else.
    pub fn with_data(mut self, directory: &std::path::Path) -> Result<Self, DataError> {
        self.journal = Some(durable::Journal::open(directory, &mut self.shop)?);
        Ok(self)
    }

    /// The same store, with faults from the start: a JSON document
    /// `{"seed": 1, "rules": [{"method", "path", "skip", "every", "rate", "times", "delay_ms", "fault",
    /// "retry_after"}]}`, every field of a rule optional. `fault` is one of `too-many-requests`,
    /// `unavailable`, `drop-before` and `drop-after` (the request took effect), `truncate`, `not-json`,
    /// `bad-json`, `deep-json`, `trace-page`, `trace-message`, `empty-token`, `page-count`. While it serves, `PUT /__demo/faults` takes the same document.
    ///
    /// # Errors
    /// When the document has another form, or a number out of range.
    pub fn with_faults(self, json: &[u8]) -> Result<Self, FaultsError> {
        self.faults.replace(json)?;
        Ok(self)
    }

    /// The same store without some modules: names, or beginnings that end in `*`. What a store
    /// without multi-source inventory does not serve, this one then does not serve either.
    #[must_use]
    pub fn without_modules(mut self, names: &[String]) -> Self {
        let is_off = |module: &String| {
            names.iter().any(|name| match name.strip_suffix('*') {
                Some(beginning) => module.starts_with(beginning),
                None => module == name,
            })
        };
        let (off, on) = self.shop.modules.drain(..).partition(|module| is_off(module));
        self.shop.modules = on;
        self.shop.switched_off = off;
        self
    }

    /// The same store with a database that keeps characters of four bytes, such as emoji. Others turn
    /// each into `????`, and say that all is well.
    #[must_use]
    pub fn with_four_byte(mut self, kept: bool) -> Self {
        self.shop.four_byte |= kept;
        self
    }

    /// The same store with prices per website instead of global ones.
    #[must_use]
    pub fn with_website_prices(mut self) -> Self {
        self.shop.website_prices = true;
        self.shop.attributes.keep_prices_per_website();
        self
    }

    /// The same store, which shows shipping in its orders with tax only, and takes `shipping_amount` of a
    /// refund so.
    #[must_use]
    pub fn with_shipping_shown_with_tax(mut self) -> Self {
        self.shop.shows_shipping_with_tax = true;
        self
    }

    /// The same store with a clock that is ahead by so many seconds, or behind.
    #[must_use]
    pub fn with_clock_ahead(self, seconds: i64) -> Self {
        Self { clock_ahead: seconds, ..self }
    }

    /// The same store with another way in: `password`, `2fa` (the admins have Google Authenticator),
    /// `2fa:duo_security,u2fkey` (they have these), or `ims` (Adobe Commerce as a Cloud Service).
    ///
    /// # Errors
    /// When there is no such way.
    pub fn with_login(mut self, name: &str) -> Result<Self, UnknownLogin> {
        self.options.login = DemoLogin::named(name)?;
        Ok(self)
    }

    /// The same store, whose tokens live so many seconds.
    #[must_use]
    pub fn with_token_life(mut self, seconds: i64) -> Self {
        self.options.token_life = Some(seconds);
        self
    }

    /// The same store, which takes its own address for one without the port: as behind an nginx that
    /// passes on `$host`. Signatures are then judged over that.
    #[must_use]
    pub fn without_port(mut self) -> Self {
        self.options.without_port = true;
        self
    }

    /// The same store with this text at `/magento_version`.
    #[must_use]
    pub fn with_version_page(mut self, text: String) -> Self {
        self.options.version_page = Some(text);
        self
    }

    /// What stands before the store's paths: nothing, or a tenant's segment.
    #[must_use]
    pub fn base_path(&self) -> &'static str {
        self.options.login.base_path()
    }

    /// The same store with limits to what one request may hold.
    #[must_use]
    pub fn with_input_limits(mut self, input_limits: Option<InputLimits>) -> Self {
        self.options.input_limits = input_limits;
        self
    }

    /// Every way in, to be printed.
    #[must_use]
    pub fn credentials(&self) -> Vec<Credential> {
        self.options.login.credentials(&self.shop.credentials)
    }

    /// Serves the store until `shutdown` is ready.
    ///
    /// # Errors
    /// When the listener has no address or fails for good.
    pub async fn serve(
        mut self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        if self.follows_address {
            let base = format!("http://{}{}/", listener.local_addr()?, self.base_path());
            self.shop.stores.set_base_url(&base);
        }
        let service = self.router().into_make_service_with_connect_info::<http::socket::Peer>();
        axum::serve(http::socket::Cuttable(listener), service)
            .with_graceful_shutdown(shutdown)
            .await
    }

    /// The store as a router, for tests without sockets. Faults that drop the connection then break the
    /// body off instead.
    pub fn router(self) -> axum::Router {
        let server = http::Server::new(self.shop, self.faults, self.journal);
        http::router(Arc::new(server.clock_ahead(self.clock_ahead).with(self.options)))
    }
}
