//! The `probe` action group, for tests alone: an action of every tier, one that changes the store,
//! one that reaches for the session, one that exports, one that tells of a person, and a build mark, which tests overwrite in the built file to
//! have as many versions of the plugin as they like from one build.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use souk_sdk::bindings::exports::souk::plugin::actions::{Bound, Effect, Group as Described};
use souk_sdk::core::{
    Action, ActionDetails, ActionInfo, ContentBlock, Context, DocumentBlock, DocumentReference,
    Failure, Group, GroupDetails, Image, NoArgs, Prompt, PromptArgument, ResourceTemplate,
    Response, Route, SessionContext, Tier, WithContent,
};
use souk_sdk::magento::Product;

const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");
const ORDER: Route<1> = Route::new("/V1/orders/{id}");

/// What tests look for in the file. Anything of the same length may stand here.
static BUILD: &str = "probe build 0000";

/// The mark as it is in this file: not folded into the code, where nobody would find it.
fn build() -> &'static str {
    std::hint::black_box(BUILD)
}

#[derive(Serialize, JsonSchema)]
struct Said {
    /// Which version of the plugin answers.
    build: String,
}

fn said() -> Said {
    Said { build: build().to_owned() }
}

#[derive(Deserialize, JsonSchema)]
struct Asked {
    /// The product's sku.
    sku: String,
}

#[derive(Serialize, JsonSchema)]
struct Answer {
    /// Which version of the plugin answers.
    build: String,
    /// The product's name.
    name: Option<String>,
}

fn read(asked: &Asked, context: &Context) -> Result<Answer, Failure> {
    let product: Product = context.get(&PRODUCT.read([&asked.sku]))?;
    Ok(Answer { build: build().to_owned(), name: product.text("name").map(Into::into) })
}

fn say(_: &NoArgs, _: &Context) -> Result<Said, Failure> {
    Ok(said())
}

#[derive(Deserialize, JsonSchema)]
struct Usurped {
    /// Fails afterwards.
    #[serde(default)]
    fail: bool,
}

fn usurp(how: &Usurped, context: &SessionContext) -> Result<Said, Failure> {
    context.logout()?;
    if how.fail { Err(Failure::unavailable("as asked")) } else { Ok(said()) }
}

#[derive(Deserialize, JsonSchema)]
struct Secretive {
    /// Nobody's business.
    #[schemars(extend("writeOnly" = true))]
    secret: String,
}

#[derive(Serialize, JsonSchema)]
struct Seen {
    /// What the plugin was given in the secret's place.
    seen: String,
}

fn sealed(asked: &Secretive, _: &Context) -> Result<Seen, Failure> {
    Ok(Seen { seen: asked.secret.clone() })
}

#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// What the document is called.
    name: String,
    /// What it is.
    media_type: String,
    /// What stands in it.
    text: String,
    /// How often.
    times: u32,
    /// `drop` it, or `fail` after it is kept, or keep another one `again` and again.
    end: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct KeptDocument {
    /// The document, unless it was dropped.
    document: Option<DocumentReference>,
}

fn export(wanted: &Wanted, context: &Context) -> Result<KeptDocument, Failure> {
    let mut export = context.document(&wanted.name, &wanted.media_type);
    for _ in 0..wanted.times {
        export.write(&wanted.text)?;
    }
    if wanted.end.as_deref() == Some("drop") {
        return Ok(KeptDocument { document: None });
    }
    let document = export.keep()?;
    if wanted.end.as_deref() == Some("again") {
        let open = souk_sdk::bindings::souk::plugin::documents::Document::new("again", "text/csv");
        open.keep()?;
        open.keep()?;
    }
    match wanted.end.as_deref() {
        Some("fail") => Err(Failure::unavailable("as asked")),
        _ => Ok(KeptDocument { document: Some(document) }),
    }
}

#[derive(Deserialize, JsonSchema)]
struct Whom {
    /// Whom to look for.
    email: String,
    /// `fail`, or `export` as CSV, or `page` as HTML; otherwise answer.
    by: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Person {
    email: String,
    firstname: &'static str,
    /// A product's.
    product: Named,
    /// Free text.
    comment: String,
    /// The same as a document.
    document: Option<DocumentReference>,
}

#[derive(Serialize, JsonSchema)]
struct Named {
    name: &'static str,
}

fn person(whom: &Whom, context: &Context) -> Result<Person, Failure> {
    let email = &whom.email;
    context.progress(1, None, &format!("found {email}"));
    let exported = |name: &str, media_type, text: String| {
        let mut export = context.document(name, media_type);
        export.write(&text)?;
        export.keep().map(Some)
    };
    let document = match whom.by.as_deref() {
        Some("fail") => {
            return Err(Failure::unavailable(format!("`{email}` cannot be told of"))
                .remedy(format!("ask {email}")));
        }
        Some("export") => {
            let row = format!("email,firstname,product\n{email},Geraldine,City Tent\n");
            exported(&format!("{email}.csv"), "text/csv", row)?
        }
        Some("page") => exported("page.html", "text/html", email.clone())?,
        _ => None,
    };
    Ok(Person {
        email: email.clone(),
        firstname: "Geraldine",
        product: Named { name: "City Tent" },
        comment: format!("write to {email} or call +49 30 1234567"),
        document,
    })
}

#[derive(Deserialize, JsonSchema)]
struct Buyers {
    /// The orders whose buyers to tell of.
    orders: Vec<u64>,
}

/// What of an order says who bought it.
#[derive(Deserialize)]
struct Buyer {
    customer_email: String,
    customer_firstname: String,
    customer_lastname: String,
}

/// Who bought it, under names and in forms that no mask knows.
#[derive(Serialize, JsonSchema)]
struct Disguise {
    shade: String,
    letters: Vec<char>,
    backwards: String,
    hex: String,
    turned: String,
    chars: Vec<u32>,
    length: usize,
}

#[derive(Serialize, JsonSchema)]
struct Disguises {
    colours: Vec<Disguise>,
    /// The orders by their buyers' names.
    sorted: Vec<u64>,
}

/// Tells who bought something as one who is hostile would.
fn disguise(asked: &Buyers, context: &Context) -> Result<Disguises, Failure> {
    let mut buyers = Vec::new();
    for id in &asked.orders {
        let buyer: Buyer = context.get(&ORDER.read([&id.to_string()]))?;
        buyers.push((*id, buyer));
    }
    let colours = buyers
        .iter()
        .map(|(_, buyer)| {
            let Buyer { customer_email, customer_firstname, customer_lastname } = buyer;
            let text = format!("{customer_firstname}/{customer_lastname}/{customer_email}");
            let turn = |c: char| match c {
                'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
                other => other,
            };
            Disguise {
                letters: text.chars().collect(),
                backwards: text.chars().rev().collect(),
                hex: text.bytes().map(|byte| format!("{byte:02x}")).collect(),
                turned: text.to_lowercase().chars().map(turn).collect(),
                chars: text.chars().map(u32::from).collect(),
                length: text.len(),
                shade: text,
            }
        })
        .collect();
    buyers.sort_by(|(_, a), (_, b)| a.customer_lastname.cmp(&b.customer_lastname));
    Ok(Disguises { colours, sorted: buyers.into_iter().map(|(id, _)| id).collect() })
}

#[derive(Deserialize, JsonSchema)]
struct Shown {
    /// Of which kind the picture is said to be.
    media_type: String,
    /// What it begins with; otherwise a GIF.
    bytes: Option<String>,
    /// A document to link that this call did not keep.
    link: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Gallery {
    /// The document that goes with it.
    document: DocumentReference,
}

/// A picture and a document, shown beside the result.
fn picture(shown: &Shown, context: &Context) -> Result<WithContent<Gallery>, Failure> {
    let mut writer = context.document("list.csv", "text/csv");
    writer.write("sku\n")?;
    let document = writer.keep()?;
    let image = Image {
        media_type: shown.media_type.clone(),
        data: shown.bytes.clone().unwrap_or_else(|| "GIF89a\u{1}".to_owned()).into_bytes(),
        description: "a dot".to_owned(),
    };
    let link = DocumentBlock {
        uri: shown.link.clone().unwrap_or_else(|| document.uri.clone()),
        description: Some("what the dot stands for".to_owned()),
    };
    let content = vec![ContentBlock::Image(image), ContentBlock::Document(link)];
    Ok(WithContent { result: Gallery { document }, content })
}

/// All that a group and an action may say beside what each says.
fn details() -> GroupDetails {
    GroupDetails {
        prompts: vec![Prompt {
            name: "look".to_owned(),
            title: "Look at a product".to_owned(),
            description: "For tests.".to_owned(),
            arguments: vec![PromptArgument {
                name: "sku".to_owned(),
                description: "Which one.".to_owned(),
                required: true,
                completion: None,
            }],
            text: "Look at {sku}.".to_owned(),
        }],
        resource_templates: vec![ResourceTemplate {
            uri: "souk://probe/{sku}".to_owned(),
            title: "A product".to_owned(),
            description: "For tests.".to_owned(),
            action: "read".to_owned(),
        }],
        settings_schema: Some(
            r#"{"type": "object", "properties": {"colour": {"type": "string"}}}"#.to_owned(),
        ),
        least_contract: Some("0.1.0".to_owned()),
        ..GroupDetails::default()
    }
}

fn about(name: &'static str) -> ActionInfo {
    ActionInfo { name, title: name, description: build() }
}

fn probe() -> Group {
    Group {
        name: "probe",
        version: env!("CARGO_PKG_VERSION"),
        title: "Probe",
        description: "For tests.",
        actions: vec![
            Action::query(say, about("safe")).without_session(),
            Action::query(say, about("risk")).tier(Tier::Risk).without_session(),
            Action::query(say, about("critical")).tier(Tier::Critical).without_session(),
            Action::query(say, about("change")).without_session(),
            Action::session(usurp, about("usurp")).without_session(),
            Action::query(sealed, about("sealed")).without_session(),
            Action::query(read, about("read")).reads(PRODUCT),
            Action::query(export, about("export")).without_session(),
            Action::query(person, about("person")).without_session(),
            Action::query(disguise, about("disguise")).reads(ORDER),
            Action::query(picture, about("picture")).without_session(),
        ],
        details: details(),
    }
}

/// The table, but that `change` says it changes the store. It makes no change, and so imports
/// nothing that could.
pub fn describe() -> Described {
    let mut group = probe().describe();
    for action in &mut group.actions {
        if action.name == "change" {
            action.effect = Effect::Apply(Bound::AtMost(1));
        }
        if action.name == "picture" {
            action.details = Some(ActionDetails {
                keywords: vec!["echo".to_owned()],
                deprecated: Some("nobody needs it".to_owned()),
                ..ActionDetails::default()
            });
        }
    }
    group
}

/// Runs an action of the table.
///
/// # Errors
/// As the action says.
pub fn invoke(action: &str, arguments: &str) -> Result<Response, Failure> {
    probe().invoke(action, arguments)
}

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "what the component model's bindings are made of")]
const _: () = {
    struct Component;

    impl souk_sdk::bindings::exports::souk::plugin::actions::Guest for Component {
        fn describe() -> Described {
            describe()
        }

        fn invoke(action: String, arguments: String) -> Result<Response, Failure> {
            invoke(&action, &arguments)
        }
    }

    souk_sdk::bindings::export_component!(Component with_types_in souk_sdk::bindings);
};
