//! `souk audit`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use souk_model::counted;
use souk_state::StateDir;
use souk_state::audit::{
    self, CallOutcome, PersonEntry, Position, TrailKey, TrailRecord, TrailRow, Verification,
    WriteOrigin, WriteRequest,
};

use crate::cli::AuditCommand;
use crate::output::print;
use crate::settings::source::SettingValue;
use crate::setup::Setup;
use crate::wiring;

/// How often the trail is looked at for new lines.
const FOLLOW_POLL: std::time::Duration = std::time::Duration::from_millis(300);

pub(crate) fn run(command: AuditCommand, flags: Vec<SettingValue>) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Tail { lines, follow, json, file } => {
            tail(&trail(file, flags)?, lines, follow, json)
        }
        AuditCommand::Verify { since, anchors, key, without_key, file } => {
            let proof = Proof::find(&file, since, anchors, key, without_key, &flags)?;
            verify(&trail(file, flags)?, &proof)
        }
    }
}

/// What a trail is checked against.
struct Proof {
    anchor: Option<Position>,
    key: Option<TrailKey>,
}

impl Proof {
    /// What is named on the command line, else what is configured. A file that is named is not this
    /// host's own, so that only what is named with it counts.
    fn find(
        file: &Option<PathBuf>,
        since: Option<String>,
        anchors: Option<PathBuf>,
        key: Option<PathBuf>,
        without_key: bool,
        flags: &[SettingValue],
    ) -> anyhow::Result<Self> {
        let setup = if file.is_none() { Some(Setup::read(flags.to_vec())?) } else { None };
        let noted = setup.as_ref().and_then(Setup::audit_anchor).map(|(target, _)| target);
        let noted = noted.filter(|target| !target.starts_with('|')).map(PathBuf::from);
        let anchor = match (since, anchors.or(noted)) {
            (Some(since), _) => Some(since.parse().context("`--since`")?),
            (None, Some(file)) => last_anchor(&file)?,
            (None, None) => None,
        };
        let key_file = match (key, setup) {
            _ if without_key => None,
            (Some(key), _) => Some(key),
            (None, Some(setup)) => {
                let state = StateDir::open(setup.state_dir()?)?;
                Some(wiring::trail_key_path(&setup, &state)).filter(|file| file.exists())
            }
            (None, None) => None,
        };
        let key = key_file.map(|file| TrailKey::load_or_create(&file)).transpose()?;
        Ok(Self { anchor, key })
    }
}

/// The last place that `audit.anchor` has noted in a file.
fn last_anchor(file: &std::path::Path) -> anyhow::Result<Option<Position>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read `{}`", file.display()));
        }
    };
    let Some(last) = text.lines().rev().find(|line| !line.trim().is_empty()) else {
        return Ok(None);
    };
    let place = last.split_whitespace().last().unwrap_or_default();
    Ok(Some(place.parse().with_context(|| format!("the last line of `{}`", file.display()))?))
}

fn trail(file: Option<PathBuf>, flags: Vec<SettingValue>) -> anyhow::Result<PathBuf> {
    if let Some(file) = file {
        return Ok(file);
    }
    let setup = Setup::read(flags)?;
    Ok(wiring::trail_path(&setup, &StateDir::open(setup.state_dir()?)?))
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

/// What a person did, in one line.
fn show_person(at: &str, kind: &str, entry: &PersonEntry) -> String {
    let mut line = format!("{at}  {kind}  {} ({})", entry.person.escape_debug(), entry.means);
    if let Some(plan) = &entry.plan {
        line.push_str(&format!("  {}", plan.escape_debug()));
    }
    if let Some(principal) = &entry.principal {
        line.push_str(&format!(" of {}", principal.escape_debug()));
    }
    if entry.left_out > 0 {
        line.push_str(&format!(", {} left out", counted(entry.left_out, "item", "items")));
    }
    if let Some(reason) = &entry.reason {
        line.push_str(&format!(": {}", reason.escape_debug()));
    }
    line
}

/// One line for people: when, who, what, how it ended, how long it took.
fn show(record: &TrailRecord) -> String {
    let at = format!("{:.0}", record.at());
    if let Some((kind, entry)) = record.person() {
        return show_person(&at, kind, entry);
    }
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
        TrailRecord::Removed { after, .. } => {
            return format!("{at}  THE TRAIL WAS DELETED: line {} was the last", after.seq);
        }
        TrailRecord::Replaced { after, .. } => {
            return format!(
                "{at}  ANOTHER TRAIL WAS PUT IN ITS PLACE: line {} was the last",
                after.seq
            );
        }
        TrailRecord::Cut { after, .. } => {
            return format!("{at}  LINES ARE MISSING: line {} was the last", after.seq);
        }
        TrailRecord::Notice { code, message, .. } => {
            return format!("{at}  notice   {}: {}", code.escape_debug(), message.escape_debug());
        }
        TrailRecord::Begun { .. } => return format!("{at}  the trail begins"),
        TrailRecord::Lost { what, .. } => {
            return format!("{at}  STATE IS MISSING: {}", what.escape_debug());
        }
        TrailRecord::Accepted { what, .. } => {
            return format!("{at}  accepted by the operator: {}", what.escape_debug());
        }
        TrailRecord::Refused(entry) => {
            let codes: Vec<_> =
                entry.codes.iter().map(|(code, count)| format!("{count} {code}")).collect();
            return format!(
                "{at}  refused  {:<10} {} until {:.0}: {}",
                entry.principal.escape_debug(),
                counted(entry.count, "call", "calls"),
                entry.last,
                codes.join(", ").escape_debug(),
            );
        }
        // What persons did is shown above.
        _ => return at,
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

fn verify(trail: &std::path::Path, proof: &Proof) -> anyhow::Result<ExitCode> {
    let verified = audit::verify(trail, proof.anchor, proof.key.as_ref())
        .with_context(|| format!("`{}`", trail.display()))?;
    let mut text = format!("{}, unbroken", counted(verified.lines, "line", "lines"));
    if let (Some(first), Some(last)) = (verified.first_at, verified.last_at) {
        text.push_str(&format!(", from {first:.0} to {last:.0}"));
    }
    if !verified.torn.is_empty() {
        let torn: Vec<_> = verified.torn.iter().map(ToString::to_string).collect();
        text.push_str(&format!("; torn by a crash and noted as such: {}", torn.join(", ")));
    }
    text.push('\n');
    for (line, notice) in &verified.notices {
        text.push_str(&format!("line {line}: {}\n", notice.to_string().escape_debug()));
    }
    text.push_str(&format!("{}\n", what_is_proved(&verified)));
    if let Some(anchor) = proof.anchor {
        text.push_str(&format!(
            "it holds `{anchor}`, as noted before: nothing up to there is missing\n"
        ));
    }
    print(&format!(
        "{text}head {}\n(keep the head elsewhere: `souk audit verify --since` then shows that nothing was cut off)\n",
        verified.head()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// What an unbroken chain says, and what it does not.
fn what_is_proved(verified: &Verification) -> &'static str {
    match (verified.with_key, verified.unsealed) {
        (true, _) => {
            "with the key: each line was written by a holder of the key. Only the end could be missing"
        }
        (false, 0) => {
            "without the key: no line was changed by somebody who left the others as they were. \
             Whoever recomputed all lines from one on is not found out; with `--key` he is"
        }
        (false, count) if count == verified.lines => {
            "an unsealed trail of an older souk: no line was changed by somebody who left the others \
             as they were, and that is all. Whoever can write the file could have recomputed it"
        }
        (false, _) => {
            "without the key, and some lines have no seal: they are of an older souk, or of somebody \
             without the key"
        }
    }
}
