//! What a model is told before it sees the tools.

use std::fmt::Write;

use souk_model::{LoginWay, Orientation};

/// How much of them is about what there is to work on, in bytes.
const SUBJECTS: usize = 150;

/// The instructions for a caller. Some clients show the first line alone, so it says what matters
/// most; together they stay below 1,500 bytes.
pub(crate) fn instructions(orientation: &Orientation) -> String {
    let mut text = first_line(orientation);
    if orientation.unlisted {
        text.push_str(
            "\n- There are more tools than are listed. `tools_search` finds them by what you want \
             to do, `tools_describe` shows their arguments, `tools_read` runs those that only \
             read, `tools_write` all others.",
        );
    }
    text.push_str(
        "\n- Values can differ by store view. Reads use the session's default scope unless you \
         name one",
    );
    text.push_str(if orientation.writes { "; each write names its own." } else { "." });
    if orientation.plans {
        text.push_str(
            "\n- Larger changes are plans: a tool with `prepare` in its name proposes one, \
             `plans_get` shows it, `plans_commit` carries it out, `plans_undo` takes it back. Show \
             it to whoever asked before you commit it.",
        );
    }
    if orientation.writes {
        text.push_str(
            "\n- A tool's `_meta` tells its risk tier. From tier risk up, writes want `confirm: \
             true` and a `reason`.",
        );
    }
    text.push_str(
        "\n- A refusal begins with a code such as NOT_AUTHENTICATED, FORBIDDEN, VALIDATION_ERROR or \
         NOT_FOUND and ends with a hint. FORBIDDEN names the operator's rule, \
         which holds for every tool.\n\
         - What is too large for a result is kept as a document: its `uri` is a resource that you \
         alone can read, for a time.",
    );
    if orientation.loading {
        text.push_str("\n- Tools are still being loaded; a list of them waits for the rest.");
    }
    text
}

/// What Souk does, and what comes first.
fn first_line(orientation: &Orientation) -> String {
    let does = if orientation.writes { "reads and changes" } else { "reads" };
    let mut line = format!("Souk {does} a Magento 2 / Adobe Commerce store");
    let mut subjects = String::new();
    for subject in &orientation.subjects {
        let comma = if subjects.is_empty() { "" } else { ", " };
        if subjects.len() + subject.len() > SUBJECTS {
            let _ = write!(subjects, "{comma}…");
            break;
        }
        let _ = write!(subjects, "{comma}{subject}");
    }
    if !subjects.is_empty() {
        let _ = write!(line, " ({subjects})");
    }
    line.push_str(match orientation.login {
        LoginWay::Configured => {
            ". Log in first: call `auth_login` without arguments; the operator configured the \
             credentials."
        }
        LoginWay::OwnCredentials => {
            ". Log in first: call `auth_login` with the credentials that the user gives you."
        }
        LoginWay::NoCredentials => {
            ". Nobody can log in yet: the operator has to configure a store and its credentials."
        }
        LoginWay::Forbidden => ". The operator's rules keep you from logging in with `auth_login`.",
    });
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAYS: [LoginWay; 4] = [
        LoginWay::Configured,
        LoginWay::OwnCredentials,
        LoginWay::NoCredentials,
        LoginWay::Forbidden,
    ];

    /// Every orientation there is, with this to work on.
    fn every(subjects: &[String]) -> impl Iterator<Item = Orientation> {
        WAYS.into_iter().flat_map(move |login| {
            (0..16_u8).map(move |bits| Orientation {
                subjects: subjects.to_vec(),
                login,
                writes: bits & 1 != 0,
                plans: bits & 2 != 0,
                unlisted: bits & 4 != 0,
                loading: bits & 8 != 0,
            })
        })
    }

    #[test]
    fn they_are_short_whatever_the_caller_may_do() {
        let many: Vec<String> = (0..200).map(|n| format!("group{n}")).collect();
        let long = ["x".repeat(400)].to_vec();
        for subjects in [&[][..], &many, &long] {
            for orientation in every(subjects) {
                let text = instructions(&orientation);
                assert!(text.len() <= 1_500, "{} bytes: {text}", text.len());
                let first = text.lines().next().unwrap();
                assert!(first.len() <= 400, "{first}");
            }
        }
    }

    #[test]
    fn the_first_line_says_what_souk_does_and_what_comes_first() {
        let subjects = ["catalog".to_owned(), "orders".to_owned()];
        for orientation in every(&subjects) {
            let text = instructions(&orientation);
            let first = text.lines().next().unwrap();
            let does = if orientation.writes { "Souk reads and changes a" } else { "Souk reads a" };
            assert!(first.starts_with(does) && first.contains("(catalog, orders)"), "{first}");
            let can = matches!(orientation.login, LoginWay::Configured | LoginWay::OwnCredentials);
            assert_eq!(first.contains("Log in first: call `auth_login`"), can, "{first}");
            assert_eq!(
                first.contains("without arguments"),
                orientation.login == LoginWay::Configured
            );
        }
    }

    #[test]
    fn nothing_is_told_that_the_caller_may_not_do() {
        for orientation in every(&[]) {
            let text = instructions(&orientation);
            assert_eq!(text.contains("tools_search"), orientation.unlisted);
            assert_eq!(text.contains("plans_commit"), orientation.plans);
            assert_eq!(text.contains("confirm"), orientation.writes);
            assert_eq!(text.contains("still being loaded"), orientation.loading);
        }
    }
}
