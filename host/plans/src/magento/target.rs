//! Where a step really goes.
//!
//! A route's text is the plugin's: `/V1/{a}/{b}/refund` with `a` bound to `order` is a refund. Guards
//! look at the path that comes out. What an earlier answer fills in could be anything, and is taken
//! for the worst.

use souk_model::BindingSource;
use souk_model::plan::Step;

/// A step's path, from behind `V1` on.
#[derive(Debug)]
pub(crate) struct WriteTarget<'a> {
    segments: Vec<Segment<'a>>,
    /// Whether it is carried out later, so that no read shows when.
    pub(crate) asynchronous: bool,
}

/// One segment; none: not known before it is sent.
type Segment<'a> = Option<&'a str>;

impl<'a> WriteTarget<'a> {
    /// Where a step of a change of this subject goes.
    pub(crate) fn of(step: &'a Step, subject: &'a str) -> Self {
        let all: Vec<Segment<'a>> = step
            .route
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| {
                let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                let Some(name) = name else { return Some(segment) };
                let binding = step.path.iter().find(|binding| binding.name == name)?;
                match &binding.value {
                    BindingSource::Text(text) => Some(text.as_str()),
                    BindingSource::Subject => Some(subject),
                    BindingSource::FromResponse(_) => None,
                }
            })
            .collect();
        let version = all
            .iter()
            .position(|segment| segment.is_none_or(|text| text.eq_ignore_ascii_case("v1")));
        let after = version.map_or(0, |at| at + 1);
        let segments = all.get(after..).unwrap_or_default().to_vec();
        Self { segments, asynchronous: version.is_some_and(|at| at > 0) }
    }

    /// Whether it is, or could be, this path: words, and `*` for any one segment.
    pub(crate) fn is(&self, pattern: &[&str]) -> bool {
        self.segments.len() == pattern.len()
            && self.segments.iter().zip(pattern).all(|(segment, wanted)| {
                *wanted == "*" || segment.is_none_or(|text| text.eq_ignore_ascii_case(wanted))
            })
    }

    /// A segment, where it is known.
    pub(crate) fn segment(&self, at: usize) -> Option<&'a str> {
        self.segments.get(at).copied().flatten()
    }
}

/// Whether a route has these segments; `*` is for a parameter of any name.
pub(crate) fn is_route(route: &str, wanted: &[&str]) -> bool {
    let segments: Vec<&str> = route.split('/').filter(|segment| !segment.is_empty()).collect();
    segments.len() == wanted.len()
        && segments
            .iter()
            .zip(wanted)
            .all(|(is, wanted)| if *wanted == "*" { is.starts_with('{') } else { is == wanted })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use souk_model::{Binding, StoreView, WriteMethod};

    pub(crate) fn post(route: &str, path: &[(&str, &str)]) -> Step {
        Step {
            upstream: "magento".into(),
            method: WriteMethod::Post,
            route: route.into(),
            path: path.iter().map(|(name, text)| Binding::text(*name, *text)).collect(),
            query: Vec::new(),
            view: StoreView::Global,
            body: None,
            body_bindings: Vec::new(),
            failure_responses: Vec::new(),
        }
    }

    #[test]
    fn a_path_is_told_by_what_comes_out() {
        let refund = ["order", "*", "refund"];
        for step in [
            post("/V1/order/{orderId}/refund", &[("orderId", "7")]),
            post("/V1/order/7/refund", &[]),
            post("/V1/{a}/{b}/{c}", &[("a", "order"), ("b", "7"), ("c", "Refund")]),
        ] {
            let target = WriteTarget::of(&step, "7");
            assert!(target.is(&refund) && !target.asynchronous, "{step:?}");
            assert_eq!(target.segment(1), Some("7"));
        }
        let later = post("/async/bulk/V1/order/byOrderId/refund", &[]);
        assert!(
            WriteTarget::of(&later, "7").is(&refund) && WriteTarget::of(&later, "7").asynchronous
        );
        let mut answered = post("/V1/order/7/{what}", &[("what", "")]);
        answered.path[0].value = BindingSource::FromResponse("/x".into());
        assert!(WriteTarget::of(&answered, "7").is(&refund), "it could be");
        assert!(!WriteTarget::of(&post("/V1/orders/7/hold", &[]), "7").is(&refund));
    }
}
