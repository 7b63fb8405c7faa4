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
/// What everybody may write.
const ALL_WRITE: u32 = 0o002;
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
        check_directory(directory, OTHERS_WRITE, path)?;
    }
    // Whoever may write further up can move the whole directory away.
    for directory in real.iter().flat_map(|real| real.ancestors().skip(2)) {
        check_directory(directory, ALL_WRITE, path)?;
    }
    Ok(())
}

/// Whether nobody else can take away what is in a directory: nobody with one of these rights.
fn check_directory(directory: &Path, rights: u32, file: &Path) -> Result<(), String> {
    let Ok(found) = std::fs::metadata(directory) else { return Ok(()) };
    let writable = found.mode() & rights != 0 && found.mode() & STICKY == 0;
    let others = writable || check_owner(&found, directory).is_err();
    if !others || is_mounted_read_only(directory) {
        return Ok(());
    }
    let (file, named) = (file.display(), directory.display());
    Err(format!(
        "`{file}` is not taken: others may take it away or put another in its place, since they may \
         write the directory `{named}`; that has to be yours or root's: run `chmod go-w {named}`"
    ))
}

/// Where nobody writes whatever the rights say: configuration that is mounted into a container has
/// rights for all.
fn is_mounted_read_only(directory: &Path) -> bool {
    let flags = rustix::fs::statvfs(directory).map(|found| found.f_flag);
    flags.is_ok_and(|flags| flags.contains(rustix::fs::StatVfsMountFlags::RDONLY))
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
        // So does one further up, where everybody may write.
        let below = directory.join("below");
        fs::create_dir(&below).unwrap();
        set_mode(&below, 0o755);
        fs::write(below.join("souk.toml"), "").unwrap();
        set_mode(&directory, 0o777);
        assert!(check_directories(&below.join("souk.toml")).is_err());
        set_mode(&directory, 0o755);
        assert!(check_directories(&below.join("souk.toml")).is_ok());
        set_mode(&directory, 0o777);
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
