//! Who gets in: a link that is good once, a passphrase, and two secrets of which neither is enough.

use std::os::unix::fs::PermissionsExt;

use souk_tests::lines_of;

use super::{ANNA, BERT, PERSON, Shop, propose};

#[tokio::test]
async fn nobody_is_set_up_then_the_console_says_how_and_shows_nothing() {
    let shop = Shop::bare(PERSON).await;
    let agent = shop.agent().await;
    let plan = propose(&agent, &["TEN-001"], "Spring").await;
    let mut browser = shop.browser();
    for path in ["/console", &format!("/console/plans/{plan}")] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("souk console setup"), "{}", page.text);
        assert!(!page.text.contains("TEN-001") && !page.text.contains("catalog_"));
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("'none'"));
    }
    let none = shop.home.souk(["console"]).run().await;
    assert!(none.err.contains("souk console setup"), "{}", none.err);
}

#[tokio::test]
async fn a_link_is_good_once_and_nothing_without_the_passphrase() {
    let shop = Shop::new(PERSON).await;
    let link = shop.link().await;
    assert!(link.starts_with("http://souk.localhost:"), "{link}");
    let mut browser = shop.browser();
    let asked = browser.get(&link).await;
    assert_eq!(asked.status, 200);
    // Of whoever has seen it, too, and of the same browser it is only the form again.
    let mut other = shop.browser();
    assert_eq!(other.get(&link).await.status, 403);
    assert_eq!(browser.get(&link).await.status, 200);
    let wrong = browser.give(&asked, "anna", "a wrong passphrase").await;
    assert_eq!(wrong.status, 403);
    assert!(wrong.text.contains("wrong") && wrong.headers.get("location").is_none());
    let right = browser.give(&asked, "anna", ANNA).await;
    assert_eq!(right.status, 303, "{}", right.text);
    assert!(right.location().starts_with("/console/s/"));
    assert_eq!(shop.refused_by("console-link"), 1);
    assert_eq!(lines_of(&shop.home.trail(), "wrong-passphrase").len(), 1);
    for guess in ["", "x", &"a".repeat(43), "..%2f..%2fstate", "%0d%0aset-cookie:x=y"] {
        let page = other.get(&format!("/console/login/{guess}")).await;
        assert!([403, 404, 429].contains(&page.status.as_u16()), "{guess}: {}", page.status);
        assert!(page.headers.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn after_five_wrong_passphrases_another_link_is_needed() {
    let shop = Shop::new(PERSON).await;
    let mut browser = shop.browser();
    let asked = browser.get(&shop.link().await).await;
    for _ in 0..5 {
        assert_eq!(browser.give(&asked, "anna", "a wrong passphrase").await.status, 403);
    }
    // Also the right one is too late, in this sign-in.
    let late = browser.give(&asked, "anna", ANNA).await;
    assert_eq!(late.status, 403);
    assert!(late.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn neither_the_cookie_nor_the_path_is_enough() {
    let (shop, _agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let path = format!("{}/plans/{plan}", anna.tab);
    assert!(anna.get(&path).await.text.contains("TEN-001"));
    let mut without_cookie = shop.browser();
    let mut with_cookie = anna.same_cookie();
    let guessed = format!("/console/s/{}/plans/{plan}", "a".repeat(43));
    let bare = format!("/console/plans/{plan}");
    for (browser, path) in [(&mut without_cookie, &path), (&mut with_cookie, &guessed)] {
        let page = browser.get(path).await;
        assert!(!page.text.contains("TEN-001"), "{}", page.text);
    }
    assert_eq!(shop.refused_by("console-session"), 2);
    let page = with_cookie.get(&bare).await;
    assert!(!page.text.contains("TEN-001") && page.text.contains("passphrase"), "{}", page.text);
    // The passphrase opens another tab, at the plan that was asked for.
    let form = page.hidden("/console");
    let mut fields: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("passphrase", "a wrong passphrase"));
    assert_eq!(with_cookie.post("/console", &fields).await.status, 403);
    fields.pop();
    fields.push(("passphrase", ANNA));
    let opened = with_cookie.post("/console", &fields).await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    assert!(with_cookie.get(&opened.location()).await.text.contains("TEN-001"));
}

#[tokio::test]
async fn a_cookie_that_was_there_before_is_never_a_session() {
    let (shop, _agent, _) = Shop::with_plan().await;
    let planted = format!("souk-console={}", "e".repeat(43));
    let mut anna = shop.browser();
    anna.cookie = Some(planted.clone());
    let asked = anna.get(&shop.link().await).await;
    let waiting = anna.cookie.clone().unwrap();
    assert_ne!(waiting, planted);
    let done = anna.give(&asked, "anna", ANNA).await;
    let tab = done.location();
    assert_ne!(anna.cookie.as_ref(), Some(&waiting), "signing in makes a new one");
    for old in [planted, waiting] {
        let mut other = shop.browser();
        other.cookie = Some(old);
        assert!(!other.get(&tab).await.text.contains("Waiting"));
    }
    assert!(anna.get(&tab).await.text.contains("Waiting"));
    let set = done.headers["set-cookie"].to_str().unwrap();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
        assert!(set.contains(flag), "{set}");
    }
}

#[tokio::test]
async fn signing_out_and_another_passphrase_end_every_tab() {
    let (shop, _agent, _) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let home = anna.page("/").await;
    let mut copy = anna.same_cookie();
    let path = format!("{}/", anna.tab);
    assert_eq!(anna.press(&home, "/sign-out", &[]).await.status, 200);
    assert_eq!(anna.cookie, None);
    assert!(!copy.get(&path).await.text.contains("Waiting"));
    let mut anna = shop.signed_in("anna", ANNA).await;
    assert!(anna.page("/").await.text.contains("Waiting"));
    shop.set("anna", Some(ANNA), BERT, None);
    assert!(!anna.page("/").await.text.contains("Waiting"));
}

#[tokio::test]
async fn a_passphrase_in_the_place_of_a_name_is_not_on_the_trail() {
    let shop = Shop::new(PERSON).await;
    shop.set("bert", Some(ANNA), BERT, None);
    let mut browser = shop.browser();
    let asked = browser.get(&shop.link().await).await;
    assert_eq!(browser.give(&asked, ANNA, "anna").await.status, 403);
    assert_eq!(browser.give(&asked, "bert", ANNA).await.status, 403);
    let plan = propose(&shop.agent().await, &["TEN-001"], "Spring").await;
    let wrong = shop.home.write("wrong", "not a passphrase");
    std::fs::set_permissions(&wrong, std::fs::Permissions::from_mode(0o600)).unwrap();
    let decide = shop.home.souk(["plans", "approve", &plan, "--name", ANNA, "--passphrase-file"]);
    let decide = decide.args([wrong]).on(&shop.store).run().await;
    assert_ne!(decide.status, Some(0), "{}", decide.out);
    let trail = std::fs::read_to_string(shop.home.trail()).unwrap();
    assert!(!trail.contains(ANNA), "{trail}");
    let names: Vec<String> = lines_of(&shop.home.trail(), "wrong-passphrase")
        .iter()
        .map(|line| line["person"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["unknown", "bert", "unknown"]);
}
