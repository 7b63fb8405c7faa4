//! `souk dev`: builds a plugin with each change, and tries it at once.

mod dev_host;
mod loaded_build;
mod observer;
mod project;
mod typed_line;

use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use souk_model::{CallFailure, ToolResult, visible};
use tokio::sync::mpsc;

use crate::author_calls::{AuthorCallOutcome, AuthorCalls};
use crate::call_arguments;
use crate::cli::{DevArgs, TestArgs};
use crate::commands::test;
use crate::end_signals::EndSignals;
use crate::output::print;
use crate::plugin_language::PluginLanguage;
use crate::render;
use crate::settings::source::SettingValue;
use dev_host::DevHost;
use observer::{CallOrigin, Observer};
use project::{PluginProject, SourceState};
use typed_line::{HELP, TypedLine};

/// How often the sources and the host are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// Editors write several files one after the other: it is built once nothing has changed for this long.
const QUIET: Duration = Duration::from_millis(150);
/// Given as the reason of what is committed.
const REASON: &str = "souk dev";

/// Builds, serves and calls until whoever types has had enough.
///
/// # Errors
/// Whatever keeps the host from serving. What is wrong with the plugin is printed, and waited for.
pub(crate) async fn run(flags: Vec<SettingValue>, args: DevArgs) -> anyhow::Result<ExitCode> {
    let project = PluginProject::open(&args.directory, args.build.as_deref())?;
    let host = DevHost::start(&project, flags.clone()).await?;
    let mut signals = EndSignals::listen();
    let mut typed = typed_lines();
    // Who is served over HTTP does not leave with whoever has piped something in.
    let stays = host.is_serving() && !std::io::stdin().is_terminal();
    let mut is_typed = true;
    let mut author = AuthorLoop::new(project, host, flags).await?;
    author.greet().await?;
    loop {
        tokio::select! {
            () = signals.next() => break,
            built = author.build_if_changed() => built?,
        }
        let line = tokio::select! {
            () = signals.next() => break,
            line = typed.recv(), if is_typed => line,
            () = tokio::time::sleep(LOOK) => {
                author.look(CallOrigin::Client).await?;
                continue;
            }
        };
        let Some(line) = line else {
            is_typed = false;
            if stays {
                continue;
            }
            break;
        };
        let goes_on = tokio::select! {
            () = signals.next() => break,
            goes_on = author.do_line(&line) => goes_on?,
        };
        if !goes_on {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is typed, line by line. A thread of its own reads it: nothing waits for it at the end.
fn typed_lines() -> mpsc::UnboundedReceiver<String> {
    let (send, receive) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}

/// A plugin, the host that it is tried in, and what was done last.
struct AuthorLoop {
    project: PluginProject,
    host: DevHost,
    flags: Vec<SettingValue>,
    calls: AuthorCalls,
    observer: Observer,
    /// In which a missing grant is explained.
    languages: Vec<PluginLanguage>,
    /// What was built last, or tried to be.
    built: Option<SourceState>,
    /// What was called last.
    last_call: Option<(String, Vec<String>)>,
}

impl AuthorLoop {
    async fn new(
        project: PluginProject,
        host: DevHost,
        flags: Vec<SettingValue>,
    ) -> anyhow::Result<Self> {
        let calls = AuthorCalls::new(host.host.dispatcher.clone(), REASON);
        let observer = Observer::of(&host.host, &host.setup.limits).await?;
        let languages = match project.language() {
            Some(language) => vec![language],
            None => PluginLanguage::ALL.to_vec(),
        };
        Ok(Self { project, host, flags, calls, observer, languages, built: None, last_call: None })
    }

    /// Where everything is, and what can be typed.
    async fn greet(&self) -> anyhow::Result<()> {
        let mut text = String::new();
        if let Some(demo) = &self.host.host.demo {
            text.push_str(&format!("demo store at http://{}/, kept between runs\n", demo.store));
        }
        match self.host.serve().await? {
            Some(url) => text.push_str(&format!(
                "MCP at {url}: claude mcp add --transport http souk-dev {url}\n"
            )),
            None if std::io::stdin().is_terminal() => {
                text.push_str("`--http 127.0.0.1:8808` serves it to a client, too\n");
            }
            None => {}
        }
        if std::io::stdin().is_terminal() {
            text.push_str("type `help` for what can be typed\n");
        }
        print(&text)
    }

    /// Builds and loads, where the sources are other than at the last build.
    async fn build_if_changed(&mut self) -> anyhow::Result<()> {
        let mut sources = self.project.sources()?;
        if self.built.as_ref() == Some(&sources) {
            return Ok(());
        }
        if self.built.is_some() {
            loop {
                tokio::time::sleep(QUIET).await;
                let now = self.project.sources()?;
                if now == sources {
                    break;
                }
                sources = now;
            }
        }
        self.built = Some(sources);
        self.build().await
    }

    /// Builds and loads. What is wrong with the plugin is printed: it is the author's to change.
    async fn build(&mut self) -> anyhow::Result<()> {
        print(&format!("\nbuilding {}\n", self.project.name()))?;
        let begun = Instant::now();
        let loaded = match self.project.build().await {
            Ok(file) => self.host.load(&file, begun.elapsed()).await,
            Err(error) => Err(error),
        };
        match loaded {
            Ok(text) => print(&text),
            Err(error) => print(&format!("{error:#}\n")),
        }
    }

    /// Does what was typed; false where that is to end.
    async fn do_line(&mut self, line: &str) -> anyhow::Result<bool> {
        match TypedLine::parse(line) {
            Err(error) => print(&format!("{error:#}\n"))?,
            Ok(TypedLine::Nothing) => {}
            Ok(TypedLine::Quit) => return Ok(false),
            Ok(TypedLine::Help) => print(HELP)?,
            Ok(TypedLine::Show) => print(&self.host.show())?,
            Ok(TypedLine::Build) => self.build().await?,
            Ok(TypedLine::Test) => self.test().await?,
            Ok(TypedLine::Commit) => {
                let outcome = self.calls.commit().await;
                self.show(outcome).await?;
            }
            Ok(TypedLine::Undo) => {
                let outcome = self.calls.undo().await;
                self.show(outcome).await?;
            }
            Ok(TypedLine::Again) => match self.last_call.clone() {
                Some((tool, arguments)) => self.call(tool, arguments).await?,
                None => print("nothing was called yet\n")?,
            },
            Ok(TypedLine::Call { tool, arguments }) => self.call(tool, arguments).await?,
        }
        Ok(true)
    }

    async fn call(&mut self, tool: String, arguments: Vec<String>) -> anyhow::Result<()> {
        let group = self.host.group().unwrap_or_default();
        let Some(known) = self.calls.find(group, &tool) else {
            return print(&format!(
                "there is no tool `{}`; `show` shows what serves\n",
                visible::line(&tool)
            ));
        };
        match call_arguments::parse(&arguments, Some(&known)) {
            Err(error) => print(&format!("{error:#}\n")),
            Ok(parsed) => {
                self.last_call = Some((tool, arguments));
                let outcome = self.calls.call(&known.name, parsed).await;
                self.show(outcome).await
            }
        }
    }

    /// Shows what came of a call, and what it did.
    async fn show(&mut self, outcome: AuthorCallOutcome) -> anyhow::Result<()> {
        match outcome {
            Ok(answer) => print(&answer_text(&answer))?,
            Err(CallFailure { failure, .. }) => print(&format!("{}\n", failure.render()))?,
        }
        self.look(CallOrigin::Terminal).await
    }

    /// Prints what has happened in the host.
    async fn look(&mut self, origin: CallOrigin) -> anyhow::Result<()> {
        let text = self.observer.look(&self.host.host, origin, &self.languages).await?;
        if text.is_empty() { Ok(()) } else { print(&text) }
    }

    /// Tries the cases beside the sources, as `souk test` does.
    async fn test(&self) -> anyhow::Result<()> {
        let cases = self.project.directory.join("cases.toml");
        let Some(file) = self.host.component() else {
            return print("nothing has been built yet that serves\n");
        };
        let args = TestArgs { file, cases, json: false };
        match test::run(self.flags.clone(), args).await.context("the cases cannot be tried") {
            Ok(_) => Ok(()),
            Err(error) => print(&format!("{error:#}\n")),
        }
    }
}

/// An answer, for people.
fn answer_text(answer: &ToolResult) -> String {
    let mut text = String::new();
    for line in answer.headline.iter() {
        text.push_str(&format!("{}\n\n", visible::line(line)));
    }
    text.push_str(&render::answer(&answer.result));
    for note in &answer.notes {
        text.push_str(&format!("{}\n", visible::line(note)));
    }
    for document in &answer.documents {
        let (name, uri) = (visible::line(&document.name), visible::line(&document.uri));
        text.push_str(&format!("{name}, {} bytes: {uri}\n", document.size));
    }
    text
}
