//! The demo store as a process of its own, and its log.

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::{Process, built, http_client};

/// A demo store, with what it printed of its credentials.
#[derive(Debug)]
pub struct DemoStore {
    url: String,
    printed: Vec<(String, String)>,
    token: OnceCell<String>,
    client: reqwest::Client,
    _process: Process,
    _directory: TempDir,
}

/// A request as the store saw it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LoggedRequest {
    /// The method.
    pub method: String,
    /// Path and query exactly as sent.
    pub target: String,
    /// The status answered; 0 where none was sent.
    pub status: u16,
    /// When it arrived, in seconds since 1970.
    pub time: f64,
    /// How long the answer took, in milliseconds.
    pub ms: f64,
    /// What it was called by.
    pub request_id: Option<String>,
    /// Of which trace it said to be a part.
    pub traceparent: Option<String>,
}

impl DemoStore {
    /// Starts one with the sample shop.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with a cache before it, whose address is the credential `SOUK_CDN_URL`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn with_cache() -> Self {
        Self::start_with(&["--cdn", "127.0.0.1:0"]).await
    }

    /// Starts one with a cache before it that has Magento's stock VCL: it takes no purge by URL.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn with_stock_varnish() -> Self {
        Self::start_with(&["--cdn", "127.0.0.1:0", "--cdn-stock-vcl"]).await
    }

    /// The same with further arguments.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let mut command = Command::new(built::souk());
        command.args(["demo-store", "--listen", "127.0.0.1:0"]).args(arguments);
        command.current_dir(directory.path());
        let mut process = Process::start(command);
        let mut lines = BufReader::new(process.stdout()).lines();
        let mut url = None;
        let mut printed = Vec::new();
        // The customer's are the last that it prints.
        while let Some(line) = lines.next_line().await.unwrap() {
            url = url.or_else(|| {
                let printed = line.strip_prefix("demo store at ")?;
                Some(printed.trim_end_matches('/').to_owned())
            });
            let words = line.split_whitespace().filter_map(|word| word.split_once('='));
            printed.extend(words.map(|(name, value)| (name.to_owned(), value.to_owned())));
            if line.starts_with("customer") {
                break;
            }
        }
        Self {
            url: url.expect("the demo store says where it is"),
            printed,
            token: OnceCell::new(),
            client: http_client(),
            _process: process,
            _directory: directory,
        }
    }

    /// Where it is, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// One of the credentials that it printed, by the name of the variable; the first, where there
    /// are several.
    ///
    /// # Panics
    /// When it did not print that.
    #[must_use]
    pub fn credential(&self, name: &str) -> String {
        let found = self.printed.iter().find(|(printed, _)| printed == name);
        found.unwrap_or_else(|| panic!("the demo store printed no `{name}`")).1.clone()
    }

    /// The second of the credentials of this name: that of the integration that may only read the
    /// catalog.
    ///
    /// # Panics
    /// When it did not print two.
    #[must_use]
    pub fn second_credential(&self, name: &str) -> String {
        let mut found = self.printed.iter().filter(|(printed, _)| printed == name);
        found
            .nth(1)
            .unwrap_or_else(|| panic!("the demo store printed no second `{name}`"))
            .1
            .clone()
    }

    /// The four variables of an integration that may do everything.
    #[must_use]
    pub fn oauth(&self) -> [(&'static str, String); 4] {
        [
            "MAGENTO_OAUTH_CONSUMER_KEY",
            "MAGENTO_OAUTH_CONSUMER_SECRET",
            "MAGENTO_OAUTH_TOKEN",
            "MAGENTO_OAUTH_TOKEN_SECRET",
        ]
        .map(|name| (name, self.credential(name)))
    }

    /// A plain REST read with an admin's token: what everything else is compared with. `path`
    /// begins after `/rest`: `/de/V1/products/TEN-002`.
    ///
    /// # Panics
    /// When it does not answer 200.
    pub async fn rest(&self, path: &str) -> Value {
        let token = self.token.get_or_init(|| self.log_in()).await;
        let url = format!("{}/rest{path}", self.url);
        let answer = self.client.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// A plain REST write with an admin's token: somebody else at work in the same store.
    ///
    /// # Panics
    /// When it does not answer 200.
    pub async fn put(&self, path: &str, body: &Value) {
        let token = self.token.get_or_init(|| self.log_in()).await;
        let url = format!("{}/rest{path}", self.url);
        let answer = self.client.put(url).bearer_auth(token).json(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }

    /// A plain REST deletion with an admin's token: somebody else at work in the same store.
    ///
    /// # Panics
    /// When it does not answer 200.
    pub async fn delete(&self, path: &str) {
        let token = self.token.get_or_init(|| self.log_in()).await;
        let url = format!("{}/rest{path}", self.url);
        let answer = self.client.delete(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }

    /// A plain REST creation with an admin's token.
    ///
    /// # Panics
    /// When it does not answer 200.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let token = self.token.get_or_init(|| self.log_in()).await;
        let url = format!("{}/rest{path}", self.url);
        let answer = self.client.post(url).bearer_auth(token).json(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// What its tables hold: products with their values scope by scope, pages, blocks and rules.
    ///
    /// # Panics
    /// When it does not say.
    pub async fn rows(&self) -> Value {
        let url = format!("{}/__demo/rows", self.url);
        let answer = self.client.get(url).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Has addresses redirect, as a merchant enters it.
    ///
    /// # Panics
    /// When the store does not take them.
    pub async fn redirects(&self, rows: &Value) {
        let url = format!("{}/__demo/redirects", self.url);
        let answer = self.client.put(url).json(rows).send().await.unwrap();
        assert_eq!(answer.status(), 204, "{rows}");
    }

    /// Has requests go wrong from now on, by these rules; with none, all is well again.
    ///
    /// # Panics
    /// When the store does not understand the rules.
    pub async fn faults(&self, rules: &Value) {
        let url = format!("{}/__demo/faults", self.url);
        let body = json!({ "seed": 1, "rules": rules });
        let answer = self.client.put(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{rules}");
    }

    /// How often a fault struck since the rules were set.
    ///
    /// # Panics
    /// When the store does not say.
    pub async fn faults_struck(&self) -> u64 {
        let url = format!("{}/__demo/faults", self.url);
        let answer = self.client.get(url).send().await.unwrap();
        let shown: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let rules = shown["rules"].as_array().unwrap();
        rules.iter().map(|rule| rule["struck"].as_u64().unwrap()).sum()
    }

    async fn log_in(&self) -> String {
        let body = json!({
            "username": self.credential("MAGENTO_ADMIN_USERNAME"),
            "password": self.credential("MAGENTO_ADMIN_PASSWORD"),
        });
        let url = format!("{}/rest/V1/integration/admin/token", self.url);
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Every request that reached it, oldest first.
    ///
    /// # Panics
    /// When it does not say.
    pub async fn requests(&self) -> Vec<LoggedRequest> {
        let answer = self.client.get(self.log_url()).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Forgets what reached it so far.
    ///
    /// # Panics
    /// When it does not.
    pub async fn forget_requests(&self) {
        let answer = self.client.delete(self.log_url()).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// Every request that reached the cache, oldest first.
    ///
    /// # Panics
    /// When there is none.
    pub async fn purges(&self) -> Vec<Value> {
        let url = format!("{}__cdn/requests", self.credential("SOUK_CDN_URL"));
        let answer = http_client().get(url).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Asks the cache for a page with these tags: whether it was there.
    ///
    /// # Panics
    /// When the cache does not say.
    pub async fn is_cached(&self, page: &str, tags: &str) -> bool {
        let url = format!("{}{page}", self.credential("SOUK_CDN_URL"));
        let asked = http_client().get(url).header("x-magento-tags", tags);
        match asked.send().await.unwrap().text().await.unwrap().trim() {
            "HIT" => true,
            "MISS" => false,
            other => panic!("{other}"),
        }
    }

    fn log_url(&self) -> String {
        format!("{}/__demo/requests", self.url)
    }
}

/// A field of a product as the API answers it, wherever Magento keeps it; null where it has none.
#[must_use]
pub fn field_of(product: &Value, field: &str) -> Value {
    if let Some(value) = product.get(field) {
        return value.clone();
    }
    let attributes = product["custom_attributes"].as_array();
    let found =
        attributes.into_iter().flatten().find(|attribute| attribute["attribute_code"] == field);
    found.map_or(Value::Null, |attribute| attribute["value"].clone())
}
