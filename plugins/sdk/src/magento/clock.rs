//! What time it is: the one thing that the SDK asks of the system.

/// The seconds since 1970-01-01 in UTC, by the host's clock.
#[must_use]
pub fn unix_seconds() -> u64 {
    now()
}

// `SystemTime::now` panics where the standard library is built for `wasm32-unknown-unknown`, which
// is how plugins are built without rustup. The interface is the same for both.
#[cfg(target_family = "wasm")]
mod wall {
    #![allow(missing_docs, unsafe_code, unreachable_pub, unused_qualifications, clippy::all)]

    wit_bindgen::generate!({
        inline: "
            package souk:sdk;

            world clock {
                import wasi:clocks/wall-clock@0.2.0;
            }

            package wasi:clocks@0.2.0 {
                interface wall-clock {
                    record datetime {
                        seconds: u64,
                        nanoseconds: u32,
                    }
                    now: func() -> datetime;
                    resolution: func() -> datetime;
                }
            }
        ",
        generate_all,
    });
}

#[cfg(target_family = "wasm")]
fn now() -> u64 {
    wall::wasi::clocks::wall_clock::now().seconds
}

#[cfg(not(target_family = "wasm"))]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
