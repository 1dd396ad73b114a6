//! Under which names the page may be asked for.
//!
//! A page of somebody else can make a browser call its own name by our address (DNS rebinding). The browser then names that page
//! as the host, and is refused here. So a host is the address that the connection came to, or a name that nobody else can have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The names of this machine's page.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The machine's own, which multicast DNS makes `NAME.local`.
    machine: String,
    /// Those that the command line gives.
    given: Vec<String>,
}

/// What a request calls us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// By our address, or by a name of this machine.
    Own,
    /// By a name that the command line gives: a reverse proxy may answer there, with TLS.
    Given,
}

/// A host without its port.
#[derive(Debug, PartialEq, Eq)]
enum Host {
    Address(IpAddr),
    /// In small letters.
    Name(String),
}

impl Names {
    /// Those of a machine, and those given, which have no port; the first that is none is handed back.
    pub fn new(machine: &str, given: &[String]) -> Result<Self, String> {
        let mut names = Self {
            machine: machine.to_ascii_lowercase(),
            given: Vec::new(),
        };
        for name in given {
            match parse(name) {
                Some((Host::Name(name), None)) => names.given.push(name),
                Some((Host::Address(address), None)) => names.given.push(address.to_string()),
                _ => return Err(name.clone()),
            }
        }
        Ok(names)
    }

    /// The machine's name.
    pub fn machine(&self) -> &str {
        &self.machine
    }

    /// How `host`, as a request has it, calls a connection that came to `own`; `None` where nobody of that name is here.
    pub fn called(&self, host: &str, own: SocketAddr) -> Option<Called> {
        let (host, port) = parse(host)?;
        match host {
            Host::Address(address) => {
                // The port of plain HTTP is left out by whoever asks.
                let ours = SocketAddr::new(own.ip().to_canonical(), own.port());
                if ours == SocketAddr::new(address.to_canonical(), port.unwrap_or(80)) {
                    return Some(Called::Own);
                }
                let is_given = self.given.contains(&address.to_string());
                is_given.then_some(Called::Given)
            }
            // The port of a name proves nothing, and is another where a port is forwarded.
            Host::Name(name) if self.given.contains(&name) => Some(Called::Given),
            Host::Name(name) => self.is_own(&name).then_some(Called::Own),
        }
    }

    fn is_own(&self, name: &str) -> bool {
        let local = name.strip_suffix(".local");
        name == "localhost" || local.is_some_and(|name| !name.is_empty() && name == self.machine)
    }
}

/// Whether a browser that names `origin` shows a page of ours, which it asked for as `host`.
pub(super) fn is_own_origin(origin: &str, host: &str, called: Called) -> bool {
    let plain = origin.strip_prefix("http://");
    let secure = origin.strip_prefix("https://");
    let secure = secure.filter(|_| called == Called::Given);
    plain
        .or(secure)
        .is_some_and(|named| named.eq_ignore_ascii_case(host))
}

/// A host and its port, strictly: what is written in another way than browsers do is none.
fn parse(text: &str) -> Option<(Host, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let port = match rest {
            "" => None,
            rest => Some(port(rest.strip_prefix(':')?)?),
        };
        return Some((Host::Address(address.into()), port));
    }
    let (name, port) = match text.split_once(':') {
        None => (text, None),
        Some((name, digits)) => (name, Some(port(digits)?)),
    };
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return Some((Host::Address(address.into()), port));
    }
    let in_names = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_name = !name.is_empty() && name.len() <= 253 && name.chars().all(in_names);
    is_name.then(|| (Host::Name(name.to_ascii_lowercase()), port))
}

fn port(digits: &str) -> Option<u16> {
    let digits_only = digits.len() <= 5 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let port = digits_only.then(|| digits.parse().ok())??;
    (port > 0).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Names {
        let given = ["bin.example.org".to_owned(), "203.0.113.5".to_owned()];
        Names::new("Sortd-ab12", &given).expect("names")
    }

    #[test]
    fn a_host_is_the_address_that_was_called_or_a_name_of_this_machine() {
        let own = |address: &str| address.parse().expect(address);
        for (host, address, called) in [
            ("192.168.1.7:8080", "192.168.1.7:8080", Some(Called::Own)),
            ("192.168.1.7", "192.168.1.7:80", Some(Called::Own)),
            ("192.168.1.7:80", "192.168.1.7:80", Some(Called::Own)),
            (
                "192.168.1.7:8080",
                "[::ffff:192.168.1.7]:8080",
                Some(Called::Own),
            ),
            (
                "[::ffff:c0a8:107]:8080",
                "192.168.1.7:8080",
                Some(Called::Own),
            ),
            ("[fe80::1]", "[fe80::1%3]:80", Some(Called::Own)),
            ("[FE80:0:0::1]:8080", "[fe80::1]:8080", Some(Called::Own)),
            ("[::1]:8080", "[::1]:8080", Some(Called::Own)),
            ("localhost:8080", "127.0.0.1:8080", Some(Called::Own)),
            ("LocalHost:9000", "127.0.0.1:8080", Some(Called::Own)),
            ("localhost", "[::1]:80", Some(Called::Own)),
            ("sortd-ab12.local", "192.168.1.7:80", Some(Called::Own)),
            (
                "SORTD-AB12.local:8080",
                "192.168.1.7:8080",
                Some(Called::Own),
            ),
            ("bin.example.org", "127.0.0.1:8080", Some(Called::Given)),
            (
                "Bin.Example.Org:8443",
                "127.0.0.1:8080",
                Some(Called::Given),
            ),
            ("203.0.113.5", "10.0.0.2:80", Some(Called::Given)),
            // Those of others.
            ("192.168.1.8:8080", "192.168.1.7:8080", None),
            ("192.168.1.7", "192.168.1.7:8080", None),
            ("192.168.1.7:8081", "192.168.1.7:8080", None),
            ("127.0.0.1:8080", "192.168.1.7:8080", None),
            ("evil.example", "192.168.1.7:80", None),
            ("evil.example:8080", "192.168.1.7:8080", None),
            ("sortd-ab12", "192.168.1.7:80", None),
            ("sortd-ab12.local.evil.example", "192.168.1.7:80", None),
            ("x.sortd-ab12.local", "192.168.1.7:80", None),
            ("sub.localhost", "127.0.0.1:80", None),
            ("localhost.", "127.0.0.1:80", None),
            ("localhost.evil.example", "127.0.0.1:80", None),
            (".local", "192.168.1.7:80", None),
            ("x.bin.example.org", "127.0.0.1:80", None),
            // What no browser writes.
            ("", "127.0.0.1:80", None),
            (":80", "127.0.0.1:80", None),
            ("127.1", "127.0.0.1:80", None),
            ("0x7f000001", "127.0.0.1:80", None),
            ("2130706433", "127.0.0.1:80", None),
            ("127.0.0.01", "127.0.0.1:80", None),
            ("localhost:", "127.0.0.1:80", None),
            ("localhost:0", "127.0.0.1:80", None),
            ("localhost:+80", "127.0.0.1:80", None),
            ("localhost:65616", "127.0.0.1:80", None),
            ("localhost:80:80", "127.0.0.1:80", None),
            ("localhost/", "127.0.0.1:80", None),
            ("user@localhost", "127.0.0.1:80", None),
            (" localhost", "127.0.0.1:80", None),
            ("localhost, evil", "127.0.0.1:80", None),
            ("::1", "[::1]:80", None),
            ("[::1", "[::1]:80", None),
            ("[::1]80", "[::1]:80", None),
            ("[127.0.0.1]", "127.0.0.1:80", None),
            ("[fe80::1%eth0]", "[fe80::1]:80", None),
        ] {
            assert_eq!(names().called(host, own(address)), called, "{host}");
        }
        let nameless = Names::new("", &[]).expect("names");
        assert_eq!(nameless.called(".local", own("10.0.0.1:80")), None);
    }

    #[test]
    fn a_given_name_has_no_port_and_is_a_name() {
        for bad in ["bin.example.org:8443", "http://bin", "", "a b", "::1"] {
            assert_eq!(Names::new("bin", &[bad.into()]).err().as_deref(), Some(bad));
        }
    }

    #[test]
    fn an_origin_is_ours_when_it_is_what_was_asked_for() {
        for (origin, host, called, ours) in [
            ("http://10.0.0.1:8080", "10.0.0.1:8080", Called::Own, true),
            ("http://bin.local", "BIN.local", Called::Own, true),
            ("https://bin.local", "bin.local", Called::Own, false),
            ("https://bin.org", "bin.org", Called::Given, true),
            ("http://bin.org", "bin.org", Called::Given, true),
            ("null", "10.0.0.1:8080", Called::Own, false),
            ("", "10.0.0.1:8080", Called::Own, false),
            ("http://10.0.0.1", "10.0.0.1:8080", Called::Own, false),
            ("http://10.0.0.1:8080/", "10.0.0.1:8080", Called::Own, false),
            (
                "http://10.0.0.1:8080.evil",
                "10.0.0.1:8080",
                Called::Own,
                false,
            ),
            ("10.0.0.1:8080", "10.0.0.1:8080", Called::Own, false),
            ("ftp://10.0.0.1:8080", "10.0.0.1:8080", Called::Own, false),
        ] {
            assert_eq!(is_own_origin(origin, host, called), ours, "{origin}");
        }
    }

    proptest! {
        #[test]
        fn no_host_and_no_origin_is_taken_badly(host in ".{0,80}", origin in ".{0,80}") {
            let own = SocketAddr::from(([127, 0, 0, 1], 8080));
            let called = names().called(&host, own).unwrap_or(Called::Own);
            let _ = is_own_origin(&origin, &host, called);
        }

        #[test]
        fn whatever_is_accepted_names_us(
            host in r"\[?[0-9a-f:.]{0,12}(localhost|sortd-ab12\.local|127\.0\.0\.1|::1)?\]?(:[0-9]{0,6})?"
        ) {
            let own = SocketAddr::from(([127, 0, 0, 1], 8080));
            if names().called(&host, own) == Some(Called::Own) {
                let name = host.rsplit_once(':').map_or(&*host, |(name, _)| name);
                prop_assert!(["localhost", "sortd-ab12.local", "127.0.0.1", "[::ffff:127.0.0.1]"].contains(&name)
                    || name.starts_with("[::ffff:"), "{host}");
            }
        }
    }
}
