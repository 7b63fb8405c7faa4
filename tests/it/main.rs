//! Whole-system tests: the built binary, real transports, real clients, hostile plugins.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod admission;
mod answer_sizes;
mod approvals;
mod audit;
mod cache;
mod callers;
mod cases;
mod cli;
mod connections;
mod contract;
mod details;
mod docs;
mod doctor;
mod exports;
mod fairness;
mod habits;
mod hostile;
mod input_limits;
mod languages;
mod loading;
mod login;
mod magento_mcp;
mod masking;
mod orders;
mod plans;
mod plugin_limits;
mod policy;
mod published;
mod python;
mod reload;
mod requests;
mod resources;
mod sessions;
mod settings;
mod soak;
mod start;
mod stdio;
mod suggestions;
mod tiers;
mod tool_search;
mod tool_sets;
mod tools;
mod trail;
mod trust;
