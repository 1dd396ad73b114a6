//! Why the file cannot be used, and whether another one would help.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::error::Error;

/// Why the file cannot be used.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is torn, or none of sortd's: a new one takes its place.
    Torn(Error),
    /// It is left as it is and tried again later.
    Unusable(Error),
}

impl Fault {
    /// That what `doing` says could not be done with the file at `path`.
    pub fn of(path: &Path, doing: &str, error: rusqlite::Error) -> Self {
        let what = format!("the memory {} cannot be {doing}", path.display());
        let torn = is_torn(&error);
        let advice = advice(error.sqlite_error_code());
        let error = Error::unavailable(what).caused_by(error).advice(advice);
        if torn {
            Self::Torn(error)
        } else {
            Self::Unusable(error)
        }
    }

    /// What is wrong, and what to do.
    pub const fn error(&self) -> &Error {
        match self {
            Self::Torn(error) | Self::Unusable(error) => error,
        }
    }

    /// The same of what is no matter of the database.
    pub fn of_disk(path: &Path, doing: &str, error: std::io::Error) -> Self {
        let what = format!("the memory {} cannot be {doing}", path.display());
        Self::Unusable(
            Error::unavailable(what)
                .caused_by(error)
                .advice(MAY_NOT_WRITE),
        )
    }
}

const MAY_NOT_WRITE: &str =
    "let the daemon's user write to that folder, on a disk that is not read-only";

/// Whether what the file holds is wrong, and not how it can be reached. A statement of ours that makes no sense to it
/// (`Unknown`) is about tables that it lacks.
fn is_torn(error: &rusqlite::Error) -> bool {
    const HALVES: [i32; 2] = [ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_IOERR_CORRUPTFS];
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            HALVES.contains(&failure.extended_code)
                || matches!(
                    failure.code,
                    ErrorCode::DatabaseCorrupt
                        | ErrorCode::NotADatabase
                        | ErrorCode::Unknown
                        | ErrorCode::ConstraintViolation
                        | ErrorCode::TypeMismatch
                )
        }
        rusqlite::Error::SqlInputError { .. }
        | rusqlite::Error::QueryReturnedNoRows
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..) => true,
        _ => false,
    }
}

const fn advice(code: Option<ErrorCode>) -> &'static str {
    match code {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed,
        ) => "end the program that has it open, such as sqlite3",
        Some(ErrorCode::DiskFull) => "make room on its disk",
        Some(ErrorCode::SystemIoFailure) => {
            "replace the card or disk if `dmesg` tells of its errors"
        }
        _ => MAY_NOT_WRITE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: i32) -> Fault {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        Fault::of(Path::new("/state/state.db"), "written", error)
    }

    #[test]
    fn only_what_is_torn_is_begun_anew_and_the_rest_has_its_cure() {
        for code in [
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_IOERR_SHORT_READ,
        ] {
            assert!(matches!(fault(code), Fault::Torn(_)), "{code}");
        }
        for (code, cure) in [
            (ffi::SQLITE_BUSY, "sqlite3"),
            (ffi::SQLITE_FULL, "make room"),
            (ffi::SQLITE_READONLY, "read-only"),
            (ffi::SQLITE_CANTOPEN, "user write"),
            (ffi::SQLITE_IOERR_WRITE, "replace the card"),
            (ffi::SQLITE_NOMEM, "user write"),
        ] {
            let Fault::Unusable(error) = fault(code) else {
                panic!("{code} is no reason to begin anew");
            };
            assert!(error.to_string().contains(cure), "{error}");
            assert!(error.to_string().contains("/state/state.db"), "{error}");
        }
    }
}
