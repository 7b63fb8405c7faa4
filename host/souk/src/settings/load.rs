//! Which sources there are, and reading all of them.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use souk_policy::ToolSet;
use souk_policy::trust::TrustMode;

use super::file::{FileAuthority, parse};
use super::kind::ValueKind;
use super::resolved::ResolvedSettings;
use super::shape::FileShape;
use super::source::{SettingProblem, SettingSource, SettingValue};
use super::trust;
use super::variables::{self, Environment};

/// The file of the working directory, which can only narrow.
pub(crate) const LOCAL_FILE: &str = "souk.toml";

/// The longest file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// Flags and variables, which stay as they were at the start, and the files to read beside them.
pub(crate) struct SettingsLoader {
    fixed: Vec<SettingValue>,
    problems: Vec<SettingProblem>,
    computed: Vec<(&'static str, Value)>,
    operator_file: Option<OperatorFile>,
    local_file: PathBuf,
    /// Where the values of some variables are kept, by the variables' names.
    variable_files: Vec<(&'static str, PathBuf)>,
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
    /// What they looked like just before they were read: a change in between shows as one, and is
    /// read again.
    pub(crate) stamps: Vec<Option<FileStamp>>,
    /// What each of them was.
    pub(crate) shapes: Vec<FileShape>,
    /// The files that hold secrets of theirs.
    pub(crate) secret_files: Vec<PathBuf>,
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
            // Of a directory it is the file in it: `--config .`.
            Some(path) if path.is_dir() => {
                Some(OperatorFile { path: path.join(LOCAL_FILE), named: true })
            }
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
        let is_demo =
            flags_and_variables.is_on("demo") || flags_and_variables.path("demo_data").is_some();
        let trust = if is_demo { TrustMode::Open } else { TrustMode::Reads };
        let computed = computed.chain([
            ("tools", listed_by_default(environment)?),
            ("plugins.trust", trust.as_str().into()),
        ]);
        let local_file = working_directory.join(LOCAL_FILE);
        let (computed, variable_files) = (computed.collect(), variables::files(environment));
        Ok(Self { fixed, problems, computed, operator_file, local_file, variable_files })
    }

    /// What the files look like that are read, or would be if they were there, and those that hold
    /// secrets for them.
    pub(crate) fn stamps(&self, secret_files: &[PathBuf]) -> Vec<Option<FileStamp>> {
        let operators = self.operator_file.as_ref().map(|file| file.path.as_path());
        let secrets = secret_files.iter().map(PathBuf::as_path);
        let files = operators.into_iter().chain([self.local_file.as_path()]).chain(secrets);
        files.map(FileStamp::of).collect()
    }

    /// The values of variables that are kept in files, as they are there now.
    fn reread_variables(&self, values: &mut [SettingValue], found: &mut LoadedFiles) {
        for value in values {
            let SettingSource::Variable { name, file: true } = value.source else { continue };
            let Some((_, path)) = self.variable_files.iter().find(|(of, _)| *of == name) else {
                continue;
            };
            found.secret_files.push(path.clone());
            match variables::secret(value.setting.kind, path) {
                Ok(now) => value.value = now,
                Err(why) => found.problems.push(SettingProblem::at(&value.source, why)),
            }
        }
    }

    /// Reads the files. Those that were read before have to be there still: a limit is not lifted by
    /// removing the file that sets it.
    pub(crate) fn load(&self, read_before: &[PathBuf]) -> LoadedSettings {
        let mut values = self.fixed.clone();
        let mut found = LoadedFiles { problems: self.problems.clone(), ..LoadedFiles::default() };
        let mut stamps = self.stamps(&[]);
        self.reread_variables(&mut values, &mut found);
        let mut files = Vec::new();
        let mut computed = self.computed.clone();
        let mut add = |path: &Path, authority, must_be_there: bool| {
            if !must_be_there && !path.exists() {
                return false;
            }
            values.extend(found.read(path, authority));
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
            computed.push(("plugins.lock", value(&state_dir.join("approvals.json"))));
            settings = ResolvedSettings::new(values, computed);
        }
        let LoadedFiles { shapes, secret_files, problems } = found;
        // Which secrets there are is known only now.
        stamps.extend(secret_files.iter().map(|file| FileStamp::of(file)));
        LoadedSettings { settings, files, stamps, shapes, secret_files, problems }
    }
}

/// What was found while files were read.
#[derive(Default)]
struct LoadedFiles {
    shapes: Vec<FileShape>,
    secret_files: Vec<PathBuf>,
    problems: Vec<SettingProblem>,
}

impl LoadedFiles {
    /// A file's values, with paths relative to it and with the secrets that it keeps elsewhere.
    fn read(&mut self, path: &Path, authority: FileAuthority) -> Vec<SettingValue> {
        let (text, inode) = match text_of(path, authority) {
            Ok(read) => read,
            Err(why) => {
                self.problems.push(SettingProblem::of_all(why));
                return Vec::new();
            }
        };
        let (values, problems) = parse(&text, path, authority);
        self.problems.extend(problems);
        let base = path.parent().unwrap_or(Path::new("."));
        let mut read = Vec::with_capacity(values.len());
        let mut holds_secrets = false;
        for mut given in values {
            match (given.setting.kind, &given.value) {
                (ValueKind::Path, Value::String(text)) => given.value = value(&base.join(text)),
                (kind, Value::Object(map)) if kind.is_secret() => {
                    let file = map.get("file").and_then(Value::as_str).unwrap_or_default();
                    let file = base.join(file);
                    let secret = variables::secret(kind, &file);
                    self.secret_files.push(file);
                    match secret {
                        Ok(secret) => given.value = secret,
                        Err(why) => {
                            let message = format!("`{}`: {why}", given.key);
                            self.problems.push(SettingProblem::at(&given.source, message));
                            continue;
                        }
                    }
                }
                (kind, Value::String(_)) if kind.is_secret() => holds_secrets = true,
                _ => {}
            }
            read.push(given);
        }
        self.shapes.push(FileShape::new(path.to_owned(), inode, &text, &read, holds_secrets));
        read
    }
}

/// The text of a file that nobody but this user and root can have written, and its inode.
fn text_of(path: &Path, authority: FileAuthority) -> Result<(String, u64), String> {
    let wrong = |error: std::io::Error| {
        format!("cannot read the configuration `{}`: {error}", path.display())
    };
    // A pipe would be waited for.
    if !std::fs::metadata(path).map_err(wrong)?.is_file() {
        return Err(wrong(std::io::Error::other("it is not a regular file")));
    }
    let mut file = std::fs::File::open(path).map_err(wrong)?;
    // Of the file that is open, so that it cannot be another by the time it is read.
    let metadata = file.metadata().map_err(wrong)?;
    trust::check_file(&metadata, path)?;
    if authority == FileAuthority::Operator {
        trust::check_directories(path)?;
    }
    let mut text = String::new();
    (&mut file).take(MAX_FILE + 1).read_to_string(&mut text).map_err(wrong)?;
    if text.len() as u64 > MAX_FILE {
        return Err(wrong(std::io::Error::other("it is too long")));
    }
    Ok((text, metadata.ino()))
}

fn value(path: &Path) -> Value {
    path.to_string_lossy().into_owned().into()
}

/// What is listed where nobody says so: to those who come from magento-mcp, what it had.
fn listed_by_default(environment: Environment<'_>) -> anyhow::Result<Value> {
    let mut set = ToolSet::Auto;
    for name in variables::of_magento_mcp() {
        if environment(name)?.is_some() {
            set = ToolSet::Classic;
        }
    }
    Ok(Value::Array(vec![set.to_string().into()]))
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
    /// Whether it is another file, and not the same written over.
    pub(crate) const fn is_another(&self, other: &Self) -> bool {
        self.0 != other.0
    }

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
