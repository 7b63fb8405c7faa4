//! Quantities and prices as numbers of JSON.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use souk_sdk::Decimal;

/// A decimal that is answered as a number, as Magento answers it. A whole one has no point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    millionths: i128,
}

impl Number {
    /// From millionths, which sums and differences of decimals are made in.
    pub(crate) const fn of_millionths(millionths: i128) -> Self {
        Self { millionths }
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        Self::of_millionths(decimal.millionths())
    }
}

impl Serialize for Number {
    #[expect(clippy::cast_precision_loss, reason = "Magento's own answers are floats")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.millionths / 1_000_000) {
            Ok(whole) if self.millionths % 1_000_000 == 0 => serializer.serialize_i64(whole),
            _ => serializer.serialize_f64(self.millionths as f64 / 1e6),
        }
    }
}

impl JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_magento_writes_them() {
        for (text, json) in [("97", "97"), ("9.500000", "9.5"), ("-0.000001", "-1e-6"), ("0", "0")]
        {
            let decimal: Decimal = text.parse().unwrap();
            assert_eq!(serde_json::to_string(&Number::from(decimal)).unwrap(), json);
        }
    }
}
