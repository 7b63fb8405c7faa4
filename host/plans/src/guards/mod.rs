//! What the operator allows a change to do. Guards look at bodies, which are what is sent, and never
//! at the names a plugin gives things.

mod amounts;
mod bodies;
mod change;
mod fields;
mod limits;
#[cfg(test)]
mod tests;

pub use limits::Guards;
