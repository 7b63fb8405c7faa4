//! Generating coupons.
//!
//! Nothing of a request that generates tells its coupons from others, so what proves them is where
//! they stand: coupons of the rule whose ids are above the highest that it had before. None of them
//! before, exactly so many after; and the codes that are answered are those that a read finds there.

use souk_sdk::core::{
    BodyBinding, BodySource, Change, DocumentReference, ItemError, Outcome, PlanState, counted,
};
use souk_sdk::magento::projection;
use souk_sdk::prelude::*;

use crate::coupon::{self, COUPON_SEARCH};
use crate::csv::push_record;
use crate::rule::{CartPriceRule, CouponSource, RULE, read_rule};

/// Where coupons are generated.
const GENERATE: Route<0> = Route::new("/V1/coupons/generate");
/// Where coupons are deleted by a list of codes.
const DELETE_CODES: Route<0> = Route::new("/V1/coupons/deleteByCodes");
/// New coupons: they are found by a search for those above an id.
const NEW_COUPONS: Changes<0> =
    Changes::of("coupons of rule", COUPON_SEARCH).post(GENERATE).post(DELETE_CODES);

/// The longest code that the database keeps.
const LONGEST_CODE: u64 = 255;
/// Magento lengthens codes, without a word, until there are so many possible ones for each wanted
/// (`promotions_write.jsonl`, `gen-exhaust`).
const POSSIBLE_FOR_EACH: u128 = 4;
/// With fewer possible codes for each coupon somebody who tries codes soon finds one.
const HARD_TO_GUESS: u128 = 100_000;

/// Codes that stand in a result; of more, all are in a document.
const IN_RESULT: usize = 50;

#[args]
pub(crate) struct GenerateCouponsArgs {
    /// A rule of coupon_type auto.
    rule_id: EntityId,
    /// How many coupons.
    #[schemars(range(min = 1, max = 100_000))]
    qty: u64,
    /// What every code begins with.
    #[serde(default)]
    #[schemars(length(max = 100))]
    prefix: String,
    /// What every code ends with.
    #[serde(default)]
    #[schemars(length(max = 100))]
    suffix: String,
    /// How many random characters a code has, beside prefix, suffix and delimiters.
    #[serde(default = "twelve")]
    #[schemars(range(min = 4, max = 32))]
    length: u64,
    #[serde(default)]
    format: CodeFormat,
    /// A delimiter after each so many random characters.
    #[schemars(range(min = 1, max = 31))]
    delimiter_at_every: Option<u64>,
    /// What stands there; `-` if left out.
    #[schemars(length(min = 1, max = 8))]
    delimiter: Option<String>,
    /// How often each can be used. Magento keeps that with the rule: this has to be the rule's own
    /// uses_per_coupon.
    uses_per_coupon: Option<u64>,
}

const fn twelve() -> u64 {
    12
}

#[args]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum CodeFormat {
    #[default]
    Alphanumeric,
    Alphabetical,
    Numeric,
}

impl CodeFormat {
    /// Magento's word for it. It answers any other with a 400 and a line of PHP.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Alphanumeric => "alphanum",
            Self::Alphabetical => "alpha",
            Self::Numeric => "num",
        }
    }

    /// How many characters codes are made of.
    const fn characters(self) -> u128 {
        match self {
            Self::Alphanumeric => 36,
            Self::Alphabetical => 26,
            Self::Numeric => 10,
        }
    }
}

/// What the action answers.
#[result]
pub(crate) struct GenerateCouponsResult {
    /// What happened, in a sentence.
    message: String,
    /// The codes that were made, as a read of the store found them; of more than 50 the first.
    coupons: Vec<String>,
    /// Where there are more: the document that holds all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<DocumentReference>,
    rule_id: u64,
    warnings: Vec<String>,
    success_count: u32,
    error_count: u32,
    /// Why not: state is failed, drifted, skipped, or unknown (coupons may have been made).
    #[schemars(with = "Vec<AnyObject>")]
    errors: Vec<ItemError>,
    /// plans_undo deletes these coupons.
    plan_id: String,
}

/// Generate coupons
///
/// Generates coupons for a rule of coupon_type auto and returns their codes as read back from the
/// store; of more than 50 all are in the document whose uri is in resource. How often a coupon can be used is the rule's uses_per_coupon. Asked for the same again
/// within ten minutes it returns the coupons made first; for another batch give another
/// idempotency_key. plans_undo deletes them.
#[action(
    apply,
    tier = risk,
    reads(RULE),
    changes(NEW_COUPONS),
    keywords(
        "voucher codes", "discount codes", "create codes", "make coupons", "single use", "batch",
        "gift",
    ),
)]
pub(crate) fn generate_coupons(
    args: &GenerateCouponsArgs,
    context: &ApplyContext,
) -> Result<GenerateCouponsResult, Failure> {
    args.check()?;
    let rule = read_rule(context, args.rule_id)?.rule;
    args.check_rule(&rule)?;
    let warnings = args.warnings(&rule);
    let (_, last) = coupon::count_and_last(context, rule.rule_id)?;
    let mut draft = context.draft(&Intent {
        summary: format!(
            "generate {} for rule {}",
            counted(args.qty, "coupon", "coupons"),
            rule.name_and_id()
        ),
        view: StoreView::Global,
        lookup: made_after(rule.rule_id, last)?,
    });
    draft.add([args.change(&rule, &warnings)?])?;
    Ok(GenerateCouponsResult::new(context, rule.rule_id, args.qty, draft.apply()?, warnings))
}

impl GenerateCouponsArgs {
    fn check(&self) -> Result<(), Failure> {
        let delimiter = self.delimiter.as_deref().unwrap_or_default();
        let refuse = |argument: &str, message: &str| Err(Failure::argument(argument, message));
        for (argument, text) in
            [("prefix", &*self.prefix), ("suffix", &self.suffix), ("delimiter", delimiter)]
        {
            if text.chars().any(char::is_control) {
                return refuse(argument, "a code is on one line, without control characters");
            }
        }
        if self.prefix.trim_start() != self.prefix {
            return refuse("prefix", "customers cannot enter a code that begins with a space");
        }
        if self.suffix.trim_end() != self.suffix {
            return refuse("suffix", "customers cannot enter a code that ends with a space");
        }
        if self.delimiter.is_some() && self.delimiter_at_every.is_none() {
            let message = "without `delimiter_at_every` Magento writes none";
            return Err(Failure::argument("delimiter", message)
                .remedy("say after how many characters each, or leave `delimiter` out"));
        }
        let length = self.whole_length();
        if length > LONGEST_CODE {
            let message =
                format!("codes would have {length} characters, and Magento keeps {LONGEST_CODE}");
            return refuse("length", &message);
        }
        self.check_space()
    }

    /// How many characters a code has with everything.
    fn whole_length(&self) -> u64 {
        let count = |text: &str| u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        let delimiters = self.delimiter_at_every.map_or(0, |every| {
            (self.length - 1) / every * count(self.delimiter.as_deref().unwrap_or("-"))
        });
        count(&self.prefix) + self.length + delimiters + count(&self.suffix)
    }

    /// How many codes of this shape there can be.
    fn possible(&self, length: u64) -> u128 {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.format.characters().checked_pow(length).unwrap_or(u128::MAX)
    }

    /// Refuses codes that Magento would make longer than was asked.
    fn check_space(&self) -> Result<(), Failure> {
        let enough = |length: u64| {
            u128::from(self.qty).saturating_mul(POSSIBLE_FOR_EACH) <= self.possible(length)
        };
        if enough(self.length) {
            return Ok(());
        }
        let length = (self.length..).find(|length| enough(*length)).unwrap_or(self.length);
        Err(Failure::argument(
            "length",
            format!(
                "there are {} codes of that length and format, too few for {}: Magento would make \
                 them longer without a word",
                self.possible(self.length),
                self.qty
            ),
        )
        .remedy(format!("ask for a length of {length} at least, or another format")))
    }

    fn check_rule(&self, rule: &CartPriceRule) -> Result<(), Failure> {
        if rule.coupon_source() != CouponSource::GenerateCouponsResult {
            let (what, remedy) = match rule.coupon_source() {
                CouponSource::None => (
                    "applies without a coupon",
                    "first set `{\"coupon_type\": \"auto\"}` with `promotions_update_rule`, or create a \
                     rule of that type",
                ),
                _ => (
                    "has a coupon whose code was chosen",
                    "create a rule with `{\"coupon_type\": \"auto\"}` for them; to make this one such \
                     would put its own code out of use",
                ),
            };
            return Err(Failure::argument(
                "rule_id",
                format!("rule {} {what}: Magento generates none for it", rule.name_and_id()),
            )
            .remedy(remedy));
        }
        match self.uses_per_coupon.filter(|uses| *uses != rule.uses_per_coupon) {
            None => Ok(()),
            Some(uses) => Err(Failure::argument(
                "uses_per_coupon",
                format!(
                    "Magento takes the limit from the rule, whose uses_per_coupon is {}, and ignores \
                     one of the coupons' own",
                    rule.uses_per_coupon
                ),
            )
            .remedy(format!(
                "set `{{\"uses_per_coupon\": {uses}}}` with `promotions_update_rule`: it then holds \
                 for all coupons of the rule"
            ))),
        }
    }

    fn warnings(&self, rule: &CartPriceRule) -> Vec<String> {
        let mut warnings = Vec::new();
        if !rule.is_active {
            warnings.push("the rule is disabled: its coupons work once it is enabled".to_owned());
        }
        if rule.uses_per_coupon == 0 {
            warnings.push(
                "the rule's uses_per_coupon is 0: each coupon can be used without limit".to_owned(),
            );
        }
        let for_each = self.possible(self.length) / u128::from(self.qty.max(1));
        if for_each < HARD_TO_GUESS {
            warnings.push(format!(
                "one in {for_each} possible codes will be a coupon: somebody who tries codes soon \
                 finds one; longer codes are safer"
            ));
        }
        warnings
    }

    fn change(&self, rule: &CartPriceRule, warnings: &[String]) -> Result<Change, Failure> {
        let mut change = NEW_COUPONS
            .change(rule.rule_id.to_string())
            .label(rule.name.as_deref())
            .only_if_absent();
        let post = change.step(GENERATE.step(Method::Post, [], StoreView::Global));
        change.constant(post, "/couponSpec", self.spec(rule));
        change.expect("coupons", "/total_count", Some(&json!(self.qty)));
        for warning in warnings {
            change.warn(warning);
        }
        change.warn("undoing it deletes these coupons, also where a customer has one by then");
        let mut delete = DELETE_CODES.step(Method::Post, [], StoreView::Global);
        // The whole answer is the list of codes.
        let codes = BodySource::FromResponse(String::new());
        delete.body_bindings.push(BodyBinding { at: "/codes".to_owned(), value: codes });
        let delete = change.undo_step(delete);
        change.undo_constant(delete, "/codes", json!([]));
        change.undo_constant(delete, "/ignoreInvalidCoupons", json!(true));
        change.done()
    }

    fn spec(&self, rule: &CartPriceRule) -> Value {
        let mut spec = json!({
            "rule_id": rule.rule_id, "format": self.format.as_str(), "quantity": self.qty,
            "length": self.length,
        });
        for (member, text) in [("prefix", &self.prefix), ("suffix", &self.suffix)] {
            if !text.is_empty() {
                spec[member] = json!(text);
            }
        }
        if let Some(every) = self.delimiter_at_every {
            spec["delimiter_at_every"] = json!(every);
            spec["delimiter"] = json!(self.delimiter.as_deref().unwrap_or("-"));
        }
        spec
    }
}

/// The coupons that a rule got after that id.
fn made_after(rule: u64, last: u64) -> Result<Lookup, Failure> {
    // Always with the size of a page: a store whose operator limits input answers 20 where none is
    // asked for.
    let criteria = coupon::after(rule, last)?
        .sort("coupon_id", Direction::Asc)?
        .page(200, 1)
        .fields(projection(["coupon_id", "code"])?);
    Ok(Lookup::one(COUPON_SEARCH.read([]).search(&criteria).in_view(StoreView::Global)))
}

/// That so many were.
fn generated(count: u64) -> String {
    counted(count, "coupon was generated", "coupons were generated")
}

impl GenerateCouponsResult {
    fn new(
        context: &Context,
        rule_id: u64,
        qty: u64,
        outcome: Outcome,
        warnings: Vec<String>,
    ) -> Self {
        let (state, unknown) = (outcome.state.clone(), outcome.unknown);
        let made = outcome.subject.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let AppliedResult { message, success_count, error_count, errors, plan_id } =
            AppliedResult::new(outcome);
        let coupons = Vec::new();
        let mut generated = Self {
            message,
            coupons,
            resource: None,
            rule_id,
            warnings,
            success_count,
            error_count,
            errors,
            plan_id,
        };
        if state == PlanState::Done {
            generated.add_codes(context, qty, made.as_ref());
        } else if unknown > 0 {
            generated.message =
                "it is not known whether the coupons were made: `plans_resume` with \
                the plan's id reads the store, and generates them only if it shows that none were"
                    .to_owned();
        }
        generated
    }

    /// Adds the codes of the coupons that were made. A result that is given again, later, may find
    /// fewer of them, or others after them.
    fn add_codes(&mut self, context: &Context, qty: u64, made: Option<&Value>) {
        let rule = self.rule_id;
        let total = made.map(|made| made.id("total_count"));
        let codes = made.map_or(Ok(Vec::new()), |made| codes(context, rule, qty, made));
        self.coupons = codes.unwrap_or_default();
        let read = u64::try_from(self.coupons.len()).unwrap_or(u64::MAX);
        self.message = match total {
            Some(total) if total < qty => {
                format!("{} for rule {rule}, and {total} of them are there now", generated(qty))
            }
            _ => format!("{} for rule {rule}, and read back", generated(qty)),
        };
        if total.is_some_and(|total| total > qty) {
            self.warnings.push(
                "others were made since: these are the first of all that are there now".to_owned(),
            );
        }
        if read < total.unwrap_or(qty).min(qty) {
            self.warnings.push(format!(
                "of their codes {read} could be read: `promotions_export_coupons` shows all of them"
            ));
        }
        if self.coupons.len() > IN_RESULT {
            match self.document(context) {
                Ok(document) => {
                    self.resource = Some(document);
                    self.coupons.truncate(IN_RESULT);
                }
                // The coupons are there; that they are many is no reason to keep them from anybody.
                Err(why) => {
                    self.warnings.push(format!("they could not be put in a document: {why}"));
                }
            }
        }
    }

    /// All codes, as CSV.
    fn document(&self, context: &Context) -> Result<DocumentReference, Failure> {
        let mut csv = String::new();
        push_record(&mut csv, &["code"]);
        for code in &self.coupons {
            push_record(&mut csv, &[code]);
        }
        let name = format!("new coupons of rule {}.csv", self.rule_id);
        let mut document = context.document(&name, "text/csv");
        document.write(&csv)?;
        document.keep()
    }
}

/// The codes of what was made: the lookup answers a page of them, and the rest is read here.
fn codes(context: &Context, rule: u64, qty: u64, made: &Value) -> Result<Vec<String>, Failure> {
    let wanted = usize::try_from(qty.min(made.id("total_count"))).unwrap_or(usize::MAX);
    let mut coupons = made.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let last = coupons.iter().map(|coupon| coupon.id("coupon_id")).max().unwrap_or_default();
    let mut scan = coupon::scan(context, rule, last)?;
    while last > 0 && coupons.len() < wanted {
        match scan.next_page()? {
            Some(page) => coupons.extend(page),
            None => break,
        }
    }
    coupons.truncate(wanted);
    Ok(coupons.iter().map(|coupon| coupon.text("code").to_owned()).collect())
}
