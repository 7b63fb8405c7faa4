//! Several hosts on one file, some of them killed. The children are this very test binary, run
//! again for one test that acts only when told the directory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::*;

const STATE: &str = "SOUK_TEST_STATE";
const PLAN: &str = "SOUK_TEST_PLAN";
const OWNER: &str = "SOUK_TEST_OWNER";

/// A host that opens the directory, claims a plan once it is told to, says whether it may, and
/// carries it out, telling each step that was kept.
struct Host {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Host {
    fn start(directory: &Path, plan: &PlanId, owner: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::child_carries_out", "--nocapture"])
            .env(STATE, directory)
            .env(PLAN, plan.as_str())
            .env(OWNER, owner)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut host = Self { process, says };
        host.wait_for("ready");
        host
    }

    fn wait_for(&mut self, word: &str) {
        assert!(self.says.any(|line| line.unwrap() == word), "the host ended before `{word}`");
    }

    fn tell_to_go(&mut self) {
        self.process.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }

    /// Everything it still says.
    fn end(mut self) -> Vec<String> {
        let said = self.says.by_ref().map_while(Result::ok).collect();
        assert!(self.process.wait().unwrap().success());
        said
    }

    /// Kills it at once, and gives what it said until then.
    fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.says.map_while(Result::ok).collect()
    }
}

/// The child's part.
#[test]
#[expect(clippy::disallowed_methods, reason = "this is how a child is told what to do")]
fn child_carries_out() {
    let Some(directory) = std::env::var_os(STATE) else { return };
    let plan: PlanId = std::env::var(PLAN).unwrap().parse().unwrap();
    let owner = std::env::var(OWNER).unwrap();
    let store = open(Path::new(&directory));
    let say = |line: String| writeln!(std::io::stdout(), "{line}").unwrap();
    say("\nready".into());
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let claim = store.claim(&plan, &owner, RunStart::default(), NOW, NOW + HOUR).await.unwrap();
        say(format!("{claim:?}"));
        if claim != LeaseClaim::Granted {
            return;
        }
        let todo = store.items(&plan, None, u32::MAX, &[ItemState::Pending]).await.unwrap();
        for (item, _) in todo {
            for state in [ItemState::Sending, ItemState::Done] {
                store.journal(&plan, &owner, vec![JournalEntry::new(item.n, state)]).await.unwrap();
                say(format!("{} {}", state.as_str(), item.n));
            }
        }
        assert!(store.finish(&plan, &owner, PlanState::Done, None).await.unwrap());
        say("finished".into());
    });
}

#[tokio::test]
async fn of_hosts_that_commit_one_plan_at_once_one_carries_it_out() {
    let (root, store) = fresh();
    let directory = root.path().join("state");
    for round in 0..5 {
        let plan = proposed(&store, round, 5).await;
        let mut hosts: Vec<_> =
            ["a", "b"].iter().map(|owner| Host::start(&directory, &plan, owner)).collect();
        hosts.iter_mut().for_each(Host::tell_to_go);
        let said: Vec<_> = hosts.into_iter().flat_map(Host::end).collect();
        let count = |wanted: &str| said.iter().filter(|line| line.starts_with(wanted)).count();
        assert_eq!([count("Granted"), count("sending"), count("finished")], [1, 5, 1], "{said:?}");
        assert_eq!(count("Held") + count("NotRunnable(Done)"), 1, "{said:?}");
        assert_eq!(store.plan(&plan).await.unwrap().unwrap().counts.done, 5);
    }
}

#[tokio::test]
async fn hosts_carry_out_different_plans_on_one_file_at_once() {
    let (root, store) = fresh();
    let directory = root.path().join("state");
    let plans = [proposed(&store, 1, 150).await, proposed(&store, 2, 150).await];
    let mut hosts: Vec<_> =
        plans.iter().map(|plan| Host::start(&directory, plan, plan.as_str())).collect();
    hosts.iter_mut().for_each(Host::tell_to_go);
    for host in hosts {
        assert_eq!(host.end().iter().filter(|line| line.starts_with("done")).count(), 150);
    }
    for plan in &plans {
        let stored = store.plan(plan).await.unwrap().unwrap();
        assert_eq!((stored.state, stored.counts.done), (PlanState::Done, 150));
    }
}

#[tokio::test]
async fn a_host_killed_while_it_journals_loses_nothing_it_was_told_and_another_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("state");
    for round in 0..25_u8 {
        let bystander = open(&directory);
        let plan = proposed(&bystander, round, 40).await;
        // In every other round nobody else has the file open when the host dies.
        let bystander = (round % 2 == 0).then_some(bystander);
        let mut host = Host::start(&directory, &plan, "killed");
        host.tell_to_go();
        host.wait_for("Granted");
        let heard: Vec<_> =
            host.says.by_ref().take(usize::from(round) * 2).map(Result::unwrap).collect();
        let said: Vec<_> = heard.into_iter().chain(host.kill()).collect();

        let fresh_eyes = open(&directory);
        let mut at_least = BTreeMap::new();
        for line in &said {
            if let Some((state, n)) = line.split_once(' ') {
                at_least.insert(n.parse::<usize>().unwrap(), state.to_owned());
            }
        }
        let kept = state_of(&fresh_eyes, &plan).await;
        for (n, state) in kept.iter().enumerate() {
            let as_told = match at_least.get(&n).map(String::as_str) {
                Some("done") => *state == ItemState::Done,
                Some(_) => matches!(state, ItemState::Sending | ItemState::Done),
                None => matches!(state, ItemState::Pending | ItemState::Sending),
            };
            assert!(as_told, "item {n} is {state:?}; it was told {:?}", at_least.get(&n));
        }
        let begun = kept.iter().filter(|state| **state != ItemState::Pending).count();
        assert!(kept[begun..].iter().all(|state| *state == ItemState::Pending), "{kept:?}");

        if kept.iter().all(|state| *state == ItemState::Done) {
            continue;
        }
        let claim = |now| fresh_eyes.claim(&plan, "next", RunStart::default(), now, now + HOUR);
        // Its lease is not over, and everybody on this machine sees that it is gone.
        assert_eq!(claim(NOW + 1).await.unwrap(), LeaseClaim::Granted);
        for (n, state) in (0..).zip(kept) {
            let rest = match state {
                ItemState::Pending => vec![ItemState::Sending, ItemState::Done],
                ItemState::Sending => vec![ItemState::Done],
                _ => continue,
            };
            let entries = rest.into_iter().map(|state| JournalEntry::new(n, state)).collect();
            fresh_eyes.journal(&plan, "next", entries).await.unwrap();
        }
        assert!(fresh_eyes.finish(&plan, "next", PlanState::Done, None).await.unwrap());
        let sees = bystander.as_ref().unwrap_or(&fresh_eyes);
        assert_eq!(sees.plan(&plan).await.unwrap().unwrap().counts.done, 40);
    }
}

#[tokio::test]
async fn hosts_that_start_at_once_make_one_file() {
    for _ in 0..5 {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("state");
        StateDir::open(&directory).unwrap();
        let opened: Vec<_> = std::thread::scope(|scope| {
            let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| open(&directory))).collect();
            opening.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let plan = proposed(&opened[0], 1, 1).await;
        for store in &opened {
            assert!(store.plan(&plan).await.unwrap().is_some());
        }
    }
}
