//! What a visitor sends to the page: requests, or bytes that are none.

use sortd::web::trial;

/// Answers it. Whatever was sent, nobody is let in, and what is told of the bin is nothing.
pub fn run(bytes: &[u8]) {
    let answer = trial(bytes).expect("the system has resources");
    if answer.is_empty() {
        return;
    }
    assert!(answer.starts_with(b"HTTP/1."), "it is an answer");
    let is_inside = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
    assert!(!is_inside(b"\r\nset-cookie:"), "nobody is paired");
    assert!(!is_inside(b"\"role\":\"admin\""), "nobody is an admin");
}
