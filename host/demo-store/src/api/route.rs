//! What a route is.

use serde_json::Value;

use crate::call::Call;
use crate::refusal::Refusal;
use crate::shop::Shop;

/// What a handler gives back.
pub(crate) type HandlerResult = Result<Value, Refusal>;

/// What a route does.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Looks at the shop.
    Read(fn(&Shop, &Call) -> HandlerResult),
    /// Changes it.
    Write(fn(&mut Shop, &Call) -> HandlerResult),
    /// Logs an admin user in.
    AdminToken,
    /// Logs an admin user in who brings a one-time code.
    AdminTokenByCode,
    /// Logs a customer in.
    CustomerToken,
}

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    /// The method.
    pub(crate) method: &'static str,
    /// The path, parameters in braces.
    pub(crate) template: &'static str,
    /// The access control resource it needs.
    pub(crate) resource: &'static str,
    /// What it does.
    pub(crate) handler: Handler,
}

/// A question.
pub(super) const fn read(
    template: &'static str,
    resource: &'static str,
    handler: fn(&Shop, &Call) -> HandlerResult,
) -> Route {
    Route { method: "GET", template, resource, handler: Handler::Read(handler) }
}

/// A question that comes as a POST because it is long.
pub(super) const fn read_by_post(
    template: &'static str,
    resource: &'static str,
    handler: fn(&Shop, &Call) -> HandlerResult,
) -> Route {
    Route { method: "POST", template, resource, handler: Handler::Read(handler) }
}

/// A change.
pub(super) const fn write(
    method: &'static str,
    template: &'static str,
    resource: &'static str,
    handler: fn(&mut Shop, &Call) -> HandlerResult,
) -> Route {
    Route { method, template, resource, handler: Handler::Write(handler) }
}
