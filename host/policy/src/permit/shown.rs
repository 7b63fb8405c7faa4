//! A step's request as a reviewer reads it, before it can be sent.

use souk_model::plan::Step;
use souk_model::{Binding, BindingSource, Grant, Method, StoreView, visible};

use super::encode;

/// The request that a step makes: `PUT /V1/products/TEN-001 at all`, and ` on fastly` where it is not
/// the store's.
///
/// Values stand in it encoded, as they are sent, so that none can pass for a part of the address; in
/// braces stands where one comes from that is only known from the response to the first step.
///
/// ```
/// use souk_model::plan::Step;
/// use souk_model::{Binding, BindingSource, StoreView, WriteMethod};
/// let step = Step {
///     upstream: "magento".into(),
///     method: WriteMethod::Delete,
///     route: "/V1/cmsBlock/{id}".into(),
///     path: vec![Binding { name: "id".into(), value: BindingSource::Subject }],
///     query: vec![Binding::text("soft", "a b")],
///     view: StoreView::View("de".into()),
///     body: None,
///     body_bindings: vec![],
///     failure_responses: vec![],
/// };
/// let shown = souk_policy::request_line(&step, "1?x at all");
/// assert_eq!(shown, "DELETE /V1/cmsBlock/1%3Fx%20at%20all?soft=a%20b at de");
/// ```
#[must_use]
pub fn request_line(step: &Step, subject: &str) -> String {
    let mut line = format!("{} ", Method::Write(step.method));
    for segment in step.route.split('/').skip(1) {
        line.push('/');
        let name = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        match name.map(|name| step.path.iter().find(|binding| binding.name == name)) {
            Some(Some(binding)) => push_value(&mut line, binding, subject),
            Some(None) | None => line.push_str(&visible::line(segment)),
        }
    }
    for (index, binding) in step.query.iter().enumerate() {
        line.push(if index == 0 { '?' } else { '&' });
        encode::push_encoded(&mut line, &binding.name);
        line.push('=');
        push_value(&mut line, binding, subject);
    }
    line.push_str(" at ");
    match &step.view {
        StoreView::Global => line.push_str("all"),
        StoreView::View(code) => line.push_str(&visible::line(code)),
        StoreView::SessionDefault => line.push_str("the session's view"),
    }
    if step.upstream != Grant::STORE {
        line.push_str(" on ");
        line.push_str(&visible::line(&step.upstream));
    }
    line
}

fn push_value(line: &mut String, binding: &Binding, subject: &str) {
    match &binding.value {
        BindingSource::Text(text) => encode::push_encoded(line, text),
        BindingSource::Subject => encode::push_encoded(line, subject),
        BindingSource::FromResponse(pointer) => {
            line.push_str("{response");
            for token in pointer.split('/').skip(1) {
                line.push('/');
                encode::push_encoded(line, token);
            }
            line.push('}');
        }
    }
}
