//! A line that a client writes on a control socket.

use sortd::control::protocol::{line, parse};

/// Reads it. What is taken for a request is the same once it is written and read again.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok((id, Ok(request))) = parse(text) {
        let again = line(id, &request).expect("a request can be written");
        assert_eq!(parse(&again), Ok((id, Ok(request))), "{again}");
    }
}
