//! The calls that roles, callers and what everybody is held to are tried on when they are read.

use anyhow::{anyhow, bail};
use souk_model::Principal;
use souk_policy::{Refusal, RuleExample, Rules};

use crate::rules;
use crate::settings::decision_rule::examples;
use crate::settings::resolved::ResolvedSettings;

/// Tries roles, callers and what everybody is held to on the examples that stand beside them. The
/// operator's file is judged alone: a flag that narrows more makes no example wrong.
///
/// # Errors
/// The first example that is decided otherwise than it says.
pub(crate) fn check_examples(settings: &ResolvedSettings) -> anyhow::Result<()> {
    let file = settings.of_operators_file();
    let everybody = rules::of_everybody(&file)?;
    check(&file, "policy", |example| everybody.allows(&example.facts().tool))?;
    for name in file.names("roles") {
        let limits = rules::caller_limits(&file, "roles", name)?;
        check(&file, &format!("roles.{name}"), |example| limits.allows(&example.facts()))?;
    }
    let rules: Rules = rules::build(&file, true)?;
    for name in file.names("principals") {
        let principal = Principal::named(name);
        check(&file, &format!("principals.{name}"), |example| {
            rules.decide_alone(&principal, &example.facts()).map(drop)
        })?;
    }
    Ok(())
}

fn check(
    settings: &ResolvedSettings,
    section: &str,
    decide: impl Fn(&RuleExample) -> Result<(), Refusal>,
) -> anyhow::Result<()> {
    for (last, allows) in [("allow_example", true), ("deny_example", false)] {
        let key = format!("{section}.{last}");
        for given in settings.given(&key) {
            for (text, example) in examples(Some(&given.value)).map_err(|why| anyhow!("{why}"))? {
                match decide(&example) {
                    Err(refusal) if allows => bail!("`{key}`: `{text}` is refused: {refusal}"),
                    Ok(()) if !allows => bail!(
                        "`{key}`: `{text}` is allowed{}",
                        if text.contains(' ') {
                            ""
                        } else {
                            "; say its tier and effect where the rule is about them"
                        }
                    ),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;

    fn checked(file: &str) -> Result<(), String> {
        let settings = settings(&[], &[], file);
        rules::build(&settings, false).map_err(|error| format!("{error:#}"))?;
        check_examples(&settings).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_rule_that_decides_an_example_otherwise_is_refused() {
        for right in [
            "[roles.a]\nmax_tier = 'safe'\nallow_example = ['orders_search']\n\
             deny_example = ['orders_refund critical apply']",
            "[roles.a]\nmax_refund = 10\nallow_example = ['orders_refund critical apply refund=10EUR']\n\
             deny_example = ['orders_refund critical apply refund=11EUR']",
            "[roles.a]\nstore_views = ['de']\nallow_example = ['cms_x view=de', 'cms_x view=all']\n\
             deny_example = ['cms_x view=fr', 'cms_x risk apply view=all']",
            "[policy]\ndeny_example = ['orders_refund critical apply']",
            "[roles.a]\ngroups = ['orders']\n[principals.ann]\nroles = ['a']\n\
             deny_example = ['catalog_get_product']",
        ] {
            assert_eq!(checked(right), Ok(()), "{right}");
        }
        for (wrong, says) in [
            ("[roles.a]\nmax_tier = 'safe'\ndeny_example = ['orders_refund']", "say its tier"),
            (
                "[roles.a]\ndeny = ['orders_*']\nallow_example = ['orders_refund']",
                "`roles.a.allow_example`: `orders_refund` is refused: `orders_refund` is denied",
            ),
            ("[policy]\nallow_example = ['orders_refund critical']", "above the ceiling `risk`"),
            ("[roles.a]\n[principals.ann]\nroles = ['b']", "there is no role `b`"),
            (
                "[roles.support]\nmax_tier = 'safe'\n[principals.ann]\nroles = ['suport']",
                "is `support` meant?",
            ),
        ] {
            let why = checked(wrong).unwrap_err();
            assert!(why.contains(says), "{wrong}: {why}");
        }
    }
}
