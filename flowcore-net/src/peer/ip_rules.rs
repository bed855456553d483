use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use super::pattern::matches;

/// Whom a source lets in (`ipFilterRules`): the first rule that fits decides, and whom none fits is let in.
///
/// ```
/// use flowcore_net::peer::IpRules;
/// use std::net::IpAddr;
///
/// let rules: IpRules = "allow:ip:127.*, allow:name:localhost, deny:ip:*".parse()?;
/// let [near, far, here] = ["127.0.0.1", "192.0.2.7", "192.0.2.1"].map(|text| text.parse::<IpAddr>().unwrap());
/// assert_eq!(rules.decide(near, here, None), Some(true));
/// assert_eq!(rules.decide(far, here, None), Some(false));
/// # Ok::<(), flowcore_net::peer::BadIpRule>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpRules(Vec<IpRule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct IpRule {
    allows: bool,
    subject: Subject,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    /// Whoever is on this machine.
    Localhost,
    Address(String),
    Name(String),
}

/// A rule that is none, in Flume's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid ipFilter patternRule '{0}' should look like <'allow' or 'deny'>:<'ip' or 'name'>:<pattern>")]
pub struct BadIpRule(String);

impl FromStr for IpRules {
    type Err = BadIpRule;

    /// Rules with commas between, at least one.
    fn from_str(text: &str) -> Result<Self, BadIpRule> {
        text.split(',').map(|rule| rule.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for IpRule {
    type Err = BadIpRule;

    fn from_str(text: &str) -> Result<Self, BadIpRule> {
        let bad = || BadIpRule(text.to_owned());
        // A pattern of IPv6 has colons of its own.
        let mut parts = text.splitn(3, ':').map(str::trim);
        let (Some(verdict), Some(kind), Some(pattern)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad());
        };
        let is = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected);
        if pattern.is_empty() || !(is(verdict, "allow") || is(verdict, "deny")) {
            return Err(bad());
        }
        let subject = match kind {
            _ if !is(kind, "ip") && !is(kind, "name") => return Err(bad()),
            _ if is(pattern, "localhost") => Subject::Localhost,
            _ if is(kind, "ip") => Subject::Address(pattern.to_owned()),
            _ => Subject::Name(pattern.to_owned()),
        };
        Ok(Self { allows: is(verdict, "allow"), subject })
    }
}

impl IpRules {
    /// Whether `peer` is let in that came to the address `here`. Nothing when a rule asks for its name first,
    /// and there is none yet.
    pub fn decide(&self, peer: IpAddr, here: IpAddr, name: Option<&str>) -> Option<bool> {
        let (peer, here) = (peer.to_canonical(), here.to_canonical());
        for IpRule { allows, subject } in &self.0 {
            let fits = match subject {
                Subject::Localhost => peer.is_loopback() || peer == here,
                Subject::Address(pattern) => matches_address(pattern, peer),
                Subject::Name(pattern) => matches(pattern, name?),
            };
            if fits {
                return Some(*allows);
            }
        }
        Some(true)
    }
}

/// An address of IPv6 is also written in full, as Java does.
fn matches_address(pattern: &str, address: IpAddr) -> bool {
    let in_full = |address: Ipv6Addr| {
        let parts = address.segments().map(|part| format!("{part:x}"));
        matches(pattern, &parts.join(":"))
    };
    matches(pattern, &address.to_string()) || matches!(address, IpAddr::V6(address) if in_full(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(rules: &str, peer: &str, name: Option<&str>) -> Option<bool> {
        let rules: IpRules = rules.parse().unwrap();
        rules.decide(peer.parse().unwrap(), "192.0.2.1".parse().unwrap(), name)
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        for (rules, peer, name, expected) in [
            ("allow:ip:127.*,deny:ip:*", "127.0.0.1", None, Some(true)),
            ("allow:ip:127.*,deny:ip:*", "10.0.0.1", None, Some(false)),
            ("deny:ip:*,allow:ip:127.*", "127.0.0.1", None, Some(false)),
            // Whom none fits is let in.
            ("deny:ip:10.*", "192.0.2.9", None, Some(true)),
            ("ALLOW:IP:192.0.2.?,deny:ip:*", "192.0.2.9", None, Some(true)),
            ("allow:name:localhost,deny:ip:*", "127.0.0.1", None, Some(true)),
            ("allow:ip:localhost,deny:ip:*", "::1", None, Some(true)),
            // The machine's own address.
            ("allow:name:localhost,deny:ip:*", "192.0.2.1", None, Some(true)),
            ("allow:name:localhost,deny:ip:*", "192.0.2.2", None, Some(false)),
            ("allow:name:*.example.com,deny:ip:*", "192.0.2.2", Some("a.example.com"), Some(true)),
            ("allow:name:*.example.com,deny:ip:*", "192.0.2.2", Some("a.example.org"), Some(false)),
            ("allow:name:*.example.com,deny:ip:*", "192.0.2.2", None, None),
            ("deny:ip:192.*,allow:name:*.example.com", "192.0.2.2", None, Some(false)),
            ("deny:ip:2001:db8::*", "2001:db8::7", None, Some(false)),
            ("deny:ip:2001:db8:0:0:*", "2001:db8::7", None, Some(false)),
            ("deny:ip:10.*", "::ffff:10.1.2.3", None, Some(false)),
        ] {
            assert_eq!(decide(rules, peer, name), expected, "{rules} {peer} {name:?}");
        }
    }

    #[test]
    fn a_rule_that_is_none_is_named_in_the_words_of_flume() {
        for bad in ["", "allow", "allow:ip", "allow:ip:", "permit:ip:*", "allow:host:*", "allow:ip:*,"] {
            let error = bad.parse::<IpRules>().unwrap_err();
            assert!(
                error.to_string().contains("should look like <'allow' or 'deny'>:<'ip' or 'name'>"),
                "{bad}"
            );
        }
        let error = "allow:ip:*,nonsense".parse::<IpRules>().unwrap_err();
        assert!(error.to_string().starts_with("Invalid ipFilter patternRule 'nonsense' "), "{error}");
    }
}
