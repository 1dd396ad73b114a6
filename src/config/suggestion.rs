//! What a misspelt word was probably meant to be.

/// What to write instead of `word`.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
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

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_a_guess_the_choice() {
        let known = ["fps", "width", "height"];
        assert_eq!(suggestion("fsp", &known), "did you mean `fps`?");
        assert_eq!(suggestion("widht", &known), "did you mean `width`?");
        assert_eq!(
            suggestion("colour", &known),
            "choose one of: fps, width, height"
        );
        assert_eq!(suggestion("anything", &[]), "remove it");
    }
}
