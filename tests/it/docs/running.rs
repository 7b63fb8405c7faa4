//! Blocks marked `sh run` do what they say, on the demo store.
//!
//! The blocks of a page are run in order, in one home and against one store. `sh run fails` is a
//! block whose last command is refused. `plan_…` stands for the plan that was printed last.

use souk_tests::{DemoStore, Home, Souk};

use super::markdown::{Block, blocks, pages, shows};

#[tokio::test]
async fn what_can_be_run_is_run_and_prints_what_it_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, page) in pages() {
        let mut runs = blocks(&name, &page);
        runs.retain(|block| block.info.starts_with("sh run"));
        if runs.is_empty() {
            continue;
        }
        count += runs.len();
        let (store, home) = (DemoStore::start().await, Home::new());
        let souk = home.souk::<&str>([]).on(&store);
        let mut plan = None;
        for block in &runs {
            wrong.extend(run(&souk, block, &mut plan).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 10, "only {count} blocks are run");
}

/// Runs a block; answers what is wrong with it.
async fn run(souk: &Souk<'_>, block: &Block, plan: &mut Option<String>) -> Option<String> {
    let script = match plan {
        Some(id) => block.text.replace("plan_…", id),
        None => block.text.clone(),
    };
    let ran = souk.shell(&script).await;
    let fails = match block.info.as_str() {
        "sh run" => false,
        "sh run fails" => true,
        other => return Some(format!("{}: `{other}` is no mark", block.at)),
    };
    let printed = if fails { ran.out + &ran.err } else { ran.out };
    if (ran.status == Some(0)) == fails {
        return Some(format!(
            "{}: ended with {:?}\n{script}{printed}{}",
            block.at, ran.status, ran.err
        ));
    }
    let mut words = printed.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    *plan = words
        .find(|word| word.starts_with("plan_") && word.len() > 20)
        .map(str::to_owned)
        .or(plan.take());
    let expected = block.output.as_deref()?;
    (!shows(expected, &printed))
        .then(|| format!("{}: expected\n{expected}but it printed\n{printed}", block.at))
}
