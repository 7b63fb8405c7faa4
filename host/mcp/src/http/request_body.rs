//! A request's body, whole before anybody works on it: a client that sends it slowly, or never,
//! holds nothing but its own connection. All of them together are bounded, too.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use http::StatusCode;
use http::header::RETRY_AFTER;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What all bodies may take together, in [units](UNIT): 256 MiB.
const ROOM: usize = 256 * 1024;
/// In what they are counted: bytes.
const UNIT: usize = 1024;

/// Reads bodies.
pub(super) struct RequestBodies {
    /// The most that one may have, in bytes.
    limit: usize,
    room: Arc<Semaphore>,
}

/// The room that a body takes, for as long as its request is known.
#[derive(Clone)]
struct BodyRoom(
    #[expect(dead_code, reason = "held until it is dropped")] Arc<OwnedSemaphorePermit>,
);

impl RequestBodies {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, room: Arc::new(Semaphore::new(ROOM)) }
    }

    /// The request with its body read.
    ///
    /// # Errors
    /// What a client is told whose body is too large, for which there is no room, or that breaks off.
    pub(super) async fn whole(&self, request: Request) -> Result<http::Request<Bytes>, Response> {
        let (mut parts, body) = request.into_parts();
        let mut chunks = body.into_data_stream();
        let mut room: Option<OwnedSemaphorePermit> = None;
        let mut first = Bytes::new();
        let mut collected: Vec<u8> = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST.into_response())?;
            if chunk.len() > self.limit.saturating_sub(first.len() + collected.len()) {
                return Err(body_too_large(self.limit));
            }
            let units = u32::try_from(chunk.len().div_ceil(UNIT)).unwrap_or(u32::MAX);
            let more = self.room.clone().try_acquire_many_owned(units);
            let more = more.map_err(|_| too_many_bodies())?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
            // Nearly every body comes in one piece, which need not be copied.
            if first.is_empty() && collected.is_empty() {
                first = chunk;
            } else {
                if collected.is_empty() {
                    collected.extend_from_slice(&std::mem::take(&mut first));
                }
                collected.extend_from_slice(&chunk);
            }
        }
        parts.extensions.insert(room.map(|room| BodyRoom(Arc::new(room))));
        let body = if collected.is_empty() { first } else { collected.into() };
        Ok(Request::from_parts(parts, body))
    }
}

fn body_too_large(limit: usize) -> Response {
    let text = format!("a request may have {limit} bytes\n\nhint: ask for less at once\n");
    (StatusCode::PAYLOAD_TOO_LARGE, text).into_response()
}

fn too_many_bodies() -> Response {
    let text = "the requests that are under way are as large as they may be together\n\nhint: try \
                again in a moment\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], text).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(pieces: &[&'static [u8]]) -> Request {
        let pieces: Vec<_> =
            pieces.iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece))).collect();
        Request::new(Body::from_stream(futures::stream::iter(pieces)))
    }

    #[tokio::test]
    async fn bodies_are_read_whole_and_all_of_them_have_their_room() {
        let bodies = RequestBodies { limit: 2_000, room: Arc::new(Semaphore::new(3)) };
        let whole = bodies.whole(request(&[b"ab", b"c"])).await.unwrap();
        assert_eq!(bodies.room.available_permits(), 1);
        let refused = bodies.whole(request(&[&[b'x'; 1_500]])).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(*whole.body(), "abc");
        drop(whole);
        assert_eq!(bodies.room.available_permits(), 3);
        assert!(bodies.whole(request(&[&[b'x'; 1_500]])).await.is_ok());
        let refused = bodies.whole(request(&[&[b'x'; 1_500], &[b'x'; 501]])).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(bodies.whole(request(&[])).await.is_ok());
    }
}
