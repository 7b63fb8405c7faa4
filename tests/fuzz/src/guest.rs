//! The runtime's conversions between the contract's types and the model's, with the contract's types
//! as wit-bindgen makes them: they are the same records as wasmtime's, and need no wasmtime.

#[allow(
    missing_docs,
    unsafe_code,
    unused_qualifications,
    unreachable_pub,
    dead_code,
    clippy::all,
    clippy::pedantic
)]
pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "action-group",
        additional_derives: [PartialEq, Clone],
    });
}

#[path = "../../../host/runtime/src/guest/conversions.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "a file of souk-runtime")]
pub(crate) mod conversions;
#[path = "../../../host/runtime/src/guest/plan_conversions.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "a file of souk-runtime")]
pub(crate) mod plan_conversions;
