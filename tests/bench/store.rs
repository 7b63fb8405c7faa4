//! The store: a `souk demo-store` of its own, in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::http::{Client, Post};
use crate::process::{Process, clean};

/// A running demo store, and how to talk to it.
pub(crate) struct Store {
    pub(crate) address: SocketAddr,
    /// `MAGENTO_*` variables of an integration.
    pub(crate) credentials: Vec<(String, String)>,
    /// An admin's token.
    pub(crate) token: String,
    _process: Process,
}

impl Store {
    pub(crate) fn start(souk: &Path) -> anyhow::Result<Self> {
        let mut process =
            Process::start(&mut clean(souk, ["demo-store", "--listen", "127.0.0.1:0"]))?;
        let output = process.child().stdout.take().context("the store has no output")?;
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        // The last credentials it prints are a customer's.
        let told: Vec<String> = {
            let mut told = Vec::new();
            for line in lines {
                let last = line.starts_with("customer");
                told.push(line);
                if last {
                    break;
                }
            }
            told
        };
        let address = told
            .first()
            .and_then(|line| line.split("http://").nth(1)?.trim_end_matches('/').parse().ok())
            .context("the store does not say where it listens")?;
        let variables: Vec<(String, String)> = told
            .iter()
            .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("MAGENTO_")))
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| known == name);
            found
                .map(|(_, value)| value.clone())
                .with_context(|| format!("the store tells no {name}"))
        };
        let credentials = ["CONSUMER_KEY", "CONSUMER_SECRET", "TOKEN", "TOKEN_SECRET"]
            .map(|part| format!("MAGENTO_OAUTH_{part}"))
            .into_iter()
            .map(|name| Ok((name.clone(), variable(&name)?)))
            .collect::<anyhow::Result<_>>()?;
        let login = json!({
            "username": variable("MAGENTO_ADMIN_USERNAME")?,
            "password": variable("MAGENTO_ADMIN_PASSWORD")?,
        });
        let post = Post::new(address, "/rest/V1/integration/admin/token", &[], &login.to_string());
        let token: String = serde_json::from_slice(&Client::new()?.once(address, &post.0)?.body)
            .context("the store gives no admin token")?;
        Ok(Self { address, credentials, token, _process: process })
    }

    /// The target of the last request that the store answered.
    pub(crate) fn last_target(&self) -> anyhow::Result<String> {
        let request = format!("GET /__demo/requests HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        let answer = Client::new()?.once(self.address, request.as_bytes())?;
        let requests: Vec<Value> = serde_json::from_slice(&answer.body)?;
        let target = requests.last().and_then(|request| request["target"].as_str());
        Ok(target.context("the store has seen no request")?.to_owned())
    }
}
