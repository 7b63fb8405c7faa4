//! `souk dev` as its author has it before them: what they type, and what they read.

use std::path::Path;
use std::process::Stdio;

use souk_tests::{Home, PATIENCE, Souk};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::sync::watch;

/// A running `souk dev`.
pub(super) struct Terminal {
    child: Child,
    stdin: Option<ChildStdin>,
    shown: watch::Receiver<String>,
}

impl Terminal {
    /// In this directory, with these flags behind.
    pub(super) fn open(home: &Home, directory: &Path, flags: &[&str]) -> Self {
        Self::of(&home.souk(["dev"]).args([directory]).args(flags.iter().copied()))
    }

    /// Of this command.
    pub(super) fn of(souk: &Souk<'_>) -> Self {
        let mut command = souk.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (writer, shown) = watch::channel(String::new());
        read(child.stdout.take().unwrap(), writer.clone());
        read(child.stderr.take().unwrap(), writer);
        Self { stdin: child.stdin.take(), child, shown }
    }

    /// Types a line.
    pub(super) async fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("it is still typed");
        stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// All that was shown so far.
    pub(super) fn shown(&self) -> String {
        self.shown.borrow().clone()
    }

    /// Waits until this was shown so many times, and answers all that was.
    pub(super) async fn shows(&mut self, text: &str, times: usize) -> String {
        let waiting = self.shown.wait_for(|shown| shown.matches(text).count() >= times);
        let shown = tokio::time::timeout(PATIENCE, waiting).await;
        let has_shown = shown.is_ok_and(|shown| shown.is_ok());
        assert!(has_shown, "`{text}` was not shown {times} times, but:\n{}", self.shown());
        self.shown()
    }

    /// Types nothing more; it ends by itself, and this is its exit status.
    pub(super) async fn close(mut self) -> Option<i32> {
        drop(self.stdin.take());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends").unwrap().code()
    }
}

/// Takes lines over as they come.
fn read(from: impl AsyncRead + Unpin + Send + 'static, to: watch::Sender<String>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            to.send_modify(|shown| {
                shown.push_str(&line);
                shown.push('\n');
            });
        }
    });
}
