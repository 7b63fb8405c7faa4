//! The coupons of a rule as CSV: in the answer, or where they are many as a document beside it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use souk_sdk::{Context, Document, DocumentWriter, EntityId, Failure};

use crate::answer::{number, text};
use crate::coupon::Pages;
use crate::csv::push_record;
use crate::rule;

/// As much stands in an answer itself, in bytes: some 1,200 coupons. More than that a model reads at
/// great cost and for nothing.
const INLINE: usize = 64 << 10;
/// Coupons that stand in the answer beside a document.
const FIRST: u64 = 20;

const COLUMNS: [&str; 8] = [
    "coupon_id",
    "code",
    "usage_limit",
    "usage_per_customer",
    "times_used",
    "created_at",
    "expiration_date",
    "type",
];

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    /// The rule's id, as promotions_search_rules answers it.
    rule_id: EntityId,
    #[serde(default)]
    format: Format,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Csv,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Exported {
    format: Format,
    /// How many coupons the rule has.
    total_count: u64,
    /// A line of column names, and one for each coupon, in the order in which they were made. Of
    /// many only the first ones: see truncated.
    csv: String,
    /// Whether there are more than csv shows: all of them stand in resource.
    truncated: bool,
    /// Where there are many: the document that holds all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Document>,
}

pub(crate) fn export(asked: &Export, context: &Context) -> Result<Exported, Failure> {
    let rule = rule::known(context, asked.rule_id)?.rule;
    let mut table = Table::of(context, rule.rule_id);
    let mut pages = Pages::after(context, rule.rule_id, 0);
    while let Some(page) = pages.next_page()? {
        for coupon in &page {
            table.push(coupon)?;
        }
        context.progress(table.count, pages.total, "coupons read");
    }
    let Table { csv, count, document, .. } = table;
    let resource = document.map(|document| document.all.keep()).transpose()?;
    Ok(Exported {
        format: asked.format,
        total_count: count,
        csv,
        truncated: resource.is_some(),
        resource,
    })
}

/// Lines on their way into the answer, and into a document as soon as they are too many for it.
struct Table<'context> {
    context: &'context Context,
    rule: u64,
    /// What stands in the answer.
    csv: String,
    /// How many coupons were written.
    count: u64,
    /// Where in `csv` the first ones end.
    first: usize,
    document: Option<Large>,
}

/// A table too large for an answer.
struct Large {
    all: DocumentWriter,
    /// The line that is being written, kept for its room.
    line: String,
}

impl<'context> Table<'context> {
    fn of(context: &'context Context, rule: u64) -> Self {
        let mut csv = String::new();
        push_record(&mut csv, &COLUMNS);
        Self { context, rule, first: csv.len(), csv, count: 0, document: None }
    }

    fn push(&mut self, coupon: &Value) -> Result<(), Failure> {
        self.count += 1;
        if let Some(Large { all, line }) = &mut self.document {
            line.clear();
            push_coupon(line, coupon);
            return all.write(line);
        }
        push_coupon(&mut self.csv, coupon);
        if self.count <= FIRST {
            self.first = self.csv.len();
        }
        if self.csv.len() > INLINE {
            let name = format!("coupons of rule {}.csv", self.rule);
            let mut all = self.context.document(&name, "text/csv");
            all.write(&self.csv)?;
            self.csv.truncate(self.first);
            self.document = Some(Large { all, line: String::new() });
        }
        Ok(())
    }
}

fn push_coupon(csv: &mut String, coupon: &Value) {
    // 1 is generated; a coupon that was given none has no type (`coupon-nocode`).
    let kind = if number(coupon, "type") == 1 { "generated" } else { "manual" };
    let counted = |member: &str| number(coupon, member).to_string();
    let written = |member: &str| text(coupon, member).unwrap_or_default();
    push_record(
        csv,
        &[
            &counted("coupon_id"),
            written("code"),
            &counted("usage_limit"),
            &counted("usage_per_customer"),
            &counted("times_used"),
            written("created_at"),
            written("expiration_date"),
            kind,
        ],
    );
}
