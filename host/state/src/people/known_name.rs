//! Names as they are written down of somebody who has not proved to be who they say.

use super::People;

/// In place of a name that nobody has.
const UNKNOWN: &str = "unknown";

impl People {
    /// A name as it may be written down: that of somebody who was set up, or `unknown`. Whoever types a
    /// name may have typed a passphrase by mistake.
    #[must_use]
    pub fn known_name<'n>(&self, name: &'n str) -> &'n str {
        let people = self.list().unwrap_or_default();
        if people.iter().any(|person| person.name == name) { name } else { UNKNOWN }
    }
}

#[cfg(test)]
mod tests {
    use souk_model::Secret;

    use super::*;
    use crate::people::PersonChange;

    #[test]
    fn a_name_that_nobody_has_is_not_written_down() {
        let root = tempfile::tempdir().unwrap();
        let people = People::new(root.path());
        assert_eq!(people.known_name("anna"), UNKNOWN);
        let new = Secret::from("correct horse battery".to_owned());
        let change = PersonChange { name: "anna", old: None, new: &new, principals: None };
        people.set(change).unwrap();
        assert_eq!(people.known_name("anna"), "anna");
        assert_eq!(people.known_name("correct horse battery"), UNKNOWN);
    }
}
