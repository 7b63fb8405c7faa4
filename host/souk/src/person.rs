//! Who sits at the terminal: a name, and a passphrase that is read without being shown.

use std::io::IsTerminal;
use std::path::Path;

use souk_model::plan::DecisionMeans;
use souk_model::{Code, Failure, Secret};
use souk_plans::Plans;
use souk_state::people::Person;

use crate::cli::PersonArgs;
use crate::output::prompt;
use crate::settings::secret_file;

/// Everybody who was set up.
///
/// # Errors
/// It cannot be told who was.
pub(crate) fn all(plans: &Plans) -> Result<Vec<Person>, Failure> {
    let people = plans.people().list();
    people.map_err(|error| Failure::new(Code::Forbidden, error.to_string()).rule("people"))
}

/// The person who decides, proved by their passphrase.
///
/// # Errors
/// Nobody was set up; the name or the passphrase is wrong; there is no terminal to ask on.
pub(crate) async fn prove(plans: &Plans, args: &PersonArgs) -> Result<Person, Failure> {
    let people = all(plans)?;
    if people.is_empty() {
        return Err(Failure::new(Code::Forbidden, "nobody was set up who could decide")
            .rule("people")
            .remedy("set a person up with `souk console setup`"));
    }
    let name = match (&args.name, people.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => only.name.clone(),
        (None, _) => ask_name()?,
    };
    let question = format!("passphrase of {name}: ");
    let passphrase = passphrase(args.passphrase_file.as_deref(), &question)?;
    plans.verify_person(&name, passphrase, DecisionMeans::Terminal).await
}

/// A passphrase: of the file, or asked for on the terminal.
///
/// # Errors
/// The file is not one that holds a secret; there is no terminal.
pub(crate) fn passphrase(file: Option<&Path>, question: &str) -> Result<Secret, Failure> {
    match file {
        Some(file) => secret_file::read(file)
            .map(Secret::from)
            .map_err(|why| Failure::new(Code::ValidationError, why)),
        None => rpassword::prompt_password(question).map(Secret::from).map_err(|error| {
            Failure::new(
                Code::ValidationError,
                format!("there is no terminal to ask for a passphrase on: {error}"),
            )
            .remedy("name a file that holds it, which only its owner can read: --passphrase-file")
        }),
    }
}

fn ask_name() -> Result<String, Failure> {
    let which = || {
        Failure::new(
            Code::ValidationError,
            "several persons were set up, and it is not said who you are",
        )
        .remedy("say it with --name")
    };
    if !std::io::stdin().is_terminal() {
        return Err(which());
    }
    prompt("your name: ");
    let mut name = String::new();
    std::io::stdin().read_line(&mut name).map_err(|_| which())?;
    match name.trim() {
        "" => Err(which()),
        name => Ok(name.to_owned()),
    }
}
