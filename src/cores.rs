//! A crash must leave no copy of the secrets in memory on the disk (T48): no core dump, whatever the system
//! does with them.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Switches core dumps off for this process.
///
/// # Errors
/// A system that does not let us.
pub fn off() -> std::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    // A dump that is piped into a program does not heed the limit.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
