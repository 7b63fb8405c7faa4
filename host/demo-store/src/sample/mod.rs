//! The sample shop.

use crate::shop::Shop;

/// The sample shop.
pub(crate) fn shop() -> Shop {
    Shop::default()
}
