//! Writes that no request brings: those of the journal, and of the sample's story.

use super::bulk;
use super::route::{Handler, HandlerResult};
use super::routes::route_of;
use crate::call::{Call, QUEUE};
use crate::shop::Shop;

/// Handles a write. `None` when its route is gone.
pub(crate) fn repeat(shop: &mut Shop, call: &Call) -> Option<HandlerResult> {
    if call.method == QUEUE {
        return bulk::handle(shop, call);
    }
    match route_of(&call.method, &call.template)?.handler {
        Handler::Write(handler) => Some(handler(shop, call)),
        Handler::Read(_)
        | Handler::AdminToken
        | Handler::AdminTokenByCode
        | Handler::CustomerToken => None,
    }
}
