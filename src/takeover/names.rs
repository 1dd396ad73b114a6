//! Names that are nearly right: what a laptop makes of a name that a person was told to write.
//!
//! Windows hides the last part of a name and adds another, browsers and file managers number copies,
//! telephones begin with a capital letter, editors keep backups. The rule is one for all names: what is
//! left of a name without such additions is compared with the right one.

use std::ffi::OsStr;
use std::path::Path;

use crate::visible::visible;

/// A name that is looked for: `sortd` and `toml`, or a folder's name without an ending.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    stem: &'a str,
    ending: &'a str,
    /// Whether one letter may be wrong. Names that people choose themselves may differ by one.
    fixed: bool,
}

/// How near a name is to the one that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// It was to be that name.
    Meant,
    /// Somebody or some program may have put it aside on purpose.
    PutAside,
}

/// Endings that editors and word processors put behind or in place of the right one.
const TEXTS: [&str; 20] = [
    "txt", "text", "toml", "tom", "tml", "conf", "config", "cfg", "ini", "yaml", "yml", "json",
    "md", "rtf", "doc", "docx", "odt", "pages", "htm", "html",
];
/// Those of browsers, while they load or when they are interrupted.
const LOADING: [&str; 6] = ["download", "crdownload", "part", "partial", "tmp", "temp"];
/// Those of what was packed.
pub(super) const ARCHIVES: [&str; 7] = ["zip", "tar", "gz", "tgz", "xz", "7z", "rar"];

/// What copies are called in the languages of file managers, without spaces and small.
const COPIES: [&str; 9] = [
    "copy", "kopie", "copie", "copia", "kopia", "kopio", "kopi", "cópia", "másolat",
];
const COPIES_OF: [&str; 6] = [
    "copyof", "kopievon", "copiede", "copiade", "kopiav", "kopiaf",
];

/// Endings of what was put aside.
const PUT_ASIDE: [&str; 9] = [
    ".bak",
    ".backup",
    ".old",
    ".orig",
    ".save",
    ".sav",
    ".off",
    ".disabled",
    "~",
];

/// A name has no more additions than these one behind the other.
const MOST_ADDITIONS: usize = 4;

impl<'a> Wanted<'a> {
    /// A name that is the same on each card.
    pub fn fixed(name: &'a str) -> Self {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        Self {
            stem,
            ending,
            fixed: true,
        }
    }

    /// The name of a model's folder.
    pub const fn chosen(name: &'a str) -> Self {
        Self {
            stem: name,
            ending: "",
            fixed: false,
        }
    }

    /// How near `name` is, if it is near at all. The very name is not near, it is right.
    pub fn likeness(self, name: &str) -> Option<Likeness> {
        let right = if self.ending.is_empty() {
            self.stem.to_owned()
        } else {
            format!("{}.{}", self.stem, self.ending)
        };
        if name == right || is_litter(name) {
            return None;
        }
        let squeezed = squeezed(name);
        let aside = PUT_ASIDE
            .iter()
            .find_map(|ending| squeezed.strip_suffix(ending));
        if let Some(rest) = aside {
            return self.is_reached_from(rest).then_some(Likeness::PutAside);
        }
        self.is_reached_from(&squeezed).then_some(Likeness::Meant)
    }

    /// Whether the name is left when additions are taken away, one after the other.
    fn is_reached_from(self, squeezed: &str) -> bool {
        let stem = squeezed_word(self.stem);
        let whole = format!("{stem}{}", self.ending);
        let mut rest = squeezed;
        for _ in 0..=MOST_ADDITIONS {
            let word = squeezed_word(rest);
            if word == stem || word == whole || self.is_slip(rest) {
                return true;
            }
            match without_addition(rest) {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
        false
    }

    /// One letter wrong, missing, too much or exchanged, and the right ending.
    fn is_slip(self, squeezed: &str) -> bool {
        let stem = if self.ending.is_empty() {
            Some(squeezed)
        } else {
            let rest = squeezed.strip_suffix(self.ending);
            rest.and_then(|rest| rest.strip_suffix('.'))
        };
        self.fixed && stem.is_some_and(|stem| strsim::damerau_levenshtein(stem, self.stem) <= 1)
    }
}

/// What laptops leave on each disk that they touch, and what nobody sees who looks with one: hidden files,
/// the two halves in which a Mac copies, locks of word processors, bins and indexes of Windows.
pub(super) fn is_litter(name: &str) -> bool {
    name.starts_with(['.', '$'])
        || name.starts_with("~$")
        || ["System Volume Information", "__MACOSX"].contains(&name)
        || name.starts_with("FSCK") && has_ending(name, &["rec"])
}

/// Whether a name has one of these endings, in large or small letters.
pub(super) fn has_ending(name: &str, endings: &[&str]) -> bool {
    Path::new(name)
        .extension()
        .and_then(OsStr::to_str)
        .is_some_and(|found| endings.iter().any(|each| found.eq_ignore_ascii_case(each)))
}

/// A name for people: in one line, nothing in it commands a terminal, and not endless.
pub(super) fn shown(name: &OsStr) -> String {
    const LONGEST: usize = 64;
    let name = name.to_string_lossy();
    let start: String = name.chars().take(LONGEST).collect();
    let more = if start.len() < name.len() { "…" } else { "" };
    format!("{}{more}", visible(&start))
}

/// In small letters, without spaces and without signs that nobody sees.
fn squeezed(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// That, without the signs that people put between words.
fn squeezed_word(name: &str) -> String {
    squeezed(name).replace(['-', '_', '.'], "")
}

/// The name without the last thing that a program put before or behind it.
fn without_addition(name: &str) -> Option<&str> {
    without_ending(name)
        .or_else(|| without_number(name))
        .or_else(|| {
            COPIES.iter().find_map(|copy| {
                Some(
                    name.strip_suffix(copy)?
                        .trim_end_matches(['-', '_', '.', '(']),
                )
            })
        })
        .or_else(|| COPIES_OF.iter().find_map(|copy| name.strip_prefix(copy)))
        .filter(|rest| !rest.is_empty())
}

fn without_ending(name: &str) -> Option<&str> {
    let (rest, ending) = name.rsplit_once('.')?;
    let mut known = TEXTS.iter().chain(&LOADING).chain(&ARCHIVES);
    (ending.is_empty() || known.any(|known| *known == ending)).then_some(rest)
}

/// Without `(1)`, `_1`, `-1`, `~1` or `1`.
fn without_number(name: &str) -> Option<&str> {
    if let Some(rest) = name.strip_suffix(')') {
        let (rest, number) = rest.rsplit_once('(')?;
        let counted = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let copied = COPIES.contains(&number);
        return (counted || copied).then_some(rest);
    }
    let rest = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (rest.len() < name.len() && name.len() - rest.len() <= 3)
        .then(|| rest.strip_suffix(['_', '-', '~']).unwrap_or(rest))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
