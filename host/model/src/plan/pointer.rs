//! Places in JSON documents.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A place in a JSON document: an RFC 6901 pointer in which a token may also be `[name=value]`, the
/// first element of an array whose member `name` has that value.
///
/// The text of a member's value is compared with the token: `[id=7]` finds `{"id": 7}` and
/// `{"id": "7"}`. `~0`, `~1` and, inside brackets, `~2` stand for `~`, `/` and `]`.
///
/// ```
/// use serde_json::json;
/// use souk_model::Pointer;
///
/// let product = json!({"custom_attributes": [{"attribute_code": "url_key", "value": "skarv"}]});
/// let pointer: Pointer = "/custom_attributes/[attribute_code=url_key]/value".parse().unwrap();
/// assert_eq!(pointer.find(&product), Some(&json!("skarv")));
/// assert_eq!("".parse::<Pointer>().unwrap().find(&product), Some(&product));
/// for wrong in ["a", "/[a]", "/[=a]", "/~3", "/[a=b"] {
///     assert!(wrong.parse::<Pointer>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Pointer {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Token {
    /// A member's name, or an index of an array.
    Key(String),
    /// The first element whose member has this value.
    Where { name: String, value: String },
}

/// Why a text is not a pointer, or a value cannot be put at one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pointer `{pointer}`: {why}")]
pub struct InvalidPointer {
    pointer: String,
    why: &'static str,
}

impl Pointer {
    /// The pointer as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it is made of.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether this is the whole document.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.tokens.is_empty()
    }

    /// What stands there.
    #[must_use]
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.tokens.iter().try_fold(document, |value, token| match (token, value) {
            (Token::Key(key), Value::Object(map)) => map.get(key),
            (Token::Key(key), Value::Array(items)) => items.get(index(key)?),
            (Token::Where { name, value }, Value::Array(items)) => {
                items.iter().find(|item| is_where(item, name, value))
            }
            _ => None,
        })
    }

    /// The plain RFC 6901 pointer to what stands there, with the indices that brackets lead to.
    #[must_use]
    pub fn pointer_in(&self, document: &Value) -> Option<String> {
        let mut pointer = String::new();
        let mut value = document;
        for token in &self.tokens {
            let (key, next) = match (token, value) {
                (Token::Key(key), Value::Object(map)) => (escape_token(key), map.get(key)?),
                (Token::Key(key), Value::Array(items)) => (key.clone(), items.get(index(key)?)?),
                (Token::Where { name, value }, Value::Array(items)) => {
                    let at = items.iter().position(|item| is_where(item, name, value))?;
                    (at.to_string(), items.get(at)?)
                }
                _ => return None,
            };
            pointer.push('/');
            pointer.push_str(&key);
            value = next;
        }
        Some(pointer)
    }

    /// The plain RFC 6901 pointer to where [`put`](Self::put) would put a value.
    #[must_use]
    pub fn place_in(&self, document: &Value) -> Option<String> {
        if let Some(there) = self.pointer_in(document) {
            return Some(there);
        }
        let (last, before) = self.tokens.split_last()?;
        let parent = Self { text: String::new(), tokens: before.to_vec() };
        let key = match (last, parent.find(document)?) {
            (Token::Key(key), Value::Object(_)) => escape_token(key),
            (Token::Where { .. }, Value::Array(items)) => items.len().to_string(),
            _ => return None,
        };
        Some(format!("{}/{key}", parent.pointer_in(document)?))
    }

    /// What stands there, to be changed.
    pub fn find_mut<'v>(&self, document: &'v mut Value) -> Option<&'v mut Value> {
        self.tokens.iter().try_fold(document, |value, token| match (token, value) {
            (Token::Key(key), Value::Object(map)) => map.get_mut(key),
            (Token::Key(key), Value::Array(items)) => items.get_mut(index(key)?),
            (Token::Where { name, value }, Value::Array(items)) => {
                items.iter_mut().find(|item| is_where(item, name, value))
            }
            _ => None,
        })
    }

    /// Puts a value there. All but the last token must lead somewhere; a missing member is added,
    /// and so is a missing element that the last token describes.
    ///
    /// # Errors
    /// The pointer does not lead into this document.
    pub fn put(&self, document: &mut Value, new: Value) -> Result<(), InvalidPointer> {
        let wrong = |why| InvalidPointer { pointer: self.text.clone(), why };
        let Some((last, before)) = self.tokens.split_last() else {
            *document = new;
            return Ok(());
        };
        let parent = Self { text: self.text.clone(), tokens: before.to_vec() };
        let parent = parent.find_mut(document).ok_or_else(|| wrong("its parent is not there"))?;
        match (last, parent) {
            (Token::Key(key), Value::Object(map)) => {
                map.insert(key.clone(), new);
                Ok(())
            }
            (Token::Key(key), Value::Array(items)) => {
                let slot = index(key).and_then(|index| items.get_mut(index));
                *slot.ok_or_else(|| wrong("the array has no such element"))? = new;
                Ok(())
            }
            (Token::Where { name, value }, Value::Array(items)) => {
                match items.iter_mut().find(|item| is_where(item, name, value)) {
                    Some(slot) => *slot = new,
                    None => items.push(new),
                }
                Ok(())
            }
            _ => Err(wrong("its parent is neither an object nor an array")),
        }
    }

    /// Takes away what stands there; answers it.
    pub fn take(&self, document: &mut Value) -> Option<Value> {
        let (last, before) = self.tokens.split_last()?;
        let parent = Self { text: String::new(), tokens: before.to_vec() };
        match (last, parent.find_mut(document)?) {
            (Token::Key(key), Value::Object(map)) => map.remove(key),
            (Token::Key(key), Value::Array(items)) => {
                let index = index(key).filter(|index| *index < items.len())?;
                Some(items.remove(index))
            }
            (Token::Where { name, value }, Value::Array(items)) => {
                let index = items.iter().position(|item| is_where(item, name, value))?;
                Some(items.remove(index))
            }
            _ => None,
        }
    }
}

pub(super) fn index(key: &str) -> Option<usize> {
    // `01` and `+1` are no indices.
    key.parse().ok().filter(|index: &usize| index.to_string() == key)
}

/// Whether an element's member of this name has this value.
pub(super) fn is_where(item: &Value, name: &str, wanted: &str) -> bool {
    match item.as_object().and_then(|map: &Map<String, Value>| map.get(name)) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Number(number)) => number.to_string() == wanted,
        _ => false,
    }
}

impl FromStr for Pointer {
    type Err = InvalidPointer;

    fn from_str(text: &str) -> Result<Self, InvalidPointer> {
        let wrong = |why| InvalidPointer { pointer: text.chars().take(200).collect(), why };
        if text.is_empty() {
            return Ok(Self { text: String::new(), tokens: Vec::new() });
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(wrong("it must begin with `/`, or be empty"));
        };
        let unescape =
            |part: &str| unescape(part).ok_or_else(|| wrong("`~` must be `~0`, `~1` or `~2`"));
        let tokens = rest
            .split('/')
            .map(|part| {
                let Some(inner) = part.strip_prefix('[') else {
                    return Ok(Token::Key(unescape(part)?));
                };
                let pair = inner.strip_suffix(']').and_then(|inner| inner.split_once('='));
                match pair {
                    Some((name, value)) if !name.is_empty() => {
                        Ok(Token::Where { name: unescape(name)?, value: unescape(value)? })
                    }
                    _ => Err(wrong("a token in brackets is `[name=value]`")),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), tokens })
    }
}

/// A member's name as a token of an RFC 6901 pointer: `a/b` is `a~1b`.
#[must_use]
pub fn escape_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescape(part: &str) -> Option<String> {
    let mut text = String::with_capacity(part.len());
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                '2' => ']',
                _ => return None,
            },
            other => other,
        });
    }
    Some(text)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        pointer.text
    }
}

impl TryFrom<String> for Pointer {
    type Error = InvalidPointer;

    fn try_from(text: String) -> Result<Self, InvalidPointer> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointer(text: &str) -> Pointer {
        text.parse().unwrap()
    }

    #[test]
    fn values_are_put_where_a_parent_is_and_taken_from_where_they_stand() {
        let mut body =
            json!({"product": {"custom_attributes": [{"attribute_code": "a", "value": 1}]}});
        pointer("/product/price").put(&mut body, json!(9)).unwrap();
        pointer("/product/custom_attributes/[attribute_code=a]/value")
            .put(&mut body, json!(2))
            .unwrap();
        pointer("/product/custom_attributes/[attribute_code=b]")
            .put(&mut body, json!({"attribute_code": "b", "value": 3}))
            .unwrap();
        assert_eq!(
            body,
            json!({"product": {"price": 9, "custom_attributes": [
                {"attribute_code": "a", "value": 2}, {"attribute_code": "b", "value": 3}]}})
        );
        assert_eq!(pointer("/product/sku").place_in(&body).as_deref(), Some("/product/sku"));
        let new = pointer("/product/custom_attributes/[attribute_code=c]").place_in(&body);
        assert_eq!(new.as_deref(), Some("/product/custom_attributes/2"));
        assert_eq!(pointer("/product/price/x").place_in(&body), None);
        assert!(pointer("/nowhere/at/all").put(&mut body, json!(1)).is_err());
        assert_eq!(pointer("/product/price").take(&mut body), Some(json!(9)));
        assert_eq!(pointer("/product/price").find(&body), None);
    }

    #[test]
    fn an_element_is_found_by_the_text_of_a_member() {
        let order = json!({"items": [{"item_id": 7}, {"item_id": "8", "qty": 2}]});
        assert!(pointer("/items/[item_id=7]").find(&order).is_some());
        assert_eq!(pointer("/items/[item_id=8]/qty").find(&order), Some(&json!(2)));
        assert_eq!(pointer("/items/01").find(&order), None);
    }
}
