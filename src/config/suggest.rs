//! What to write instead of a word that is not known.

/// What to write instead of `word`.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    // Two thirds alike is near enough for a slip of the finger and far enough from a guess.
    const ALIKE: f64 = 0.66;
    let nearest = known
        .iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(word, candidate),
                candidate,
            )
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((alike, candidate)) if alike >= ALIKE => format!("did you mean `{candidate}`?"),
        _ if known.is_empty() => "remove it".to_owned(),
        _ => format!("choose one of: {}", known.join(", ")),
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
    use super::suggestion;

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
}
