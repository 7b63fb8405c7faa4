//! How the process keeps its memory.

use std::time::Duration;

/// How often free memory is given back while the host serves.
const GIVING_BACK: Duration = Duration::from_secs(15);

/// Lets glibc's allocator keep two heaps at most.
///
/// By itself it gives each of the first threads (eight per core) a heap of its own and seldom
/// returns what lies free in them: a large plan is worked on by many threads after each other, and
/// was left resident once for each of their heaps. With two heaps a plan of 5,000 items takes a
/// third of the memory, and calls are as fast as before.
pub(crate) fn share_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const HEAPS: libc::c_int = 2;
        // SAFETY: sets a number within the allocator. `main` calls it first, while there is no
        // other thread that allocates.
        #[allow(unsafe_code)]
        let set = unsafe { libc::mallopt(libc::M_ARENA_MAX, HEAPS) };
        debug_assert_eq!(set, 1, "glibc takes any number of heaps");
    }
}

/// Gives free memory back to the system now and then, for as long as the future is kept.
///
/// The allocator returns only what lies free at the end of a heap, and after many calls at once
/// something small is still in use there: what the busiest minute took was kept for good. Looking
/// through the heaps takes a millisecond or two; it is done off the threads that serve calls.
pub(crate) async fn give_back() {
    let mut ticks = tokio::time::interval(GIVING_BACK);
    loop {
        ticks.tick().await;
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        let _ = tokio::task::spawn_blocking(|| {
            // SAFETY: walks the allocator's own lists under its own locks.
            #[allow(unsafe_code)]
            unsafe {
                libc::malloc_trim(0)
            }
        })
        .await;
    }
}
