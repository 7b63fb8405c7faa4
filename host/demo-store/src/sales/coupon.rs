//! The coupon of an order.

use crate::document::{Doc, Fields};
use crate::shop::Shop;

/// Gives the use of an order's coupon back.
pub(crate) fn give_back(shop: &mut Shop, order: &Doc) {
    let code = order.text("coupon_code");
    if code.is_empty() {
        return;
    }
    for coupon in shop.coupons.iter_mut().filter(|coupon| coupon.text("code") == code) {
        let used = coupon.id("times_used").saturating_sub(1);
        coupon.put("times_used", used);
    }
}
