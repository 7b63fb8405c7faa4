//! Components that are joined of several, as tools of other languages make them: each has a memory of its
//! own, and what passes between two of them goes through code of the engine's own.

use serde_json::json;
use souk_tests::{Home, Mcp};
use wasm_compose::graph::{Component, CompositionGraph, EncodeOptions, InstanceId};
use wasmparser::Validator;

use souk_hostile::case::component;
use souk_hostile::group::Group;

/// What the plugin asks its neighbour for, and what each neighbour asks the next.
const ASKED: &str = "wasi:random/random@0.2.0";
const WORD: &str = "{\"from\":\"the last\"}";

/// A plugin that answers what its neighbour gives it.
fn plugin() -> Vec<u8> {
    let fields = r#"
(import "wasi:random/random@0.2.0" "get-random-bytes" (func $ask (param i64 i32)))
(func $invoke (param i32 i32 i32 i32) (result i32)
  (call $ask (i64.const 0) (i32.const 1024))
  (call $answer (i32.load (i32.const 1024)) (i32.load (i32.const 1028))))
"#;
    component("joined", fields, &group(), &[])
}

fn group() -> Group {
    toml::from_str("name = 'joined'\n[[action]]\nname = 'run'").unwrap()
}

/// A neighbour with so many pages of memory, which passes on what the next one gives it.
fn neighbour(pages: u32) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
  (import "{ASKED}" (instance $next
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  {}
  (core func $next (canon lower (func $next "get-random-bytes")
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
    (import "next" "get" (func $next (param i64 i32)))
    (func (export "get") (param i64) (result i32)
      (call $next (local.get 0) (i32.const 16)) (i32.const 16)))
  (core instance $m (instantiate $m
    (with "next" (instance (export "get" (func $next))))))
  {})"#,
        libc(pages, ""),
        lifted()
    ))
    .unwrap()
}

/// The last neighbour, which has the word.
fn last(pages: u32) -> Vec<u8> {
    let word: String = WORD.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let data = format!("(data (i32.const 512) \"{word}\")");
    wat::parse_str(format!(
        r#"(component
  {}
  (core module $m
    (import "libc" "memory" (memory 0))
    (func (export "get") (param i64) (result i32)
      (i32.store (i32.const 16) (i32.const 512))
      (i32.store (i32.const 20) (i32.const {}))
      (i32.const 16)))
  (core instance $m (instantiate $m (with "libc" (instance $libc))))
  {})"#,
        libc(pages, &data),
        WORD.len(),
        lifted()
    ))
    .unwrap()
}

fn libc(pages: u32, data: &str) -> String {
    format!(
        r#"(core module $libc_module
    (memory (export "memory") {pages})
    {data}
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc_module))"#
    )
}

fn lifted() -> String {
    format!(
        r#"(func $get (param "len" u64) (result (list u8))
    (canon lift (core func $m "get") (memory (core memory $libc "memory"))))
  (instance $out (export "get-random-bytes" (func $get)))
  (export "{ASKED}" (instance $out))"#
    )
}

/// The plugin, joined with so many neighbours in a row, each with so many pages of memory.
fn joined(neighbours: usize, pages: u32) -> Vec<u8> {
    let (mut graph, mut validator) = (CompositionGraph::new(), Validator::new());
    let mut add = |name: String, bytes: Vec<u8>| -> InstanceId {
        let component = Component::from_bytes(&mut validator, name, bytes).unwrap();
        let id = graph.add_component(component).unwrap();
        graph.instantiate(id).unwrap()
    };
    let plugin = add("plugin".to_owned(), plugin());
    let mut row: Vec<InstanceId> =
        (1..neighbours).map(|number| add(format!("n{number}"), neighbour(pages))).collect();
    row.push(add("last".to_owned(), last(pages)));
    let mut before = plugin;
    for next in row {
        let component = |instance| graph.get_component_of_instance(instance).unwrap().1;
        let export = component(next).export_by_name(ASKED).unwrap().0;
        let import = component(before).import_by_name(ASKED).unwrap().0;
        graph.connect(next, Some(export), before, import).unwrap();
        before = next;
    }
    let options = EncodeOptions { export: Some(plugin), define_components: true, validate: true };
    graph.encode(options).unwrap()
}

async fn host(home: &Home, wasm: &[u8]) -> Mcp {
    let directory = home.plugins();
    home.write("plugins/joined.wasm", wasm);
    home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", directory.as_os_str()).logged_in().await
}

#[tokio::test]
async fn a_component_that_is_joined_of_several_serves() {
    let home = Home::new();
    let mcp = host(&home, &joined(3, 2)).await;
    assert_eq!(mcp.answer("joined_run", json!({})).await, json!({"from": "the last"}));
}

#[tokio::test]
async fn memories_of_joined_components_are_counted_and_summed() {
    let home = Home::new();
    let mcp = host(&home, &joined(17, 2)).await;
    let log = mcp.process().log();
    assert!(log.contains("18 Wasm linear memories") && log.contains("`limits.memories`"), "{log}");
    drop(mcp);
    // Where the operator lets it have as many, all of them share what one call may have: 17 times 4 MiB
    // are more than that.
    home.configure("[limits]\nmemories = 18");
    let mcp = host(&home, &joined(17, 64)).await;
    let log = mcp.process().log();
    assert!(log.contains("refused joined.wasm") && log.contains("64 MiB of memory"), "{log}");
    drop(mcp);
    let mcp = host(&home, &joined(17, 32)).await;
    assert_eq!(mcp.answer("joined_run", json!({})).await, json!({"from": "the last"}));
}
