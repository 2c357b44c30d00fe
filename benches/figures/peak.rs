//! How much memory a process needs for something at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::process::{forget_peak, memory};

/// Something passed.
pub struct Passed {
    /// Resident memory before, and how much it grew meanwhile.
    pub before: u64,
    pub grown: u64,
    pub time: Duration,
}

/// Does it, and watches the process.
pub fn during(pid: u32, work: impl FnOnce()) -> Passed {
    let before = memory(pid, "VmRSS");
    forget_peak(pid);
    // The kernel's own mark, and a look every millisecond where it cannot be set back.
    let seen = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let watcher = {
        let (seen, over) = (Arc::clone(&seen), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                seen.fetch_max(memory(pid, "VmRSS"), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(1));
            }
        })
    };
    let start = Instant::now();
    work();
    let time = start.elapsed();
    over.store(true, Ordering::Relaxed);
    watcher.join().expect("the watcher ends");
    let marked = memory(pid, "VmHWM");
    let peak = marked.max(seen.load(Ordering::Relaxed)).max(before);
    Passed {
        before,
        grown: peak - before,
        time,
    }
}
