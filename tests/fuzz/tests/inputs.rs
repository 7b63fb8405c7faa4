//! Every target over its corpus and ten thousand inputs that are made of it.

use souk_fuzz::inputs;
use souk_fuzz::targets::{TARGETS, target};

/// A test for each target, and one that there are no others.
macro_rules! targets {
    ($($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                inputs::run(target(stringify!($name)));
            }
        )+

        #[test]
        fn no_target_is_forgotten() {
            let tried = [$(stringify!($name)),+];
            assert_eq!(TARGETS.map(|target| target.name), tried);
        }
    };
}

targets! { component grants review contract oauth error_body signature souk_toml }
