//! The coupons of a rule as CSV: in the result, or where they are many as a document beside it.

use souk_sdk::core::{DocumentReference, DocumentWriter};
use souk_sdk::prelude::*;

use crate::coupon::{self, COUPON_SEARCH};
use crate::csv::push_record;
use crate::rule::{RULE, read_rule};

/// As much stands in a result itself, in bytes: some 150 coupons. More than that a model reads at
/// great cost and for nothing.
const INLINE: usize = 8 << 10;
/// Coupons that stand in the result beside a document.
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

#[args]
pub(crate) struct ExportCouponsArgs {
    /// By `promotions_search_rules`.
    rule_id: EntityId,
    #[serde(default)]
    format: ExportFormat,
}

#[record]
#[result]
#[derive(Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum ExportFormat {
    #[default]
    Csv,
}

#[result]
pub(crate) struct ExportCouponsResult {
    format: ExportFormat,
    /// How many coupons the rule has.
    total_count: u64,
    /// A line of column names, and one for each coupon, in the order in which they were made. Of
    /// many only the first ones: see truncated.
    csv: String,
    /// Whether there are more than csv shows: all of them are in resource.
    truncated: bool,
    /// Where there are many: the document that holds all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<DocumentReference>,
}

/// Export coupons
///
/// Returns all coupons of a rule as CSV (RFC 4180): coupon_id, code, usage_limit, usage_per_customer,
/// times_used, created_at, expiration_date, type (generated or manual). An apostrophe stands before
/// cells that a spreadsheet would take for a formula: those that begin with = + - @. Above 8 KiB csv
/// holds the first lines and truncated is true; the whole document is the resource whose uri, size and
/// expires_at are in resource.
#[action(
    query,
    reads(RULE, COUPON_SEARCH),
    keywords(
        "voucher codes",
        "download",
        "spreadsheet",
        "CSV",
        "times used",
        "list of codes",
        "redeemed",
    )
)]
pub(crate) fn export_coupons(
    args: &ExportCouponsArgs,
    context: &Context,
) -> Result<ExportCouponsResult, Failure> {
    let rule = read_rule(context, args.rule_id)?.rule.rule_id;
    let mut table = CouponTable::new();
    let mut scan = coupon::scan(context, rule, 0)?;
    while let Some(page) = scan.next_page()? {
        for coupon in &page {
            table.push(coupon)?;
        }
        if table.csv.len() > INLINE && table.document.is_none() {
            let mut document = context.document(&format!("coupons of rule {rule}.csv"), "text/csv");
            document.write(&table.csv)?;
            table.csv.truncate(table.first);
            table.document = Some(document);
        }
        context.progress(table.count, scan.total(), "coupons read");
    }
    let resource = table.document.map(DocumentWriter::keep).transpose()?;
    Ok(ExportCouponsResult {
        format: args.format,
        total_count: table.count,
        csv: table.csv,
        truncated: resource.is_some(),
        resource,
    })
}

/// Lines on their way into the result, and into a document once they are too many for it.
struct CouponTable {
    /// What stands in the result.
    csv: String,
    /// How many coupons were written.
    count: u64,
    /// Where in `csv` the first ones end.
    first: usize,
    document: Option<DocumentWriter>,
}

impl CouponTable {
    fn new() -> Self {
        let mut csv = String::new();
        push_record(&mut csv, &COLUMNS);
        Self { first: csv.len(), csv, count: 0, document: None }
    }

    fn push(&mut self, coupon: &Value) -> Result<(), Failure> {
        self.count += 1;
        if let Some(document) = &mut self.document {
            let mut line = String::new();
            push_coupon(&mut line, coupon);
            return document.write(&line);
        }
        push_coupon(&mut self.csv, coupon);
        if self.count <= FIRST {
            self.first = self.csv.len();
        }
        Ok(())
    }
}

fn push_coupon(csv: &mut String, coupon: &Value) {
    // 1 is generated; a coupon that was given none has no type (`coupon-nocode`).
    let kind = if coupon.id("type") == 1 { "generated" } else { "manual" };
    let counted = |member: &str| coupon.id(member).to_string();
    push_record(
        csv,
        &[
            &counted("coupon_id"),
            coupon.text("code"),
            &counted("usage_limit"),
            &counted("usage_per_customer"),
            &counted("times_used"),
            coupon.text("created_at"),
            coupon.text("expiration_date"),
            kind,
        ],
    );
}
