//! What `wit/souk.wit` becomes on the host's side.
//!
//! The generated code is the only place where lints are off. Everything else of the crate converts
//! these types into the model's at once: see [`conversions`](super::conversions).

#![allow(missing_docs, unsafe_code, unreachable_pub, unused_qualifications, clippy::all)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "action-group",
    imports: { default: async | trappable },
    exports: { default: async },
    additional_derives: [PartialEq],
    with: {
        "souk:plugin/plans.draft": crate::guest::handles::GuestDraft,
        "souk:plugin/documents.document": crate::guest::handles::GuestDocument,
    },
});
