//! How the host is served, and what its callers may take.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{Setting, SettingGroup};

pub(super) const HTTP: SettingGroup = SettingGroup {
    title: "Serving over HTTP",
    about: "Without an address `souk serve` speaks MCP on standard input and output. An address that \
            others reach is refused without a token.",
    settings: &[
        Setting::new(
            "listen",
            ValueKind::Address,
            "Serve over HTTP at this address, for example 127.0.0.1:8808",
        )
        .flag_of(&["serve", "dev"], "--http", "ADDR")
        .variables(&["SOUK_HTTP"])
        .unset("stdio")
        .example("\"127.0.0.1:8808\""),
        Setting::new("http_token", ValueKind::Token, "The bearer token of the principal `http`")
            .variables(&["SOUK_HTTP_TOKEN"])
            .reloads(),
        Setting::new(
            "http.allowed_hosts",
            ValueKind::Names,
            "Names that clients reach this server by, on top of `localhost`, loopback, the address it \
             listens on and the host of `http.public_url`",
        )
        .default("[]"),
        Setting::new(
            "http.allowed_origins",
            ValueKind::Names,
            "Web pages that may talk MCP to this server, on top of this machine's own; the console's \
             need no entry, and get nothing by one",
        )
        .default("[]"),
        Setting::new(
            "http.public_url",
            ValueKind::Text,
            "The address clients see, without a path, where a proxy stands in front",
        )
        .unset("what the request was sent to")
        .example("\"https://souk.example\""),
        Setting::new(
            "http.proxies",
            ValueKind::Names,
            "Addresses and networks from which that proxy comes, on top of this machine's own; under \
             `http.public_url` the console is served to no other",
        )
        .default("[]"),
        Setting::limit("http.body_bytes", "4194304", "bytes", "One request's body"),
        Setting::limit(
            "http.connections",
            "1024",
            "connections",
            "Open connections; for one more, one on which nothing is being answered is closed",
        ),
        Setting::limit(
            "http.connections_each",
            "512",
            "connections",
            "Open connections from one address, of IPv6 from one network of 64 bits; behind a proxy \
             all are the proxy's",
        ),
        Setting::limit(
            "http.header_timeout_s",
            "10",
            "seconds",
            "In which time a request's header must have come",
        ),
        Setting::limit(
            "http.body_timeout_s",
            "30",
            "seconds",
            "In which time a request's body must have come",
        ),
        Setting::limit(
            "http.idle_timeout_s",
            "120",
            "seconds",
            "After how long a connection on which nothing is asked is closed",
        ),
        Setting::limit(
            "http.sessions_each",
            "64",
            "sessions",
            "Sessions of each principal's older clients; one that is not used makes room",
        ),
        Setting::limit(
            "http.session_idle_s",
            "14400",
            "seconds",
            "After how long an unused session is closed",
        ),
        Setting::new(
            "http.shutdown_s",
            ValueKind::Whole,
            "How long calls under way have to end when the server is stopped",
        )
        .default("10")
        .unit("seconds"),
        Setting::new(
            "http.drain_s",
            ValueKind::Whole,
            "How long a server that was asked to end goes on as before while `/readyz` says no, so that \
             whoever sends it requests hears of it first",
        )
        .default("0")
        .unit("seconds"),
    ],
};

pub(super) const CONSOLE: SettingGroup = SettingGroup {
    title: "The console",
    about: "Pages on which a person reviews plans and decides. Over HTTP they are at `/console` of the \
            same address, as `http://souk.localhost:PORT/console` on this machine, and below \
            `http.public_url` where that is `https`.",
    settings: &[Setting::new(
        "console.stdio",
        ValueKind::Switch,
        "Serve the console on a free port of this machine, too, where the host speaks MCP on stdio",
    )
    .variables(&["SOUK_CONSOLE_STDIO"])
    .default("false")],
};

pub(super) const CALLERS: SettingGroup = SettingGroup {
    title: "What callers may take",
    about: "Bounds on what clients can have going at once, on stdio and over HTTP.",
    settings: &[
        Setting::limit(
            "mcp.calls_running",
            "64",
            "calls",
            "Calls that run at once, of all callers",
        )
        .narrows_locally(),
        Setting::limit(
            "mcp.calls_running_each",
            "48",
            "calls",
            "Calls that run at once for one principal",
        )
        .narrows_locally(),
        Setting::limit(
            "mcp.calls_waiting",
            "256",
            "calls",
            "Calls that may wait for a place; one more is refused at once",
        )
        .narrows_locally(),
        Setting::limit(
            "mcp.call_wait_ms",
            "5000",
            "ms",
            "How long a call waits for its turn before it is refused as RATE_LIMITED",
        )
        .narrows_locally(),
        Setting::limit(
            "mcp.subscriptions",
            "256",
            "streams",
            "Open streams of changes, of all callers; each caller with a token has a quarter of them \
             at most",
        )
        .narrows_locally(),
        Setting::limit(
            "mcp.line_bytes",
            "16777216",
            "bytes",
            "One message on stdio; a longer one is answered with an error",
        )
        .narrows_locally(),
        Setting::limit(
            "mcp.unanswered",
            "1024",
            "requests",
            "Requests on stdio that are not answered yet, after which no more are read",
        )
        .narrows_locally(),
        Setting::limit(
            "mcp.linger_s",
            "600",
            "seconds",
            "How long a server on stdio outlives its input for the sake of calls under way",
        )
        .narrows_locally(),
        Setting::limit(
            "result_bytes",
            "40000",
            "bytes",
            "What a result may have that a client reads; a longer list is cut and says so, anything \
             else is kept whole as a document. `souk call` answers whole",
        )
        .narrows_locally()
        .variables(&["SOUK_RESULT_BYTES"])
        .reloads(),
    ],
};

pub(super) const RATES: SettingGroup = SettingGroup {
    title: "How often callers may call",
    about: "For each principal. They stop a loop that has gone wild, and guessing; work does not meet \
            them.",
    settings: &[
        Setting::limit(
            "rates.calls_per_s",
            "20000",
            "calls",
            "Calls a second; twice as many at once",
        )
        .narrows_locally()
        .reloads(),
        Setting::limit(
            "rates.refused_per_s",
            "200",
            "calls",
            "Calls a second that are refused, ten times as many at once; above it no call is looked at",
        )
        .narrows_locally()
        .reloads(),
        Setting::limit(
            "rates.logins_per_min",
            "10",
            "logins",
            "Logins a minute with credentials of the caller's own, as many at once",
        )
        .narrows_locally()
        .reloads(),
    ],
};
