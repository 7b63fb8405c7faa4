//! A client on pipes that does as little as it can: lines out, lines in.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::load::{ID, Run, Template, is_success};
use crate::process::{Process, clean};

/// A server on pipes, and the conversation with it.
pub(crate) struct Pipes {
    pub(crate) process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    line: Vec<u8>,
    /// Requests made so far: within a conversation no id is used twice.
    asked: u64,
}

impl Pipes {
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut process = Process::start(command.stderr(Stdio::null()))?;
        let input = process.child().stdin.take().context("no input")?;
        let output = process.child().stdout.take().context("no output")?;
        let output = BufReader::with_capacity(256 << 10, output);
        Ok(Self { process, input, output, line: Vec::new(), asked: 0 })
    }

    /// This program as a server that does nothing.
    pub(crate) fn nothing() -> anyhow::Result<Self> {
        Self::start(&mut clean(&std::env::current_exe()?, [crate::nothing::ARGUMENT]))
    }

    /// A `souk` on the store, opened up to its list of tools.
    pub(crate) fn souk(souk: &mut Command) -> anyhow::Result<Self> {
        let mut pipes = Self::start(souk)?;
        pipes.open()?;
        Ok(pipes)
    }

    /// `initialize` to the answer of `tools/list`.
    fn open(&mut self) -> anyhow::Result<()> {
        let answer = self.ask(&initialize())?;
        ensure!(answer["result"]["serverInfo"]["name"] == "souk", "not opened: {answer}");
        self.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        let answer = self.ask(&json!({"jsonrpc": "2.0", "id": "list", "method": "tools/list"}))?;
        let tools = answer["result"]["tools"].as_array().map_or(0, Vec::len);
        ensure!(tools > 3, "tools are missing: {answer}");
        Ok(())
    }

    /// Calls a tool once, and gives its structured answer.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> anyhow::Result<Value> {
        let params = json!({"name": tool, "arguments": arguments});
        self.asked += 1;
        let asked =
            json!({"jsonrpc": "2.0", "id": self.asked, "method": "tools/call", "params": params});
        let mut answer = self.ask(&asked)?;
        ensure!(answer["result"]["isError"] == false, "`{tool}` failed: {answer}");
        Ok(answer["result"]["structuredContent"].take())
    }

    fn say(&mut self, message: &Value) -> anyhow::Result<()> {
        Ok(self.input.write_all(format!("{message}\n").as_bytes())?)
    }

    fn ask(&mut self, message: &Value) -> anyhow::Result<Value> {
        self.say(message)?;
        self.receive()?;
        Ok(serde_json::from_slice(&self.line)?)
    }

    fn receive(&mut self) -> anyhow::Result<()> {
        self.line.clear();
        ensure!(self.output.read_until(b'\n', &mut self.line)? > 0, "the server has ended");
        Ok(())
    }

    /// Makes `calls` calls, so many of them at once.
    pub(crate) fn drive(
        &mut self,
        request: &mut Template,
        at_once: usize,
        calls: usize,
    ) -> anyhow::Result<Run> {
        let mut begun: Vec<Instant> = Vec::with_capacity(calls);
        let mut latencies = Vec::with_capacity(calls);
        let mut waiting: Vec<u8> = Vec::new();
        let first = self.asked;
        self.asked += calls as u64;
        let since = Instant::now();
        for _ in 0..at_once.min(calls) {
            waiting.extend_from_slice(request.numbered(first + begun.len() as u64));
            begun.push(since);
        }
        while latencies.len() < calls {
            // What has come together goes out in one write.
            if !waiting.is_empty() && !self.output.buffer().contains(&b'\n') {
                self.input.write_all(&waiting)?;
                waiting.clear();
            }
            self.receive()?;
            if is_notification(&self.line) {
                continue;
            }
            let start = Template::number(&self.line)
                .and_then(|number| usize::try_from(number.checked_sub(first)?).ok())
                .and_then(|place| begun.get(place));
            let start = start.with_context(|| {
                format!("a stray answer: {}", String::from_utf8_lossy(&self.line))
            })?;
            latencies.push(start.elapsed());
            ensure!(
                is_success(&self.line),
                "a call failed: {}",
                String::from_utf8_lossy(&self.line)
            );
            if begun.len() < calls {
                waiting.extend_from_slice(request.numbered(first + begun.len() as u64));
                begun.push(Instant::now());
            }
        }
        Ok(Run::new(latencies, since))
    }
}

/// A plugin may be replaced while it is measured, and the client is told.
fn is_notification(line: &[u8]) -> bool {
    line.starts_with(br#"{"jsonrpc":"2.0","method":"#)
}

pub(crate) fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "souk-bench", "version": "0"}}})
}

/// A call as a line.
pub(crate) fn line(tool: &str, arguments: &Value) -> anyhow::Result<Template> {
    let params = json!({"name": tool, "arguments": arguments});
    Template::new(&format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{ID},\"method\":\"tools/call\",\"params\":{params}}}\n"
    ))
}

/// `souk serve` in an environment of its own: a home for state and cache, and a store.
pub(crate) fn serve(
    souk: &Path,
    plugins: &Path,
    home: &Path,
    store: &str,
    credentials: &[(String, String)],
) -> Command {
    let mut command = clean(souk, ["serve", "--plugins"]);
    command
        .arg(plugins)
        .current_dir(home)
        .env("HOME", home)
        .env("MAGENTO_BASE_URL", store)
        .envs(credentials.iter().map(|(name, value)| (name, value)));
    command
}
