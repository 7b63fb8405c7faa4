//! A way to a store on which chosen requests wait until the test lets them through.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use crate::{DemoStore, PATIENCE};

/// Passes bytes on as they are, signatures and all; a request that holds `marker` waits.
#[derive(Debug)]
pub struct Gate {
    url: String,
    waiting: Arc<Semaphore>,
    open: Arc<Semaphore>,
    task: AbortHandle,
}

impl Gate {
    /// A gate before the store.
    ///
    /// # Panics
    /// When no port is to be had.
    pub async fn before(store: &DemoStore, marker: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let address = store.url().trim_start_matches("http://").to_owned();
        let (waiting, open) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (arrived, opened) = (waiting.clone(), open.clone());
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&address).await.unwrap();
                connections.spawn(pass(near, far, marker, arrived.clone(), opened.clone()));
            }
        });
        Self { url, waiting, open, task: task.abort_handle() }
    }

    /// Where the gate is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns when one more request waits.
    ///
    /// # Panics
    /// When none comes.
    pub async fn arrived(&self) {
        let arrived = timeout(PATIENCE, self.waiting.acquire()).await;
        arrived.expect("a request comes to the gate").unwrap().forget();
    }

    /// Lets one request through, now or when it comes.
    pub fn let_through(&self) {
        self.open.add_permits(1);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    near: TcpStream,
    far: TcpStream,
    marker: &'static str,
    arrived: Arc<Semaphore>,
    opened: Arc<Semaphore>,
) {
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let back = tokio::spawn(async move { copy(&mut from_far, &mut to_near).await });
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from_near.read(&mut bytes).await {
        // A request of a client without a body comes in one piece.
        if bytes[..count].windows(marker.len()).any(|part| part == marker.as_bytes()) {
            arrived.add_permits(1);
            opened.acquire().await.unwrap().forget();
        }
        if to_far.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
    back.abort();
}
