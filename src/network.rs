//! The networks that addresses lie in: one rule for what is counted and what is written down.
//!
//! Of IPv6 it is the /48: that is what a site is given (RFC 6177), and what anybody can have for nothing, with 65,536 networks
//! of the size of a household in it. Counting those apart would limit nobody.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network to write down, the /24 of IPv4 and the /48 of IPv6: enough to see that something came from elsewhere, too little
/// to tell a household.
pub fn written(address: &str) -> Option<String> {
    match parse(address)? {
        IpAddr::V4(v4) => Some(format!("{}/24", Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8)))),
        IpAddr::V6(v6) => Some(format!("{}/48", site(v6))),
    }
}

/// Whom a limit counts together: an IPv4 address, or the /48 of an IPv6 address.
pub fn counted(address: &str) -> String {
    match parse(address) {
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => site(v6).to_string(),
        None => "unknown".to_owned(),
    }
}

/// An address; an IPv4 address that is written as one of IPv6 (`::ffff:192.0.2.1`) is one of IPv4.
fn parse(address: &str) -> Option<IpAddr> {
    address.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn site(address: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_less_than_an_address() {
        assert_eq!(written("192.0.2.77").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(written("2001:db8:1:2:3::4").as_deref(), Some("2001:db8:1::/48"));
        assert_eq!(written("unknown"), None);
    }

    #[test]
    fn what_is_counted_together_is_written_down_as_one() {
        let addresses = [
            ["2001:db8:1::1", "2001:db8:1:ffff::1"],
            ["192.0.2.1", "::ffff:192.0.2.1"],
            ["2001:db8:1::1", "2001:DB8:0001::2"],
        ];
        for [one, other] in addresses {
            assert_eq!(counted(one), counted(other), "{one} {other}");
            assert_eq!(written(one), written(other), "{one} {other}");
        }
    }

    #[test]
    fn different_addresses_and_sites_are_counted_apart() {
        let addresses = [
            "192.0.2.1",
            "192.0.2.2",
            "::ffff:192.0.2.3",
            "2001:db8:1::1",
            "2001:db8:2::1",
            "unknown",
        ];
        for (n, one) in addresses.iter().enumerate() {
            for other in addresses.iter().skip(n + 1) {
                assert_ne!(counted(one), counted(other));
            }
        }
    }
}
