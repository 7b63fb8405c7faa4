//! What single callers are held to, and what whoever has a role is.

use crate::settings::kind::{NEEDS, ValueKind};
use crate::settings::setting::{MergeRule, Setting, SettingGroup};

/// What can be said of one caller and of a role alike. A file of the working directory may say of callers
/// what narrows (`$narrows`, `$adds`), and of roles nothing: one that only it names would be there for
/// whoever has a role that was misspelt.
macro_rules! limits_of {
    ($table:literal, $whom:literal, $narrows:path, $adds:path) => {
        [
            $adds(Setting::new(
                concat!($table, ".max_tier"),
                ValueKind::Choice(crate::settings::kind::TIERS),
                concat!("Offer ", $whom, " nothing above this tier"),
            ))
            .lowest()
            .reloads()
            .example("\"safe\""),
            $narrows(Setting::new(
                concat!($table, ".read_only"),
                ValueKind::Switch,
                concat!("Offer ", $whom, " nothing that changes the store"),
            ))
            .default("false")
            .merge(MergeRule::On)
            .reloads(),
            Setting::new(
                concat!($table, ".groups"),
                ValueKind::Names,
                concat!(
                    "Offer ",
                    $whom,
                    " only tools of these plugins; `plans` are the host's own"
                ),
            )
            .unset("all")
            .merge(MergeRule::Intersection)
            .reloads()
            .example("[\"auth\", \"orders\", \"plans\"]"),
            $adds(Setting::new(
                concat!($table, ".allow"),
                ValueKind::Tools,
                concat!("Offer ", $whom, " only these tools"),
            ))
            .unset("all")
            .merge(MergeRule::Intersection)
            .reloads()
            .example("[\"catalog_*\", \"auth_*\"]"),
            $adds(Setting::new(
                concat!($table, ".deny"),
                ValueKind::Tools,
                concat!("Never offer ", $whom, " these tools"),
            ))
            .merge(MergeRule::Union)
            .reloads()
            .example("[\"orders_*\"]"),
            Setting::new(
                concat!($table, ".tools"),
                ValueKind::ToolSets,
                concat!("List these sets of tools to ", $whom, ", in place of `tools`"),
            )
            .unset("as everybody")
            .reloads()
            .example("[\"orders\", \"auth\"]"),
            Setting::new(
                concat!($table, ".stores"),
                ValueKind::Names,
                concat!("Let ", $whom, " into these stores alone, by their names"),
            )
            .unset("all")
            .merge(MergeRule::Intersection)
            .reloads()
            .example("[\"main\"]"),
            Setting::new(
                concat!($table, ".store_views"),
                ValueKind::Names,
                concat!(
                    "Let ",
                    $whom,
                    " write only in these store views and read through no other one; `all` is what \
                     holds in all of them"
                ),
            )
            .unset("all")
            .merge(MergeRule::Intersection)
            .reloads()
            .example("[\"de\", \"all\"]"),
            Setting::new(
                concat!($table, ".mask_pii"),
                ValueKind::Switch,
                concat!("Mask personal data in answers to ", $whom),
            )
            .default("false")
            .merge(MergeRule::On)
            .reloads(),
            Setting::new(
                concat!($table, ".max_refund"),
                ValueKind::Caps,
                concat!("What one plan of ", $whom, " may give back, below `guards.max_refund`"),
            )
            .unset("as everybody")
            .unit("the order's currency")
            .lowest()
            .reloads()
            .example("\"EUR=50\""),
            Setting::new(
                concat!($table, ".approvals"),
                ValueKind::Choice(NEEDS),
                concat!("Who decides, at the least, of any plan of ", $whom),
            )
            .unset("as of everybody's")
            .lowest()
            .reloads()
            .example("\"other\""),
            Setting::new(
                concat!($table, ".decides"),
                ValueKind::Switch,
                concat!(
                    "Whether persons behind ",
                    $whom,
                    ", and forms that a client shows, decide of plans"
                ),
            )
            .default("true")
            .merge(MergeRule::Off)
            .reloads(),
            Setting::new(
                concat!($table, ".calls_per_s"),
                ValueKind::Whole,
                concat!("Calls a second of ", $whom, ", below `rates.calls_per_s`"),
            )
            .unset("as everybody")
            .unit("calls")
            .lowest()
            .reloads()
            .example("50"),
            Setting::new(
                concat!($table, ".refused_per_s"),
                ValueKind::Whole,
                concat!("Calls a second of ", $whom, " that are refused, as `rates.refused_per_s`"),
            )
            .unset("as everybody")
            .unit("calls")
            .lowest()
            .reloads()
            .example("5"),
            Setting::new(
                concat!($table, ".logins_per_min"),
                ValueKind::Whole,
                concat!("Logins a minute of ", $whom, " with own credentials"),
            )
            .unset("as everybody")
            .unit("logins")
            .lowest()
            .reloads()
            .example("2"),
            Setting::new(
                concat!($table, ".allow_example"),
                ValueKind::Examples,
                "Calls that this has to allow, else the file is refused: \
                 `TOOL [TIER] [EFFECT] [store=NAME] [view=CODE] [refund=10EUR]`",
            )
            .default("[]")
            .merge(MergeRule::Union)
            .reloads()
            .example("[\"orders_search\"]"),
            Setting::new(
                concat!($table, ".deny_example"),
                ValueKind::Examples,
                "Calls that this has to refuse, else the file is refused",
            )
            .default("[]")
            .merge(MergeRule::Union)
            .reloads()
            .example("[\"orders_refund critical apply\"]"),
        ]
    };
}

/// As it is: the operator's own files and nobody else's.
const fn operators_alone(setting: Setting) -> Setting {
    setting
}

const OF_PRINCIPALS: [Setting; 17] =
    limits_of!("principals.NAME", "this caller", Setting::narrows_locally, Setting::adds_locally);
const OF_ROLES: [Setting; 17] =
    limits_of!("roles.NAME", "callers with this role", operators_alone, operators_alone);

const CREDENTIALS: [Setting; 3] = [
    Setting::new(
        "principals.NAME.roles",
        ValueKind::Names,
        "The roles of this caller, of which one has to allow all of a call",
    )
    .unset("none needed")
    .reloads()
    .example("[\"support\"]"),
    Setting::new(
        "principals.NAME.token",
        ValueKind::Token,
        "The bearer token that tells this caller; at least sixteen characters",
    )
    .reloads(),
    Setting::new(
        "principals.NAME.token_sha256",
        ValueKind::TokenDigests,
        "Digests of bearer tokens that tell this caller, as `souk token new` writes them",
    )
    .unset("none")
    .reloads()
    .example("[\"sha256:7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730\"]"),
];

const PRINCIPAL_SETTINGS: [Setting; 20] = {
    let mut all = [CREDENTIALS[0]; 20];
    let mut at = 0;
    while at < all.len() {
        all[at] = match at.checked_sub(OF_PRINCIPALS.len()) {
            None => OF_PRINCIPALS[at],
            Some(credential) => CREDENTIALS[credential],
        };
        at += 1;
    }
    all
};

pub(super) const PRINCIPALS: SettingGroup = SettingGroup {
    title: "One caller over HTTP",
    about: "`NAME` is the operator's name for whoever brings the token; `local` is whoever sits at this \
            machine. These limits come on top of everybody's, and of the caller's roles; its sets of \
            tools stand in place of them.",
    settings: &PRINCIPAL_SETTINGS,
};

pub(super) const ROLES: SettingGroup = SettingGroup {
    title: "Roles",
    about: "What can be said of a caller can be said of a role, and callers name their roles. A call is \
            allowed where one of the caller's roles allows all of it: the tool, the store, the store \
            view, the money; then personal data is masked unless one of the roles that allow the tool \
            masks nothing and reaches every store and view that a masking one does, and what the plan waits for is what the one wants that wants least. What is said of \
            the caller, and of everybody, narrows that. `decides = false` counts from any role.",
    settings: &OF_ROLES,
};
