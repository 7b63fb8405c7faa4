//! `souk audit`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use souk_state::audit::{self, CallOutcome, TrailRecord, TrailRow, WriteOrigin, WriteRequest};

use crate::cli::AuditCommand;
use crate::output::print;
use crate::settings::source::SettingValue;
use crate::setup::Setup;

/// How often the trail is looked at for new lines.
const FOLLOW_POLL: std::time::Duration = std::time::Duration::from_millis(300);

pub(crate) fn run(command: AuditCommand, flags: Vec<SettingValue>) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Tail { lines, follow, json, file } => {
            tail(&trail(file, flags)?, lines, follow, json)
        }
        AuditCommand::Verify { since, file } => verify(&trail(file, flags)?, since.as_deref()),
    }
}

fn trail(file: Option<PathBuf>, flags: Vec<SettingValue>) -> anyhow::Result<PathBuf> {
    if let Some(file) = file {
        return Ok(file);
    }
    let setup = Setup::read(flags)?;
    match setup.audit_path() {
        Some(path) => Ok(path),
        None => Ok(souk_state::StateDir::open(setup.state_dir()?)?.audit_trail()),
    }
}

fn tail(
    trail: &std::path::Path,
    lines: usize,
    follow: bool,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let mut rows = audit::follow(trail, lines)?;
    loop {
        for row in rows.by_ref() {
            let text = match row? {
                TrailRow::Line(line) if json => serde_json::to_string(&line.record)?,
                TrailRow::Line(line) => show(&line.record),
                TrailRow::Unreadable(text) => format!("unreadable: {}", text.escape_debug()),
            };
            print(&format!("{text}\n"))?;
        }
        if !follow {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(FOLLOW_POLL);
    }
}

/// A request that changes something, in one line.
fn show_request(request: &WriteRequest) -> String {
    let of = match &request.of {
        WriteOrigin::Plan { plan, item, step } => {
            format!("{} item {item} step {step}", plan.escape_debug())
        }
        WriteOrigin::Call { tool } => tool.escape_debug().to_string(),
    };
    format!(
        "{:<10} {of}  {} {}  {}",
        request.principal.escape_debug(),
        request.method.escape_debug(),
        request.route.escape_debug(),
        request.subject.escape_debug(),
    )
}

/// One line for people: when, who, what, how it ended, how long it took.
fn show(record: &TrailRecord) -> String {
    let at = format!("{:.0}", record.at());
    let entry = match record {
        TrailRecord::Call(entry) => entry,
        TrailRecord::Sending(entry) => {
            return format!("{at}  sending  {}", show_request(&entry.request));
        }
        TrailRecord::Write(entry) => {
            let request = show_request(&entry.request);
            return format!("{at}  write    {request}: {}", entry.outcome.escape_debug());
        }
        TrailRecord::Found(entry) => {
            return format!(
                "{at}  found    {:<10} {} item {}  {}  {}: {}",
                entry.principal.escape_debug(),
                entry.plan.escape_debug(),
                entry.item,
                entry.subject.escape_debug(),
                entry.state.escape_debug(),
                entry.outcome.escape_debug(),
            );
        }
        TrailRecord::Torn { bytes, .. } => {
            return format!("{at}  a host died while writing {bytes} bytes of a line above");
        }
        TrailRecord::Rotated { after, .. } => {
            return format!("{at}  the trail goes on from line {} of another file", after.seq);
        }
        TrailRecord::Cut { after, .. } => {
            return format!("{at}  LINES ARE MISSING: line {} was the last", after.seq);
        }
    };
    let outcome = match &entry.outcome {
        CallOutcome::Ok => "ok".to_owned(),
        CallOutcome::Failed { code, message, .. } => {
            format!("{code}: {}", message.escape_debug())
        }
    };
    let requests = entry.resources.requests.len() as u64 + entry.resources.requests_omitted;
    format!(
        "{at}  {:<8} {:<10} {:<32} {:>7.1} ms {requests:>4} req  {outcome}",
        format!("{:?}", entry.transport).to_lowercase(),
        entry.principal.escape_debug().to_string(),
        entry.action.escape_debug().to_string(),
        std::time::Duration::from_micros(entry.duration_us).as_secs_f64() * 1_000.0,
    )
}

fn verify(trail: &std::path::Path, since: Option<&str>) -> anyhow::Result<ExitCode> {
    let since = since.map(str::parse).transpose().context("`--since`")?;
    let verified = audit::verify(trail, since).with_context(|| format!("`{}`", trail.display()))?;
    let mut text = format!("{} lines, unbroken", verified.lines);
    if let (Some(first), Some(last)) = (verified.first_at, verified.last_at) {
        text.push_str(&format!(", from {first:.0} to {last:.0}"));
    }
    if !verified.torn.is_empty() {
        let torn: Vec<_> = verified.torn.iter().map(ToString::to_string).collect();
        text.push_str(&format!("; torn by a crash and noted as such: {}", torn.join(", ")));
    }
    print(&format!(
        "{text}\nhead {}\n(keep the head elsewhere: `souk audit verify --since` then shows that nothing was cut off)\n",
        verified.head()
    ))?;
    Ok(ExitCode::SUCCESS)
}
