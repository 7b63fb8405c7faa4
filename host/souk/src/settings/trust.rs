//! Whose a file is: what the operator decides must be the operator's to write, and nobody else's.
//!
//! Whoever may write the file may lift any limit. Whoever may write its directory can put another in
//! its place, which then is theirs and refused; but they can also take it away, and then the limits
//! in it are gone. So the operator's file needs a directory that is safe as well; in one with the
//! sticky bit nobody takes away what is not theirs. A file of the working directory only narrows what
//! the operator allows, so it is not missed where it is taken away.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What group and others may write.
const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
const ROOT: u32 = 0;

/// Whether an open file is this user's or root's, and nobody else may write it.
///
/// # Errors
/// Why it is not taken, and what to do. For people.
pub(crate) fn check_file(found: &Metadata, path: &Path) -> Result<(), String> {
    let named = path.display();
    check_owner(found, path)?;
    if found.mode() & OTHERS_WRITE != 0 {
        return Err(format!(
            "`{named}` is not taken: others than its owner may write it; run `chmod go-w {named}`"
        ));
    }
    Ok(())
}

/// Whether a file is this user's or root's.
///
/// # Errors
/// Why it is not taken, and what to do. For people.
pub(crate) fn check_owner(found: &Metadata, path: &Path) -> Result<(), String> {
    let (named, owner, user) = (path.display(), found.uid(), user());
    if owner == user || owner == ROOT {
        return Ok(());
    }
    Err(format!(
        "`{named}` is not taken: it belongs to another user (uid {owner}, and this is {user}); it \
         has to be yours or root's: look what is in it, then run `chown {user} {named}`"
    ))
}

/// Whether nobody else can take a file away: the directory that it is named in, and the one that it
/// really lies in.
///
/// # Errors
/// Why it is not taken, and what to do. For people.
pub(crate) fn check_directories(path: &Path) -> Result<(), String> {
    let real = path.canonicalize();
    let places = [Some(path), real.as_deref().ok()];
    for directory in places.into_iter().flatten().filter_map(Path::parent) {
        let here = directory.as_os_str().is_empty();
        let directory = if here { Path::new(".") } else { directory };
        let Ok(found) = std::fs::metadata(directory) else { continue };
        let named = directory.display();
        let writable = found.mode() & OTHERS_WRITE != 0 && found.mode() & STICKY == 0;
        if writable || check_owner(&found, directory).is_err() {
            return Err(format!(
                "`{}` is not taken: others may take it away or put another in its place, since they \
                 may write the directory `{named}`; that has to be yours or root's: run \
                 `chmod go-w {named}`",
                path.display()
            ));
        }
    }
    Ok(())
}

/// As whom this process acts.
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    /// A directory of the test's own.
    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("souk-trust-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        set_mode(&path, 0o755);
        path
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_that_others_may_write_is_refused_with_what_to_do() {
        let directory = directory("file");
        let file = directory.join("souk.toml");
        fs::write(&file, "").unwrap();
        for (mode, allowed) in [
            (0o600, true),
            (0o644, true),
            (0o444, true),
            (0o660, false),
            (0o602, false),
            (0o666, false),
        ] {
            set_mode(&file, mode);
            let checked = check_file(&fs::metadata(&file).unwrap(), &file);
            assert_eq!(checked.is_ok(), allowed, "{mode:o}");
            assert!(checked.err().is_none_or(|why| why.contains("chmod go-w")));
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_directory_that_others_may_write_is_refused_unless_it_is_sticky() {
        let directory = directory("directory");
        let file = directory.join("souk.toml");
        fs::write(&file, "").unwrap();
        for (mode, allowed) in
            [(0o700, true), (0o755, true), (0o1777, true), (0o777, false), (0o775, false)]
        {
            set_mode(&directory, mode);
            assert_eq!(check_directories(&file).is_ok(), allowed, "{mode:o}");
        }
        // The directory of a link counts as well as the one that it leads to.
        let links = self::directory("links");
        std::os::unix::fs::symlink(&file, links.join("souk.toml")).unwrap();
        assert!(check_directories(&links.join("souk.toml")).is_err());
        set_mode(&directory, 0o700);
        assert!(check_directories(&links.join("souk.toml")).is_ok());
        set_mode(&links, 0o777);
        assert!(check_directories(&links.join("souk.toml")).is_err());
        fs::remove_dir_all(directory).unwrap();
        fs::remove_dir_all(links).unwrap();
    }
}
