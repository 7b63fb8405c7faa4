//! What a setting's values are: how they are read, compared and written.

use std::net::SocketAddr;

use serde_json::{Map, Value};
use souk_model::{Caps, TokenDigest};
use souk_policy::ToolSet;
use souk_policy::trust::GrantPattern;
use souk_policy::writes::WriteCatalogue;
use souk_policy::{PrincipalPattern, RuleExample, ToolPattern};
use url::Url;

use super::decision_rule::decision_rules;

/// Who decides of a plan, the strictest first.
pub(crate) const NEEDS: &[&str] = &["two", "other", "person", "confirm", "none"];

/// The tiers, the lowest first.
pub(crate) const TIERS: &[&str] = &["safe", "risk", "critical"];

/// A kind of value. Whatever source a value comes from, it is kept as JSON in one form:
///
/// | kind | form |
/// |---|---|
/// | `Token` | the hex digest of the token |
/// | `Caps` | an object of amounts as text, by currency |
/// | `MaskRules` | a list of rules; `true` is one that masks everything |
/// | `DecisionRules` | a list of rules |
/// | `Tools`, `ToolSets`, `Names`, `Requests` | a list of texts |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// On or off.
    Switch,
    /// A number without fraction or sign.
    Whole,
    /// A number that is not negative.
    Number,
    /// Any text.
    Text,
    /// A file or directory.
    Path,
    /// An address of the web.
    Url,
    /// An IP address and port.
    Address,
    /// One of these, the strictest first.
    Choice(&'static [&'static str]),
    /// Tools: names, or `group_*`.
    Tools,
    /// Sets of tools, at least one; in a file also one text, as in a flag.
    ToolSets,
    /// Names of any other things.
    Names,
    /// Requests of back ends: methods and routes.
    Requests,
    /// Amounts of money by currency.
    Caps,
    /// A secret; in a file also `{ file = "…" }`.
    Secret,
    /// A bearer token that callers bring, written as a secret is. Only its digest is kept, from the
    /// moment it is read.
    Token,
    /// Digests of such tokens, as `sha256:` and hex.
    TokenDigests,
    /// Calls that a rule is tried on.
    Examples,
    /// For whom, and in what, personal data is masked.
    MaskRules,
    /// Who has to decide of which plans.
    DecisionRules,
    /// A table of the plugin's own.
    Table,
    /// Writes of the store that the host's own catalogue does not have.
    Routes,
}

impl ValueKind {
    /// What is meant, for a message: "must be …".
    pub(crate) fn expects(self) -> String {
        match self {
            Self::Switch => "true or false".to_owned(),
            Self::Whole => "a whole number from 0".to_owned(),
            Self::Number => "a number from 0".to_owned(),
            Self::Text | Self::Path => "text".to_owned(),
            Self::Url => "a URL".to_owned(),
            Self::Address => "an address and port, like 127.0.0.1:8808".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Tools => "a list of tools: names, or `group_*`".to_owned(),
            Self::ToolSets => "sets of tools: auto, classic, all, or names of plugins".to_owned(),
            Self::Names => "a list of texts".to_owned(),
            Self::Requests => "a list of requests, like `GET /V1/products/*`".to_owned(),
            Self::Caps => {
                "an amount, like 1000, or some by currency, like EUR=500, *=100".to_owned()
            }
            Self::Secret | Self::Token => "text, or `{ file = \"…\" }`".to_owned(),
            Self::TokenDigests => "a list of digests, `sha256:` and 64 hex digits".to_owned(),
            Self::Examples => "a list of calls, like `orders_refund critical apply`".to_owned(),
            Self::MaskRules => "true, false, or tables `[[policy.mask_pii]]`".to_owned(),
            Self::DecisionRules => "tables `[[approvals.rules]]`".to_owned(),
            Self::Table => "a table".to_owned(),
            Self::Routes => "tables `[[routes]]`".to_owned(),
        }
    }

    /// Whether no command may print it.
    pub(crate) const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Token)
    }

    /// A value from a flag or a variable.
    ///
    /// # Errors
    /// Why it is none, for people. It repeats the text, unless that may be a secret.
    pub(crate) fn parse(self, text: &str) -> Result<Value, String> {
        let wrong = || format!("`{text}` is wrong: it must be {}", self.expects());
        match self {
            Self::Switch | Self::MaskRules => match text {
                "0" | "false" | "no" => self.check(Value::Bool(false)),
                "1" | "true" | "yes" => self.check(Value::Bool(true)),
                _ => Err(format!("`{text}` is neither true nor false")),
            },
            Self::Whole => text.parse::<u64>().map(Value::from).map_err(|_| wrong()),
            Self::Number => text
                .parse::<f64>()
                .map_err(|_| wrong())
                .and_then(|number| self.check(number.into())),
            Self::Tools
            | Self::ToolSets
            | Self::Names
            | Self::Requests
            | Self::TokenDigests
            | Self::Examples => {
                let parts = text.split(',').map(str::trim);
                self.check(parts.map(Value::from).collect())
            }
            Self::Table | Self::Routes | Self::DecisionRules => {
                Err("it can only be set in a file".to_owned())
            }
            _ => self.check(Value::from(text)),
        }
    }

    /// A value from a file, in the one form of its kind.
    ///
    /// # Errors
    /// Why it is none, for people.
    pub(crate) fn check(self, value: Value) -> Result<Value, String> {
        let wrong = || format!("it must be {}", self.expects());
        match (self, value) {
            (Self::Switch, value @ Value::Bool(_)) => Ok(value),
            (Self::Whole, Value::Number(number)) if number.is_u64() => Ok(number.into()),
            (Self::Number, Value::Number(number)) => number
                .as_f64()
                .filter(|n| n.is_finite() && *n >= 0.0)
                .map(Value::from)
                .ok_or_else(wrong),
            (Self::Text | Self::Path | Self::Secret, Value::String(text)) if !text.is_empty() => {
                Ok(text.into())
            }
            (Self::Secret | Self::Token, Value::Object(map)) if names_a_file(&map) => {
                Ok(map.into())
            }
            (Self::Token, Value::String(token)) => token_digest(&token).map(Value::from),
            (Self::Url, Value::String(text)) => match Url::parse(&text) {
                Ok(_) => Ok(text.into()),
                Err(error) => Err(format!("`{text}` is no URL: {error}")),
            },
            (Self::Address, Value::String(text)) => match text.parse::<SocketAddr>() {
                Ok(_) => Ok(text.into()),
                Err(_) => Err(format!("`{text}` is not {}", self.expects())),
            },
            (Self::Choice(choices), Value::String(text)) => {
                if choices.contains(&text.as_str()) {
                    return Ok(text.into());
                }
                Err(format!("`{text}` is not {}", self.expects()))
            }
            (Self::ToolSets, Value::String(text)) => self.parse(&text),
            (Self::ToolSets, Value::Array(items)) if items.is_empty() => Err(wrong()),
            (
                Self::Tools
                | Self::ToolSets
                | Self::Names
                | Self::Requests
                | Self::TokenDigests
                | Self::Examples,
                Value::Array(items),
            ) => items.into_iter().map(|item| self.check_item(item)).collect(),
            (Self::Caps, value @ (Value::String(_) | Value::Number(_) | Value::Object(_))) => {
                let caps: Caps =
                    serde_json::from_value(value).map_err(|error| error.to_string())?;
                Ok(caps_value(&caps))
            }
            (Self::MaskRules, Value::Bool(true)) => Ok(Value::Array(vec![Map::new().into()])),
            (Self::MaskRules, Value::Bool(false)) => Ok(Value::Array(Vec::new())),
            (Self::MaskRules, value @ Value::Array(_)) => check_mask_rules(value),
            (Self::DecisionRules, value @ Value::Array(_)) => decision_rules(&value).map(|_| value),
            (Self::Table, value @ Value::Object(_)) => Ok(value),
            (Self::Routes, Value::Array(entries)) => {
                match WriteCatalogue::shipped().with_operator_routes(&entries) {
                    Ok(_) => Ok(entries.into()),
                    Err(error) => Err(error.to_string()),
                }
            }
            _ => Err(wrong()),
        }
    }

    fn check_item(self, item: Value) -> Result<Value, String> {
        let Value::String(text) = item else {
            return Err(format!("it must be {}", self.expects()));
        };
        match self {
            Self::Tools => drop(text.parse::<ToolPattern>().map_err(|error| error.to_string())?),
            Self::ToolSets => drop(text.parse::<ToolSet>().map_err(|error| error.to_string())?),
            Self::Examples => {
                drop(text.parse::<RuleExample>().map_err(|error| error.to_string())?);
            }
            Self::TokenDigests => {
                let digest = text.strip_prefix("sha256:").unwrap_or_default();
                if digest.len() != 64 || kept_digest(&Value::from(digest)).is_none() {
                    return Err(format!("it must be {}", self.expects()));
                }
            }
            Self::Requests => {
                drop(text.parse::<GrantPattern>().map_err(|error| error.to_string())?);
            }
            _ => {}
        }
        Ok(text.into())
    }

    /// A value as TOML, for people: in one line. Secrets have no such form.
    pub(crate) fn write(self, value: &Value) -> String {
        match (self, value) {
            (Self::Secret | Self::Token, _) => "(secret)".to_owned(),
            (Self::MaskRules, Value::Array(rules)) if rules.is_empty() => "false".to_owned(),
            (Self::MaskRules, Value::Array(rules)) if rules.contains(&Map::new().into()) => {
                "true".to_owned()
            }
            (Self::Caps, Value::Object(caps)) => match caps.get("*") {
                Some(Value::String(all)) if caps.len() == 1 => all.clone(),
                _ => toml(value),
            },
            _ => toml(value),
        }
    }
}

/// The shortest token that is accepted, in bytes: what cannot be guessed over a network.
const SHORTEST_TOKEN: usize = 16;

/// The digest of a token, as it is kept.
fn token_digest(token: &str) -> Result<String, String> {
    if token.len() < SHORTEST_TOKEN {
        return Err(format!(
            "the token is shorter than {SHORTEST_TOKEN} characters; make one with \
             `openssl rand -hex 32`"
        ));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the token has spaces or characters other than ASCII in it".to_owned());
    }
    Ok(hex::encode(TokenDigest::of(token.as_bytes()).bytes()))
}

/// The digest of a value of the kind [`ValueKind::Token`].
pub(crate) fn kept_digest(value: &Value) -> Option<TokenDigest> {
    let mut bytes = [0; 32];
    let text = value.as_str()?;
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(TokenDigest::from_bytes(bytes))
}

/// Caps in the one form they are kept in.
pub(crate) fn caps_value(caps: &Caps) -> Value {
    let amounts = caps.amounts().map(|(currency, amount)| (currency.to_owned(), amount.into()));
    Value::Object(amounts.collect())
}

fn names_a_file(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.get("file").is_some_and(Value::is_string)
}

/// The rules' keys are settings of their own and known by now; here their texts are checked.
fn check_mask_rules(rules: Value) -> Result<Value, String> {
    for rule in rules.as_array().into_iter().flatten() {
        let texts = |key: &str| {
            let list = rule.get(key).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str)
        };
        for principals in texts("principals") {
            principals.parse::<PrincipalPattern>().map_err(|error| error.to_string())?;
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(wrong) = texts("plugins").find(|group| !group.chars().all(plain)) {
            return Err(format!(
                "`{wrong}` is no plugin's name, which has lower-case letters and digits only"
            ));
        }
    }
    Ok(rules)
}

/// A value as TOML in one line.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let members =
                map.iter().map(|(key, value)| format!("{} = {}", toml_key(key), toml(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        // JSON's escapes are TOML's too.
        other => other.to_string(),
    }
}

/// A key as TOML: bare where it may be.
fn toml_key(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        Value::from(key).to_string()
    }
}
