//! PHP's `strnatcmp`, by which Magento sorts the parameters of a signature.
//!
//! RFC 5849 sorts bytes. The two differ as soon as an index reaches 10: in natural order
//! `filters%5D%5B9` comes before `filters%5D%5B10`. Zeros are skipped only where a string begins
//! with them; inside, a run of digits that begins with 0 is compared as a fraction is.

use std::cmp::Ordering;

/// Compares two strings of ASCII without white space, such as percent-encoded names.
///
/// On those it is a total preorder, as sorting demands: equal are only strings that differ in
/// leading zeros.
pub(crate) fn strnatcmp(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (skip_zeros(a.as_bytes()), skip_zeros(b.as_bytes()));
    loop {
        let (Some(&x), Some(&y)) = (a.first(), b.first()) else {
            return a.len().cmp(&b.len());
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (digits_a, rest_a) = split_digits(a);
            let (digits_b, rest_b) = split_digits(b);
            let order = if x == b'0' || y == b'0' {
                digits_a.cmp(digits_b)
            } else {
                digits_a.len().cmp(&digits_b.len()).then_with(|| digits_a.cmp(digits_b))
            };
            if order.is_ne() {
                return order;
            }
            (a, b) = (rest_a, rest_b);
        } else if x != y {
            return x.cmp(&y);
        } else {
            (a, b) = (&a[1..], &b[1..]);
        }
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Without the zeros it begins with, as long as a digit follows.
fn skip_zeros(mut text: &[u8]) -> &[u8] {
    while let [b'0', next, ..] = text
        && next.is_ascii_digit()
    {
        text = &text[1..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::strnatcmp;
    use proptest::prelude::*;
    use std::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn numbers_count_as_numbers() {
        for (a, b, order) in [
            ("filters%5D%5B9", "filters%5D%5B10", Less),
            ("img12", "img10", Greater),
            ("img2", "img12", Less),
            ("a", "a1", Less),
            ("a1", "a", Greater),
            ("", "a", Less),
            ("", "", Equal),
            ("x01", "x1", Less),
            ("x01", "x001", Greater),
            ("007", "7", Equal),
            ("00", "0", Equal),
            ("1.010", "1.001", Greater),
            ("B", "a", Less),
            ("a%5D", "a5", Less),
        ] {
            assert_eq!(strnatcmp(a, b), order, "{a} {b}");
        }
    }

    fn name() -> impl Strategy<Value = String> {
        "(0|1|9|00|10|a|%5B|%5D|_|~|Z){0,6}"
    }

    proptest! {
        #[test]
        fn it_orders(a in name(), b in name(), c in name()) {
            prop_assert_eq!(strnatcmp(&a, &a), Equal);
            prop_assert_eq!(strnatcmp(&a, &b), strnatcmp(&b, &a).reverse());
            if strnatcmp(&a, &b).is_le() && strnatcmp(&b, &c).is_le() {
                prop_assert!(strnatcmp(&a, &c).is_le());
            }
        }

        #[test]
        fn without_digits_it_compares_bytes(a in "[a-zA-Z%_]{0,8}", b in "[a-zA-Z%_]{0,8}") {
            prop_assert_eq!(strnatcmp(&a, &b), a.cmp(&b));
        }
    }
}
