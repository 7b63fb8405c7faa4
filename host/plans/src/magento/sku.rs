//! When two skus are one: the database compares them without case, accents and blanks at the end
//! (`utf8mb4_general_ci`).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A sku as the database compares it.
pub(crate) fn fold(sku: &str) -> String {
    let letters = sku.trim_end_matches(' ').nfd().filter(|letter| !is_combining_mark(*letter));
    letters
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'ß' { 's' } else { letter })
        .collect()
}

/// Whether two skus are of one product.
pub(crate) fn same_sku(a: &str, b: &str) -> bool {
    a == b || fold(a) == fold(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sku_is_one_however_it_is_written() {
        for other in ["ten-001", "TEN-001  ", "Ten-001"] {
            assert!(same_sku("TEN-001", other), "{other:?}");
        }
        assert!(same_sku("LAB-ÜMLAUT-é", "lab-umlaut-E"));
        assert!(!same_sku("TEN-001", " TEN-001"));
        assert!(!same_sku("TEN-001", "TEN-002"));
    }
}
