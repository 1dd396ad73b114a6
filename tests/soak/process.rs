//! What a process holds, as the kernel tells it.

use std::fmt;
use std::fs;

/// Memory, open files and threads.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Resident memory in kB.
    pub memory: u64,
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
}

impl Held {
    /// What `process` holds now; `None` where it has gone.
    pub fn by(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            memory: number("VmRSS:")?,
            descriptors: fs::read_dir(format!("/proc/{process}/fd")).ok()?.count(),
            threads: number("Threads:")?,
        })
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            memory,
            descriptors,
            threads,
        } = self;
        write!(
            f,
            "{memory} kB, {descriptors} descriptors, {threads} threads"
        )
    }
}
