//! Callers whom an authorization server vouches for.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{Setting, SettingGroup};

pub(super) const OAUTH: SettingGroup = SettingGroup {
    title: "Callers of an authorization server",
    about: "Access tokens (OAuth 2.1, JSON Web Tokens) that `oauth.issuer` signs, over HTTP, beside the \
            operator's own tokens. What a caller may comes from its scopes: each stands for roles, and \
            whoever has none that does may nothing. [callers.md](callers.md#an-authorization-server) has \
            the whole of it.",
    settings: &[
        Setting::new(
            "oauth.issuer",
            ValueKind::Url,
            "The authorization server, to the letter as its tokens name it: https, or an address on this \
             machine",
        )
        .unset("nobody but the operator hands out tokens")
        .example("\"https://login.example.com/realms/shop\""),
        Setting::new(
            "oauth.audience",
            ValueKind::Names,
            "What tokens have to be for; the first is what clients are told. The address of this server \
             as clients know it",
        )
        .unset("`http.public_url` and `/mcp`")
        .example("[\"https://souk.example/mcp\"]"),
        Setting::new(
            "oauth.scopes.NAME",
            ValueKind::Names,
            "The roles that the scope `NAME` stands for",
        )
        .unset("none")
        .reloads()
        .example("[\"support\"]"),
        Setting::new(
            "oauth.first_scopes",
            ValueKind::Names,
            "The scopes that a client is told to ask for first; others when a call needs them",
        )
        .default("[]")
        .example("[\"souk:read\"]"),
        Setting::new(
            "oauth.algorithms",
            ValueKind::Names,
            "What tokens may be signed by. Shared secrets and `none` never count",
        )
        .default("[\"RS256\", \"PS256\", \"ES256\", \"EdDSA\"]"),
        Setting::new(
            "oauth.jwks_url",
            ValueKind::Url,
            "Where the keys are: https, or an address on this machine",
        )
        .unset("where the issuer's metadata says")
        .example("\"https://login.example.com/keys\""),
        Setting::new(
            "oauth.subject_claim",
            ValueKind::Text,
            "The claim that names a caller, who is called `oauth:` and that",
        )
        .default("\"sub\""),
        Setting::new(
            "oauth.keys_pause_s",
            ValueKind::Whole,
            "How long at the least between two requests for keys, whatever tokens come",
        )
        .default("30")
        .unit("seconds"),
    ],
};
