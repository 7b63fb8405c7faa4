//! Carries what a running call tells its client, beside the call and never in its way.

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, timeout};

/// How long a finished call's answer waits for what it told last to be on its way.
const LAST_WORD: Duration = Duration::from_millis(250);

/// Runs a call and hands on meanwhile what it tells, in its order, until `send` says that nobody is
/// there any more. None goes out after the answer.
pub(crate) async fn while_running<M, T, S: Future<Output = bool>>(
    mut messages: mpsc::Receiver<M>,
    mut send: impl FnMut(M) -> S,
    call: impl Future<Output = T>,
) -> T {
    let (finish, mut finished) = oneshot::channel::<()>();
    let mut carry = Box::pin(async move {
        loop {
            let message = tokio::select! {
                biased;
                message = messages.recv() => message,
                _ = &mut finished, if !finished.is_terminated() => {
                    messages.close();
                    continue;
                }
            };
            let Some(message) = message else { return };
            if !send(message).await {
                return;
            }
        }
    });
    tokio::pin!(call);
    let answer = tokio::select! {
        answer = &mut call => answer,
        // The call has let go of its end, or the client is gone.
        () = &mut carry => return call.await,
    };
    // Something the call left running may hold the other end still: close it from this one.
    let _ = finish.send(());
    let _ = timeout(LAST_WORD, carry).await;
    answer
}
