//! What a browser sends when a button is pressed.

use souk_model::Failure;
use url::form_urlencoded;

/// Bytes of a form: a reason, and the numbers of some thousand items.
pub(crate) const FORM_BYTES: usize = 256 << 10;
/// The field that holds the form's own code.
pub(crate) const CODE_FIELD: &str = "code";

/// The fields of a form, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// Reads them.
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field that stands there once; empty where it does not.
    pub(crate) fn text(&self, name: &str) -> &str {
        let mut found = self.0.iter().filter(|(found, _)| found == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => value,
            _ => "",
        }
    }

    /// A field that may stand there once; empty where it does not.
    ///
    /// # Errors
    /// It stands there more often: then it is not known what is meant.
    pub(crate) fn one(&self, name: &str) -> Result<&str, Failure> {
        match self.all(name).count() {
            0 | 1 => Ok(self.text(name)),
            _ => Err(Failure::argument(name, "it was sent more than once")),
        }
    }

    /// All fields of a name.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        let own = self.0.iter().filter(move |(found, _)| found == name);
        own.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_stands_there_twice_says_nothing() {
        let form = FormFields::parse(b"a=1&b=x%20y&a=2&leave=3&leave=4");
        assert_eq!((form.text("a"), form.text("b"), form.text("c")), ("", "x y", ""));
        assert_eq!((form.one("b").unwrap(), form.one("c").unwrap()), ("x y", ""));
        assert!(form.one("leave").is_err());
        assert_eq!(form.all("leave").collect::<Vec<_>>(), ["3", "4"]);
    }
}
