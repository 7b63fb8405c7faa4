//! What the operator's own tools see: the log, metrics, readiness, spans.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{Setting, SettingGroup};

/// How lines of the log are written.
pub(crate) const LOG_FORMATS: &[&str] = &["text", "json"];

pub(super) const OPERATING: SettingGroup = SettingGroup {
    title: "Log, metrics and readiness",
    about: "`SOUK_LOG` says how much is logged, as a filter: `debug`, `souk_runtime=debug,info`. \
            [Operating](operating.md#metrics) lists the metrics.",
    settings: &[
        Setting::new("log_format", ValueKind::Choice(LOG_FORMATS), "How a server writes its log's lines")
            .variables(&["SOUK_LOG_FORMAT"])
            .default("\"text\""),
        Setting::new(
            "metrics.listen",
            ValueKind::Address,
            "Serve `/metrics`, `/readyz` and `/healthz` on a listener of their own. On an address that \
             others reach they want the token of an operator (`policy.operators`)",
        )
        .variables(&["SOUK_METRICS_LISTEN"])
        .unset("for operators, where the protocol is served")
        .example("\"127.0.0.1:9464\""),
        Setting::new(
            "metrics.open",
            ValueKind::Switch,
            "Let whoever reaches that listener read them without a token",
        )
        .default("false"),
        Setting::new(
            "ready.needs_stores",
            ValueKind::Switch,
            "Have `/readyz` say no while a store does not answer",
        )
        .default("false"),
    ],
};

pub(super) const TRACES: SettingGroup = SettingGroup {
    title: "Traces",
    about: "Spans of calls, plugins' runs, requests to stores and chunks of plans, sent to whoever \
            collects them by OpenTelemetry's protocol over HTTP, in JSON. Without an address none are \
            made, and no `traceparent` is sent to a store.",
    settings: &[
        Setting::new(
            "traces.endpoint",
            ValueKind::Url,
            "Where spans are sent; to `/v1/traces` of an address without a path",
        )
        .variables(&["SOUK_TRACES_ENDPOINT"])
        .unset("nowhere")
        .example("\"http://127.0.0.1:4318\""),
        Setting::new(
            "traces.authorization",
            ValueKind::Secret,
            "What is sent there as the header `Authorization`",
        )
        .variables(&["SOUK_TRACES_AUTHORIZATION"])
        .example("\"Bearer …\""),
        Setting::new(
            "traces.share",
            ValueKind::Number,
            "The share of the traces that begin here which is recorded, from 0 to 1; of a trace that \
             whoever calls has begun, they say whether it is",
        )
        .default("1.0"),
        Setting::new("traces.service", ValueKind::Text, "What the host is called in traces")
            .variables(&["SOUK_TRACES_SERVICE"])
            .default("\"souk\""),
    ],
};
