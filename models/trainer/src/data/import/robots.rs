//! What a site's robots.txt lets a program fetch (RFC 9309).
//!
//! The group that names the program counts, else the group for `*`; of the rules that fit a path, the
//! longest decides, and of equally long ones the one that allows. `Crawl-delay`, which is no part of
//! the standard but much used, is heard too.

use std::time::Duration;

/// Bytes that are looked at; the standard asks for half a megabyte at least.
pub const MOST_BYTES: usize = 512_000;

/// A longer wait between two requests is not believed.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// The rules of one site for one program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Robots {
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    pattern: String,
}

/// The rules of one group, and whom they are for.
#[derive(Debug, Default)]
struct Group {
    agents: Vec<String>,
    robots: Robots,
}

impl Robots {
    /// Rules that allow everything.
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Reads the rules for `agent`, the program's name without its version.
    #[must_use]
    pub fn parse(text: &str, agent: &str) -> Self {
        let groups = groups(text);
        let agent = agent.to_lowercase();
        let named = |name: &str| {
            let mut merged = Self::default();
            let mut found = false;
            for group in &groups {
                if group.agents.iter().any(|known| known == name) {
                    found = true;
                    merged.rules.extend(group.robots.rules.iter().cloned());
                    merged.delay = merged.delay.max(group.robots.delay);
                }
            }
            found.then_some(merged)
        };
        named(&agent).or_else(|| named("*")).unwrap_or_default()
    }

    /// Whether `path`, with its query, may be fetched.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        if path == "/robots.txt" {
            return true;
        }
        let fitting = self.rules.iter().filter(|rule| fits(&rule.pattern, path));
        fitting
            .max_by_key(|rule| (rule.pattern.len(), rule.allows))
            .is_none_or(|rule| rule.allows)
    }

    /// The time that shall pass between two requests, where the site asks for one.
    #[must_use]
    pub const fn delay(&self) -> Option<Duration> {
        self.delay
    }
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // Several lines of agents that follow each other open one group.
    let mut opening = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let (key, value) = (key.trim().to_lowercase(), value.trim());
        if key == "user-agent" {
            if !opening {
                groups.push(Group::default());
            }
            opening = true;
            if let Some(group) = groups.last_mut() {
                group.agents.push(product(value));
            }
            continue;
        }
        let Some(group) = groups.last_mut() else {
            continue;
        };
        match key.as_str() {
            "allow" | "disallow" => {
                opening = false;
                if !value.is_empty() {
                    group.robots.rules.push(Rule {
                        allows: key == "allow",
                        pattern: value.to_owned(),
                    });
                }
            }
            "crawl-delay" => {
                opening = false;
                group.robots.delay = delay(value);
            }
            _ => {}
        }
    }
    groups
}

/// The name of a program without its version, in lower case.
fn product(value: &str) -> String {
    let name = value.split(['/', ' ']).next().unwrap_or_default();
    name.to_lowercase()
}

fn delay(value: &str) -> Option<Duration> {
    let seconds: f64 = value.parse().ok()?;
    let delay = Duration::try_from_secs_f64(seconds).ok()?;
    Some(delay.min(LONGEST_DELAY))
}

/// Whether `path` begins with `pattern`, in which `*` stands for anything and a last `$` for the end.
///
/// Each star is met at the first place that fits, which is enough for all but the last part of a
/// pattern that must fit the end; so the time is at most the product of the two lengths.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return !whole || rest.is_empty();
    };
    for part in between {
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    if whole {
        rest.ends_with(last)
    } else {
        rest.contains(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AGENT: &str = "sortd-trainer";

    fn allows(text: &str, path: &str) -> bool {
        Robots::parse(text, AGENT).allows(path)
    }

    #[test]
    fn the_group_that_names_the_program_counts_else_the_one_for_all() {
        let text = "User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /all\n";
        assert!(allows(text, "/x") && !allows(text, "/all/x"));
        let text =
            format!("{text}\nuser-agent: Sortd-Trainer/0.1\nuser-agent: b\ndisallow: /own\n");
        assert!(allows(&text, "/all/x") && !allows(&text, "/own"));
        assert!(allows("", "/x") && allows("User-agent: *\nDisallow:\n", "/x"));
    }

    #[test]
    fn the_longest_rule_decides_and_of_equals_the_one_that_allows() {
        let text = "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /c\nAllow: /c\n\
                    Allow: /d\nDisallow: /d/e\n";
        assert!(!allows(text, "/a/x") && allows(text, "/a/b/x") && allows(text, "/c"));
        assert!(allows(text, "/d/x") && !allows(text, "/d/e/x"));
        assert!(
            !allows("User-agent: *\nDisallow: /", "/")
                && allows("User-agent: *\nDisallow: /", "/robots.txt")
        );
    }

    #[test]
    fn stars_and_ends_are_understood() {
        for (pattern, path, expected) in [
            ("/*.jpg$", "/a/b.jpg", true),
            ("/*.jpg$", "/a/b.jpg?x", false),
            ("/a*b*c", "/axxbyyc/z", true),
            ("/a*b*c", "/axxcyyb", false),
            ("/a$", "/a", true),
            ("/a$", "/ab", false),
            ("*", "/anything", true),
            ("/a*ab$", "/aab", true),
            ("/ab*b$", "/ab", false),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_delay_is_heard_within_reason() {
        let delay = |value: &str| {
            Robots::parse(&format!("User-agent: *\nCrawl-delay: {value}\n"), AGENT).delay()
        };
        assert_eq!(delay("2.5"), Some(Duration::from_millis(2500)));
        assert_eq!(delay("1e9"), Some(LONGEST_DELAY));
        for nonsense in ["-1", "NaN", "soon"] {
            assert_eq!(delay(nonsense), None);
        }
    }

    proptest! {
        #[test]
        fn no_text_upsets_the_reader(
            text in "((user-agent|allow|disallow|crawl-delay)[: ]|[a-z*$/\n#.]|\\PC){0,120}",
            path in "/[a-z/.*$]{0,30}",
        ) {
            let _ = Robots::parse(&text, AGENT).allows(&path);
        }

        #[test]
        fn a_star_fits_as_a_search_by_hand_would(
            pattern in "/[ab*]{0,6}[$]?",
            path in "/[ab]{0,8}",
        ) {
            prop_assert_eq!(fits(&pattern, &path), by_hand(pattern.as_bytes(), path.as_bytes()));
        }
    }

    /// Tries every way in which the stars could fit.
    fn by_hand(pattern: &[u8], path: &[u8]) -> bool {
        match (pattern, path) {
            ([], _) => true,
            ([b'$'], _) => path.is_empty(),
            ([b'*', rest @ ..], _) => (0..=path.len()).any(|skip| by_hand(rest, &path[skip..])),
            ([first, rest @ ..], [letter, others @ ..]) => first == letter && by_hand(rest, others),
            _ => false,
        }
    }
}
