//! Lists of documents: one search over any table, told what its columns are.

use serde_json::{Value, json};

use super::route::HandlerResult;
use crate::call::Call;
use crate::document::Doc;
use crate::php;
use crate::refusal::Refusal;
use crate::search::{Cell, Criteria};
use crate::shop::Shop;

/// What happens to a filter on a column that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownColumn {
    /// A 400 that names it, as EAV entities do.
    Refused,
    /// The database's complaint, a 500.
    Internal,
}

/// How a table is searched.
#[derive(Clone, Copy)]
pub(super) struct Entity {
    /// Its columns, separated by blanks: `column`, or `column=field` where the document has another
    /// name for it, or `column=/a/0/b` where it stands deeper, each with `:n` for numbers, `:d` for dates, `:s` for sets of ids; text otherwise.
    pub(super) columns: &'static str,
    /// What an unknown column does.
    pub(super) unknown: UnknownColumn,
}

impl Entity {
    /// The field and kind of a column.
    fn column(&self, name: &str) -> Option<(&'static str, &'static str)> {
        self.columns.split_whitespace().find_map(|column| {
            let (column, kind) = column.split_once(':').unwrap_or((column, "t"));
            let (column, field) = column.split_once('=').unwrap_or((column, column));
            (column == name).then_some((field, kind))
        })
    }

    fn cell(&self, doc: &Doc, name: &str) -> Cell {
        let Some((field, kind)) = self.column(name) else { return Cell::Null };
        let value = match field.strip_prefix('/').and_then(|path| path.split_once('/')) {
            Some((first, _)) => {
                let rest = field.get(first.len() + 1..).unwrap_or_default();
                doc.get(first).and_then(|value| value.pointer(rest))
            }
            None => doc.get(field),
        };
        match kind {
            "n" => match value {
                Some(Value::Bool(flag)) => Cell::Number(f64::from(u8::from(*flag))),
                value => Cell::number(value),
            },
            "d" => Cell::date(value),
            "s" => Cell::Many(
                value.and_then(Value::as_array).into_iter().flatten().map(php::text_of).collect(),
            ),
            _ => value
                .filter(|value| !value.is_null())
                .map_or(Cell::Null, |value| Cell::Text(php::text_of(value))),
        }
    }

    /// The documents that the request's criteria select, with the criteria and the total.
    pub(super) fn select<'a>(
        &self,
        shop: &Shop,
        call: &Call,
        rows: impl Iterator<Item = &'a Doc>,
    ) -> Result<(Vec<&'a Doc>, Criteria, usize), Refusal> {
        let criteria = Criteria::read(&call.query, &shop.attributes)?;
        // EAV collections pass over a sort by what they do not know; the database would complain.
        let checked_sorts =
            if self.unknown == UnknownColumn::Internal { criteria.sorts.as_slice() } else { &[] };
        let sorted = checked_sorts.iter().map(|sort| sort.field.as_deref());
        for field in criteria.filtered_fields().chain(sorted) {
            if field.is_none_or(|field| self.column(field).is_none()) {
                return Err(match self.unknown {
                    UnknownColumn::Internal => Refusal::internal(call.seed),
                    UnknownColumn::Refused => Refusal::bad(
                        "The \"%1\" attribute name is invalid. Reset the name and try again.",
                    )
                    .with(json!([field])),
                });
            }
        }
        let page = criteria.apply(rows.collect(), |doc, field| self.cell(doc, field));
        Ok((page.rows, criteria, page.total))
    }

    /// The usual list answer; `show` makes an item of a document.
    pub(super) fn list<'a>(
        &self,
        shop: &Shop,
        call: &Call,
        rows: impl Iterator<Item = &'a Doc>,
        show: impl Fn(&Doc) -> Value,
    ) -> HandlerResult {
        let (rows, criteria, total) = self.select(shop, call, rows)?;
        Ok(criteria.answer(rows.into_iter().map(show).collect(), total))
    }
}

/// A document as it is, without the store's own notes (fields that begin with an underscore).
pub(super) fn plain(doc: &Doc) -> Value {
    Value::Object(
        doc.iter()
            .filter(|(name, _)| !name.starts_with('_'))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}
