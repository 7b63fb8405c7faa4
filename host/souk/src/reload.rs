//! The files as they are followed while the host runs: what changed, whether it is whole, and what of
//! it counts at once.

use std::path::PathBuf;

use anyhow::bail;
use souk_runtime::OperatorConfig;

use crate::settings::load::FileStamp;
use crate::settings::shape::FileShape;
use crate::setup::{Setup, operator_config};

/// The files, as they were when they were last read.
pub(crate) struct ConfigWatch<'s> {
    setup: &'s Setup,
    stamps: Vec<Option<FileStamp>>,
    /// What a file that is written over looked like a moment ago: it may not be done yet.
    settling: Option<Vec<Option<FileStamp>>>,
    files: Vec<PathBuf>,
    secret_files: Vec<PathBuf>,
    shapes: Vec<FileShape>,
    /// Whether callers needed a token at any time.
    was_closed: bool,
}

/// What a changed file puts in force, and what it cannot.
pub(crate) struct ReloadedConfig {
    pub(crate) config: OperatorConfig,
    /// The files that were read.
    pub(crate) files: Vec<PathBuf>,
    /// What counts only after a restart, by its key.
    pub(crate) needs_restart: Vec<String>,
}

impl<'s> ConfigWatch<'s> {
    pub(crate) fn new(setup: &'s Setup) -> Self {
        Self {
            setup,
            stamps: setup.stamps().to_vec(),
            settling: None,
            files: setup.files.clone(),
            secret_files: setup.secret_files.clone(),
            shapes: setup.shapes.clone(),
            was_closed: setup.is_closed(),
        }
    }

    /// Whether any file looks other than it did, and is whole: one that was replaced is; one that is
    /// written over when it has stayed as it is since this was last asked.
    pub(crate) fn has_changed(&mut self) -> bool {
        let now = self.setup.loader().stamps(&self.secret_files);
        if now == self.stamps {
            self.settling = None;
            return false;
        }
        let written_over = self.stamps.iter().zip(&now).any(|(before, now)| match (before, now) {
            (Some(before), Some(now)) => before != now && !before.is_another(now),
            _ => false,
        });
        if written_over && self.settling.as_ref() != Some(&now) {
            self.settling = Some(now);
            return false;
        }
        self.settling = None;
        self.stamps = now;
        true
    }

    /// Reads the files again. Flags and environment stay, and with them every limit they set. What
    /// looks cut off is taken where somebody `insists`, unless it is empty.
    ///
    /// # Errors
    /// What is wrong in a file; what was in force stays so.
    pub(crate) fn reread(&mut self, insists: bool) -> anyhow::Result<ReloadedConfig> {
        let loaded = self.setup.loader().load(&self.files);
        for shape in &loaded.shapes {
            let earlier = self.shapes.iter().find(|earlier| earlier.path == shape.path);
            let cut_off = earlier.and_then(|earlier| shape.is_cut_off(earlier));
            if let Some(why) = cut_off.filter(|_| !insists || shape.is_blank()) {
                bail!(why);
            }
        }
        let (shapes, secret_files) = (loaded.shapes.clone(), loaded.secret_files.clone());
        let (settings, files) = loaded.sound()?;
        let config = operator_config(&settings, self.was_closed)?;
        self.was_closed |= !config.rules.callers().is_open();
        if secret_files != self.secret_files {
            self.stamps = self.setup.loader().stamps(&secret_files);
        }
        let needs_restart = self.setup.settings.needs_restart(&settings);
        self.files.clone_from(&files);
        (self.shapes, self.secret_files) = (shapes, secret_files);
        Ok(ReloadedConfig { config, files, needs_restart })
    }
}
