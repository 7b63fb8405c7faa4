//! The documentation, held to the product: what it says can be run is run, and what it prints is
//! compared; what it names exists.

mod attacks;
mod commands;
mod generated;
mod links;
mod markdown;
mod running;
mod settings;
mod shell;
