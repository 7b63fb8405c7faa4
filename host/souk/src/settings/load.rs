//! Which sources there are, and reading all of them.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::file::{FileAuthority, parse};
use super::kind::ValueKind;
use super::resolved::ResolvedSettings;
use super::secret_file;
use super::source::{SettingProblem, SettingValue};
use super::variables::{self, Environment};

/// The file of the working directory, which can only narrow.
pub(crate) const LOCAL_FILE: &str = "souk.toml";

/// Flags and variables, which stay as they were at the start, and the files to read beside them.
pub(crate) struct SettingsLoader {
    fixed: Vec<SettingValue>,
    problems: Vec<SettingProblem>,
    computed: Vec<(&'static str, Value)>,
    operator_file: Option<OperatorFile>,
    local_file: PathBuf,
}

struct OperatorFile {
    path: PathBuf,
    /// Whether flag or variable name it: then it has to be there.
    named: bool,
}

/// What was read.
pub(crate) struct LoadedSettings {
    pub(crate) settings: ResolvedSettings,
    /// The files, the operator's first.
    pub(crate) files: Vec<PathBuf>,
    /// What is wrong; then the settings lack it.
    pub(crate) problems: Vec<SettingProblem>,
}

impl SettingsLoader {
    /// Reads the environment, and finds out where the files are.
    ///
    /// # Errors
    /// The environment is not UTF-8.
    pub(crate) fn new(
        flags: Vec<SettingValue>,
        environment: Environment<'_>,
        working_directory: &Path,
    ) -> anyhow::Result<Self> {
        let (variables, problems) = variables::read(environment);
        let mut fixed = flags;
        fixed.extend(variables);
        let flags_and_variables = ResolvedSettings::new(fixed.clone(), Vec::new());
        let user_dir = |variable, below| variables::user_dir(environment, variable, below);
        let operator_file = match flags_and_variables.path("config") {
            Some(path) => Some(OperatorFile { path, named: true }),
            None => user_dir("XDG_CONFIG_HOME", ".config")?
                .map(|dir| OperatorFile { path: dir.join(LOCAL_FILE), named: false }),
        };
        let computed = [
            ("plugins_dir", plugins_beside_executable()),
            ("state_dir", user_dir("XDG_STATE_HOME", ".local/state")?),
            ("cache_dir", user_dir("XDG_CACHE_HOME", ".cache")?),
        ];
        let computed = computed.into_iter().filter_map(|(key, path)| Some((key, value(&path?))));
        let local_file = working_directory.join(LOCAL_FILE);
        Ok(Self { fixed, problems, computed: computed.collect(), operator_file, local_file })
    }

    /// What the files look like that are read, or would be if they were there.
    pub(crate) fn stamps(&self) -> Vec<Option<FileStamp>> {
        let operators = self.operator_file.as_ref().map(|file| file.path.as_path());
        operators.into_iter().chain([self.local_file.as_path()]).map(FileStamp::of).collect()
    }

    /// Reads the files. Those that were read before have to be there still: a limit is not lifted by
    /// removing the file that sets it.
    pub(crate) fn load(&self, read_before: &[PathBuf]) -> LoadedSettings {
        let mut values = self.fixed.clone();
        let mut problems = self.problems.clone();
        let mut files = Vec::new();
        let mut computed = self.computed.clone();
        let mut add = |path: &Path, authority, must_be_there: bool| {
            if !must_be_there && !path.exists() {
                return false;
            }
            let (found, wrong) = read_file(path, authority);
            values.extend(found);
            problems.extend(wrong);
            files.push(path.to_owned());
            true
        };
        let before = |path: &Path| read_before.iter().any(|read| read == path);
        let mut operators = None;
        if let Some(OperatorFile { path, named }) = &self.operator_file
            && add(path, FileAuthority::Operator, *named || before(path))
        {
            computed.push(("config", value(path)));
            operators = Some(path);
        }
        let same = operators.is_some_and(|path| is_same(path, &self.local_file));
        if !same {
            add(&self.local_file, FileAuthority::Local, before(&self.local_file));
        }
        let mut settings = ResolvedSettings::new(values.clone(), computed.clone());
        if let Some(state_dir) = settings.path("state_dir") {
            computed.push(("audit_path", value(&state_dir.join("audit.jsonl"))));
            settings = ResolvedSettings::new(values, computed);
        }
        LoadedSettings { settings, files, problems }
    }
}

/// A file's values, with paths relative to it and with the secrets that it keeps elsewhere.
fn read_file(path: &Path, authority: FileAuthority) -> (Vec<SettingValue>, Vec<SettingProblem>) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read the configuration `{}`: {error}", path.display());
            return (Vec::new(), vec![SettingProblem::of_all(message)]);
        }
    };
    let (values, mut problems) = parse(&text, path, authority);
    let base = path.parent().unwrap_or(Path::new("."));
    let mut read = Vec::with_capacity(values.len());
    for mut given in values {
        match (given.setting.kind, &given.value) {
            (ValueKind::Path, Value::String(text)) => given.value = value(&base.join(text)),
            (ValueKind::Secret, Value::Object(map)) => {
                let file = map.get("file").and_then(Value::as_str).unwrap_or_default();
                match secret_file::read(&base.join(file)) {
                    Ok(secret) => given.value = secret.into(),
                    Err(why) => {
                        let message = format!("`{}`: {why}", given.key);
                        problems.push(SettingProblem::at(&given.source, message));
                        continue;
                    }
                }
            }
            _ => {}
        }
        read.push(given);
    }
    (read, problems)
}

fn value(path: &Path) -> Value {
    path.to_string_lossy().into_owned().into()
}

fn plugins_beside_executable() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    Some(executable.parent()?.parent()?.join("plugins"))
}

fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path| std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// What shows that a file has changed: its inode, length and time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp(u64, u64, i64, i64);

impl FileStamp {
    /// Of the file as it is now; none where it cannot be looked at.
    fn of(file: &Path) -> Option<Self> {
        let found = std::fs::metadata(file).ok()?;
        Some(Self(found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
    }
}

impl LoadedSettings {
    /// The settings, where nothing is wrong with any source.
    ///
    /// # Errors
    /// Everything that is, a line each.
    pub(crate) fn sound(self) -> anyhow::Result<(ResolvedSettings, Vec<PathBuf>)> {
        match self.problems.as_slice() {
            [] => Ok((self.settings, self.files)),
            [only] => anyhow::bail!("the configuration is wrong: {only}"),
            several => {
                let lines: String = several.iter().map(|one| format!("\n  {one}")).collect();
                anyhow::bail!("the configuration is wrong:{lines}")
            }
        }
    }
}
