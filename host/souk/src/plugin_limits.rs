//! From the settings to what single plugins may use, and to when plugins are parked.

use std::time::Duration;

use serde_json::Map;
use souk_runtime::{AdmissionLimits, LimitOverrides, Limits, ParkingLimits, PluginLimits};

use crate::settings::resolved::{ResolvedSettings, named_key, read};
use crate::settings::source::SettingProblem;
use crate::settings::table;

/// The table of one plugin's limits, with what stands for its name.
const OWN: &str = "plugins.NAME.limits.";

/// The plugins that have limits of their own, and these.
///
/// # Errors
/// A limit that is none, or more than there can be.
pub(crate) fn of_plugins(settings: &ResolvedSettings) -> Result<PluginLimits, SettingProblem> {
    let all: Limits = settings.section("limits")?;
    let callers: AdmissionLimits = settings.section("mcp")?;
    let mut plugins = PluginLimits::new();
    for name in settings.names("plugins") {
        let own = of_plugin(settings, name)?;
        if own == LimitOverrides::default() {
            continue;
        }
        own.check(name, &all, callers.calls_waiting).map_err(|why| settings.placed(why))?;
        plugins.insert(name.to_owned(), own);
    }
    Ok(plugins)
}

fn of_plugin(settings: &ResolvedSettings, name: &str) -> Result<LimitOverrides, SettingProblem> {
    let mut members = Map::new();
    for setting in table::all() {
        let Some(last) = setting.key.strip_prefix(OWN) else { continue };
        let key = named_key("plugins", name, &format!("limits.{last}"));
        if settings.given(&key).next().is_none() {
            continue;
        }
        let Some(value) = settings.effective(setting, &key).value else { continue };
        // Alone first, so that the message can name it.
        let alone = Map::from_iter([(last.to_owned(), value.clone())]);
        read::<LimitOverrides>(alone).map_err(|why| settings.placed(format!("`{key}`: {why}")))?;
        members.insert(last.to_owned(), value);
    }
    read(members).map_err(SettingProblem::of_all)
}

/// When plugins are parked.
///
/// # Errors
/// A number of calls that never comes together.
pub(crate) fn parking(settings: &ResolvedSettings) -> Result<ParkingLimits, SettingProblem> {
    let breaches = settings.size("plugins.park_after");
    if !(1..=10).contains(&breaches) {
        let why = format!("is {breaches}, and must be from 1 to 10: ten calls are looked back on");
        return Err(settings.placed(format!("`plugins.park_after` {why}")));
    }
    let first = settings.size("plugins.park_s");
    if first > 3_600 {
        let why = format!("is {first}, and must be from 0 to 3600");
        return Err(settings.placed(format!("`plugins.park_s` {why}")));
    }
    Ok(ParkingLimits { breaches, first: Duration::from_secs(first as u64) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::{settings, settings_of_files};

    #[test]
    fn what_is_set_for_one_plugin_is_that_ones_and_may_be_more_or_less() {
        let found = of_plugins(&settings(
            &[],
            &[],
            "[limits]\ncpu_ms = 100\n[plugins.slow.limits]\ncpu_ms = 60000\nrequests = 7\n\
             [plugins.other]\nmax_tier = 'safe'",
        ))
        .unwrap();
        let slow =
            LimitOverrides { cpu_ms: Some(60_000), requests: Some(7), ..LimitOverrides::default() };
        assert_eq!(found, PluginLimits::from([("slow".to_owned(), slow)]));
    }

    #[test]
    fn what_cannot_be_is_refused_where_it_stands() {
        for (file, says) in [
            (
                "[plugins.slow.limits]\n\nmemory_bytes = 1000000000",
                "souk.toml:3: `plugins.slow.limits.memory_bytes` is 1000000000, and must be from 1048576 to 67108864: there is no room",
            ),
            (
                "[plugins.slow.limits]\nrequests = 99999999999",
                "souk.toml:2: `plugins.slow.limits.requests`: invalid value",
            ),
        ] {
            let problem = of_plugins(&settings(&[], &[], file)).unwrap_err().to_string();
            assert!(problem.contains(says), "{problem}");
        }
        let problem = parking(&settings(&[], &[], "[plugins]\npark_after = 11")).unwrap_err();
        assert!(problem.to_string().starts_with("souk.toml:2: `plugins.park_after` is 11"));
        assert_eq!(parking(&ResolvedSettings::default()).unwrap(), ParkingLimits::default());
    }

    #[test]
    fn a_file_of_the_working_directory_gives_no_plugin_more_than_all_have() {
        let local = "[plugins.slow.limits]\ncpu_ms = 60000\nrequests = 7";
        let own =
            |operators: &str| of_plugins(&settings_of_files(operators, local)).unwrap()["slow"];
        assert_eq!((own("").cpu_ms, own("").requests), (Some(5_000), Some(7)));
        assert_eq!(own("[limits]\ncpu_ms = 90").cpu_ms, Some(90));
        let operators = "[plugins.slow.limits]\ncpu_ms = 9000\nrequests = 3";
        assert_eq!((own(operators).cpu_ms, own(operators).requests), (Some(9_000), Some(3)));
    }
}
