//! The sockets on which the page is asked for: those that systemd passes, or those that the command line names.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};

use listenfd::ListenFd;

use crate::error::{Error, Result};

/// Takes the sockets that systemd passed; where it passed none, listens at `addresses`.
///
/// # Errors
/// What was passed is no such socket, or an address cannot be listened at.
pub(super) fn listeners(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>> {
    let passed = passed()?;
    if passed.is_empty() {
        return addresses.iter().copied().map(listen).collect();
    }
    Ok(passed)
}

fn passed() -> Result<Vec<TcpListener>> {
    let mut passed = ListenFd::from_env();
    let mut found = Vec::new();
    for place in 0..passed.len() {
        let listener = passed.take_tcp_listener(place).map_err(|error| {
            Error::config("systemd passes a socket to `sortd web` that is not one of TCP")
                .caused_by(error)
                .advice("give its socket units ListenStream= with an address and a port")
        })?;
        found.extend(listener);
    }
    Ok(found)
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => {
                "end the program that has it, or choose another port with --listen"
            }
            ErrorKind::PermissionDenied => "choose a port from 1024 on with --listen",
            ErrorKind::AddrNotAvailable => {
                "choose an address of this machine with --listen; `ip address` lists them"
            }
            _ => "choose another address with --listen",
        };
        Error::unavailable(format!("{address} cannot be listened at"))
            .caused_by(error)
            .advice(advice)
    })
}

/// What a person types to open the page; `machine` is the machine's name.
pub(super) fn url(own: SocketAddr, machine: &str) -> String {
    let address = own.ip().to_canonical();
    let host = if address.is_unspecified() {
        format!("{machine}.local")
    } else {
        match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        }
    };
    match own.port() {
        80 => format!("http://{host}/"),
        port => format!("http://{host}:{port}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_as_a_browser_takes_it() {
        for (own, told) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("192.168.1.7:80", "http://192.168.1.7/"),
            ("[::1]:8080", "http://[::1]:8080/"),
            ("[::ffff:10.0.0.1]:80", "http://10.0.0.1/"),
            ("0.0.0.0:8080", "http://bin.local:8080/"),
            ("[::]:80", "http://bin.local/"),
        ] {
            assert_eq!(url(own.parse().expect(own), "bin"), told);
        }
    }

    #[test]
    fn an_address_that_is_in_use_is_told_with_its_cure() {
        let first = listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("listens");
        let refused = listen(first.local_addr().expect("its address")).expect_err("in use");
        assert!(refused.to_string().contains("--listen"), "{refused}");
    }
}
