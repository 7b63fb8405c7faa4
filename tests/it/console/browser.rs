//! A browser, as far as the console can tell one.

use std::cell::RefCell;

use reqwest::header::{
    COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, ORIGIN, SET_COOKIE,
};
use reqwest::{Client, Method, StatusCode};
use souk_tests::{Home, TlsProxy, until};

/// A browser: the cookies that it keeps, and the tab that it has open.
pub(crate) struct Browser {
    client: Client,
    /// `http://souk.localhost:PORT`
    pub(super) origin: String,
    /// Where the origin is found: the same, but for a proxy's, whose port is not the one of its origin.
    base: String,
    /// The console's cookie, as it is sent.
    pub(super) cookie: Option<String>,
    /// What every page of the tab begins with: `/console/s/SECRET`.
    pub(super) tab: String,
}

/// What a page was answered.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(crate) text: String,
}

/// What is said of a request beside its address.
pub(super) type Extra<'e> = &'e [(&'static str, &'e str)];

impl Browser {
    /// One that has nothing yet, of the host that serves MCP there.
    pub(super) fn of(mcp: &str) -> Self {
        let port = mcp.rsplit(':').next().unwrap().trim_end_matches("/mcp").to_owned();
        let at = format!("127.0.0.1:{port}").parse().unwrap();
        let _ = souk_tests::http_client();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .resolve("souk.localhost", at)
            .timeout(souk_tests::PATIENCE)
            .build()
            .unwrap();
        let origin = format!("http://souk.localhost:{port}");
        Self { client, base: origin.clone(), origin, cookie: None, tab: String::new() }
    }

    /// One that comes by a proxy with TLS.
    pub(super) fn by(proxy: &TlsProxy) -> Self {
        let (client, base) = (proxy.client(), proxy.url());
        Self {
            client,
            base,
            origin: TlsProxy::origin().to_owned(),
            cookie: None,
            tab: String::new(),
        }
    }

    /// One in which a person has signed in, by a link that is made in this home.
    pub(crate) async fn signed_in(home: &Home, name: &str, passphrase: &str) -> Self {
        let link = link_of(home).await;
        let mut browser = Self::of(link.split("/console").next().unwrap());
        browser.sign_in(&link, name, passphrase).await;
        browser
    }

    /// Another tab or browser with the same cookie.
    pub(super) fn same_cookie(&self) -> Self {
        Self {
            client: self.client.clone(),
            origin: self.origin.clone(),
            base: self.base.clone(),
            cookie: self.cookie.clone(),
            tab: String::new(),
        }
    }

    /// A request with these headers, and the cookie.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
        extra: Extra<'_>,
    ) -> Page {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = &self.cookie {
            headers.insert(COOKIE, cookie.parse().unwrap());
        }
        let mut named: Vec<(&str, &str)> = vec![("sec-fetch-site", "same-origin")];
        let origin = self.origin.clone();
        if body.is_some() {
            named.push((ORIGIN.as_str(), &origin));
            named.push(("content-type", "application/x-www-form-urlencoded"));
        }
        named.extend(extra);
        for (name, value) in named {
            let name: HeaderName = name.parse().unwrap();
            // An empty one is left out.
            match value {
                "" => _ = headers.remove(&name),
                value => _ = headers.insert(name, HeaderValue::from_str(value).unwrap()),
            }
        }
        let url = match path.strip_prefix(&origin) {
            Some(path) => format!("{}{path}", self.base),
            None if path.starts_with("http") => path.to_owned(),
            None => format!("{}{path}", self.base),
        };
        if self.base != self.origin {
            let (_, host) = self.origin.split_once("://").unwrap();
            headers.insert(HOST, host.parse().unwrap());
        }
        let mut request = self.client.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        if let Some(set) = headers.get(SET_COOKIE) {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        Page { status, headers, text }
    }

    /// A page of the console.
    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None, &[]).await
    }

    /// A page of the tab.
    pub(crate) async fn page(&mut self, path: &str) -> Page {
        let path = format!("{}{path}", self.tab);
        self.get(&path).await
    }

    /// Sends a form.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(Method::POST, path, Some(encoded(fields)), &[]).await
    }

    /// Presses a button of the page: the form that is sent there, with its own fields and these.
    pub(super) async fn press(&mut self, page: &Page, to: &str, fields: &[(&str, &str)]) -> Page {
        let action = format!("{}{to}", self.tab);
        let mut all = page.hidden(&action);
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all: Vec<(&str, &str)> =
            all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&action, &all).await
    }

    /// Signs a person in by a link.
    pub(super) async fn sign_in(&mut self, link: &str, name: &str, passphrase: &str) {
        let asked = self.get(link).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        let done = self.give(&asked, name, passphrase).await;
        assert_eq!(done.status, 303, "{}", done.text);
        self.tab = done.location().trim_end_matches('/').to_owned();
    }

    /// Sends the passphrase of a sign-in's page.
    pub(super) async fn give(&mut self, page: &Page, name: &str, passphrase: &str) -> Page {
        let mut fields = page.hidden("/console/login");
        fields.extend([
            ("name".to_owned(), name.to_owned()),
            ("passphrase".to_owned(), passphrase.to_owned()),
        ]);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post("/console/login", &fields).await
    }

    /// Decides of a plan, from its page to the last button.
    pub(super) async fn decide(
        &mut self,
        plan: &str,
        verdict: &str,
        marked: &[&str],
        given: &[(&str, &str)],
    ) -> Page {
        let page = self.page(&format!("/plans/{plan}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let mut fields: Vec<(&str, &str)> = marked.iter().map(|number| ("mark", *number)).collect();
        fields.push(("go", verdict));
        let turned = self.press(&page, &format!("/plans/{plan}"), &fields).await;
        assert_eq!(turned.status, 303, "{}", turned.text);
        let asked = self.get(&turned.location()).await;
        assert_eq!(asked.status, 200, "{}", asked.text);
        self.press(&asked, &format!("/plans/{plan}/decide"), given).await
    }
}

impl Page {
    /// Where it leads.
    pub(super) fn location(&self) -> String {
        self.headers[LOCATION].to_str().unwrap().to_owned()
    }

    /// The hidden fields of the form that is sent there.
    pub(super) fn hidden(&self, action: &str) -> Vec<(String, String)> {
        let begins = format!("action=\"{action}\"");
        let (_, form) = self
            .text
            .split_once(&begins)
            .unwrap_or_else(|| panic!("no form for {action} in:\n{}", self.text));
        let form = form.split("</form>").next().unwrap();
        let of = |tag: &str, name: &str| {
            let (_, rest) = tag.split_once(&format!("{name}=\""))?;
            Some(rest.split('"').next()?.to_owned())
        };
        form.split("<input type=\"hidden\"")
            .skip(1)
            .filter_map(|tag| {
                let tag = tag.split('>').next()?;
                Some((of(tag, "name")?, of(tag, "value")?))
            })
            .collect()
    }

    /// The code of that form.
    pub(super) fn code(&self, action: &str) -> String {
        let found = self.hidden(action).into_iter().find(|(name, _)| name == "code");
        found.unwrap().1
    }
}

/// What `souk console` prints in this home, once a host there serves a console: a link.
pub(super) async fn link_of(home: &Home) -> String {
    let link = RefCell::new(String::new());
    until("a console is there", async || {
        let made = home.souk(["console"]).run().await;
        *link.borrow_mut() = made.out.lines().next().unwrap_or_default().to_owned();
        made.status == Some(0)
    })
    .await;
    link.into_inner()
}

/// A form's body.
pub(super) fn encoded(fields: &[(&str, &str)]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let text = |text: &str| -> String {
        text.bytes()
            .map(|byte| match plain(&byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", text(name), text(value)));
    pairs.collect::<Vec<_>>().join("&")
}
