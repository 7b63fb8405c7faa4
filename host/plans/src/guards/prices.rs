//! What a price means: a sale and a group price are discounts of the product's own price, and a price
//! of its own may jump.

use serde_json::Value;
use souk_model::plan::{Change, Expectation};
use souk_model::{Code, Decimal, Failure, Pointer};
use souk_policy::writes::{BodyField, FieldKind, JudgedWrite, PriceKind};

use super::bodies::ChangeBodies;
use super::days::{begins_earlier, ends_later, is_over};
use super::discounts::{check_amount_off, is_rule};
use super::identity::subject_document;
use super::judges::shows;
use super::limits::Guards;
use crate::magento::names::same_name;
use crate::magento::values::approximately;
use crate::refusals::{refuse, unjudgeable};

/// The first and the last day of a sale.
const SALE_DAYS: [&str; 2] = ["special_from_date", "special_to_date"];

/// Where a sale's price stands in a product.
const SPECIAL_PRICE: &str = "/custom_attributes/[attribute_code=special_price]/value";

/// Whether a value reduces a price, or says when a reduced one holds.
pub(super) fn is_reduction(field: &BodyField<'_>) -> bool {
    let is_day = || SALE_DAYS.iter().any(|day| same_name(&field.name, day));
    matches!(field.kind, FieldKind::Price(PriceKind::Special | PriceKind::Group))
        || is_day()
        || wakes(field)
}

/// Whether a value puts a product on sale that may have been off: with its reduced price, if it has one.
fn wakes(field: &BodyField<'_>) -> bool {
    let of_product = matches!(field.names.as_slice(), [root, name]
        if same_name(root, "product") && same_name(name, "status"));
    of_product
        && match field.value.as_deref() {
            Some(Value::Number(number)) => number.as_f64() == Some(1.0),
            Some(Value::String(text)) => text.trim() == "1",
            Some(Value::Bool(flag)) => *flag,
            _ => false,
        }
}

/// What a product costs, as the host read it and as the change will have it.
struct ProductPrices {
    /// The highest of both, and of what it costs on any website; none: it has no price of its own.
    base: Option<Decimal>,
    /// The store view in which it costs that, where a website's price is the highest.
    view: Option<String>,
    /// Whether it is a bundle, whose sale is the share of its price that is left, in per cent, and whose
    /// group prices are the share that is taken off.
    is_bundle: bool,
}

impl Guards {
    /// No sale, no group price and no per cent beyond the cap.
    ///
    /// # Errors
    /// FORBIDDEN with the guard's name.
    pub(super) fn check_prices(&self, bodies: &ChangeBodies<'_>) -> Result<(), Failure> {
        let ChangeBodies { change, judged, .. } = *bodies;
        let fields = || judged.iter().flat_map(JudgedWrite::fields);
        let is_reduced = |field: &&BodyField<'_>| {
            matches!(field.kind, FieldKind::Price(PriceKind::Special | PriceKind::Group))
        };
        if fields().any(|field| is_reduced(&field) && field.value.as_deref() != Some(&Value::Null))
        {
            let prices = ProductPrices::of(bodies)?;
            for field in fields().filter(is_reduced) {
                self.check_reduced(change, field, &prices)?;
            }
        }
        self.check_standing_sale(bodies)?;
        // Rules are judged with what stands in the store.
        for field in judged.iter().filter(|write| !is_rule(write)).flat_map(JudgedWrite::fields) {
            let number = || {
                field
                    .number()
                    .map_err(|reason| unjudgeable(change, &format!("`{}` {reason}", field.at)))
            };
            match field.kind {
                FieldKind::Percent => {
                    if let Some(percent) = number()? {
                        self.check_percent(change, percent)?;
                    }
                }
                FieldKind::PercentLeft => {
                    if let Some(left) = number()? {
                        self.check_percent(change, Decimal::ONE_HUNDRED - left)?;
                    }
                }
                FieldKind::Discount => {
                    if let Some(amount) = number()? {
                        self.check_discount_amount(change, amount)?;
                    }
                }
                FieldKind::Undecided => {
                    return Err(unjudgeable(
                        change,
                        &format!("nothing says what kind of price `{}` is", field.at),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_reduced(
        &self,
        change: &Change,
        field: &BodyField<'_>,
        prices: &ProductPrices,
    ) -> Result<(), Failure> {
        let reduced = field
            .number()
            .map_err(|reason| unjudgeable(change, &format!("`{}` {reason}", field.at)))?;
        let Some(reduced) = reduced else { return Ok(()) };
        if field.kind == FieldKind::Price(PriceKind::Special) {
            return self.check_sale(change, &field.at, reduced, prices);
        }
        if prices.is_bundle {
            self.check_percent(change, reduced)?;
        }
        self.check_share(change, &field.at, reduced, prices)
    }

    /// No sale beyond the cap.
    fn check_sale(
        &self,
        change: &Change,
        at: &str,
        price: Decimal,
        prices: &ProductPrices,
    ) -> Result<(), Failure> {
        if prices.is_bundle {
            return self.check_percent(change, Decimal::ONE_HUNDRED - price);
        }
        self.check_share(change, at, price, prices)
    }

    /// A sale that stands in the store, whoever made it: where it would last longer than it does, or its
    /// product is put on sale again, it is judged by its price, as if that were set. So it is on each
    /// website, where it has one of its own.
    fn check_standing_sale(&self, bodies: &ChangeBodies<'_>) -> Result<(), Failure> {
        let ChangeBodies { scope, change, observed, judged, .. } = *bodies;
        let fields = || judged.iter().flat_map(JudgedWrite::fields);
        // With its price it is judged already.
        if fields().any(|field| field.kind == FieldKind::Price(PriceKind::Special)) {
            return Ok(());
        }
        let document = subject_document(scope.lookup, observed.here.as_ref());
        let stands = |code: &str| {
            let place = format!("/custom_attributes/[attribute_code={code}]/value");
            place.parse::<Pointer>().ok()?.find(document?).filter(|value| !value.is_null())
        };
        let lasts_longer = fields().any(|field| {
            let [from, to] = SALE_DAYS;
            let after = field.value.as_deref();
            if same_name(&field.name, to) {
                ends_later(after, stands(to))
            } else if same_name(&field.name, from) {
                begins_earlier(after, stands(from))
            } else {
                false
            }
        });
        let was_off = document.is_some_and(|product| product.get("status") != Some(&1.into()));
        let is_woken = was_off && fields().any(wakes);
        // Of what is over nothing is let out.
        let [_, to] = SALE_DAYS;
        let is_let_out = lasts_longer || is_woken && !is_over(stands(to));
        if !is_let_out {
            return Ok(());
        }
        if !shows(scope.lookup, SPECIAL_PRICE) {
            let why = "it lets out a sale, and its lookup does not show the sale's price";
            return Err(unjudgeable(change, why));
        }
        let on_websites = scope.website_prices.map_or(&[][..], |all| all.of(&change.subject.id));
        if stands("special_price").is_none() && on_websites.iter().all(|one| one.sale.is_none()) {
            return Ok(());
        }
        let prices = ProductPrices::of(bodies)?;
        if let Some(price) = stands("special_price") {
            let price = Decimal::from_json(price)
                .ok_or_else(|| unjudgeable(change, "the price of the sale is no number"))?;
            self.check_sale(change, SPECIAL_PRICE, price, &prices)?;
        }
        for one in on_websites {
            let Some(sale) = one.sale else { continue };
            let there = ProductPrices {
                base: one.price.or(prices.base),
                view: one.price.map(|_| one.view.clone()),
                is_bundle: prices.is_bundle,
            };
            self.check_sale(change, SPECIAL_PRICE, sale, &there)?;
        }
        Ok(())
    }

    /// No price that is further below the product's own than the cap.
    fn check_share(
        &self,
        change: &Change,
        at: &str,
        reduced: Decimal,
        prices: &ProductPrices,
    ) -> Result<(), Failure> {
        let Some(base) = prices.base else {
            return Err(unjudgeable(
                change,
                &format!("`{at}` reduces a price that the product does not have"),
            ));
        };
        if base <= Decimal::ZERO || reduced >= base {
            return Ok(());
        }
        let share = (base - reduced)
            .checked_mul(Decimal::ONE_HUNDRED)
            .and_then(|share| share.checked_div(base));
        match share {
            Some(percent) => {
                let there = prices.view.as_ref();
                let of = there.map(|view| format!(", which costs {base} in store view `{view}`,"));
                self.check_percent_of(change, percent, &of.unwrap_or_default())
            }
            None => Err(unjudgeable(change, &format!("`{at}` is no price"))),
        }
    }

    /// No discount by more per cent than the cap.
    pub(super) fn check_percent(&self, change: &Change, percent: Decimal) -> Result<(), Failure> {
        self.check_percent_of(change, percent, "")
    }

    /// The same, and of what it is, for people.
    fn check_percent_of(&self, change: &Change, percent: Decimal, of: &str) -> Result<(), Failure> {
        if percent.to_f64().is_some_and(|percent| percent <= self.max_discount_pct) {
            return Ok(());
        }
        Err(refuse(
            "discount-cap",
            Code::Forbidden,
            format!(
                "a discount of {} per cent on {}{of} is above the cap of {}",
                percent.round_to_cents(),
                change.subject,
                self.max_discount_pct
            ),
            "an operator raises `guards.max_discount_pct` (MCP_MAX_DISCOUNT_PCT)".into(),
        ))
    }

    /// No discount of more money than the cap, of whatever currency it is.
    fn check_discount_amount(&self, change: &Change, amount: Decimal) -> Result<(), Failure> {
        let cap = self.max_discount_amount.lowest();
        check_amount_off(change, amount, cap, "")
    }

    /// By how many per cent a change moves a price at most, where that is past the threshold: as the
    /// host itself reads the product's prices, and as the edits tell of others.
    pub(super) fn price_jump(&self, bodies: &ChangeBodies<'_>) -> Option<f64> {
        let ChangeBodies { scope, change, observed, steps, judged } = *bodies;
        let is_price = |field: &BodyField<'_>| matches!(field.kind, FieldKind::Price(_));
        if !judged.iter().flat_map(JudgedWrite::fields).any(is_price) {
            return None;
        }
        let document = subject_document(scope.lookup, observed.here.as_ref());
        let own = judged.iter().flat_map(JudgedWrite::fields).filter_map(|field| {
            let place = match field.kind {
                FieldKind::Price(PriceKind::Base) => "/price",
                FieldKind::Price(PriceKind::Special) => SPECIAL_PRICE,
                _ => return None,
            };
            let place: Pointer = place.parse().ok()?;
            jump(place.find(document?)?, field.value.as_deref()?)
        });
        let told = change.edits.iter().filter_map(|edit| {
            let Expectation::AsSent(pointers) = &edit.after else { return None };
            let before = observed.field(edit);
            pointers.iter().find_map(|pointer| {
                let body = steps.get(pointer.step)?.body.as_ref()?;
                let place = pointer.at.pointer_in(body)?;
                let fields = judged.get(pointer.step)?.fields();
                fields.iter().find(|field| is_price(field) && field.at == place)?;
                jump(before.value()?, pointer.at.find(body)?)
            })
        });
        own.chain(told).filter(|jump| *jump > self.price_threshold_pct).max_by(f64::total_cmp)
    }
}

/// By how many per cent a price moves.
fn jump(before: &Value, after: &Value) -> Option<f64> {
    let (before, after) = (approximately(before)?, approximately(after)?);
    (before > 0.0).then(|| (after - before).abs() / before * 100.0)
}

impl ProductPrices {
    fn of(bodies: &ChangeBodies<'_>) -> Result<Self, Failure> {
        let ChangeBodies { scope, change, observed, judged, .. } = *bodies;
        if !shows(scope.lookup, "/price") {
            return Err(unjudgeable(
                change,
                "it reduces a price, and its lookup does not show what the product costs",
            ));
        }
        if !shows(scope.lookup, "/type_id") {
            return Err(unjudgeable(
                change,
                "it reduces a price, and its lookup does not show the product's type: of a bundle it is \
                 per cent",
            ));
        }
        let document = subject_document(scope.lookup, observed.here.as_ref());
        let stands = match document.and_then(|document| document.get("price")) {
            None | Some(Value::Null) => None,
            Some(price) => Some(
                Decimal::from_json(price)
                    .ok_or_else(|| unjudgeable(change, "what the product costs is no number"))?,
            ),
        };
        let set = judged
            .iter()
            .flat_map(JudgedWrite::fields)
            .filter(|field| field.kind == FieldKind::Price(PriceKind::Base))
            .filter_map(|field| field.number().ok().flatten());
        let types = judged
            .iter()
            .flat_map(JudgedWrite::fields)
            .filter(|field| same_name(&field.name, "type_id"))
            .filter_map(|field| field.value.as_deref())
            .chain(document.and_then(|document| document.get("type_id")));
        let is_bundle = types.into_iter().any(|kind| kind == "bundle");
        let on_websites = scope.website_prices.map_or(&[][..], |all| all.of(&change.subject.id));
        let own = stands.into_iter().chain(set).max();
        let on_a_website = on_websites.iter().filter_map(|one| Some((one.price?, &one.view))).max();
        let (base, view) = match on_a_website {
            Some((price, view)) if own.is_none_or(|own| price > own) => {
                (Some(price), Some(view.clone()))
            }
            _ => (own, None),
        };
        Ok(Self { base, view, is_bundle })
    }
}
