//! Who is signed in, in which browser and tab.
//!
//! A session is known by two secrets, and neither is of any use alone: one is in a cookie, the other in
//! the path of every page (`/console/s/SECRET/…`). Browsers send a host's cookies to each of its ports, so
//! the cookie alone may be seen by whatever else is served on this machine; a path alone may be read over
//! somebody's shoulder. In the path it needs no script, and each tab has one of its own. Kept of both are
//! digests. Sessions live in memory and end with the host.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use souk_model::TokenDigest;
use souk_state::people::Person;
use subtle::ConstantTimeEq;

use super::secret_token::{SecretToken, as_text, code_of, is_well_formed};

/// What begins the path of a session's pages.
pub(crate) const SESSION_PATH: &str = "/console/s/";
/// Minutes after which a session on which nothing is asked ends.
const IDLE_MS: i64 = 30 * 60_000;
/// How long one lasts at most, whatever is asked.
const MOST_MS: i64 = 12 * 60 * 60_000;
/// How long a passphrase is waited for after a link was shown.
const SIGN_IN_MS: i64 = 10 * 60_000;
/// Passphrases that may be tried after one link.
const TRIES: u8 = 5;
/// Sessions at once; for one more the one goes that was used longest ago.
const SESSIONS: usize = 64;
/// Sign-ins that wait for a passphrase at once. They have a room of their own: who is signed in is not
/// sent out for them.
const SIGN_INS: usize = 32;
/// Tabs of a session; for one more the first goes.
const TABS: usize = 16;

/// What a cookie stands for until the passphrase has come.
struct SignIn {
    key: [u8; 32],
    begun_ms: i64,
    tries: u8,
}

struct BrowserSession {
    person: Person,
    key: [u8; 32],
    tabs: Vec<TokenDigest>,
    begun_ms: i64,
    used_ms: i64,
}

impl BrowserSession {
    const fn is_over(&self, now_ms: i64) -> bool {
        now_ms - self.used_ms >= IDLE_MS || now_ms - self.begun_ms >= MOST_MS
    }
}

#[derive(Default)]
struct SessionTables {
    sign_ins: HashMap<[u8; 32], SignIn>,
    sessions: HashMap<[u8; 32], BrowserSession>,
}

/// All sessions of a host.
#[derive(Default)]
pub(crate) struct ConsoleSessions(Mutex<SessionTables>);

/// A person's session, as a request of one of its tabs has it.
#[derive(Clone)]
pub(crate) struct PersonSession {
    /// Who, with the passphrase that was given: another one ends the session.
    pub(crate) person: Person,
    cookie: [u8; 32],
    key: [u8; 32],
    tab: String,
}

/// A sign-in that waits for a passphrase, or a session's browser without one of its tabs: what the
/// passphrase form needs.
#[derive(Clone)]
pub(crate) struct FormKey {
    cookie: [u8; 32],
    key: [u8; 32],
}

/// The secrets of a session that has just begun.
pub(crate) struct NewSession {
    /// For the cookie.
    pub(crate) cookie: SecretToken,
    /// For the path.
    pub(crate) tab: SecretToken,
}

impl ConsoleSessions {
    fn lock(&self) -> MutexGuard<'_, SessionTables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a sign-in, after a link was shown: its cookie.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(crate) fn begin_sign_in(
        &self,
        now_ms: i64,
    ) -> Result<(SecretToken, FormKey), getrandom::Error> {
        let cookie = SecretToken::random()?;
        let (digest, key) = (digest_of(cookie.as_str()), random_key()?);
        let mut tables = self.lock();
        tables.sign_ins.retain(|_, one| now_ms - one.begun_ms < SIGN_IN_MS);
        make_room(&mut tables.sign_ins, SIGN_INS, |one| one.begun_ms);
        tables.sign_ins.insert(digest, SignIn { key, begun_ms: now_ms, tries: 0 });
        Ok((cookie, FormKey { cookie: digest, key }))
    }

    /// The sign-in that one of these cookies stands for.
    pub(crate) fn sign_in(&self, cookies: &[String], now_ms: i64) -> Option<FormKey> {
        let tables = self.lock();
        cookies.iter().find_map(|cookie| {
            let cookie = digest_of(cookie);
            let one = tables.sign_ins.get(&cookie)?;
            let is_open = now_ms - one.begun_ms < SIGN_IN_MS && one.tries < TRIES;
            is_open.then_some(FormKey { cookie, key: one.key })
        })
    }

    /// Counts a try of a sign-in, before its passphrase is looked at; false where it had enough of them.
    pub(crate) fn count_try(&self, form: &FormKey) -> bool {
        let mut tables = self.lock();
        let Some(one) = tables.sign_ins.get_mut(&form.cookie) else { return false };
        one.tries = one.tries.saturating_add(1);
        one.tries <= TRIES
    }

    /// Begins a person's session in place of a sign-in, under secrets that nobody has seen before.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(crate) fn begin(
        &self,
        form: &FormKey,
        person: Person,
        now_ms: i64,
    ) -> Result<NewSession, getrandom::Error> {
        let (cookie, tab) = (SecretToken::random()?, SecretToken::random()?);
        let session = BrowserSession {
            person,
            key: random_key()?,
            tabs: vec![TokenDigest::of(tab.as_str().as_bytes())],
            begun_ms: now_ms,
            used_ms: now_ms,
        };
        let mut tables = self.lock();
        tables.sign_ins.remove(&form.cookie);
        tables.sessions.retain(|_, one| !one.is_over(now_ms));
        make_room(&mut tables.sessions, SESSIONS, |one| one.used_ms);
        tables.sessions.insert(digest_of(cookie.as_str()), session);
        Ok(NewSession { cookie, tab })
    }

    /// The session that one of these cookies and the secret of a path stand for together.
    pub(crate) fn find(&self, cookies: &[String], tab: &str, now_ms: i64) -> Option<PersonSession> {
        if !is_well_formed(tab) {
            return None;
        }
        let given = TokenDigest::of(tab.as_bytes());
        let mut tables = self.lock();
        cookies.iter().find_map(|cookie| {
            let cookie = digest_of(cookie);
            let one = tables.sessions.get_mut(&cookie).filter(|one| !one.is_over(now_ms))?;
            if !one.tabs.iter().any(|tab| tab.is(&given)) {
                return None;
            }
            one.used_ms = one.used_ms.max(now_ms);
            Some(PersonSession {
                person: one.person.clone(),
                cookie,
                key: one.key,
                tab: tab.to_owned(),
            })
        })
    }

    /// Whose browser one of these cookies is, without a secret of a path: it shows nothing, and is asked
    /// for the passphrase again.
    pub(crate) fn browser(&self, cookies: &[String], now_ms: i64) -> Option<(FormKey, Person)> {
        let tables = self.lock();
        cookies.iter().find_map(|cookie| {
            let cookie = digest_of(cookie);
            let one = tables.sessions.get(&cookie).filter(|one| !one.is_over(now_ms))?;
            Some((FormKey { cookie, key: one.key }, one.person.clone()))
        })
    }

    /// Opens another tab of a browser's session: the secret of its paths.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub(crate) fn open_tab(
        &self,
        form: &FormKey,
        now_ms: i64,
    ) -> Result<Option<SecretToken>, getrandom::Error> {
        let tab = SecretToken::random()?;
        let mut tables = self.lock();
        let session = tables.sessions.get_mut(&form.cookie).filter(|one| !one.is_over(now_ms));
        let Some(session) = session else { return Ok(None) };
        if session.tabs.len() >= TABS {
            session.tabs.remove(0);
        }
        session.tabs.push(TokenDigest::of(tab.as_str().as_bytes()));
        session.used_ms = session.used_ms.max(now_ms);
        Ok(Some(tab))
    }

    /// Ends a session, with all its tabs.
    pub(crate) fn end(&self, session: &PersonSession) {
        self.lock().sessions.remove(&session.cookie);
    }
}

impl PersonSession {
    /// The address of one of its pages, which begins with `/`.
    pub(crate) fn url(&self, page: &str) -> String {
        format!("{SESSION_PATH}{}{page}", self.tab)
    }

    /// The code of the form that is sent to this page of it: of no other page, session or tab.
    pub(crate) fn code(&self, page: &str) -> String {
        as_text(&code_of(&self.key, &["form", &self.tab, page]))
    }

    /// Whether a form was made by this session for this page.
    pub(crate) fn has_made(&self, page: &str, code: &str) -> bool {
        self.code(page).as_bytes().ct_eq(code.as_bytes()).into()
    }
}

impl FormKey {
    /// The code of a form outside of any tab.
    pub(crate) fn code(&self, page: &str) -> String {
        as_text(&code_of(&self.key, &["sign-in", page]))
    }

    /// Whether a form was made for this browser and page.
    pub(crate) fn has_made(&self, page: &str, code: &str) -> bool {
        self.code(page).as_bytes().ct_eq(code.as_bytes()).into()
    }
}

/// What a secret of a cookie is looked up by: how long that takes tells nothing of the secret.
fn digest_of(secret: &str) -> [u8; 32] {
    *TokenDigest::of(secret.as_bytes()).bytes()
}

fn random_key() -> Result<[u8; 32], getrandom::Error> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    Ok(key)
}

/// Takes the oldest away where there are as many as may be.
fn make_room<V>(table: &mut HashMap<[u8; 32], V>, most: usize, age: impl Fn(&V) -> i64) {
    if table.len() >= most
        && let Some(oldest) = table.iter().min_by_key(|(_, one)| age(one)).map(|(key, _)| *key)
    {
        table.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use souk_model::Secret;
    use souk_state::people::{People, PersonChange};

    use super::*;

    const NOW: i64 = 1_000_000_000_000;

    fn anna() -> Person {
        let root = tempfile::tempdir().unwrap();
        let new = Secret::from("correct horse battery");
        let change = PersonChange { name: "anna", old: None, new: &new, principals: None };
        People::new(root.path()).set(change).unwrap()
    }

    fn signed_in(sessions: &ConsoleSessions, now: i64) -> (String, String) {
        let (_, form) = sessions.begin_sign_in(now).unwrap();
        let new = sessions.begin(&form, anna(), now).unwrap();
        (new.cookie.as_str().to_owned(), new.tab.as_str().to_owned())
    }

    #[test]
    fn neither_secret_is_of_use_without_the_other_of_the_same_session() {
        let sessions = ConsoleSessions::default();
        let (cookie, tab) = signed_in(&sessions, NOW);
        let (other_cookie, other_tab) = signed_in(&sessions, NOW);
        let found = |cookies: &[&String], tab: &str| {
            let cookies: Vec<String> = cookies.iter().map(|one| (*one).clone()).collect();
            sessions.find(&cookies, tab, NOW).is_some()
        };
        assert!(found(&[&cookie], &tab) && found(&[&other_cookie, &cookie], &tab));
        assert!(!found(&[], &tab) && !found(&[&cookie], "") && !found(&[&cookie], &other_tab));
        assert!(!found(&[&other_cookie], &tab) && !found(&[&tab], &cookie));
    }

    #[test]
    fn the_cookie_of_a_sign_in_never_becomes_that_of_a_session() {
        let sessions = ConsoleSessions::default();
        let (cookie, form) = sessions.begin_sign_in(NOW).unwrap();
        let new = sessions.begin(&form, anna(), NOW).unwrap();
        assert_ne!(cookie.as_str(), new.cookie.as_str());
        let cookies = [cookie.as_str().to_owned()];
        assert!(sessions.find(&cookies, new.tab.as_str(), NOW).is_none());
        assert!(sessions.sign_in(&cookies, NOW).is_none());
    }

    #[test]
    fn a_session_ends_idle_and_in_the_end_whatever_is_asked() {
        let sessions = ConsoleSessions::default();
        let (cookie, tab) = signed_in(&sessions, NOW);
        let cookies = [cookie];
        let mut now = NOW;
        while now < NOW + MOST_MS - IDLE_MS {
            now += IDLE_MS - 1;
            assert!(sessions.find(&cookies, &tab, now).is_some(), "{now}");
        }
        assert!(sessions.find(&cookies, &tab, NOW + MOST_MS).is_none());
        let (cookie, tab) = signed_in(&sessions, NOW);
        assert!(sessions.find(&[cookie], &tab, NOW + IDLE_MS).is_none());
    }

    #[test]
    fn a_form_is_good_for_its_page_in_its_tab() {
        let sessions = ConsoleSessions::default();
        let (cookie, tab) = signed_in(&sessions, NOW);
        let cookies = [cookie];
        let session = sessions.find(&cookies, &tab, NOW).unwrap();
        let code = session.code("/stop");
        assert!(session.has_made("/stop", &code) && !session.has_made("/go", &code));
        let (form, _) = sessions.browser(&cookies, NOW).unwrap();
        let tab = sessions.open_tab(&form, NOW).unwrap().unwrap();
        let other = sessions.find(&cookies, tab.as_str(), NOW).unwrap();
        assert!(!other.has_made("/stop", &code) && !form.has_made("/stop", &code));
        sessions.end(&other);
        assert!(sessions.find(&cookies, session.tab.as_str(), NOW).is_none(), "every tab ends");
    }

    #[test]
    fn a_sign_in_has_five_tries_and_ten_minutes() {
        let sessions = ConsoleSessions::default();
        let (cookie, form) = sessions.begin_sign_in(NOW).unwrap();
        let cookies = [cookie.as_str().to_owned()];
        assert!(sessions.sign_in(&cookies, NOW + SIGN_IN_MS - 1).is_some());
        assert!(sessions.sign_in(&cookies, NOW + SIGN_IN_MS).is_none());
        let tries = (0..10).filter(|_| sessions.count_try(&form)).count();
        assert_eq!(tries, usize::from(TRIES));
        assert!(sessions.sign_in(&cookies, NOW).is_none());
    }

    #[test]
    fn who_is_signed_in_is_not_sent_out_for_links_that_were_shown() {
        let sessions = ConsoleSessions::default();
        let (cookie, tab) = signed_in(&sessions, NOW);
        for _ in 0..1_000 {
            sessions.begin_sign_in(NOW).unwrap();
        }
        assert_eq!(sessions.lock().sign_ins.len(), SIGN_INS);
        assert!(sessions.find(&[cookie], &tab, NOW).is_some());
    }
}
