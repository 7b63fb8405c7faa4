//! The style, the icon and the one script. They hold nothing of the store, so everybody may have them.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

const STYLE: &str = include_str!("../../assets/console.css");
const SCRIPT: &str = include_str!("../../assets/console.js");

const ICON: &str = include_str!("../../assets/icon.svg");

/// `/console/icon.svg`
pub(crate) async fn icon() -> Response {
    asset("image/svg+xml", ICON)
}

/// `/console/style.css`
pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

/// `/console/script.js`
pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

fn asset(media_type: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "public, max-age=60")], text).into_response()
}
