//! The pages: what is asked, what is shown. Each reads what it shows anew, and whatever it shows of a plan
//! is the one review.
//!
//! | file | what it owns |
//! |---|---|
//! | `assets` | the style and the one script |
//! | `notice` | pages that say one thing: what was refused, what is not here |
//! | `entry` | where everybody begins |
//! | `sign_in` | the link, the passphrase, the end |
//! | `person_request` | a request of somebody who has signed in |
//! | `layout` | what stands around each of their pages |
//! | `plans` | the list |
//! | `plan` | one plan with its items |
//! | `plan_view` | a plan as it stands on a page |
//! | `decide` | approving and rejecting |
//! | `run` | carrying out, stopping, taking back, and how far it is |
//! | `writes` | the stop button |
//! | `plugins` | what each may do, what waits, what was used |
//! | `proof` | who answers at this address |
//! | `stores` | how the stores are |
//! | `figures` | calls, refusals, and money against caps |
//! | `audit` | the trail, read and verified |
//! | `item_view` | an item as it stands on a page |
//! | `item_query` | which items are shown, and which are left out |

pub(crate) mod assets;
pub(crate) mod audit;
pub(crate) mod decide;
pub(crate) mod entry;
pub(crate) mod figures;
mod item_query;
mod item_view;
mod layout;
pub(crate) mod notice;
mod person_request;
pub(crate) mod plan;
mod plan_view;
pub(crate) mod plans;
pub(crate) mod plugins;
pub(crate) mod proof;
pub(crate) mod run;
pub(crate) mod sign_in;
pub(crate) mod stores;
pub(crate) mod writes;
