//! Which items of a plan a page shows, and which are left out of an approval. Both stand in addresses, so
//! that a page works without script, in several tabs, and by the browser's way back.

use std::collections::BTreeSet;
use std::fmt::Write;

use souk_model::Failure;
use souk_model::plan::ItemState;
use url::form_urlencoded;

use crate::access::form::FormFields;
use crate::audit_lines::refusal;

/// Items of a page.
pub(super) const PAGE_ITEMS: u32 = 50;
/// The longest text that is looked for, in bytes.
const MAX_TEXT: usize = 200;
/// Items that one approval may leave out: as many as fit an address.
pub(super) const MAX_LEFT_OUT: usize = 1_000;

/// What of a plan's items is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ItemQuery {
    /// Those after the item of this number.
    pub(super) after: Option<u32>,
    /// Only those that hold this text.
    pub(super) text: String,
    /// Only those of which a field of this name changes.
    pub(super) field: String,
    /// Only those in this state.
    pub(super) state: Option<ItemState>,
    /// Those that are marked to be left out.
    pub(super) leave: ItemNumbers,
}

/// Numbers of items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ItemNumbers(BTreeSet<u32>);

impl ItemNumbers {
    /// Reads `3,17,40-42`.
    ///
    /// # Errors
    /// Some of it is no number, or there are more than an approval may leave out: what somebody wanted to
    /// leave out is not carried out because it was written otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let mut numbers = BTreeSet::new();
        let is_written = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.parse::<u32>().ok().filter(|_| is_written(text));
            let (Some(from), Some(to)) = (number(from), number(to)) else {
                return Err(unreadable("the numbers of items cannot be read"));
            };
            if from > to {
                return Err(unreadable("the numbers of items cannot be read"));
            }
            numbers.extend((from..=to).take(MAX_LEFT_OUT + 1));
            if numbers.len() > MAX_LEFT_OUT {
                return Err(unreadable(&format!(
                    "an approval leaves out {MAX_LEFT_OUT} items at most: reject the plan"
                )));
            }
        }
        Ok(Self(numbers))
    }

    /// Reads the numbers of a form's field.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and where it stands there more than once.
    pub(super) fn of(form: &FormFields, field: &str) -> Result<Self, Failure> {
        Self::parse(form.one(field)?)
    }

    /// These, without those that were shown, and with those that were marked of them.
    pub(super) fn remarked(&self, shown: &Self, marked: impl Iterator<Item = u32>) -> Self {
        let mut left: BTreeSet<u32> = self.0.difference(&shown.0).copied().collect();
        left.extend(marked.filter(|number| shown.0.contains(number)));
        Self(left)
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.0.contains(&number)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

impl FromIterator<u32> for ItemNumbers {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

/// `3,17,40-42`
impl std::fmt::Display for ItemNumbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for number in self.iter() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => runs.push((number, number)),
            }
        }
        let mut text = String::new();
        for (first, last) in runs {
            let comma = if text.is_empty() { "" } else { "," };
            if first == last {
                let _ = write!(text, "{comma}{first}");
            } else {
                let _ = write!(text, "{comma}{first}-{last}");
            }
        }
        f.write_str(&text)
    }
}

impl ItemQuery {
    /// Reads what stands behind an address's question mark.
    ///
    /// # Errors
    /// The items that are left out cannot be read.
    pub(super) fn parse(query: Option<&str>) -> Result<Self, Failure> {
        Self::of(&FormFields::parse(query.unwrap_or_default().as_bytes()))
    }

    /// Reads it of a form's fields.
    ///
    /// # Errors
    /// The items that are left out cannot be read.
    pub(super) fn of(form: &FormFields) -> Result<Self, Failure> {
        let short = |name: &str| -> String {
            let text = form.text(name).trim();
            text.char_indices().take_while(|(at, _)| *at < MAX_TEXT).map(|(_, c)| c).collect()
        };
        let state = form.text("state");
        Ok(Self {
            after: form.text("after").parse().ok(),
            text: short("text"),
            field: short("field"),
            state: ItemState::ALL.into_iter().find(|known| known.as_str() == state),
            leave: ItemNumbers::of(form, "leave")?,
        })
    }

    /// Whether every item is shown, page by page.
    pub(super) fn shows_all(&self) -> bool {
        self.text.is_empty() && self.field.is_empty() && self.state.is_none()
    }

    /// As it stands behind an address's question mark.
    pub(super) fn to_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(after) = self.after {
            query.append_pair("after", &after.to_string());
        }
        if !self.text.is_empty() {
            query.append_pair("text", &self.text);
        }
        if !self.field.is_empty() {
            query.append_pair("field", &self.field);
        }
        if let Some(state) = self.state {
            query.append_pair("state", state.as_str());
        }
        if !self.leave.is_empty() {
            query.append_pair("leave", &self.leave.to_string());
        }
        query.finish()
    }
}

fn unreadable(why: &str) -> Failure {
    refusal("console-form", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_as_they_are_written() {
        for text in ["", "3", "3,17,40-42", "0-1,5"] {
            assert_eq!(numbers(text).to_string(), text);
        }
        assert_eq!(numbers("9,4294967295").to_string(), "9,4294967295");
        assert_eq!(numbers("0-999").len(), MAX_LEFT_OUT);
    }

    #[test]
    fn numbers_that_cannot_be_read_leave_nothing_out_unsaid() {
        for text in ["x", "3,", ",3", "3,,4", "-", "5-3", "3-", "+3", " 3", "3;4", "4294967296"] {
            assert!(ItemNumbers::parse(text).is_err(), "{text}");
        }
        for many in ["0-1000", "0-4294967295", "0-999,1000"] {
            assert!(ItemNumbers::parse(many).is_err(), "{many}");
        }
        assert!(ItemQuery::parse(Some("leave=3&leave=4")).is_err());
    }

    fn numbers(text: &str) -> ItemNumbers {
        ItemNumbers::parse(text).unwrap()
    }

    #[test]
    fn only_what_was_shown_is_marked_or_unmarked() {
        let (left, shown) = (numbers("1,50,51"), numbers("50-99"));
        let now = left.remarked(&shown, [51, 60, 7].into_iter());
        assert_eq!(now.to_string(), "1,51,60");
    }

    #[test]
    fn a_query_reads_back() {
        let query = ItemQuery {
            after: Some(49),
            text: "a&b=ü".into(),
            field: "price".into(),
            state: Some(ItemState::Pending),
            leave: numbers("3,5-9"),
        };
        assert_eq!(ItemQuery::parse(Some(&query.to_query())).unwrap(), query);
        assert!(ItemQuery::parse(None).unwrap().shows_all());
    }
}
