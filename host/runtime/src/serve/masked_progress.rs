//! A call's progress, for a caller who must not see personal data.

use std::sync::Arc;

use souk_model::Progress;
use souk_policy::Mask;

/// Progress that goes through a mask.
struct MaskedProgress {
    to: Arc<dyn Progress>,
    mask: Mask,
}

impl Progress for MaskedProgress {
    fn report(&self, done: u64, total: Option<u64>, note: &str) {
        self.to.report(done, total, &self.mask.text(note.to_owned()));
    }
}

/// Where a call's progress goes, through its mask.
pub(crate) fn through(mask: &Mask, to: Option<Arc<dyn Progress>>) -> Option<Arc<dyn Progress>> {
    let to = to?;
    Some(if mask.is_on() { Arc::new(MaskedProgress { to, mask: mask.clone() }) } else { to })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use souk_policy::RuleOrigin;

    use super::*;

    #[derive(Default)]
    struct NoteLog(Mutex<Vec<String>>);

    impl Progress for NoteLog {
        fn report(&self, _: u64, _: Option<u64>, note: &str) {
            self.0.lock().unwrap().push(note.to_owned());
        }
    }

    #[test]
    fn a_note_goes_through_the_mask_where_there_is_one() {
        for (mask, told) in [
            (Mask::OFF, "reading jane@example.com"),
            (Mask::set_by(RuleOrigin::Env("SOUK_MASK_PII")), "reading [masked:email]"),
        ] {
            let heard = Arc::new(NoteLog::default());
            let progress = through(&mask, Some(heard.clone())).unwrap();
            progress.report(1, None, "reading jane@example.com");
            assert_eq!(*heard.0.lock().unwrap(), [told]);
        }
        assert!(through(&Mask::OFF, None).is_none());
    }
}
