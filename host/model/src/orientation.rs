//! What a caller should know before its first call.

/// How a caller comes to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoginWay {
    /// With credentials that the operator configured.
    #[default]
    Configured,
    /// With credentials of its own; the operator has configured none.
    OwnCredentials,
    /// Not at all: there are no credentials and none are taken, or no store.
    NoCredentials,
    /// Not at all: the operator's rules keep it from logging in.
    Forbidden,
}

/// What a caller should know before its first call, made from what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orientation {
    /// What it can work on: the groups of which it may call something, the foremost first.
    pub subjects: Vec<String>,
    /// How it comes to a session.
    pub login: LoginWay,
    /// Whether it may call anything that changes the store.
    pub writes: bool,
    /// Whether it may propose plans, and have them carried out.
    pub plans: bool,
    /// Whether it may call more tools than are listed to it.
    pub unlisted: bool,
    /// Whether there may be more than this tells, because it is still being loaded.
    pub loading: bool,
}
