//! Places in a file, as people and editors count them.

/// A place in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

impl Position {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place of the byte `offset` in `text`; an offset beyond the end is the end.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        Places::of(text).at(offset)
    }
}

/// A text in which places are found fast: there may be as many problems as there are words, and a line may
/// be as long as the file.
pub(super) struct Places<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    /// How many characters begin before each block, and before the end.
    characters: Vec<usize>,
}

/// Bytes in which characters are counted one by one.
const BLOCK: usize = 64;

impl<'t> Places<'t> {
    pub fn of(text: &'t str) -> Self {
        let mut lines = vec![0];
        lines.extend(text.match_indices('\n').map(|(newline, _)| newline + 1));
        let mut characters = vec![0];
        let mut before = 0;
        for block in text.as_bytes().chunks(BLOCK) {
            before += beginnings(block);
            characters.push(before);
        }
        Self {
            text,
            lines,
            characters,
        }
    }

    pub const fn text(&self) -> &'t str {
        self.text
    }

    /// The place of a byte; an offset beyond the end is the end.
    pub fn at(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|begin| *begin <= offset);
        let begin = self.lines[line - 1];
        Position {
            line,
            column: self.characters_before(offset) - self.characters_before(begin) + 1,
        }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let rest = &self.text.as_bytes()[block * BLOCK..offset];
        self.characters[block] + beginnings(rest)
    }
}

/// How many characters begin in a piece of UTF-8: all bytes but those that go on with one.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let text = "a = 1\nkürzel = 2\n";
        assert_eq!(Position::of(text, 0), Position::START);
        let two = text.find('2').unwrap();
        let (line, column) = (2, 10);
        assert_eq!(Position::of(text, two), Position { line, column });
        let (line, column) = (3, 1);
        assert_eq!(Position::of(text, 999), Position { line, column });
    }

    proptest! {
        #[test]
        fn a_place_is_found_in_lines_of_any_length(text in "([a-zä♻]{0,200}\n?){0,4}", at in 0..900usize) {
            let before: String = text.char_indices().take_while(|(begin, c)| begin + c.len_utf8() <= at).map(|(_, c)| c).collect();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            prop_assert_eq!(Position::of(&text, at), Position { line, column });
        }
    }
}
