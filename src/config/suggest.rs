//! What to write instead of a word that is not known.

/// What to write instead of `word`.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => "remove it".to_owned(),
        None => format!("choose one of: {}", listed(known)),
    }
}

/// The known word that `word` is a slip of the finger of.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    // Two thirds alike is near enough for a slip of the finger and far enough from a guess.
    const ALIKE: f64 = 0.66;
    // Comparing costs the product of the lengths. No word is longer than this, and no list that anybody
    // would look through.
    const LONGEST: usize = 64;
    const MOST_COMPARED: usize = 1000;
    let length = word.chars().take(LONGEST + 1).count();
    if length > LONGEST {
        return None;
    }
    // Each character that one word has more makes them less alike by so much, whatever the others are.
    let may_be_alike =
        |other: usize| length.abs_diff(other) as f64 <= (1.0 - ALIKE) * length.max(other) as f64;
    known
        .iter()
        .take(MOST_COMPARED)
        .filter(|candidate| may_be_alike(candidate.chars().take(2 * LONGEST).count()))
        .map(|candidate| {
            let alike = strsim::normalized_damerau_levenshtein(word, candidate);
            (alike, *candidate)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(alike, _)| *alike >= ALIKE)
        .map(|(_, candidate)| candidate)
}

/// Names behind each other, as many as anybody reads.
pub(super) fn listed(names: &[&str]) -> String {
    const MOST_LISTED: usize = 40;
    let shown = names[..names.len().min(MOST_LISTED)].join(", ");
    match names.len().saturating_sub(MOST_LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The article that goes before a noun.
pub(super) fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_corrected_and_a_guess_is_not() {
        let known = ["hold-ms", "window", "agree"];
        assert_eq!(suggestion("hold_ms", &known), "did you mean `hold-ms`?");
        assert_eq!(suggestion("windwo", &known), "did you mean `window`?");
        assert_eq!(suggestion("fsp", &["fps"]), "did you mean `fps`?");
        assert_eq!(
            suggestion("speed", &known),
            "choose one of: hold-ms, window, agree"
        );
    }

    #[test]
    fn no_length_that_may_be_alike_is_left_out() {
        let known = ["abcdefghi"];
        for length in 6..=13 {
            let word = "abcdefghijklm"[..length].to_owned();
            let alike = strsim::normalized_damerau_levenshtein(&word, known[0]) >= 0.66;
            assert_eq!(nearest(&word, &known).is_some(), alike, "{word}");
        }
    }

    #[test]
    fn a_word_without_end_is_compared_with_nothing() {
        assert_eq!(suggestion(&"a".repeat(1 << 20), &["a"]), "choose one of: a");
        let many: Vec<String> = (0..100_000)
            .map(|number| format!("label-{number}"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(suggestion("?", &many).ends_with("label-39 and 99960 more"));
    }
}
