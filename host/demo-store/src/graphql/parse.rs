//! Reading GraphQL documents: as much of the language as queries need, with the messages of the
//! library that Magento uses where it was recorded.

/// Where something stands, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A document that is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) at: Location,
}

/// A whole document.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Document {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: Vec<Fragment>,
}

/// `query`, `mutation` or `subscription`, with what it asks.
#[derive(Debug, PartialEq)]
pub(super) struct Operation {
    pub(super) kind: String,
    pub(super) name: Option<String>,
    pub(super) variables: Vec<Variable>,
    pub(super) selections: Vec<Selection>,
}

/// `$u: String! = "…"`
#[derive(Debug, PartialEq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// As it was written: `String!`.
    pub(super) type_name: String,
    pub(super) default: Option<InputValue>,
    pub(super) at: Location,
}

/// `fragment name on Type {…}`
#[derive(Debug, PartialEq)]
pub(super) struct Fragment {
    pub(super) name: String,
    pub(super) on: String,
    pub(super) selections: Vec<Selection>,
}

/// What is asked of a type.
#[derive(Debug, PartialEq)]
pub(super) enum Selection {
    Field(Field),
    /// `... on Type {…}`, or without a type.
    Inline {
        on: Option<String>,
        selections: Vec<Selection>,
    },
    /// `...name`
    Spread {
        name: String,
        at: Location,
    },
}

/// `alias: name(argument: value) {…}`
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) arguments: Vec<(String, InputValue)>,
    pub(super) selections: Vec<Selection>,
    pub(super) at: Location,
}

/// The value of an argument, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum InputValue {
    Variable(String),
    /// A text, a number or a name, whose kind no field here minds.
    Scalar(String),
    Null,
    List(Vec<InputValue>),
    Object(Vec<(String, InputValue)>),
}

/// Deeper than this nobody asks, and a reader that calls itself has an end.
const DEEPEST: usize = 32;

/// Reads a document.
///
/// # Errors
/// The first thing in it that is not GraphQL.
pub(super) fn document(text: &str) -> Result<Document, SyntaxError> {
    let mut reader = Reader { tokens: tokens(text)?, next: 0, depth: 0 };
    let mut document = Document::default();
    loop {
        match reader.peek() {
            Token::Name(word) if word == "fragment" => {
                let fragment = reader.fragment()?;
                document.fragments.push(fragment);
            }
            Token::Mark('{') | Token::Name(_) => {
                let operation = reader.operation()?;
                document.operations.push(operation);
            }
            Token::End if !document.operations.is_empty() => return Ok(document),
            _ => return Err(reader.unexpected()),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    /// A text or a number.
    Scalar(String),
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Mark(char),
    Spread,
    End,
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("Name \"{name}\""),
            Self::Scalar(text) => format!("String \"{text}\""),
            Self::Mark(mark) => mark.to_string(),
            Self::Spread => "...".to_owned(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<(Token, Location)>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = Location { line: 1, column: 1 };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            ' ' | '\t' | '\r' | '\n' | ',' | '\u{feff}' => (None, first.len_utf8()),
            '#' => (None, rest.find('\n').unwrap_or(rest.len())),
            '.' if rest.starts_with("...") => (Some(Token::Spread), 3),
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                (Some(Token::Mark(first)), 1)
            }
            '"' => {
                let (text, length) = quoted(rest).ok_or_else(|| SyntaxError {
                    message: "Syntax Error: Unterminated string.".to_owned(),
                    at,
                })?;
                (Some(Token::Scalar(text)), length)
            }
            _ if first == '_' || first.is_ascii_alphabetic() => {
                let name = leading(rest, |c| c == '_' || c.is_ascii_alphanumeric());
                (Some(Token::Name(name.to_owned())), name.len())
            }
            _ if first == '-' || first.is_ascii_digit() => {
                let number = leading(rest, |c| c.is_ascii_alphanumeric() || "+-.".contains(c));
                (Some(Token::Scalar(number.to_owned())), number.len())
            }
            other => {
                let message =
                    format!("Syntax Error: Cannot parse the unexpected character {other:?}.");
                return Err(SyntaxError { message, at });
            }
        };
        tokens.extend(token.map(|token| (token, at)));
        let (passed, left) = rest.split_at(length);
        for character in passed.chars() {
            at = match character {
                '\n' => Location { line: at.line + 1, column: 1 },
                _ => Location { column: at.column + 1, ..at },
            };
        }
        rest = left;
    }
    tokens.push((Token::End, at));
    Ok(tokens)
}

fn leading(text: &str, of: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !of(c)).unwrap_or(text.len())]
}

/// A text in quotes, and how long it is with them. Its escapes are JSON's.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    let length = end?.0 + 1;
    Some((serde_json::from_str(&text[..length]).ok()?, length))
}

struct Reader {
    tokens: Vec<(Token, Location)>,
    next: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    fn at(&self) -> Location {
        let last = self.tokens.get(self.next).or(self.tokens.last());
        last.map_or(Location { line: 1, column: 1 }, |(_, at)| *at)
    }

    fn error(&self, message: &str) -> SyntaxError {
        SyntaxError { message: format!("Syntax Error: {message}"), at: self.at() }
    }

    fn unexpected(&self) -> SyntaxError {
        self.error(&format!("Unexpected {}", self.peek().shown()))
    }

    fn takes(&mut self, token: &Token) -> bool {
        let takes = self.peek() == token;
        self.next += usize::from(takes && *token != Token::End);
        takes
    }

    fn mark(&mut self, mark: char) -> Result<(), SyntaxError> {
        if self.takes(&Token::Mark(mark)) {
            return Ok(());
        }
        Err(self.error(&format!("Expected {mark}, found {}", self.peek().shown())))
    }

    fn name(&mut self) -> Result<String, SyntaxError> {
        match self.peek().clone() {
            Token::Name(name) => {
                self.next += 1;
                Ok(name)
            }
            other => Err(self.error(&format!("Expected Name, found {}", other.shown()))),
        }
    }

    fn operation(&mut self) -> Result<Operation, SyntaxError> {
        let mut operation = Operation {
            kind: "query".to_owned(),
            name: None,
            variables: Vec::new(),
            selections: Vec::new(),
        };
        if *self.peek() != Token::Mark('{') {
            if !matches!(self.peek(), Token::Name(word) if matches!(&**word, "query" | "mutation" | "subscription"))
            {
                return Err(self.unexpected());
            }
            operation.kind = self.name()?;
            if matches!(self.peek(), Token::Name(_)) {
                operation.name = Some(self.name()?);
            }
            if self.takes(&Token::Mark('(')) {
                while !self.takes(&Token::Mark(')')) {
                    let variable = self.variable()?;
                    operation.variables.push(variable);
                }
            }
        }
        operation.selections = self.selections()?;
        Ok(operation)
    }

    fn variable(&mut self) -> Result<Variable, SyntaxError> {
        let at = self.at();
        self.mark('$')?;
        let name = self.name()?;
        self.mark(':')?;
        let type_name = self.type_name()?;
        let default = if self.takes(&Token::Mark('=')) { Some(self.given()?) } else { None };
        Ok(Variable { name, type_name, default, at })
    }

    fn type_name(&mut self) -> Result<String, SyntaxError> {
        let mut text = if self.takes(&Token::Mark('[')) {
            let inner = self.nested(Self::type_name)?;
            self.mark(']')?;
            format!("[{inner}]")
        } else {
            self.name()?
        };
        if self.takes(&Token::Mark('!')) {
            text.push('!');
        }
        Ok(text)
    }

    fn fragment(&mut self) -> Result<Fragment, SyntaxError> {
        self.next += 1;
        let name = self.name()?;
        if !self.takes(&Token::Name("on".to_owned())) {
            return Err(self.error(&format!("Expected \"on\", found {}", self.peek().shown())));
        }
        Ok(Fragment { name, on: self.name()?, selections: self.selections()? })
    }

    fn selections(&mut self) -> Result<Vec<Selection>, SyntaxError> {
        self.mark('{')?;
        let mut selections = Vec::new();
        loop {
            selections.push(self.nested(Self::selection)?);
            if self.takes(&Token::Mark('}')) {
                return Ok(selections);
            }
        }
    }

    fn selection(&mut self) -> Result<Selection, SyntaxError> {
        let at = self.at();
        if !self.takes(&Token::Spread) {
            return self.field().map(Selection::Field);
        }
        match self.peek() {
            Token::Name(word) if word == "on" => {
                self.next += 1;
                let on = Some(self.name()?);
                Ok(Selection::Inline { on, selections: self.selections()? })
            }
            Token::Name(_) => Ok(Selection::Spread { name: self.name()?, at }),
            _ => Ok(Selection::Inline { on: None, selections: self.selections()? }),
        }
    }

    fn field(&mut self) -> Result<Field, SyntaxError> {
        let at = self.at();
        let first = self.name()?;
        let (alias, name) =
            if self.takes(&Token::Mark(':')) { (Some(first), self.name()?) } else { (None, first) };
        let mut arguments = Vec::new();
        if self.takes(&Token::Mark('(')) {
            loop {
                let argument = self.name()?;
                self.mark(':')?;
                arguments.push((argument, self.given()?));
                if self.takes(&Token::Mark(')')) {
                    break;
                }
            }
        }
        let selections = match self.peek() {
            Token::Mark('{') => self.selections()?,
            _ => Vec::new(),
        };
        Ok(Field { alias, name, arguments, selections, at })
    }

    fn given(&mut self) -> Result<InputValue, SyntaxError> {
        match self.peek().clone() {
            Token::Mark('$') => {
                self.next += 1;
                self.name().map(InputValue::Variable)
            }
            Token::Mark('[') => self.list(),
            Token::Mark('{') => self.object(),
            Token::Scalar(text) => {
                self.next += 1;
                Ok(InputValue::Scalar(text))
            }
            Token::Name(name) => {
                self.next += 1;
                Ok(if name == "null" { InputValue::Null } else { InputValue::Scalar(name) })
            }
            _ => Err(self.unexpected()),
        }
    }

    fn list(&mut self) -> Result<InputValue, SyntaxError> {
        self.next += 1;
        let mut values = Vec::new();
        while !self.takes(&Token::Mark(']')) {
            values.push(self.nested(Self::given)?);
        }
        Ok(InputValue::List(values))
    }

    fn object(&mut self) -> Result<InputValue, SyntaxError> {
        self.next += 1;
        let mut members = Vec::new();
        while !self.takes(&Token::Mark('}')) {
            let name = self.name()?;
            self.mark(':')?;
            members.push((name, self.nested(Self::given)?));
        }
        Ok(InputValue::Object(members))
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth == DEEPEST {
            return Err(self.error("the document is nested too deeply"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As recorded in `graphql.jsonl`.
    #[test]
    fn a_broken_document_is_told_as_recorded() {
        for (text, message, column) in [
            ("{route(", "Syntax Error: Expected Name, found <EOF>", 8),
            ("", "Syntax Error: Unexpected <EOF>", 1),
        ] {
            let error = document(text).unwrap_err();
            assert_eq!((&*error.message, error.at.line, error.at.column), (message, 1, column));
        }
    }

    #[test]
    fn what_queries_use_is_understood() {
        let text = r#"query Q($u: String! = "a\"b", $l: [Int!]) { # a remark
            r: route(url: $u, more: {x: [1, null]}) { __typename ... on CmsPage { title } ...f }
        } fragment f on CategoryTree { id }"#;
        let document = document(text).unwrap();
        let [operation] = &document.operations[..] else { panic!("{document:?}") };
        assert_eq!(operation.name.as_deref(), Some("Q"));
        let types: Vec<&str> = operation.variables.iter().map(|v| &*v.type_name).collect();
        assert_eq!(types, ["String!", "[Int!]"]);
        assert_eq!(operation.variables[0].default, Some(InputValue::Scalar("a\"b".into())));
        let [Selection::Field(route)] = &operation.selections[..] else { panic!("{operation:?}") };
        assert_eq!((route.alias.as_deref(), &*route.name, route.at.line), (Some("r"), "route", 2));
        assert_eq!(route.arguments[0].1, InputValue::Variable("u".into()));
        assert_eq!(route.selections.len(), 3);
        assert_eq!(document.fragments[0].on, "CategoryTree");
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = "{a".repeat(10_000);
        assert!(document(&deep).unwrap_err().message.ends_with("nested too deeply"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[{}()\\[\\]:$!.\"\\\\a-z ,#\n0-9-]{0,60}") {
            if let Err(error) = document(&text) {
                prop_assert!(error.message.starts_with("Syntax Error: "));
            }
        }
    }
}
