//! Telling a file that was cut off from one that was shortened.
//!
//! Editors and scripts that write over a file empty it first; where that is interrupted, or the disk
//! is full, the file ends too early, and what stood behind would no longer limit anybody. A file that
//! is replaced as a whole is what somebody meant; one that is written over may not be.

use std::path::PathBuf;

use serde_json::Value;

use super::source::SettingValue;

/// What a file was when it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FileShape {
    pub(crate) path: PathBuf,
    pub(crate) inode: u64,
    /// Whether there is nothing in it but blanks.
    is_blank: bool,
    /// Whether its last line is whole.
    ends_line: bool,
    /// Whether secrets stand in it, and not in files of their own.
    holds_secrets: bool,
    /// Its settings in their order: the key, whose setting of many it is, and the value.
    settings: Vec<(String, Option<String>, Value)>,
}

impl FileShape {
    pub(crate) fn new(
        path: PathBuf,
        inode: u64,
        text: &str,
        values: &[SettingValue],
        holds_secrets: bool,
    ) -> Self {
        let setting = |given: &SettingValue| {
            let principal = given.setting.key.starts_with("principals.");
            let name = given.name.clone().filter(|_| principal);
            (given.key.clone(), name, given.value.clone())
        };
        // The parser sorts tables by their names.
        let mut in_order: Vec<&SettingValue> = values.iter().collect();
        in_order.sort_by_key(|given| given.source.line());
        Self {
            path,
            inode,
            is_blank: text.trim().is_empty(),
            ends_line: text.ends_with('\n'),
            holds_secrets,
            settings: in_order.into_iter().map(setting).collect(),
        }
    }

    /// Whether there is nothing in it but blanks.
    pub(crate) const fn is_blank(&self) -> bool {
        self.is_blank
    }

    /// Whether secrets stand in it, and not in files of their own.
    pub(crate) const fn holds_secrets(&self) -> bool {
        self.holds_secrets
    }

    /// Why this may be only a part of what somebody wants to write; `earlier` is what the file was.
    pub(crate) fn is_cut_off(&self, earlier: &Self) -> Option<String> {
        let named = self.path.display();
        if self.is_blank && !earlier.settings.is_empty() {
            return Some(format!(
                "`{named}` is empty; to lift what it said, restart, or leave a comment in it"
            ));
        }
        if self.inode != earlier.inode {
            return None;
        }
        if earlier.ends_line && !self.ends_line {
            return Some(format!("`{named}` ends within a line, so it may have been cut off"));
        }
        let gone = earlier.settings.strip_prefix(self.settings.as_slice())?;
        if gone.is_empty() || gone.iter().all(|(_, name, _)| self.is_without(name.as_deref())) {
            return None;
        }
        Some(format!(
            "`{named}` is the beginning of what it was, so it may have been cut off; if that is \
             meant, replace the file as a whole, or send SIGHUP"
        ))
    }

    /// Whether a principal is no longer in it. Whoever is not there may nothing, so that it does no
    /// harm to take them away.
    fn is_without(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.settings.iter().all(|(_, of, _)| of.as_deref() != Some(name)))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file::{FileAuthority, parse};
    use super::*;

    fn shape(inode: u64, text: &str) -> FileShape {
        let (values, problems) = parse(text, Path::new("souk.toml"), FileAuthority::Operator);
        assert_eq!(problems, []);
        FileShape::new("souk.toml".into(), inode, text, &values, false)
    }

    const ANN: &str = "[principals.ann]\ntoken = 'ann-0123456789abcdef'\n";
    const BOB: &str = "[principals.bob]\ntoken = 'bob-0123456789abcdef'\nread_only = true\n";
    const RULES: &str = "[policy]\nread_only = true\ndeny = ['cache_*']\n";

    #[test]
    fn what_is_written_over_may_be_cut_off_and_what_is_replaced_is_meant() {
        let whole = [ANN, BOB, RULES].concat();
        let before = shape(1, &whole);
        let cut = |text: &str, inode| shape(inode, text).is_cut_off(&before).is_some();
        for (text, in_place, replaced) in [
            ("", true, true),
            (" \n\n", true, true),
            ("# nothing any more\n", true, false),
            (&*[ANN, BOB].concat(), true, false),
            (&[ANN, BOB, "[policy]\nread_only = true\n"].concat(), true, false),
            (whole.trim_end(), true, false),
            // Written anew: nothing is missing at its end.
            (&[ANN, RULES].concat(), false, false),
            (&[BOB, RULES].concat(), false, false),
            (&[ANN, BOB, "[policy]\ndeny = ['cache_*']\n"].concat(), false, false),
            (&whole, false, false),
        ] {
            assert_eq!(cut(text, 1), in_place, "in place: {text}");
            assert_eq!(cut(text, 2), replaced, "replaced: {text}");
        }
    }

    #[test]
    fn a_principal_at_the_end_may_go_as_a_whole_and_not_in_part() {
        let before = shape(1, &[RULES, ANN, BOB].concat());
        let cut = |text: &str| shape(1, text).is_cut_off(&before).is_some();
        assert!(!cut(&[RULES, ANN].concat()));
        assert!(!cut(RULES));
        assert!(cut(&[RULES, ANN, "[principals.bob]\ntoken = 'bob-0123456789abcdef'\n"].concat()));
    }
}
