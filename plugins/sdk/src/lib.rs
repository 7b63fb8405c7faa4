//! probe
wit_bindgen::generate!({ path: "../../wit", world: "action-group", pub_export_macro: true, default_bindings_module: "souk_sdk::bindings" });
