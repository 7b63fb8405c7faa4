//! The tools on a small shop.

mod display;
mod salable;
mod shop;
