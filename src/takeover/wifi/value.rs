//! What stands behind `=`: quotes around it are taken off, and what may be meant in two ways is told.
//!
//! Between plain quotes (`"`) everything is taken as it stands. So whoever has a quote or a `#` in a name or a
//! password can write it, and everywhere else such a sign gives rise to a question.

/// The quotes that open, and those that may close them: what Unicode calls quotation marks, and the primes
/// and accents that stand in for them. Keyboards have three, word processors and telephones the others.
const PAIRS: [(char, &[char]); 49] = [
    ('"', &['"']),
    ('\'', &['\'']),
    ('`', &['`', '\'', '´']),
    ('´', &['´']),
    ('“', &['”', '“']),
    ('”', &['”']),
    ('„', &['“', '”']),
    ('‟', &['”', '‟']),
    ('‘', &['’', '‘']),
    ('’', &['’']),
    ('‚', &['‘', '’']),
    ('‛', &['’', '‛']),
    ('«', &['»']),
    ('»', &['«', '»']),
    ('‹', &['›']),
    ('›', &['‹', '›']),
    ('′', &['′']),
    ('″', &['″']),
    ('‴', &['‴']),
    ('⁗', &['⁗']),
    ('‵', &['′', '‵']),
    ('‶', &['″', '‶']),
    ('‷', &['‴', '‷']),
    ('ʹ', &['ʹ']),
    ('ʺ', &['ʺ']),
    ('ʻ', &['ʼ', 'ʻ']),
    ('ʼ', &['ʼ']),
    ('ˮ', &['ˮ']),
    ('ˋ', &['ˊ', 'ˋ']),
    ('˝', &['˝']),
    ('׳', &['׳']),
    ('״', &['״']),
    ('⹂', &['“', '”', '⹂']),
    ('「', &['」']),
    ('『', &['』']),
    ('〝', &['〞', '〟']),
    ('〞', &['〞', '〝']),
    ('﹁', &['﹂']),
    ('﹃', &['﹄']),
    ('｢', &['｣']),
    ('＂', &['＂']),
    ('＇', &['＇']),
    ('｀', &['＇', '｀']),
    ('❛', &['❜']),
    ('❝', &['❞']),
    ('❟', &['❛', '❜']),
    ('❠', &['❝', '❞']),
    ('❮', &['❯']),
    ('🙶', &['🙷']),
];

/// Between plain quotes.
const LITERALLY: &str = "write \" before and behind all of it";

/// A value, and what is to be told of how it was read: what and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value<'a> {
    /// What was meant.
    pub text: &'a str,
    /// What may have been meant otherwise.
    pub note: Option<(String, String)>,
}

/// What is wrong, and what to do about it.
pub(super) type Doubt = (String, String);

/// Reads a value without spaces around it. `any_sign` says whether a `#` may belong to it; `keys` are what
/// begins another setting.
///
/// # Errors
/// It may be meant in two ways, and neither is likelier.
pub(super) fn read<'a>(value: &'a str, any_sign: bool, keys: &[&str]) -> Result<Value<'a>, Doubt> {
    if has_setting(outside_quotes(value), keys) {
        return Err((
            "another setting stands in this line".into(),
            format!(
                "write each setting on a line of its own; if it belongs to the value, {LITERALLY}"
            ),
        ));
    }
    let value = match within_quotes(value)? {
        Some(read) => return Ok(read),
        None if any_sign => value,
        None => match value.split_once('#') {
            Some((text, _)) => {
                return Ok(Value {
                    text: text.trim_end(),
                    note: Some(remark_left_out()),
                });
            }
            None => value,
        },
    };
    if has_remark(value) {
        return Err((
            "what stands behind # may be a remark".into(),
            format!("write remarks on lines of their own; if the # belongs to it, {LITERALLY}"),
        ));
    }
    Ok(Value {
        text: value,
        note: sign_of_doubt(value).map(|sign| {
            (
                format!("taken as it stands, with {sign}"),
                format!("if that is right, {LITERALLY}; then this is told no more"),
            )
        }),
    })
}

fn remark_left_out() -> Doubt {
    (
        "what stands behind # is taken for a remark and left out".into(),
        "write remarks on lines of their own".into(),
    )
}

/// What does not stand between plain quotes, as far as that can be told: all of it where it does not begin
/// with one, and else what stands behind the second.
fn outside_quotes(value: &str) -> &str {
    let inner = value.strip_prefix('"');
    let behind = inner.map(|inner| inner.split_once('"').map_or("", |(_, behind)| behind));
    behind.unwrap_or(value)
}

/// Whether one of `keys` stands there behind another sign, and an equals sign behind it; or a colon, where a
/// comma or a semicolon stands before.
fn has_setting(value: &str, keys: &[&str]) -> bool {
    let small = value.to_ascii_lowercase();
    let begins_setting = |key: &str, at: usize| {
        let (before, behind) = (&small[..at], small[at + key.len()..].trim_start());
        let listed = before.trim_end().ends_with([',', ';']);
        let alone = before
            .chars()
            .next_back()
            .is_some_and(|c| !c.is_alphanumeric());
        alone && (behind.starts_with('=') || listed && behind.starts_with(':'))
    };
    keys.iter().any(|key| {
        small
            .match_indices(key)
            .any(|(at, _)| begins_setting(key, at))
    })
}

/// What stands between quotes, where quotes stand at both ends, or at one and before a remark; `None` where
/// there is no quote at either end.
fn within_quotes(value: &str) -> Result<Option<Value<'_>>, Doubt> {
    let half = || {
        let todo =
            format!("write \" at both ends or at none; if the sign belongs to it, {LITERALLY}");
        ("a quote stands at one end only".to_owned(), todo)
    };
    let (Some(first), Some(last)) = (value.chars().next(), value.chars().next_back()) else {
        return Ok(None);
    };
    let Some(closing) = closing(first) else {
        return if closes_nothing(value, last) {
            Err(half())
        } else {
            Ok(None)
        };
    };
    let inner = &value[first.len_utf8()..];
    if first == '"' && inner.ends_with('"') {
        return plain(&inner[..inner.len() - 1]).map(Some);
    }
    let Some(at) = inner.find(closing) else {
        return Err(half());
    };
    let length = inner[at..].chars().next().map_or(0, char::len_utf8);
    let (text, behind) = (&inner[..at], inner[at + length..].trim_start());
    if behind.is_empty() {
        let todo = format!("if they belong to it, {LITERALLY}");
        let note = (first != '"').then(|| ("taken without the quotes around it".to_owned(), todo));
        return Ok(Some(Value { text, note }));
    }
    if behind.starts_with('#') {
        let note = Some(remark_left_out());
        return Ok(Some(Value { text, note }));
    }
    // One that closes again within the value belongs to it: “Werk” statt.
    let closed = inner.chars().filter(|c| closing.contains(c)).count() % 2 == 1;
    if closed && !inner.ends_with(closing) {
        return Ok(None);
    }
    Err(half())
}

/// What stands between plain quotes, unless a remark with quotes stands behind a first pair of them.
fn plain(text: &str) -> Result<Value<'_>, Doubt> {
    let remark = |(at, _): (usize, &str)| text[at + 1..].trim_start().starts_with('#');
    if text.match_indices('"').any(remark) {
        return Err((
            "what stands behind # may be a remark".into(),
            "write remarks on lines of their own".into(),
        ));
    }
    Ok(Value { text, note: None })
}

fn closing(opening: char) -> Option<&'static [char]> {
    PAIRS
        .iter()
        .find_map(|(each, closing)| (*each == opening).then_some(*closing))
}

/// Whether `last`, which ends the value, is a quote without one that it closes.
fn closes_nothing(value: &str, last: char) -> bool {
    if let '"' | '\'' | '`' | '´' = last {
        return value.matches(last).count() % 2 == 1;
    }
    let before = &value[..value.len() - last.len_utf8()];
    let mut opens = PAIRS
        .iter()
        .filter(|(_, closing)| closing.contains(&last))
        .peekable();
    opens.peek().is_some() && !opens.any(|(opening, _)| before.contains(*opening))
}

/// Whether a `#` stands alone: behind a space or nothing, and before a space or nothing.
fn has_remark(value: &str) -> bool {
    value.match_indices('#').any(|(at, _)| {
        let before = value[..at].chars().next_back();
        let behind = value[at + 1..].chars().next();
        before.is_none_or(char::is_whitespace) && behind.is_none_or(char::is_whitespace)
    })
}

/// What in a value that is taken as it stands may have been meant otherwise.
fn sign_of_doubt(value: &str) -> Option<&'static str> {
    let signs: Vec<char> = value.chars().collect();
    let between_letters = |at: usize| {
        let letter = |at: Option<usize>| {
            at.and_then(|at| signs.get(at))
                .is_some_and(|c| c.is_alphanumeric())
        };
        letter(at.checked_sub(1)) && letter(Some(at + 1))
    };
    // Behind or before a space, or at the end.
    let is_apart = |at: usize| {
        let spaced = |at: usize| signs.get(at).is_none_or(|c| c.is_whitespace());
        spaced(at + 1) || at > 0 && spaced(at - 1)
    };
    let is_quote = |c: char| {
        PAIRS
            .iter()
            .any(|(opening, all)| c == *opening || all.contains(&c))
    };
    signs.iter().enumerate().find_map(|(at, &c)| match c {
        // Bob's.
        '\'' if between_letters(at) => None,
        '#' => Some("its #"),
        ';' if is_apart(at) => Some("its ;"),
        ',' if at + 1 == signs.len() => Some("its ,"),
        '/' if at > 0 && signs[at - 1].is_whitespace() && signs.get(at + 1) == Some(&'/') => {
            Some("its //")
        }
        _ if is_quote(c) => Some("its quotes"),
        _ if c.is_control() || c != ' ' && c.is_whitespace() || is_unseen(c) => {
            Some("a sign that cannot be seen")
        }
        _ => None,
    })
}

/// What copying from a web page brings along.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
