//! Tokens: what a paired device shows. They are drawn from the kernel, and only their hashes are kept.

use axum::http::{HeaderMap, header};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The cookie's name.
const COOKIE: &str = "sortd";

/// Two hexadecimal digits a byte.
const DIGITS: usize = 32;

/// Cookies of our name that are looked at: a neighbour on another port of this machine can set one as well.
const MOST_COOKIES: usize = 4;

/// A secret of 128 bits, in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

/// What is kept of a token. To look it up tells nobody anything by the time that it takes, since nobody can choose a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hash(String);

/// What a request shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Presented {
    /// No token.
    Nothing,
    /// One that a program shows on purpose.
    Bearer(Hash),
    /// Those that a browser shows by itself.
    Cookies(Vec<Hash>),
}

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// The kernel has no randomness to give.
    pub fn draw() -> Result<Self, Errno> {
        let mut bytes = [0; DIGITS / 2];
        let drawn = getrandom(&mut bytes, GetRandomFlags::empty())?;
        if drawn < bytes.len() {
            return Err(Errno::AGAIN);
        }
        let value = u128::from_be_bytes(bytes);
        Ok(Self(format!("{value:032x}")))
    }

    /// What a text shows; `None` where it cannot be a token.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_token = text.len() == DIGITS && text.bytes().all(is_digit);
        is_token.then(|| Self(text.to_owned()))
    }

    /// What is kept of it.
    pub fn hash(&self) -> Hash {
        Hash(format!("{:x}", Sha256::digest(&self.0)))
    }

    /// The token itself, for who is to have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The cookie that gives it to a browser, for a year.
    pub fn cookie(&self, secure: bool) -> String {
        let secure = if secure { "; Secure" } else { "" };
        let token = &self.0;
        format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000{secure}")
    }
}

/// The cookie that takes the token from a browser.
pub(super) fn no_cookie() -> String {
    format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0")
}

impl Hash {
    /// A name for a session that tells nothing of its token.
    pub fn short(&self) -> String {
        self.0.chars().take(8).collect()
    }
}

/// What a request's headers show. Who shows a token on purpose is not taken for somebody else by a cookie.
pub(super) fn presented(headers: &HeaderMap) -> Presented {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let text = authorization.to_str().unwrap_or_default();
        let bearer = text
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = bearer.and_then(|(_, token)| Token::parse(token.trim()));
        return token.map_or(Presented::Nothing, |token| Presented::Bearer(token.hash()));
    }
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let ours = pairs.filter(|(name, _)| *name == COOKIE);
    let tokens = ours.filter_map(|(_, token)| Token::parse(token));
    let hashes: Vec<Hash> = tokens
        .take(MOST_COOKIES)
        .map(|token| token.hash())
        .collect();
    if hashes.is_empty() {
        Presented::Nothing
    } else {
        Presented::Cookies(hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn of(lines: &[(&'static str, &[u8])]) -> Presented {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value).expect("a value");
            headers.append(*name, value);
        }
        presented(&headers)
    }

    #[test]
    fn tokens_are_of_128_bits_and_no_two_are_the_same() {
        let (one, other) = (Token::draw().expect("drawn"), Token::draw().expect("drawn"));
        assert!(one != other && one.hash() != other.hash());
        assert!(Token::parse(one.as_str()) == Some(one));
        for bad in [
            "",
            "0",
            &TOKEN[1..],
            &TOKEN.to_uppercase(),
            &format!("{TOKEN}0"),
        ] {
            assert!(Token::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_hash_is_that_of_the_tokens_digits() {
        let hash = Token::parse(TOKEN).expect("a token").hash();
        // `printf 0123456789abcdef0123456789abcdef | sha256sum`
        assert_eq!(hash.0.len(), 64);
        assert_eq!(hash.short(), hash.0[..8]);
    }

    #[test]
    fn tokens_are_found_in_cookies_and_behind_bearer() {
        let hash = Token::parse(TOKEN).expect("a token").hash();
        let cookies = || Presented::Cookies(vec![hash.clone()]);
        let bearer = || Presented::Bearer(hash.clone());
        let with = |before: &str, behind: &str| format!("{before}{TOKEN}{behind}").into_bytes();
        for (name, value, found) in [
            ("cookie", with("sortd=", ""), cookies()),
            ("cookie", with("a=b; sortd=", "; c"), cookies()),
            ("cookie", with(";;=; sortd=x;sortd=", ";"), cookies()),
            ("cookie", with("sortd2=", ""), Presented::Nothing),
            ("cookie", with("Sortd=", ""), Presented::Nothing),
            ("cookie", with("sortd=\"", "\""), Presented::Nothing),
            ("cookie", with("sortd=", "0"), Presented::Nothing),
            ("cookie", b"\xff\xfe; sortd=".to_vec(), Presented::Nothing),
            ("authorization", with("Bearer ", ""), bearer()),
            ("authorization", with("bearer  ", " "), bearer()),
            ("authorization", with("Basic ", ""), Presented::Nothing),
            ("authorization", with("Bearer", ""), Presented::Nothing),
            ("authorization", with("", ""), Presented::Nothing),
            ("authorization", b"\xff".to_vec(), Presented::Nothing),
        ] {
            assert_eq!(of(&[(name, &value)]), found, "{name}: {value:?}");
        }
        let cookie = with("sortd=", "");
        let both: [(&str, &[u8]); 2] = [("authorization", b"Bearer x"), ("cookie", &cookie)];
        assert_eq!(of(&both), Presented::Nothing, "a cookie does not stand in");
        let many = format!("sortd={TOKEN};").repeat(100);
        let Presented::Cookies(hashes) = of(&[("cookie", many.as_bytes())]) else {
            panic!("cookies");
        };
        assert_eq!(hashes.len(), MOST_COOKIES);
    }

    proptest! {
        #[test]
        fn no_header_is_taken_badly(value in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                for name in [header::COOKIE, header::AUTHORIZATION] {
                    let headers = HeaderMap::from_iter([(name, value.clone())]);
                    let _ = presented(&headers);
                }
            }
        }
    }
}
