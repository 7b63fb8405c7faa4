//! Rows of a state that is put together of recordings, for tests that need more than was recorded at once.

use serde_json::{Value, json};

/// Adds a row, in the place of one that is the same thing.
pub(super) fn add(state: &mut Value, table: &str, row: Value) {
    let keys: &[&str] = match table {
        "sourceItems" => &["sku", "source_code"],
        "stockSourceLinks" => &["stock_id", "source_code"],
        "stocks" => &["stock_id"],
        "sources" => &["source_code"],
        "transactions" => &["transaction_id"],
        _ => &["entity_id"],
    };
    let rows = state[table].as_array_mut().unwrap();
    rows.retain(|known| !keys.iter().all(|key| known[*key] == row[*key]));
    rows.push(row);
}

/// The products of the bundles, which say how they ship. All others of the recordings are gone.
pub(super) fn add_bundles(state: &mut Value) {
    for (id, sku, ships_apart) in [(59, "LAB-BUN", "0"), (53, "LAB-BUNSEP", "1")] {
        for list in state["products"].as_object_mut().unwrap().values_mut() {
            let list = list.as_array_mut().unwrap();
            let mut bundle = list[0].clone();
            bundle["id"] = json!(id);
            bundle["sku"] = json!(sku);
            bundle["type_id"] = json!("bundle");
            bundle["custom_attributes"] = json!([
                {"attribute_code": "shipment_type", "value": ships_apart},
                {"attribute_code": "url_key", "value": sku.to_lowercase()},
            ]);
            list.push(bundle);
        }
    }
}
