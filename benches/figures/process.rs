//! What the kernel and SQLite tell of the server under test.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Processor time a process has used, all its threads: the scheduler's own count where the kernel
/// keeps one, which is exact, else utime and stime in ticks of 10 ms.
pub fn cpu(pid: u32) -> Duration {
    // A thread that ended takes its count along: callers subtract saturating.
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("a running process");
    let nanoseconds: u64 = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|line| line.split(' ').next()?.parse::<u64>().ok())
        .sum();
    if nanoseconds > 0 {
        return Duration::from_nanos(nanoseconds);
    }
    ticks(pid)
}

fn ticks(pid: u32) -> Duration {
    // The 14th and 15th field; the name may hold spaces.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a running process");
    let rest = stat.rsplit_once(") ").expect("a name in brackets").1;
    let ticks: u64 = rest
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// A field of /proc/PID/status in bytes, such as `VmRSS` or `VmHWM`.
pub fn memory(pid: u32, field: &str) -> u64 {
    fs::read_to_string(format!("/proc/{pid}/status"))
        .expect("a running process")
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .and_then(|rest| {
            rest.trim()
                .trim_end_matches("kB")
                .trim()
                .parse::<u64>()
                .ok()
        })
        .map_or(0, |kib| kib * 1024)
}

/// Sets the high-water mark of resident memory back to the present.
pub fn forget_peak(pid: u32) {
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// Transactions committed to a database in WAL mode: `iChange` of the index header
/// (walformat.html 2.1), which the writer raises by one each time.
pub fn commits(database: &Path) -> u32 {
    let index = database.with_extension("db-shm");
    fs::read(index)
        .ok()
        .and_then(|bytes| bytes.get(8..12)?.try_into().ok())
        .map_or(0, u32::from_ne_bytes)
}
