//! Where this machine is in the network: its addresses and its name.

use std::net::{IpAddr, Ipv6Addr};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;
use rustix::system::uname;

/// The addresses at which others in the network reach this machine, those of IPv4 first, since they are the ones that a person can
/// type. Empty where the machine is in no network.
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    let all = getifaddrs().into_iter().flatten();
    let mut found: Vec<IpAddr> = all.filter_map(|one| reachable(&one)).collect();
    // The order of the interfaces is kept.
    found.sort_by_key(IpAddr::is_ipv6);
    found.dedup();
    found
}

/// Whether an address is of a private network, RFC 1918 or RFC 4193. Of the addresses that others can reach, the page's socket for the local
/// network answers in these alone.
#[must_use]
pub const fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_private(),
        IpAddr::V6(six) => six.is_unique_local(),
    }
}

/// The machine's own name without the net that it is in; multicast DNS makes `NAME.local` of it.
#[must_use]
pub fn name() -> String {
    let uname = uname();
    let name = uname.nodename().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

fn reachable(interface: &InterfaceAddress) -> Option<IpAddr> {
    let is_up = interface
        .flags
        .contains(InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING);
    let address = interface.address?;
    let address = match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(four), _) => IpAddr::V4(four.ip()),
        (_, Some(six)) => IpAddr::V6(six.ip()),
        _ => return None,
    };
    (is_up && is_for_others(address)).then_some(address)
}

/// Whether an address leads here from elsewhere, and not only on one wire or for a moment.
fn is_for_others(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => !four.is_loopback() && !four.is_link_local() && !four.is_unspecified(),
        IpAddr::V6(six) => {
            !six.is_loopback() && !six.is_unicast_link_local() && six != Ipv6Addr::UNSPECIFIED
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_one_wire_alone_is_none_for_others() {
        for (address, wanted) in [
            ("192.168.1.23", true),
            ("10.0.0.1", true),
            ("127.0.0.1", false),
            ("169.254.3.4", false),
            ("0.0.0.0", false),
            ("fd00::7", true),
            ("2001:db8::7", true),
            ("fe80::1", false),
            ("::1", false),
            ("::", false),
        ] {
            let parsed = address.parse().expect(address);
            assert_eq!(is_for_others(parsed), wanted, "{address}");
        }
    }

    #[test]
    fn the_networks_that_the_page_answers_are_the_private_ones() {
        let unit = include_str!("../../systemd/sortd-web-lan.socket");
        let allowed = unit
            .lines()
            .filter_map(|line| line.strip_prefix("IPAddressAllow="));
        let nets: Vec<&str> = allowed.flat_map(str::split_whitespace).collect();
        let private = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7".split(' ');
        for net in private {
            assert!(nets.contains(&net), "{net}: {nets:?}");
            let (address, _) = net.split_once('/').expect("a net");
            assert!(is_private(address.parse().expect("an address")), "{net}");
        }
        let others = nets.iter().filter(|net| !net.contains('/'));
        assert_eq!(others.collect::<Vec<_>>(), [&"localhost", &"link-local"]);
        for other in [
            "172.32.0.1",
            "100.64.0.1",
            "203.0.113.7",
            "2001:db8::7",
            "fe80::1",
        ] {
            assert!(!is_private(other.parse().expect("an address")), "{other}");
        }
    }

    #[test]
    fn what_this_machine_has_is_for_others() {
        let found = addresses();
        assert!(
            found.iter().all(|address| is_for_others(*address)),
            "{found:?}"
        );
        assert!(!name().is_empty());
    }
}
