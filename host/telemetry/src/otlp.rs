//! Spans as OTLP/HTTP takes them in JSON: `ExportTraceServiceRequest` of OpenTelemetry's protocol 1.x,
//! with ids in hexadecimal, 64-bit numbers as text and enumerations as numbers.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::span_record::{AttributeValue, SpanKind, SpanRecord};

/// Whose spans they are: attributes of OpenTelemetry's, as `service.name`.
pub type Resource = Vec<(&'static str, String)>;

/// The body of a request that exports these.
#[must_use]
pub fn export_request(resource: &Resource, spans: &[SpanRecord]) -> Value {
    let resource: Vec<Value> =
        resource.iter().map(|(key, value)| attribute(key, &text(value))).collect();
    json!({
        "resourceSpans": [{
            "resource": {"attributes": resource},
            "scopeSpans": [{
                "scope": {"name": "souk", "version": env!("CARGO_PKG_VERSION")},
                "spans": spans.iter().map(span).collect::<Vec<_>>(),
            }],
        }],
    })
}

fn span(span: &SpanRecord) -> Value {
    let attributes: Vec<Value> =
        span.attributes.iter().map(|(key, value)| attribute(key, &any_value(value))).collect();
    let mut told = json!({
        "traceId": format!("{:032x}", span.context.trace_id),
        "spanId": format!("{:016x}", span.context.span_id),
        "flags": u8::from(span.context.is_sampled),
        "name": span.name,
        "kind": match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
        },
        "startTimeUnixNano": nanoseconds(span.started),
        "endTimeUnixNano": nanoseconds(span.ended),
        "attributes": attributes,
        // What failed is told by `error.type`; a message could hold anything.
        "status": {"code": if span.error.is_some() { 2 } else { 0 }},
    });
    if let Some(parent) = span.parent {
        told["parentSpanId"] = format!("{parent:016x}").into();
    }
    told
}

fn nanoseconds(at: SystemTime) -> String {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

fn attribute(key: &str, value: &Value) -> Value {
    json!({"key": key, "value": value})
}

fn text(value: &str) -> Value {
    json!({"stringValue": value})
}

fn any_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(value) => text(value),
        AttributeValue::Whole(value) => json!({"intValue": value.to_string()}),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::trace_context::TraceParent;

    #[test]
    fn a_span_is_written_as_the_protocol_has_it() {
        let started = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_544_712_660_000_000_001);
        let record = SpanRecord {
            context: TraceParent { trace_id: 0x5b, span_id: 0xee, is_sampled: true },
            parent: Some(7),
            name: "GET /V1/products/{sku}".into(),
            kind: SpanKind::Client,
            started,
            ended: started + Duration::from_micros(1),
            attributes: vec![("http.response.status_code", AttributeValue::Whole(404))],
            error: Some("404".into()),
        };
        let body = export_request(&vec![("service.name", "souk".into())], &[record]);
        assert_eq!(
            body["resourceSpans"][0]["resource"],
            json!({"attributes": [{"key": "service.name", "value": {"stringValue": "souk"}}]})
        );
        assert_eq!(
            body["resourceSpans"][0]["scopeSpans"][0]["spans"][0],
            json!({
                "traceId": "0000000000000000000000000000005b",
                "spanId": "00000000000000ee",
                "parentSpanId": "0000000000000007",
                "flags": 1,
                "name": "GET /V1/products/{sku}",
                "kind": 3,
                "startTimeUnixNano": "1544712660000000001",
                "endTimeUnixNano": "1544712660000001001",
                "attributes": [
                    {"key": "http.response.status_code", "value": {"intValue": "404"}},
                ],
                "status": {"code": 2},
            })
        );
    }
}
