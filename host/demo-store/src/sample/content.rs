//! The sample shop's CMS pages and blocks, some of them per language.

use serde_json::json;

use super::story::Story;
use super::{ENGLISH, GERMAN};
use crate::shop::{ALL, StoreId};

/// identifier | view | title | heading | content | active
const PAGES: &str = "\
no-route|all|404 Not Found|Off the map|<p>This path ends here. Try the search, or start over at the trailhead.</p>|1
home|all|Fjord & Field|Gear for people who walk|<p>Tents, packs and warm things, made to be repaired.</p>{{block id=\"sale-banner\"}}|1
about-us|all|About us|Since 1987|<p>Two climbers, one sewing machine, a shed by the water. Today we are forty people, and the shed still stands.</p>|1
shipping|en|Shipping & Returns|Shipping & Returns|<p>Free from 100 €. Two to four days. Sixty days to change your mind.</p>|1
versand|de|Versand & Rückgabe|Versand & Rückgabe|<p>Kostenlos ab 100 €. Zwei bis vier Tage. Sechzig Tage Zeit zum Überlegen.</p>|1
size-guide|all|Size Guide|Which size am I?|<p>Measure around the widest part of the chest. Between two sizes, take the larger: you will wear a jumper.</p>|1
repairs|all|Repairs|We mend what we sold|<p>Zips, seams, poles: send it in clean and tell us where it has been.</p>|1
summer-sale-2025|all|Summer Sale 2025|Summer Sale|<p>Up to 30 % off until 31 August.</p>|0
trade-terms|all|Trade Terms||<p></p>|1
";

/// identifier | view | title | content | active
const BLOCKS: &str = "\
footer-links|all|Footer Links|<ul><li><a href=\"/about-us\">About us</a></li><li><a href=\"/repairs\">Repairs</a></li></ul>|1
sale-banner|all|Sale Banner|<p><strong>Autumn sale</strong>: last season's colours, 20 % off.</p>|1
size-chart|all|Size Chart|<table><tr><th>S</th><th>M</th><th>L</th></tr><tr><td>92</td><td>98</td><td>104</td></tr></table>|1
returns-note|en|Returns Note|<p>Sixty days, no questions.</p>|1
returns-note|de|Rückgabehinweis|<p>Sechzig Tage, ohne Fragen.</p>|1
christmas-2025|all|Christmas 2025|<p>Order by 18 December.</p>|0
";

fn view(name: &str) -> StoreId {
    match name {
        "en" => ENGLISH,
        "de" => GERMAN,
        _ => ALL,
    }
}

/// Writes pages and blocks.
pub(super) fn write(story: &mut Story<'_>) {
    for line in PAGES.lines() {
        let cells: Vec<&str> = line.split('|').collect();
        let [identifier, store, title, heading, content, active] = cells[..] else { continue };
        let about = if heading.is_empty() { "" } else { title };
        story.tell("POST", "/V1/cmsPage", view(store), json!({ "page": {
            "identifier": identifier, "title": title, "page_layout": "1column", "content_heading": heading,
            "content": content, "active": active == "1", "sort_order": "0",
            "meta_title": about, "meta_description": about
        }}));
    }
    for line in BLOCKS.lines() {
        let cells: Vec<&str> = line.split('|').collect();
        let [identifier, store, title, content, active] = cells[..] else { continue };
        story.tell("POST", "/V1/cmsBlock", view(store), json!({ "block": {
            "identifier": identifier, "title": title, "content": content, "active": active == "1"
        }}));
    }
}
