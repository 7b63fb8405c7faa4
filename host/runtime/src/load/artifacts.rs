//! Compiled code on the disk: found by what it was compiled from, and mapped into memory.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wasmtime::component::Component;

/// What lies in the directory at most. The oldest goes first; a plugin whose code is gone is compiled
/// once more. Some hundred plugins, or some dozens in all their versions of a while.
const BYTES: u64 = 512 << 20;
const ENDING: &str = "cwasm";

/// The directory of compiled code.
///
/// What is read from it runs as it is, so nobody else may write there: it is created for its user
/// alone, and refused where it is another's. What lies there was made by this program's own compiler
/// of a file with the digest it is named by; wasmtime refuses what was made by another version of
/// it, or with other settings.
#[derive(Debug, Clone)]
pub(crate) struct Artifacts {
    directory: PathBuf,
    /// Which compiler, and with which settings.
    made_by: u64,
}

impl Artifacts {
    /// Opens the directory, for what this engine can run.
    ///
    /// # Errors
    /// It cannot be made, or is another user's.
    pub(crate) fn open(directory: &Path, engine: &wasmtime::Engine) -> std::io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let owner = std::fs::metadata(directory)?.uid();
        if owner != rustix::process::geteuid().as_raw() {
            return Err(std::io::Error::other("it belongs to another user"));
        }
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { directory: directory.to_owned(), made_by: hasher.finish() })
    }

    /// The code that was compiled from the file of this digest. What cannot be read is as good as
    /// not there.
    pub(crate) fn load(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        let path = self.path(digest);
        // When it was last used, for the sake of what is removed first.
        File::options().write(true).open(&path).ok()?.set_modified(SystemTime::now()).ok()?;
        // SAFETY: the directory is this user's alone, and what lies there by such a name was put
        // there by `keep`, whole, and is never written again. It came from the compiler, see there.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize_file(engine, &path) };
        match component {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!("compiled code in {} cannot be used: {error:#}", path.display());
                let _ = std::fs::remove_file(&path);
                None
            }
        }
    }

    /// Keeps what was compiled from the file of this digest, if the engine can use it. It is there as
    /// a whole or not at all, whatever happens meanwhile.
    ///
    /// # Errors
    /// It cannot be written. What comes of the code is in the answer.
    pub(crate) fn keep(
        &self,
        engine: &wasmtime::Engine,
        digest: &str,
        code: &[u8],
    ) -> std::io::Result<wasmtime::Result<Component>> {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.directory)?;
        file.write_all(code)?;
        file.as_file().sync_all()?;
        // SAFETY: the directory is this user's alone, nobody else knows the name, and the file is
        // never written again. What is in it came from the compiler: see `load_compiled`.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize_file(engine, file.path()) };
        if component.is_ok() {
            file.persist(self.path(digest)).map_err(|error| error.error)?;
            self.make_room()?;
        }
        Ok(component)
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}-{:016x}.{ENDING}", self.made_by))
    }

    /// Removes what was not used for longest, where there is too much. Code that is in use stays
    /// mapped when its file goes.
    fn make_room(&self) -> std::io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = std::fs::read_dir(&self.directory)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if bytes <= BYTES {
                break;
            }
            std::fs::remove_file(path)?;
            bytes -= size;
        }
        Ok(())
    }
}

/// The code as the compiler handed it over.
///
/// # Errors
/// It was made for another engine.
pub(crate) fn load_compiled(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: it came from the compiler, which is this program itself, in a child of this process or
    // in this process, over a pipe that nobody else can write to. A component that could make
    // Cranelift emit other code than it says would have to break it first, in safe Rust, and is no
    // better off than in a host that compiles by itself.
    #[allow(unsafe_code)]
    unsafe {
        Component::deserialize(engine, code)
    }
}
