//! `cache_purge_by_url`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use souk_sdk::{ApplyContext, Failure, PurgeTarget, Purged};

/// How many addresses one call may name.
pub(crate) const MOST_URLS: u32 = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Whole addresses of pages of this store, exactly as a browser asks for them:
    /// `https://shop.example/women.html?p=2`.
    #[schemars(length(min = 1, max = 50), inner(length(min = 1)))]
    urls: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// How many pages were purged, and by what.
    message: String,
    /// What became of each address, in the order given.
    results: Vec<One>,
}

#[derive(Serialize, JsonSchema)]
struct One {
    /// The address as it was given.
    url: String,
    /// Whether the page was purged.
    success: bool,
    /// The cache's id of the purge, where it gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_id: Option<String>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) fn purge(asked: &Asked, context: &ApplyContext) -> Result<Answer, Failure> {
    let targets: Vec<PurgeTarget> = asked.urls.iter().cloned().map(PurgeTarget::Url).collect();
    let purged = context.purge(&targets);
    let message = told(&purged)?;
    let results = asked.urls.iter().zip(purged).map(|(url, purged)| one(url, purged)).collect();
    Ok(Answer { message, results })
}

/// The message, or why nothing at all was purged.
fn told(purged: &[Result<Purged, Failure>]) -> Result<String, Failure> {
    let Some(first) = purged.iter().flatten().next() else {
        return Err(all_failed(purged));
    };
    let count = purged.iter().flatten().count();
    let what = match (count, purged.len()) {
        (1, 1) => "1 page".to_owned(),
        (count, all) if count == all => format!("{count} pages"),
        (count, all) => format!("{count} of {all} pages"),
    };
    let provider = &first.provider;
    Ok(if first.previewed {
        format!("preview: {what} would be purged from {provider}; nothing was sent")
    } else {
        format!("purged {what} from {provider}")
    })
}

/// The first failure stands for all: most often they are one and the same.
fn all_failed(purged: &[Result<Purged, Failure>]) -> Failure {
    let mut failures = purged.iter().filter_map(|purged| purged.as_ref().err());
    let Some(first) = failures.next() else {
        return Failure::internal("the host answered no purge");
    };
    let others: Vec<&Failure> =
        failures.filter(|failure| failure.message != first.message).collect();
    let failure = Failure { argument: Some("/urls".to_owned()), ..first.clone() };
    if others.is_empty() {
        return failure;
    }
    let more: Vec<&str> = others.iter().take(4).map(|failure| failure.message.as_str()).collect();
    let message = format!("nothing was purged: {}; {}", first.message, more.join("; "));
    Failure { message, ..failure }
}

fn one(url: &str, purged: Result<Purged, Failure>) -> One {
    let url = url.to_owned();
    match purged {
        Ok(Purged { id, previewed, .. }) => {
            One { url, success: !previewed, purge_id: id, error: None }
        }
        Err(Failure { message, remedy, .. }) => {
            let error = remedy.map_or(message.clone(), |remedy| format!("{message}: {remedy}"));
            One { url, success: false, purge_id: None, error: Some(error) }
        }
    }
}
