//! Where a request goes: the path that comes out, whatever the plugin calls its route.

use souk_model::plan::Step;
use souk_model::{BindingSource, Route};

/// How Magento carries a write out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestForm {
    /// `/V1/…`: at once.
    Immediate,
    /// `/async/V1/…`: later, where no read shows when. Body and parameters are as of the other.
    Async,
    /// `/async/bulk/V1/…`: later, once for each body of a list; parameters are members of each body,
    /// and stand in the path as `bySku`.
    AsyncBulk,
}

impl RequestForm {
    /// Whether it is carried out later.
    #[must_use]
    pub const fn is_asynchronous(self) -> bool {
        !matches!(self, Self::Immediate)
    }
}

/// One segment of a path; `None`: not known before it is sent, so it could be anything.
pub type Segment<'a> = Option<&'a str>;

/// A step's path, from behind the version on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteTarget<'a> {
    /// How it is carried out.
    pub form: RequestForm,
    /// Its segments. A text is compared regardless of case.
    pub segments: Vec<Segment<'a>>,
    /// Whether it begins as a route of the store's API does.
    pub has_version: bool,
}

impl<'a> WriteTarget<'a> {
    /// Where a step of a change of this subject goes.
    #[must_use]
    pub fn of(step: &'a Step, subject: &'a str) -> Self {
        let segments = step.route.split('/').filter(|segment| !segment.is_empty()).map(|segment| {
            let Some(name) = parameter(segment) else { return Some(segment) };
            let binding = step.path.iter().find(|binding| binding.name == name)?;
            match &binding.value {
                BindingSource::Text(text) => Some(text.as_str()),
                BindingSource::Subject => Some(subject),
                BindingSource::FromResponse(_) => None,
            }
        });
        Self::from_segments(&segments.collect::<Vec<_>>())
    }

    /// Where requests on a granted route can go: parameters could be anything.
    #[must_use]
    pub fn of_route(route: &'a Route) -> Self {
        let segment = |segment: &'a str| parameter(segment).is_none().then_some(segment);
        Self::from_segments(&route.segments().map(segment).collect::<Vec<_>>())
    }

    fn from_segments(all: &[Segment<'a>]) -> Self {
        let is = |at: usize, word: &str| {
            let segment = all.get(at).copied();
            segment
                .is_some_and(|segment| segment.is_none_or(|text| text.eq_ignore_ascii_case(word)))
        };
        let (form, prefix) = if is(0, "async") && is(1, "bulk") && is(2, "V1") {
            (RequestForm::AsyncBulk, 3)
        } else if is(0, "async") && is(1, "V1") {
            (RequestForm::Async, 2)
        } else {
            (RequestForm::Immediate, usize::from(is(0, "V1")))
        };
        let segments = all.get(prefix..).unwrap_or_default().to_vec();
        Self { form, segments, has_version: prefix > 0 }
    }

    /// Whether it is, or could be, this path: words, and `*` for any one segment.
    #[must_use]
    pub fn is(&self, pattern: &[&str]) -> bool {
        self.segments.len() == pattern.len()
            && self.segments.iter().zip(pattern).all(|(segment, wanted)| {
                *wanted == "*" || segment.is_none_or(|text| text.eq_ignore_ascii_case(wanted))
            })
    }

    /// A segment, where it is known.
    #[must_use]
    pub fn segment(&self, at: usize) -> Option<&'a str> {
        self.segments.get(at).copied().flatten()
    }
}

/// The name inside `{name}`, if the segment is a parameter.
pub(super) fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Whether this segment of a bulk route stands for a parameter: `bySku`.
pub(super) fn stands_for_parameter(segment: &str) -> bool {
    segment.get(..2).is_some_and(|by| by.eq_ignore_ascii_case("by")) && segment.len() > 2
}
