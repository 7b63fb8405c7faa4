use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn shares_taken_one_by_one_miss_the_whole_by_less_than_a_cent(
        cents in 0_i64..1_000_000, parts in 1_u32..12,
    ) {
        let whole = Decimal::of_millionths(i128::from(cents) * CENT);
        let mut rounding = CentRounding::default();
        let one = Decimal::whole(1);
        let taken: Decimal =
            (0..parts).map(|_| rounding.share(whole, one, Decimal::whole(parts), false)).sum();
        prop_assert!((whole - taken).abs() <= Decimal::CENT);
    }
}
