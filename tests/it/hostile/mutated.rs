//! Files of chance.

use souk_tests::{Home, Versions};

/// Files in one directory.
const FILES: u64 = 300;

/// A sequence of numbers that is the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// An honest plugin with some bytes changed, cut out, put in or written twice.
fn mutated(honest: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    // Half of them where a component says what it is made of: at its beginning and its end.
    let near = |chance: &mut Chance, len: usize| match chance.below(4) {
        0 => chance.below(len.min(2_000)),
        1 => len - 1 - chance.below(len.min(4_000)),
        _ => chance.below(len),
    };
    for _ in 0..=chance.below(8) {
        let at = near(chance, bytes.len());
        let run = chance.below(64).min(bytes.len() - at - 1);
        match chance.below(5) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes[at] = u8::try_from(chance.below(256)).unwrap(),
            2 => drop(bytes.drain(at..at + run)),
            3 => {
                let again = bytes[at..at + run].to_vec();
                bytes.splice(at..at, again);
            }
            _ => bytes.truncate(at.max(16)),
        }
    }
    bytes
}

/// Bytes of chance, most of them behind the header of a component.
fn random(chance: &mut Chance) -> Vec<u8> {
    let header: &[u8] = match chance.below(4) {
        0 => b"",
        1 => b"\0asm\x01\0\0\0",
        _ => b"\0asm\x0d\0\x01\0",
    };
    let len = chance.below(2_000);
    let noise = (0..len).map(|_| u8::try_from(chance.below(256)).unwrap());
    header.iter().copied().chain(noise).collect()
}

#[tokio::test]
async fn files_of_chance_are_refused_by_name_or_loaded() {
    let home = Home::new();
    let directory = home.plugins();
    let honest = Versions::new().file(0);
    let mut chance = Chance(0x5eed_5eed_5eed_5eed);
    for number in 0..FILES {
        let bytes =
            if number % 3 == 0 { random(&mut chance) } else { mutated(&honest, &mut chance) };
        std::fs::write(directory.join(format!("file{number}.wasm")), bytes).unwrap();
    }
    let souk = home
        .souk(["serve", "--demo"])
        .env("SOUK_PLUGINS", directory.as_os_str())
        // What is compiled here is never seen again.
        .env("SOUK_CACHE_DIR", home.path("cache"));
    let client = souk.logged_in().await;
    let log = client.process().log();
    let loaded = (0..FILES).filter(|number| !log.contains(&format!("refused file{number}.wasm: ")));
    // A change in a text or a constant leaves a valid plugin; all claim one name, and one has it.
    assert!(loaded.count() <= 1, "{log}");
    assert!(!log.contains("panicked"), "{log}");
    client.answer("catalog_search_products", serde_json::json!({"page_size": 1})).await;
    assert_eq!(client.close().await, Some(0));
}
