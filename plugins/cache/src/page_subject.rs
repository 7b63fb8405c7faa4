//! What is shown at an address: asked of the storefront's GraphQL, which answers as its router would.

use std::fmt;

use souk_sdk::core::{PurgeTarget, Read};
use souk_sdk::magento::{ResolvedUrl, STORE_CONFIGS, UrlResolution, resolve_url};
use souk_sdk::prelude::*;

use crate::store_address::{self, PageAddress, ViewBaseUrls};

/// Tags are made of these ids.
const FIELDS: &str =
    "type relative_url redirect_code ...on ProductInterface{id} ...on CategoryInterface{id}";

/// How many questions one call asks. With its purges it stays below the host's default limit of 500
/// requests, beyond which the call would end with purges made and not answered.
const MOST_QUESTIONS: usize = 350;

/// What a page shows, and by whose tag it can be purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageSubject {
    Product(u64),
    Category(u64),
}

impl PageSubject {
    pub(crate) const fn target(self) -> PurgeTarget {
        match self {
            Self::Product(id) => PurgeTarget::Product(id),
            Self::Category(id) => PurgeTarget::Category(id),
        }
    }
}

/// `product 12`
impl fmt::Display for PageSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product(id) => write!(f, "product {id}"),
            Self::Category(id) => write!(f, "category {id}"),
        }
    }
}

/// Finds out what is shown at each of these addresses; of what it is not known, why.
pub(crate) fn at_urls(context: &ApplyContext, urls: &[&str]) -> Vec<Result<PageSubject, String>> {
    let bases = match context
        .get::<Vec<ViewBaseUrls>>(&STORE_CONFIGS.read([]).in_view(StoreView::Global))
    {
        Ok(bases) => bases,
        Err(failure) => {
            let why = format!("the store did not tell its base URLs: {}", failure.message);
            return vec![Err(why); urls.len()];
        }
    };
    let mut questions: Vec<Read> = Vec::new();
    let counts: Vec<Result<usize, String>> = urls
        .iter()
        .map(|url| {
            let PageAddress { path, views } = store_address::resolve(url, &bases)
                .ok_or("no store view has a base URL that it begins with")?;
            if questions.len() + views.len() > MOST_QUESTIONS {
                return Err("too many were asked after in one call: give fewer at once".to_owned());
            }
            let count = views.len();
            questions.extend(views.into_iter().map(|view| resolve_url(path, FIELDS, view)));
            Ok(count)
        })
        .collect();
    let mut answers = context.get_all::<UrlResolution>(&questions).into_iter();
    counts.into_iter().map(|count| in_all_views(answers.by_ref().take(count?))).collect()
}

/// What one address shows, by the answers of all views that have it. A view that has nothing there
/// is no objection where another has.
fn in_all_views(
    answers: impl Iterator<Item = Result<UrlResolution, Failure>>,
) -> Result<PageSubject, String> {
    let (mut found, mut why_not) = (None, None);
    for answer in answers {
        match answer.map_err(|failure| failure.message).and_then(|answer| subject(answer.target()))
        {
            Ok(shown) => match found {
                Some(other) if other != shown => {
                    return Err(format!(
                        "it shows {other} in one store view and {shown} in another"
                    ));
                }
                _ => found = Some(shown),
            },
            Err(why) => why_not = why_not.or(Some(why)),
        }
    }
    found.ok_or_else(|| why_not.unwrap_or_else(|| "no store view has it".to_owned()))
}

fn subject(url: Option<ResolvedUrl>) -> Result<PageSubject, String> {
    let Some(ResolvedUrl { kind, relative_url, redirect_code, id }) = url else {
        return Err("the store knows nothing at this address".to_owned());
    };
    if redirect_code != 0 {
        // The page that a cache keeps is at the other address, which was not named.
        let to = relative_url.unwrap_or_default();
        return Err(format!("it redirects ({redirect_code}) to `{to}`: give that address"));
    }
    match (kind.as_deref(), id) {
        (Some("PRODUCT"), Some(id)) => Ok(PageSubject::Product(id)),
        (Some("CATEGORY"), Some(id)) => Ok(PageSubject::Category(id)),
        (Some("CMS_PAGE"), _) => Err("it shows a CMS page".to_owned()),
        (Some(other), _) => Err(format!("it shows something else, `{other}`")),
        (None, _) => Err("the store does not tell what it shows".to_owned()),
    }
}
