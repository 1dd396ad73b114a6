//! The list of addresses: a line is `class<TAB>address[<TAB>licence[<TAB>source]]`; empty lines and
//! those that begin with `#` are skipped.

use url::Url;

use super::{Reason, Refusal};
use crate::data::tree::SPLITS;

/// Letters of a class's name.
const LONGEST_CLASS: usize = 40;

/// Letters of a line.
const LONGEST_LINE: usize = 8_000;

/// One picture to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its line in the list, from 1.
    pub number: usize,
    /// The class that it shows, a good name of a folder.
    pub class: String,
    /// Where it is, http or https.
    pub url: Url,
    /// SPDX name of its licence, where the list says it.
    pub licence: Option<String>,
    /// Who is to be named, or the page that the picture stands on.
    pub source: Option<String>,
}

/// A line that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
    /// What is wrong.
    pub refusal: Refusal,
}

/// Reads a list. No line hides another: the good ones and the bad ones are both told.
#[must_use]
pub fn parse(text: &str) -> (Vec<Line>, Vec<BadLine>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    // Windows' editors begin a file with a mark that is no part of its text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match parse_line(number, line) {
            Ok(line) => good.push(line),
            Err(refusal) => bad.push(BadLine { number, refusal }),
        }
    }
    (good, bad)
}

fn parse_line(number: usize, text: &str) -> Result<Line, Refusal> {
    if text.chars().count() > LONGEST_LINE {
        let detail = format!("longer than {LONGEST_LINE} letters");
        return Err(Refusal::new(Reason::BadLine, detail));
    }
    let mut parts = text.split('\t').map(str::trim);
    let (class, address) = (parts.next().unwrap_or_default(), parts.next());
    let Some(address) = address else {
        let detail = "expected class<TAB>address, such as glass<TAB>https://example.org/bottle.jpg; \
                      the two are parted by a tab, not by spaces";
        return Err(Refusal::new(Reason::BadLine, detail));
    };
    let mut optional = || {
        parts
            .next()
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
    };
    let (licence, source) = (optional(), optional());
    if parts.next().is_some() {
        let detail = "more than four parts: class, address, licence, source";
        return Err(Refusal::new(Reason::BadLine, detail));
    }
    Ok(Line {
        number,
        class: class_name(class)?,
        url: parse_address(address)?,
        licence,
        source,
    })
}

/// Checks that `name` is a good name of a class's folder: letters and digits of any alphabet, `-` and
/// `_`.
///
/// # Errors
/// It is not, or it is the name of the folder of lists.
pub fn class_name(name: &str) -> Result<String, Refusal> {
    let good = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let refused = |why: String| Err(Refusal::new(Reason::BadClass, why));
    if name.is_empty() || name.chars().count() > LONGEST_CLASS {
        refused(format!(
            "the class `{name}` must have 1 to {LONGEST_CLASS} letters"
        ))
    } else if !name.chars().all(good) {
        refused(format!(
            "the class `{name}` may hold letters, digits, `-` and `_` only"
        ))
    } else if name == SPLITS {
        refused(format!("`{SPLITS}` is the folder of lists, not a class"))
    } else {
        Ok(name.to_owned())
    }
}

/// Reads an address that may be fetched.
///
/// # Errors
/// It is no address, is neither http nor https, or carries a user's name or password.
pub fn parse_address(text: &str) -> Result<Url, Refusal> {
    let url = Url::parse(text).map_err(|error| {
        Refusal::new(
            Reason::BadAddress,
            format!("`{text}` is no address: {error}"),
        )
    })?;
    check_address(&url)?;
    Ok(url)
}

/// Checks that an address, from a list or from a redirect, may be fetched.
///
/// # Errors
/// It is neither http nor https, or carries a user's name or password.
pub fn check_address(url: &Url) -> Result<(), Refusal> {
    let refused = |why: String| Err(Refusal::new(Reason::BadAddress, why));
    if !matches!(url.scheme(), "http" | "https") {
        refused(format!("{}: is neither http nor https", url.scheme()))
    } else if !url.username().is_empty() || url.password().is_some() {
        refused("an address with a password would stand in the manifest for all to read".to_owned())
    } else if url.host_str().is_none_or(str::is_empty) {
        refused(format!("`{url}` names no site"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_has_two_to_four_parts() {
        let text = "\u{feff}# a comment\r\nglass\thttps://a.example/x.jpg\r\n\n\
                    paper\thttp://b.example/y\tCC-BY-4.0\tJane Doe, her page\n\
                    metal\thttp://b.example/z\t\tJane\n";
        let (good, bad) = parse(text);
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(good[0].number, 2);
        assert_eq!(good[0].url.as_str(), "https://a.example/x.jpg");
        assert_eq!(
            (good[0].licence.as_ref(), good[0].source.as_ref()),
            (None, None)
        );
        assert_eq!(good[1].licence.as_deref(), Some("CC-BY-4.0"));
        assert_eq!(good[1].source.as_deref(), Some("Jane Doe, her page"));
        assert_eq!(good[2].licence, None);
        assert_eq!(good[2].source.as_deref(), Some("Jane"));
    }

    #[test]
    fn a_bad_line_is_told_and_hides_no_other() {
        for (line, reason, word) in [
            ("glass https://a.example/x.jpg", Reason::BadLine, "tab"),
            ("a\thttp://b.example\tc\td\te", Reason::BadLine, "four"),
            ("../up\thttp://b.example/", Reason::BadClass, "letters"),
            ("splits\thttp://b.example/", Reason::BadClass, "lists"),
            ("\thttp://b.example/", Reason::BadClass, "1 to"),
            ("glass\tb.example/x", Reason::BadAddress, "address"),
            ("glass\tfile:///etc/passwd", Reason::BadAddress, "http"),
            (
                "glass\thttp://me:secret@b.example/",
                Reason::BadAddress,
                "password",
            ),
        ] {
            let (good, bad) = parse(&format!("{line}\nglass\thttp://b.example/x\n"));
            assert_eq!(good.len(), 1, "{line}");
            assert_eq!(
                (bad[0].number, bad[0].refusal.reason),
                (1, reason),
                "{line}"
            );
            assert!(bad[0].refusal.detail.contains(word), "{:?}", bad[0]);
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_lines_that_are_safe(text in "([a-z./\\\\:#\t\r\n@-]|\\PC){0,200}") {
            let (good, bad) = parse(&text);
            prop_assert!(good.len() + bad.len() <= text.lines().count());
            for line in good {
                prop_assert!(!line.class.contains(['/', '\\', '.', ',']));
                prop_assert!(matches!(line.url.scheme(), "http" | "https"));
            }
        }

        #[test]
        fn what_is_written_is_read(
            class in "[a-z0-9_-]{1,40}",
            path in "[a-z0-9/_.~-]{0,40}",
            licence in "[A-Za-z0-9.-]{1,20}",
        ) {
            prop_assume!(class != SPLITS);
            let (good, bad) = parse(&format!("{class}\thttps://a.example/{path}\t{licence}"));
            prop_assert!(bad.is_empty());
            prop_assert_eq!(&good[0].class, &class);
            prop_assert_eq!(good[0].licence.as_ref(), Some(&licence));
        }
    }
}
