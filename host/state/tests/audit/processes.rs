//! Several processes append at once, and some of them are killed. The children are this very test
//! binary, run again for one test that acts only when told the trail to write to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;

use super::*;

const TRAIL: &str = "SOUK_TEST_TRAIL";
const LINES: &str = "SOUK_TEST_LINES";
const CHILD: &str = "SOUK_TEST_CHILD";

fn child(path: &Path, number: u64, lines: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::child_appends", "--nocapture"])
        .env(TRAIL, path)
        .env(LINES, lines.to_string())
        .env(CHILD, number.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The child's part: says when it begins, and appends as many lines as it was told to.
#[test]
#[expect(clippy::disallowed_methods, reason = "this is how a child is told what to do")]
fn child_appends() {
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let Some(path) = std::env::var_os(TRAIL) else { return };
    let trail = open(Path::new(&path));
    writeln!(std::io::stdout(), "\nbegun").unwrap();
    let me = number(CHILD);
    for line in 0..number(LINES) {
        append(&trail, me * 1_000_000 + line);
    }
}

/// Which lines each child has in the trail, in the order of the file.
fn lines_by_child(path: &Path) -> BTreeMap<u64, Vec<u64>> {
    let mut by_child = BTreeMap::<u64, Vec<u64>>::new();
    for row in tail(path, usize::MAX).unwrap() {
        let TrailRow::Line(line) = row else { continue };
        if let TrailRecord::Call(entry) = line.record {
            by_child
                .entry(entry.duration_us / 1_000_000)
                .or_default()
                .push(entry.duration_us % 1_000_000);
        }
    }
    by_child
}

#[test]
fn processes_that_append_at_once_make_one_chain() {
    let (_directory, path) = place();
    let children: Vec<_> = (1..=2).map(|number| child(&path, number, 1000)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(whole(&path).lines, 2000);
    let all: Vec<u64> = (0..1000).collect();
    assert_eq!(lines_by_child(&path), BTreeMap::from([(1, all.clone()), (2, all)]));
}

#[test]
fn a_trail_that_many_begin_at_the_same_instant_is_one_trail() {
    const HOSTS: usize = 8;
    for _ in 0..100 {
        let (_directory, path) = place();
        let start = Barrier::new(HOSTS);
        std::thread::scope(|scope| {
            for host in 0..HOSTS {
                let (path, start) = (&path, &start);
                scope.spawn(move || {
                    start.wait();
                    append(&open(path), host as u64);
                });
            }
        });
        assert_eq!(whole(&path).lines, HOSTS as u64);
    }
}

#[test]
fn a_process_killed_while_appending_leaves_a_trail_that_goes_on() {
    let (_directory, path) = place();
    let survivor = open(&path);
    for round in 1..=20 {
        let mut child = child(&path, round, u64::MAX);
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap() == "begun"));
        for number in 0..5 * round {
            append(&survivor, number);
        }
        child.kill().unwrap();
        child.wait().unwrap();

        if let Err(error) = verify(&path, None, Some(&key())) {
            let text = fs::read(&path).unwrap();
            let last = 1 + text.iter().filter(|byte| **byte == b'\n').count() as u64;
            let VerifyError::Breach(broken) = error else { panic!("{error}") };
            assert_eq!(
                broken,
                Breach { line_number: last, kind: souk_state::audit::BreachKind::Torn }
            );
        }
        append(&survivor, round);
        whole(&path);
    }
    for (child, lines) in lines_by_child(&path).into_iter().filter(|(child, _)| *child > 0) {
        let expected: Vec<u64> = (0..lines.len() as u64).collect();
        assert_eq!(lines, expected, "child {child} lost a line, or wrote one twice");
    }
}

#[test]
fn threads_of_one_process_share_a_trail() {
    let (_directory, path) = place();
    let trail = open(&path);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..250).for_each(|number| _ = append(&trail, number)));
        }
    });
    assert_eq!(whole(&path).lines, 1000);
}
