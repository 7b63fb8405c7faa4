//! Websites and store views, joined with their configuration.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use souk_model::capabilities::{Finding, StoreViewInfo, WebsiteInfo};

use super::replies::{NAME_CHARS, ProbeReplies, ProbeReply};
use crate::wire::text::sanitize;

/// No more websites, and no more views, are kept.
const MOST: usize = 500;

#[derive(Deserialize)]
struct RawWebsite {
    id: u64,
    code: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct RawView {
    id: u64,
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    website_id: u64,
    #[serde(default)]
    is_active: Option<u8>,
}

#[derive(Default, Deserialize)]
struct RawConfig {
    code: String,
    locale: Option<String>,
    timezone: Option<String>,
    base_currency_code: Option<String>,
    default_display_currency_code: Option<String>,
}

/// The websites, but for the admin's, whose id is 0.
pub(super) fn websites(replies: &ProbeReplies) -> Finding<Vec<WebsiteInfo>> {
    match list::<RawWebsite>(replies, &replies.websites) {
        Err(why) => Finding::unknown(why),
        Ok(websites) => Finding::Known(
            websites
                .into_iter()
                .filter(|website| website.id != 0)
                .map(|website| WebsiteInfo {
                    id: website.id,
                    code: short(website.code),
                    name: short(website.name),
                })
                .collect(),
        ),
    }
}

/// The store views, but for the admin's.
pub(super) fn store_views(replies: &ProbeReplies) -> Finding<Vec<StoreViewInfo>> {
    let views = match list::<RawView>(replies, &replies.views) {
        Ok(views) => views,
        Err(why) => return Finding::unknown(why),
    };
    let configs = list::<RawConfig>(replies, &replies.configs).unwrap_or_default();
    let mut configs: HashMap<_, _> =
        configs.into_iter().map(|config| (config.code.clone(), config)).collect();
    let view = |view: RawView| {
        let config = configs.remove(&view.code).unwrap_or_default();
        StoreViewInfo {
            code: short(view.code),
            name: short(view.name),
            website_id: view.website_id,
            active: view.is_active.map(|active| active == 1),
            locale: config.locale.map(short),
            timezone: config.timezone.map(short),
            base_currency: config.base_currency_code.map(short),
            display_currency: config.default_display_currency_code.map(short),
        }
    };
    Finding::Known(views.into_iter().filter(|view| view.id != 0).map(view).collect())
}

fn list<T: DeserializeOwned>(replies: &ProbeReplies, reply: &ProbeReply) -> Result<Vec<T>, String> {
    let body = replies.body(reply)?;
    let mut items: Vec<T> = serde_json::from_value(body).map_err(|error| {
        format!("the answer cannot be read: {}", sanitize(&error.to_string(), 200))
    })?;
    items.truncate(MOST);
    Ok(items)
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over owned texts")]
fn short(text: String) -> String {
    sanitize(&text, NAME_CHARS)
}
