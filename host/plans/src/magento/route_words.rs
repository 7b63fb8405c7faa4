//! Routes by their words, whatever a grant calls their parameters.

/// Whether a route has these segments; `*` is for a parameter of any name.
pub(crate) fn is_route(route: &str, wanted: &[&str]) -> bool {
    let segments: Vec<&str> = words(route).collect();
    segments.len() == wanted.len()
        && segments
            .iter()
            .zip(wanted)
            .all(|(is, wanted)| if *wanted == "*" { is_parameter(is) } else { is == wanted })
}

/// Whether two routes are the same but for the names of their parameters.
pub(crate) fn same_route(a: &str, b: &str) -> bool {
    words(a).count() == words(b).count()
        && words(a).zip(words(b)).all(|(a, b)| a == b || is_parameter(a) && is_parameter(b))
}

fn words(route: &str) -> impl Iterator<Item = &str> {
    route.split('/').filter(|segment| !segment.is_empty())
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_the_same_by_any_name() {
        assert!(same_route("/V1/products/{sku}", "/V1/products/{x}"));
        assert!(!same_route("/V1/products/{sku}", "/V1/products/cost"));
        assert!(!same_route("/V1/products", "/V1/products/{x}"));
        assert!(is_route("/V1/orders/{id}", &["V1", "orders", "*"]));
        assert!(!is_route("/V1/orders/5", &["V1", "orders", "*"]));
    }
}
