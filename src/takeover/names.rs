//! Names that are nearly right: what a laptop makes of a name that a person was told to write.
//!
//! Windows hides the last part of a name and adds another, browsers and file managers number copies,
//! telephones begin with a capital letter, editors keep backups, people add words and slip on a key. The rule is
//! one for all names: what is left of a name without such additions is compared with the right one.

use std::ffi::OsStr;
use std::path::Path;

use crate::visible::visible;

/// A name that is looked for: `sortd` and `toml`, or a folder's name without an ending.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    stem: &'a str,
    ending: &'a str,
    /// What else than the very name is near it.
    room: Room,
}

/// How far a name may be from the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// By what programs add. Names that people choose themselves may differ by one letter.
    Additions,
    /// By slips of the finger as well.
    Slips,
    /// By words around it as well.
    Words,
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
const TEXTS: [&str; 21] = [
    "txt", "text", "toml", "tom", "tml", "conf", "config", "cfg", "ini", "yaml", "yml", "json",
    "md", "rtf", "doc", "docx", "odt", "pages", "htm", "html", "new",
];
/// Those of browsers, while they load or when they are interrupted.
const LOADING: [&str; 6] = ["download", "crdownload", "part", "partial", "tmp", "temp"];
/// Those of what was packed.
pub(super) const ARCHIVES: [&str; 20] = [
    "zip", "zipx", "tar", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "zst", "tzst", "lz",
    "lz4", "lzma", "br", "z", "7z", "rar", "cab",
];
/// Those of files that lead to another one.
pub(super) const SHORTCUTS: [&str; 4] = ["lnk", "url", "webloc", "desktop"];

/// The same in other words and languages.
const OTHER_WORDS: [(&str, &[&str]); 2] = [
    (
        "models",
        &[
            "modelle", "modellen", "modeller", "modèles", "modeles", "modelos", "modelli", "modely",
        ],
    ),
    ("wifi", &["wlan"]),
];
/// Words of files that are about the one that is looked for, and were not to be it.
const ABOUT: [&str; 8] = [
    "readme", "report", "log", "notes", "help", "manual", "liesmich", "bericht",
];
/// Words of what was put aside.
const ASIDE: [&str; 9] = [
    "old", "backup", "bak", "orig", "example", "sample", "template", "alt", "archive",
];
/// Whether a folder's name says that what is in it was put aside.
pub(super) fn is_put_aside(folder: &str) -> bool {
    let folder = folder.to_lowercase();
    words(&folder).any(|word| ASIDE.contains(&word.strip_suffix('s').unwrap_or(word)))
}

/// A name of more words is a sentence.
const MOST_WORDS: usize = 5;

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
            room: Room::Words,
        }
    }

    /// A name that is the same in each bundle, where files of other names may lie beside it.
    pub fn in_bundle(name: &'a str) -> Self {
        Self {
            room: Room::Slips,
            ..Self::fixed(name)
        }
    }

    /// The name of a model's folder.
    pub const fn chosen(name: &'a str) -> Self {
        Self {
            stem: name,
            ending: "",
            room: Room::Additions,
        }
    }

    /// How near `name` is, if it is near at all. The very name is not near, it is right.
    pub fn likeness(self, name: &str) -> Option<Likeness> {
        let right = self.right();
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
        if self.is_reached_from(&squeezed) {
            return Some(Likeness::Meant);
        }
        let has_words = self.room == Room::Words && !self.ending.is_empty();
        has_words.then(|| self.among_words(name)).flatten()
    }

    fn right(self) -> String {
        if self.ending.is_empty() {
            self.stem.to_owned()
        } else {
            format!("{}.{}", self.stem, self.ending)
        }
    }

    /// Whether the name is left when additions are taken away, one after the other.
    fn is_reached_from(self, squeezed: &str) -> bool {
        let mut rest = squeezed;
        for _ in 0..=MOST_ADDITIONS {
            let word = squeezed_word(rest);
            let is_word = |stem: &str| {
                let stem = squeezed_word(stem);
                word == stem || word == format!("{stem}{}", self.ending)
            };
            if self.words().any(is_word) || self.is_slip(rest) {
                return true;
            }
            match without_addition(rest) {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
        false
    }

    /// The right word, and others for the same.
    fn words(self) -> impl Iterator<Item = &'a str> {
        let others = OTHER_WORDS
            .iter()
            .filter(move |(word, _)| self.room == Room::Words && *word == self.stem)
            .flat_map(|(_, others)| others.iter().copied());
        std::iter::once(self.stem).chain(others)
    }

    /// A letter wrong, missing, too much or exchanged; two of them in a long name.
    fn is_slip(self, squeezed: &str) -> bool {
        const LONG: usize = 10;
        let right = self.right();
        let most = if right.len() < LONG { 1 } else { 2 };
        // Comparing costs the product of the lengths.
        self.room != Room::Additions
            && squeezed.chars().count().abs_diff(right.chars().count()) <= most
            && strsim::damerau_levenshtein(squeezed, &right) <= most
    }

    /// Whether the name stands among other words or signs: `sortd v2.toml`, `my sortd.toml`, `sortd.toml;`.
    fn among_words(self, name: &str) -> Option<Likeness> {
        let name = name.to_lowercase();
        let right = self.right();
        let stands_alone = |rest: &str, next: Option<char>| {
            rest.is_empty() || next.is_none_or(|c| !c.is_alphanumeric())
        };
        let behind = name.strip_prefix(&right);
        let before = name.strip_suffix(&right);
        let whole = behind.is_some_and(|rest| stands_alone(rest, rest.chars().next()))
            || before.is_some_and(|rest| stands_alone(rest, rest.chars().next_back()));
        let others = if whole {
            name.replacen(&right, " ", 1)
        } else {
            self.beside_stem(&name)?
        };
        let others: Vec<&str> = words(&others).collect();
        let any = |known: &[&str]| others.iter().any(|word| known.contains(word));
        if others.len() > MOST_WORDS || any(&ABOUT) {
            None
        } else if any(&ASIDE) {
            Some(Likeness::PutAside)
        } else {
            Some(Likeness::Meant)
        }
    }

    /// The words beside the right one, where the ending is right or something that takes its place.
    fn beside_stem(self, name: &str) -> Option<String> {
        let mut rest = name.trim();
        while let Some((stem, ending)) = rest.rsplit_once('.') {
            if ending == self.ending {
                let all: Vec<&str> = words(stem).collect();
                let at = all
                    .iter()
                    .position(|word| self.words().any(|known| known == *word))?;
                return Some([&all[..at], &all[at + 1..]].concat().join(" "));
            }
            rest = without_ending(rest)?;
        }
        None
    }
}

/// The parts between spaces, brackets, dashes and other signs.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
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
    let mut word = squeezed(name);
    word.retain(char::is_alphanumeric);
    word
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
    let mut known = TEXTS
        .iter()
        .chain(&LOADING)
        .chain(&ARCHIVES)
        .chain(&SHORTCUTS);
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
