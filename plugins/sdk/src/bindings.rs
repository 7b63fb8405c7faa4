//! What wit-bindgen makes of `wit/souk.wit`. Written by the macro; the rest of the crate wraps it.
#![allow(
    missing_docs,
    unsafe_code,
    unused_qualifications,
    unreachable_pub,
    clippy::all,
    clippy::pedantic
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "action-group",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "souk_sdk::bindings",
    additional_derives: [PartialEq, Clone],
});
