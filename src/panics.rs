//! What becomes of a panic.
//!
//! Foreign code may panic on foreign data; [`contained`] makes an error of that, and nobody hears of
//! the panic itself. Any other panic is a defect of ours: the hook that [`install_hook`] installs
//! logs it once, in one line, wherever it happens.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

thread_local! {
    /// How many calls of [`contained`] this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };

    /// Whether this thread is logging a panic.
    static TELLS: Cell<bool> = const { Cell::new(false) };
}

/// Counts a call of [`contained`] for as long as it lives.
struct Inside;

impl Inside {
    fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Runs a call into code that may panic, and answers with what the panic said. What the call worked
/// on must not be used any more but to be dropped.
///
/// # Errors
/// The call panicked.
pub fn contained<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let inside = Inside::enter();
    let outcome = catch_unwind(AssertUnwindSafe(call));
    drop(inside);
    outcome.map_err(|payload| message(&*payload).to_owned())
}

/// Logs every panic that is not contained; installed once for the whole process.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        if DEPTH.get() > 0 {
            return;
        }
        let defect = defect(panic);
        TELLS.set(true);
        let trace = Backtrace::capture();
        // A backtrace is there only for those who asked for it with RUST_BACKTRACE.
        if trace.status() == BacktraceStatus::Captured {
            log::error!(target: "sortd", "{defect}\n{trace}");
        } else {
            log::error!(target: "sortd", "{defect}");
        }
        TELLS.set(false);
    }));
}

/// Whether the record that this thread logs tells of a panic; such a record goes first.
#[must_use]
pub fn is_being_told() -> bool {
    TELLS.get()
}

fn defect(panic: &PanicHookInfo<'_>) -> String {
    let place = panic
        .location()
        .map_or_else(|| "unknown place".to_owned(), ToString::to_string);
    let said = message(panic.payload())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    format!("a defect of sortd at {place}: {said}; please report this line with what led to it")
}

fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contained_panic_is_an_error_with_its_message() {
        let outcome: Result<(), _> = contained(|| panic!("{} of {}", 3, 2));
        assert_eq!(outcome, Err("3 of 2".to_owned()));
        assert_eq!(contained(|| 7), Ok(7));
    }

    #[test]
    fn containment_ends_with_the_call() {
        let inner = contained(|| {
            assert!(contained(|| panic!("inner")).is_err());
            DEPTH.get()
        });
        assert_eq!(inner, Ok(1));
        assert_eq!(DEPTH.get(), 0);
    }
}
