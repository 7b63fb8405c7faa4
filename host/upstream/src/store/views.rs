//! A store's own views, by which scopes are checked.

use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use serde::Deserialize;
use souk_model::{Code, Failure, visible};
use tokio::sync::Mutex;

use crate::wire::address::ApiTarget;
use crate::wire::upstream::upstream_error;

/// The route of the store's views, whose answer is kept.
pub(crate) const STORE_VIEWS: ApiTarget<'static> = ApiTarget::constant("/V1/store/storeViews", "");

/// After this long the list is read again.
const FRESH: Duration = Duration::from_secs(300);
/// A code that is not on a list younger than this does not exist: a plugin that guesses codes does
/// not make the host ask for each.
const JUST_READ: Duration = Duration::from_secs(5);

/// Magento's code for the back office, which no request can address.
const ADMIN: &str = "admin";

/// What is known of a store's views, shared by all its sessions.
#[derive(Debug, Default)]
pub(crate) struct StoreViews {
    known: ArcSwapOption<StoreViewList>,
    reading: Mutex<()>,
}

#[derive(Debug)]
struct StoreViewList {
    /// `None` where this store does not let us read them. Then a code's form is all that can be
    /// checked, and Magento answers 400 to a wrong one.
    codes: Option<Vec<String>>,
    at: Instant,
}

impl StoreViewList {
    fn has(&self, code: &str) -> bool {
        self.codes.as_ref().is_none_or(|codes| codes.iter().any(|known| known == code))
    }
}

#[derive(Deserialize)]
struct StoreViewCode {
    code: String,
}

impl StoreViews {
    /// Remembers the answer of `/V1/store/storeViews`.
    pub(crate) fn learn(&self, body: &[u8]) -> Result<(), Failure> {
        let views: Vec<StoreViewCode> = serde_json::from_slice(body).map_err(|error| {
            upstream_error(format!("the store's list of views cannot be read: {error}"))
        })?;
        let codes = views.into_iter().map(|view| view.code).filter(|code| code != ADMIN).collect();
        self.store(Some(codes));
        Ok(())
    }

    fn store(&self, codes: Option<Vec<String>>) {
        self.known.store(Some(StoreViewList { codes, at: Instant::now() }.into()));
    }

    /// Whether the code is one of the store's, as far as can be known; `read` asks the store, and
    /// answers `None` where it may not.
    ///
    /// # Errors
    /// `VALIDATION_ERROR` with the codes that exist, or what went wrong in asking.
    pub(crate) async fn check<R>(&self, code: &str, read: R) -> Result<(), Failure>
    where
        R: AsyncFnOnce() -> Result<Option<bytes::Bytes>, Failure>,
    {
        if self.confirms(code, FRESH) {
            return Ok(());
        }
        let _one_at_a_time = self.reading.lock().await;
        if self.confirms(code, FRESH) {
            return Ok(());
        }
        let just_read = self.known.load().as_ref().is_some_and(|k| k.at.elapsed() < JUST_READ);
        if !just_read {
            match read().await {
                Ok(Some(body)) => self.learn(&body)?,
                Ok(None) => self.store(None),
                // StoreViews hardly ever go. What was known is better than no answer.
                Err(_) if self.confirms(code, Duration::MAX) => return Ok(()),
                Err(failure) => return Err(failure),
            }
        }
        if self.confirms(code, FRESH) { Ok(()) } else { Err(self.unknown(code)) }
    }

    /// The codes of the store's views, the back office left out; none where they may not be read.
    ///
    /// # Errors
    /// What went wrong in asking, where nothing is known from before.
    pub(crate) async fn codes<R>(&self, read: R) -> Result<Vec<String>, Failure>
    where
        R: AsyncFnOnce() -> Result<Option<bytes::Bytes>, Failure>,
    {
        if let Some(codes) = self.known_within(FRESH) {
            return Ok(codes);
        }
        let _one_at_a_time = self.reading.lock().await;
        if let Some(codes) = self.known_within(FRESH) {
            return Ok(codes);
        }
        match read().await {
            Ok(Some(body)) => self.learn(&body)?,
            Ok(None) => self.store(None),
            Err(failure) => return self.known_within(Duration::MAX).ok_or(failure),
        }
        Ok(self.known_within(Duration::MAX).unwrap_or_default())
    }

    fn known_within(&self, age: Duration) -> Option<Vec<String>> {
        let known = self.known.load();
        let known = known.as_ref().filter(|known| known.at.elapsed() < age)?;
        Some(known.codes.clone().unwrap_or_default())
    }

    fn confirms(&self, code: &str, within: Duration) -> bool {
        let known = self.known.load();
        known.as_ref().is_some_and(|known| known.at.elapsed() < within && known.has(code))
    }

    fn unknown(&self, code: &str) -> Failure {
        let known = self.known.load();
        let codes = known.as_ref().and_then(|known| known.codes.as_ref());
        let codes = codes.map(|codes| codes.join("`, `")).unwrap_or_default();
        let shown = visible::sentence(code, 64);
        Failure::new(Code::ValidationError, format!("the store has no view `{shown}`"))
            .remedy(format!("use one of its views: `{codes}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn read_long_ago() -> StoreViews {
        let views = StoreViews::default();
        let codes = Some(vec!["default".to_owned(), "old".to_owned()]);
        let at = Instant::now().checked_sub(FRESH * 2).unwrap();
        views.known.store(Some(StoreViewList { codes, at }.into()));
        views
    }

    async fn now_has(code: &str) -> Result<Option<Bytes>, Failure> {
        Ok(Some(format!(r#"[{{"code":"admin"}},{{"code":"{code}"}}]"#).into()))
    }

    #[tokio::test]
    async fn an_old_list_is_read_again() {
        let views = read_long_ago();
        views.check("new", async || now_has("new").await).await.unwrap();
        let refused = views.check("old", async || now_has("old").await).await.unwrap_err();
        assert_eq!(refused.code, Code::ValidationError);
        assert_eq!(refused.remedy.as_deref(), Some("use one of its views: `new`"));
        assert!(views.check("admin", async || now_has("admin").await).await.is_err());
    }

    #[tokio::test]
    async fn all_codes_are_told_and_the_store_is_asked_once_in_a_while() {
        let views = read_long_ago();
        assert_eq!(views.codes(async || now_has("new").await).await.unwrap(), ["new"]);
        let away = async || Err(upstream_error("away"));
        assert_eq!(views.codes(away).await.unwrap(), ["new"]);
        assert_eq!(read_long_ago().codes(away).await.unwrap(), ["default", "old"]);
        assert!(StoreViews::default().codes(away).await.is_err());
        assert!(StoreViews::default().codes(async || Ok(None)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn while_the_store_is_away_an_old_list_serves() {
        let away = async || Err(upstream_error("away"));
        read_long_ago().check("old", away).await.unwrap();
        let failure = read_long_ago().check("new", away).await.unwrap_err();
        assert_eq!(failure.code, Code::UpstreamError);
    }
}
