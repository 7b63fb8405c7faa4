//! Calls: alone and many at once, over pipes and over HTTP, beside what they are made of.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::Context;
use serde_json::{Value, json};

use crate::Bench;
use crate::http::{Client, Post, header};
use crate::load::{Figures, ID, Template, is_success};
use crate::pipes::{Pipes, initialize, line};
use crate::process::Process;
use crate::start::mebibytes;
use crate::store::Store;
use crate::table::{Table, median, micros};

/// Calls at once where it is not one.
const MANY: usize = 32;
/// A product of the sample shop.
const SKU: &str = "TEN-001";
/// How the newest protocol calls itself.
const MODERN: &str = "2026-07-28";

/// What is measured beside each other.
const ROWS: [&str; 8] = [
    "do-nothing server, stdio",
    "auth_whoami, stdio",
    "auth_whoami, HTTP 2026-07-28",
    "auth_whoami, HTTP in a session",
    "the store itself, HTTP",
    "catalog_get_product, stdio",
    "catalog_get_product, HTTP 2026-07-28",
    "catalog_get_product, HTTP in a session",
];
/// Places among [`ROWS`].
const STORE: usize = 4;
const PRODUCT: usize = 5;

pub(crate) fn measure(bench: &Bench, store: &Store) -> anyhow::Result<Vec<Table>> {
    let mut subject = Subject::start(bench, store)?;
    let idle = subject.souk.process.resident()?;
    let mut tables = Vec::new();
    for at_once in [1, MANY] {
        let mut figures: [Vec<Figures>; ROWS.len()] = Default::default();
        for _ in 0..bench.rounds {
            for (row, figures) in figures.iter_mut().enumerate() {
                figures.push(subject.run(row, at_once, bench.calls)?);
            }
        }
        tables.push(table(at_once, &figures)?);
    }
    let busy = subject.busy(bench.calls)?;
    let after = subject.souk.process.resident()?;
    let mut memory = Table::new("resident memory, stdio", &["", ""]);
    memory.row(["after start, list and login".into(), mebibytes(idle)]);
    memory.row([format!("under load, {MANY} at once, at most"), mebibytes(busy)]);
    memory.row(["after it".into(), mebibytes(after)]);
    tables.push(memory);
    Ok(tables)
}

fn table(at_once: usize, figures: &[Vec<Figures>]) -> anyhow::Result<Table> {
    let title = format!("calls, {at_once} in flight");
    let mut table = Table::new(&title, &["", "p50", "p99", "calls/s"]);
    for (name, figures) in ROWS.into_iter().zip(figures) {
        let Figures { p50, p99, per_second } = Figures::median(figures).context("no rounds")?;
        table.row([name.to_owned(), micros(p50), micros(p99), format!("{per_second:.0}")]);
    }
    if at_once == 1 {
        let shares = figures[PRODUCT].iter().zip(&figures[STORE]);
        let share = median(shares.map(|(souk, store)| souk.p50.saturating_sub(store.p50)));
        table.note(format!(
            "Souk's share of catalog_get_product on stdio, at p50: {}",
            micros(share.unwrap_or_default())
        ));
    }
    Ok(table)
}

/// Everything that is measured, running.
struct Subject {
    client: Client,
    nothing: Pipes,
    souk: Pipes,
    http: HttpHost,
    store: SocketAddr,
    /// The request to the store that a product call makes.
    direct: String,
    whoami: Template,
    product: Template,
    _homes: [tempfile::TempDir; 2],
}

impl Subject {
    fn start(bench: &Bench, store: &Store) -> anyhow::Result<Self> {
        let homes = [tempfile::tempdir()?, tempfile::tempdir()?];
        let base_url = format!("http://{}/", store.address);
        // The first start compiles, which leaves memory behind that no later start has.
        drop(Pipes::souk(&mut bench.serve(homes[0].path(), &base_url, store))?);
        let mut souk = Pipes::souk(&mut bench.serve(homes[0].path(), &base_url, store))?;
        souk.call("auth_login", &json!({}))?;
        souk.call("catalog_get_product", &product())?;
        let direct = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nAuthorization: Bearer {}\r\n\r\n",
            store.last_target()?,
            store.address,
            store.token
        );
        let client = Client::new()?;
        let mut command = bench.serve(homes[1].path(), &base_url, store);
        let http = HttpHost::start(command.args(["--http", "127.0.0.1:0"]), &client)?;
        Ok(Self {
            client,
            nothing: Pipes::nothing()?,
            souk,
            http,
            store: store.address,
            direct,
            whoami: line("auth_whoami", &json!({}))?,
            product: line("catalog_get_product", &product())?,
            _homes: homes,
        })
    }

    fn run(&mut self, row: usize, at_once: usize, calls: usize) -> anyhow::Result<Figures> {
        let Self { client, http, .. } = self;
        let over_http =
            |request: &str| client.drive(http.address, request, at_once, calls, succeeded);
        let run = match row {
            0 => self.nothing.drive(&mut self.whoami, at_once, calls)?,
            1 => self.souk.drive(&mut self.whoami, at_once, calls)?,
            2 => over_http(&http.modern("auth_whoami", &json!({})))?,
            3 => over_http(&http.legacy("auth_whoami", &json!({})))?,
            STORE => {
                client.drive(self.store, &self.direct, at_once, calls, |body| !body.is_empty())?
            }
            PRODUCT => self.souk.drive(&mut self.product, at_once, calls)?,
            6 => over_http(&http.modern("catalog_get_product", &product()))?,
            _ => over_http(&http.legacy("catalog_get_product", &product()))?,
        };
        Ok(run.figures())
    }

    /// The most resident memory while many product calls are under way.
    fn busy(&mut self, calls: usize) -> anyhow::Result<u64> {
        let (souk, product) = (&mut self.souk, &mut self.product);
        let mut most = 0;
        for _ in 0..20 {
            souk.drive(product, MANY, calls / 20)?;
            most = most.max(souk.process.resident()?);
        }
        Ok(most)
    }
}

fn product() -> Value {
    json!({"sku": SKU})
}

/// In a session an answer comes as an event, else as it is.
fn succeeded(body: &[u8]) -> bool {
    is_success(body)
}

/// A `souk` on HTTP, logged in.
struct HttpHost {
    address: SocketAddr,
    session: String,
    _process: Process,
}

impl HttpHost {
    fn start(command: &mut std::process::Command, client: &Client) -> anyhow::Result<Self> {
        let mut process = Process::start(command.stderr(Stdio::piped()))?;
        let errors = process.child().stderr.take().context("no standard error")?;
        let mut lines = BufReader::new(errors).lines().map_while(Result::ok);
        let address = lines
            .find_map(|line| line.split("http://").nth(1)?.strip_suffix("/mcp")?.parse().ok())
            .context("the server does not say where it listens")?;
        // A full pipe would block it.
        std::thread::spawn(move || lines.for_each(drop));
        let opening = Post::new(address, "/mcp", &[], &initialize().to_string());
        let answer = client.once(address, &opening.0)?;
        let session = header(&answer.head, "mcp-session-id").context("no session")?.to_owned();
        let served = Self { address, session, _process: process };
        let login = served.modern("auth_login", &json!({}));
        client.drive(address, &login, 1, 1, succeeded)?;
        Ok(served)
    }

    /// A call of the newer era: complete in itself.
    fn modern(&self, tool: &str, arguments: &Value) -> String {
        let body = message(&json!({"name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": {"name": "souk-bench", "version": "0"},
            "io.modelcontextprotocol/clientCapabilities": {}}}));
        let headers =
            [("MCP-Protocol-Version", MODERN), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool)];
        self.post(&headers, &body)
    }

    /// A call of the older era: in a session that was opened before.
    fn legacy(&self, tool: &str, arguments: &Value) -> String {
        let body = message(&json!({"name": tool, "arguments": arguments}));
        let headers = [("MCP-Protocol-Version", "2025-11-25"), ("Mcp-Session-Id", &*self.session)];
        self.post(&headers, &body)
    }

    fn post(&self, headers: &[(&str, &str)], body: &str) -> String {
        String::from_utf8_lossy(&Post::new(self.address, "/mcp", headers, body).0).into_owned()
    }
}

fn message(params: &Value) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{ID},\"method\":\"tools/call\",\"params\":{params}}}")
}
