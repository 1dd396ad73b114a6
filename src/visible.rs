//! Text of others made safe to show: names of keys, bins, labels, models and files may hold line breaks,
//! terminal commands, and characters that nobody sees or that turn the order of the others round.
//!
//! Such characters are *hidden*. Messages are made of [`visible`] names, and whatever leaves for a terminal, a
//! log or a report goes through one of the functions here once more, so that a forgotten name does no harm.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text on one line, its hidden characters as escapes such as `\n` and `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden, |c, out| out.extend(c.escape_default()))
}

/// As [`visible`], but line breaks stay: for text that is made of several lines.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(
        text,
        |c| c != '\n' && is_hidden(c),
        |c, out| out.extend(c.escape_default()),
    )
}

/// JSON that means the same and shows no hidden character. Those that JSON allows to stand as they are stand
/// in its strings alone, where it has escapes for them too.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    escaped(json, is_hidden, |c, out| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing into a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

fn escaped(
    text: &str,
    hidden: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    let Some(first) = text.find(&hidden) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        if hidden(c) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters; the line separators; and what Unicode calls default ignorable (`DerivedCoreProperties`),
/// the marks for the direction of writing among them. Variation selectors belong to the sign before them.
fn is_hidden(c: char) -> bool {
    // Nearly all that is asked about is ASCII, so that the ranges above it are looked through seldom.
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_shown_and_not_done() {
        assert_eq!(
            visible("\u{1b}[2J\u{9b}2J\u{7f}"),
            "\\u{1b}[2J\\u{9b}2J\\u{7f}"
        );
        assert_eq!(visible("a\r\n\tb\u{2028}c"), "a\\r\\n\\tb\\u{2028}c");
        assert_eq!(
            visible("evil\u{202e}lmot\u{200b}.\u{e0041}"),
            "evil\\u{202e}lmot\\u{200b}.\\u{e0041}"
        );
        assert_eq!(visible_lines("a\nb\rc"), "a\nb\\rc");
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "Größe 5 µs, 20 °C",
            "u\u{308}ber",
            "ガラス",
            "♻\u{fe0f} glass",
            "a\u{a0}b",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn json_means_the_same() {
        let name = "\u{1b}[2J\u{9b}\u{7f}\u{202e}\u{e0041}\n\"";
        let plain = serde_json::to_string(name).unwrap();
        let shown = visible_json(&plain);
        assert_eq!(visible(&shown), shown);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), name);
    }
}
