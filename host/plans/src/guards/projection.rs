//! What a read shows that asks for certain fields alone: `fields=items[sku,price],total_count`.

use souk_model::{Pointer, Read};

/// The members that a read answers; none: all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Projection(Option<Vec<ProjectedField>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct ProjectedField {
    name: String,
    inside: Option<Vec<ProjectedField>>,
}

impl Projection {
    /// What this read shows. `None` where its `fields` are none that Magento could read, or are not
    /// known before.
    pub(super) fn of(read: &Read) -> Option<Self> {
        let mut fields = read.query.iter().filter(|binding| binding.name == "fields");
        let Some(binding) = fields.next() else { return Some(Self(None)) };
        let souk_model::BindingSource::Text(text) = &binding.value else { return None };
        let mut rest = text.as_str();
        let parsed = parse(&mut rest, 0)?;
        rest.is_empty().then_some(Self(Some(parsed)))
    }

    /// Whether it shows what stands at this place, with all that stands below.
    pub(super) fn shows(&self, place: &str) -> bool {
        let mut level = &self.0;
        for token in place.split('/').skip(1) {
            let Some(fields) = level else { return true };
            // An index, or the element that a member tells: it stands in a list, whose elements
            // have the fields of the list.
            let (name, stays) = match token.strip_prefix('[').and_then(|rest| rest.split_once('='))
            {
                Some((name, _)) => (name, true),
                None if token.bytes().all(|byte| byte.is_ascii_digit()) => continue,
                None => (token, false),
            };
            let Some(field) = fields.iter().find(|field| field.name == name) else { return false };
            if !stays {
                level = &field.inside;
            }
        }
        level.is_none()
    }

    /// As [`shows`](Self::shows), of a pointer.
    pub(super) fn shows_pointer(&self, place: &Pointer) -> bool {
        self.shows(place.as_str())
    }

    /// What it shows of each element of this list.
    pub(super) fn of_elements(&self, list: &str) -> Option<Self> {
        let Some(fields) = &self.0 else { return Some(Self(None)) };
        let field = fields.iter().find(|field| field.name == list)?;
        Some(Self(field.inside.clone()))
    }
}

/// Deeper than any projection.
const DEEPEST: usize = 16;

fn parse(rest: &mut &str, depth: usize) -> Option<Vec<ProjectedField>> {
    let mut fields = Vec::new();
    loop {
        let end = rest.find([',', '[', ']']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        if name.trim().is_empty() || depth > DEEPEST {
            return None;
        }
        let mut inside = None;
        if let Some(after) = rest.strip_prefix('[') {
            *rest = after;
            inside = Some(parse(rest, depth + 1)?);
            *rest = rest.strip_prefix(']')?;
        }
        fields.push(ProjectedField { name: name.trim().to_owned(), inside });
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use souk_model::{Binding, StoreView};

    use super::*;

    fn of(fields: &str) -> Option<Projection> {
        let read = Read {
            upstream: "magento".into(),
            route: "/V1/products".into(),
            path: Vec::new(),
            query: vec![Binding::text("fields", fields)],
            view: StoreView::Global,
        };
        Projection::of(&read)
    }

    #[test]
    fn what_is_left_out_is_not_shown() {
        let shown =
            of("sku,price,custom_attributes[attribute_code],extension_attributes[category_links]");
        let shown = shown.unwrap();
        for place in ["", "/sku", "/price", "/extension_attributes/category_links/0/position"] {
            assert_eq!(shown.shows(place), !place.is_empty(), "{place}");
        }
        for place in [
            "/name",
            "/custom_attributes",
            "/custom_attributes/[attribute_code=special_price]/value",
            "/extension_attributes/stock_item",
        ] {
            assert!(!shown.shows(place), "{place}");
        }
        let whole = of("custom_attributes").unwrap();
        assert!(whole.shows("/custom_attributes/[attribute_code=special_price]/value"));
        let found = of("items[sku,price],total_count").unwrap();
        assert!(found.shows("/items/0/price") && !found.shows("/items/0/name"));
        assert!(found.of_elements("items").unwrap().shows("/price"));
        for broken in ["", "a,", "a[b", "a]b", "[a]"] {
            assert_eq!(of(broken), None, "{broken}");
        }
    }
}
