//! That a field is read where it stands: of one that is read where nothing is, the review would say that
//! there was nothing.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::FieldBefore;

use super::bodies::ChangeBodies;
use super::identity::subject_document;
use crate::magento::names::same_name;
use crate::refusals::plugin_fault;

/// Holds every field of a change to the place where the store has it.
///
/// # Errors
/// Where it stands instead: a fault of the plugin.
pub(super) fn check_readings(bodies: &ChangeBodies<'_>) -> Result<(), Failure> {
    let ChangeBodies { scope, change, observed, .. } = *bodies;
    let Some(document) = subject_document(scope.lookup, observed.here.as_ref()) else {
        return Ok(());
    };
    for edit in change.edits.iter().filter(|edit| edit.is_readable() && !edit.at.is_root()) {
        if observed.field(edit) != FieldBefore::Nothing {
            continue;
        }
        let Some(name) = name_of(edit.at.as_str()) else { continue };
        if let Some(place) = standing(document, name) {
            return Err(plugin_fault(
                change,
                format!(
                    "its field `{}` is read at `{}`, where nothing stands, and `{place}` has it",
                    edit.field, edit.at
                ),
            ));
        }
    }
    Ok(())
}

/// What a place of a subject's own is called: a member, an attribute, an extension attribute; in the
/// answer of a search or not. Of what lies deeper nothing is known.
fn name_of(at: &str) -> Option<&str> {
    let rest = at.strip_prefix('/')?;
    let rest = rest.strip_prefix("items/0/").unwrap_or(rest);
    let attribute = rest.strip_prefix("custom_attributes/[attribute_code=");
    match attribute.and_then(|attribute| attribute.split_once(']')) {
        Some((code, _)) => Some(code),
        None => {
            let name = rest.strip_prefix("extension_attributes/").unwrap_or(rest);
            (!name.contains('/')).then_some(name)
        }
    }
}

/// Where a subject has something that Magento takes for this name.
fn standing(document: &Value, name: &str) -> Option<String> {
    let stands = |(_, value): &(&String, &Value)| !value.is_null();
    let members = |of: &Value| {
        let found = of.as_object()?.iter().filter(stands).find(|(key, _)| same_name(key, name));
        found.map(|(key, _)| key.clone())
    };
    if let Some(own) = members(document) {
        return Some(format!("/{own}"));
    }
    if let Some(own) = document.get("extension_attributes").and_then(members) {
        return Some(format!("/extension_attributes/{own}"));
    }
    let attributes = document.get("custom_attributes").and_then(Value::as_array);
    let codes = attributes.into_iter().flatten().filter(|one| !one["value"].is_null());
    let mut codes = codes.filter_map(|one| one["attribute_code"].as_str());
    let code = codes.find(|code| same_name(code, name))?;
    Some(format!("/custom_attributes/[attribute_code={code}]/value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_place_is_called_by_what_stands_there() {
        for (at, name) in [
            ("/price", Some("price")),
            ("/items/0/price", Some("price")),
            ("/custom_attributes/[attribute_code=price]/value", Some("price")),
            ("/items/0/custom_attributes/[attribute_code=price]/value", Some("price")),
            ("/extension_attributes/website_ids", Some("website_ids")),
            ("/tier_prices/0/value", None),
        ] {
            assert_eq!(name_of(at), name, "{at}");
        }
        let product = json!({"price": 219, "name": null, "custom_attributes": [
            {"attribute_code": "cost", "value": "5"}]});
        for spelled in ["price", "Price", "pri_ce"] {
            assert_eq!(standing(&product, spelled).as_deref(), Some("/price"));
        }
        assert!(standing(&product, "cost").unwrap().contains("custom_attributes"));
        assert_eq!(standing(&product, "name"), None);
    }
}
