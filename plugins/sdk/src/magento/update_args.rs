//! An argument that takes values for one or more of some fields.

use std::marker::PhantomData;

use schemars::Schema;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::entity::{Entity, EntityValues};
use super::product_field::{ProductField, ProductUpdates};
use crate::core::Failure;

/// The fields that an [`UpdateArgs`] takes, as a type: [`PriceFields`], or one of a plugin's own.
pub trait FieldSet {
    /// The values when they are checked.
    type Values;

    /// The schema of the argument.
    fn schema() -> Schema;

    /// Checks the values of the argument with this name.
    ///
    /// # Errors
    /// When there is none, one is not of these fields, or not a value that its field can have.
    fn checked(values: &Map<String, Value>, argument: &str) -> Result<Self::Values, Failure>;
}

/// Field → value, for one or more of the fields `F`, as callers wrote it: an argument.
#[derive(Debug, Clone)]
pub struct UpdateArgs<F> {
    values: Map<String, Value>,
    fields: PhantomData<fn() -> F>,
}

impl<F: FieldSet> UpdateArgs<F> {
    /// The values, checked. `argument` is this argument's name, for what is wrong with one.
    ///
    /// # Errors
    /// As [`FieldSet::checked`].
    pub fn checked(&self, argument: &str) -> Result<F::Values, Failure> {
        F::checked(&self.values, argument)
    }
}

impl<'de, F> Deserialize<'de> for UpdateArgs<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { values: Map::deserialize(deserializer)?, fields: PhantomData })
    }
}

crate::inline_schema!([F: FieldSet] UpdateArgs<F>, |_| F::schema());

/// A type that stands for an [`Entity`], so that arguments can be about its fields.
pub trait EntityType {
    /// The entity.
    const ENTITY: Entity;
}

impl<T: EntityType> FieldSet for T {
    type Values = EntityValues;

    fn schema() -> Schema {
        EntityValues::schema(T::ENTITY.field_list())
    }

    fn checked(values: &Map<String, Value>, argument: &str) -> Result<EntityValues, Failure> {
        EntityValues::read(values, T::ENTITY.field_list(), argument)
    }
}

macro_rules! product_fields {
    ($($(#[$doc:meta])* $name:ident: $fields:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl FieldSet for $name {
            type Values = ProductUpdates;

            fn schema() -> Schema {
                ProductField::schema(&$fields)
            }

            fn checked(
                values: &Map<String, Value>,
                argument: &str,
            ) -> Result<ProductUpdates, Failure> {
                ProductUpdates::read(values, &$fields, argument)
            }
        }
    )*};
}

product_fields! {
    /// All fields of products that bulk changes may set: [`ProductField::ALL`].
    ProductFields: ProductField::ALL;
    /// Prices and the dates of sales: [`ProductField::PRICES`].
    PriceFields: ProductField::PRICES;
    /// What search engines show: [`ProductField::META`].
    MetaFields: ProductField::META;
}
