//! A child process: what it logs, what it takes of the machine. Killed when dropped.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

use crate::{PATIENCE, until};

/// A running child. Its stderr is kept.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: watch::Receiver<String>,
}

impl Process {
    /// Starts the command.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (writer, log) = watch::channel(String::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                writer.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        Self { child, log }
    }

    /// Its standard input and output. Once.
    pub(crate) fn streams(&mut self) -> (ChildStdout, ChildStdin) {
        (self.child.stdout.take().unwrap(), self.child.stdin.take().unwrap())
    }

    /// Its standard output. Once.
    pub(crate) fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Waits until it has logged this.
    ///
    /// # Panics
    /// When it does not; with what it did log.
    pub async fn logged(&self, text: &str) {
        self.logged_any(&[text]).await;
    }

    /// Waits until a server has loaded every plugin that was there at its start.
    ///
    /// # Panics
    /// When it does not; with what it did log.
    pub async fn loaded(&self) {
        self.logged_any(&[" plugins from ", " plugin from "]).await;
    }

    async fn logged_any(&self, texts: &[&str]) {
        let mut log = self.log.clone();
        let waiting = log.wait_for(|log| texts.iter().any(|text| log.contains(text)));
        let heard = tokio::time::timeout(PATIENCE, waiting).await.is_ok_and(|heard| heard.is_ok());
        assert!(heard, "`{}` was not logged, but:\n{}", texts[0], self.log());
    }

    /// The compilers that it has running.
    #[must_use]
    pub fn compilers(&self) -> Vec<u32> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).into_iter().flatten();
        let children = tasks
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok())
            .collect::<String>();
        // Between its making and its own program a child is not yet one.
        let is_compiler = |pid: &u32| {
            let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.contains("--compile-component")
        };
        let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        pids.filter(is_compiler).collect()
    }

    /// Its process id.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it still runs")
    }

    /// Sends it a signal, by its name: `HUP`.
    ///
    /// # Panics
    /// When it has ended.
    pub async fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
    }

    /// Kills it, and waits until nothing of it runs any more: a signal is sent before it takes effect.
    ///
    /// # Panics
    /// When it has ended, or does not.
    pub async fn kill(&self) {
        self.signal("KILL").await;
        let stat = format!("/proc/{}/stat", self.pid());
        until("the killed process is gone", async || {
            // Its state follows its name, which stands in parentheses.
            std::fs::read_to_string(&stat).map_or(true, |stat| {
                stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
            })
        })
        .await;
    }

    /// Waits for its end, and answers its exit status; none where a signal ended it.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn ended(&mut self) -> Option<i32> {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("the process ends").unwrap().code()
    }

    /// Its resident memory, in bytes.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Begins anew what [`Self::peak`] tells.
    ///
    /// # Panics
    /// When it has ended.
    pub fn forget_peak(&self) {
        // proc_pid_clear_refs(5): 5 resets the peak of the resident memory.
        std::fs::write(format!("/proc/{}/clear_refs", self.pid()), "5").unwrap();
    }

    /// The most resident memory it had since it began or [`Self::forget_peak`], in bytes.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// A number of bytes from its status.
    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// How many files it has open.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }
}
