//! What an author types while `souk dev` runs.

use anyhow::bail;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TypedLine {
    /// A tool is called, with its arguments as they were typed.
    Call {
        tool: String,
        arguments: Vec<String>,
    },
    /// The last call is made again.
    Again,
    /// The plan that was proposed last is committed.
    Commit,
    /// What was committed last is taken back.
    Undo,
    /// The cases are tried.
    Test,
    /// It is built again though nothing has changed.
    Build,
    /// What serves is shown.
    Show,
    Help,
    Quit,
    Nothing,
}

/// What can be typed.
pub(super) const HELP: &str = "\
call TOOL name=value …   calls a tool: the group's name may be left out, and so may `call`
r                        makes the last call again
commit                   carries out the plan that was proposed last
undo                     takes back what was committed last
t                        tries cases.toml, on a demo store of its own
b                        builds again
show                     shows what serves, and what it may do
q                        ends this; the demo store and its plans are kept
";

impl TypedLine {
    /// Reads a line.
    ///
    /// # Errors
    /// A quote that does not end.
    pub(super) fn parse(line: &str) -> anyhow::Result<Self> {
        let line = line.trim();
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        Ok(match (first, rest) {
            ("", _) => Self::Nothing,
            ("r", "") => Self::Again,
            ("commit", "") => Self::Commit,
            ("undo", "") => Self::Undo,
            ("t" | "test", "") => Self::Test,
            ("b" | "build", "") => Self::Build,
            ("show", "") => Self::Show,
            ("help" | "h" | "?", "") => Self::Help,
            ("q" | "quit" | "exit", "") => Self::Quit,
            ("call", "") => bail!("which tool? `call TOOL name=value …`"),
            ("call", rest) => {
                let (tool, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Self::Call { tool: tool.to_owned(), arguments: words(rest.trim())? }
            }
            (tool, rest) => Self::Call { tool: tool.to_owned(), arguments: words(rest)? },
        })
    }
}

/// The words of a line, as a shell takes them apart: quotes keep white space. JSON is one word.
fn words(text: &str) -> anyhow::Result<Vec<String>> {
    if text.starts_with('{') {
        return Ok(vec![text.to_owned()]);
    }
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for character in text.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, space) if space.is_whitespace() => words.extend(word.take()),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    if let Some(open) = quote {
        bail!("a quote is not closed: {open}");
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_or_the_call_of_a_tool() {
        let call = |tool: &str, arguments: &[&str]| TypedLine::Call {
            tool: tool.to_owned(),
            arguments: arguments.iter().map(|&one| one.to_owned()).collect(),
        };
        for (line, typed) in [
            ("", TypedLine::Nothing),
            (" r ", TypedLine::Again),
            ("q", TypedLine::Quit),
            ("call find name=Tent", call("find", &["name=Tent"])),
            ("find name='Two words' n=1", call("find", &["name=Two words", "n=1"])),
            ("find title=\"it's\" empty=''", call("find", &["title=it's", "empty="])),
            ("find {\"name\": \"a b\"}", call("find", &["{\"name\": \"a b\"}"])),
            // A tool may be called as a command is.
            ("commit plan_id=1", call("commit", &["plan_id=1"])),
        ] {
            assert_eq!(TypedLine::parse(line).unwrap(), typed, "{line}");
        }
        assert!(TypedLine::parse("find name='open").is_err() && TypedLine::parse("call").is_err());
    }
}
