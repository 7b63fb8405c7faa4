//! What a call may ask of the person at the other end, and tell them while it runs.

use async_trait::async_trait;
use serde_json::{Map, Value};

/// A question to the person who uses the client.
#[derive(Debug, Clone, PartialEq)]
pub enum Elicitation {
    /// A form.
    Form {
        /// What is asked, for people.
        message: String,
        /// JSON Schema of the answer: an object of texts, numbers, booleans and choices.
        schema: Map<String, Value>,
    },
    /// A page that the person opens, where what is asked goes past the client.
    Url {
        /// What it is for, for people.
        message: String,
        /// The page.
        url: String,
        /// Which question it is, unique for as long as it is open.
        id: String,
    },
}

/// What a person, or the client in their name, said.
#[derive(Debug, Clone, PartialEq)]
pub enum ElicitationAnswer {
    /// Yes, with what the form asked for.
    Accepted(Map<String, Value>),
    /// No.
    Declined,
    /// Neither: the question was dismissed.
    Dismissed,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The client cannot ask its user such a question, or did not say that it can.
    #[error("the client cannot ask its user")]
    Unsupported,
    /// The question goes out with the end of this call, which is made again once it is answered. Whoever
    /// asked ends the call now; what it says is not shown.
    #[error("the answer comes with the next call")]
    Later,
    /// Nobody answered in time.
    #[error("nobody answered")]
    TimedOut,
    /// The client refused, or is gone, or what it said is no answer.
    #[error("the client did not answer: {0}")]
    Failed(String),
}

/// How important a message is, as syslog has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words say it")]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

/// The client of one call.
#[async_trait]
pub trait Client: Send + Sync {
    /// Asks the person. `key` tells the questions of one call apart and is the same whenever the call
    /// is made again.
    ///
    /// A client of the newer protocol answers by making the call again from its beginning. So a call
    /// asks before it does anything that may not be done twice.
    ///
    /// # Errors
    /// [`NoAnswer`]; of [`NoAnswer::Later`] the call ends.
    async fn elicit(&self, key: &str, question: Elicitation)
    -> Result<ElicitationAnswer, NoAnswer>;

    /// Tells the client something of how the call goes, where it wants to know. Returns at once and
    /// drops what cannot be delivered.
    fn log(&self, level: LogLevel, message: Value);
}
