//! Reading whole files that somebody else names.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Reads a file of at most `most` bytes; `None` when it holds more.
///
/// # Errors
/// It is not there, may not be read, or is a folder.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    if fs::metadata(path)?.len() > most {
        return Ok(None);
    }
    // A pipe or a device such as /dev/zero tells no length, so what is read is limited too.
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        assert_eq!(
            read_at_most(Path::new("/dev/zero"), 1000).expect("every Linux has it"),
            None
        );
        assert_eq!(
            read_at_most(Path::new("/dev/null"), 1000).expect("every Linux has it"),
            Some(Vec::new())
        );
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("four");
        fs::write(&file, b"abcd").expect("written");
        assert_eq!(
            read_at_most(&file, 4).expect("read"),
            Some(b"abcd".to_vec())
        );
        assert_eq!(read_at_most(&file, 3).expect("read"), None);
    }
}
