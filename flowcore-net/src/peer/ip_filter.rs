use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::{HostNames, IpRules};

/// Lets in whom its rules allow, and looks up names for the rules that ask for them. Cheap to clone.
///
/// ```
/// use flowcore_net::peer::{HostNames, IpFilter};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), flowcore_net::peer::BadIpRule> {
/// let filter = IpFilter::new("allow:ip:127.*,deny:ip:*".parse()?, HostNames::new());
/// let here = "127.0.0.1:4545".parse().unwrap();
/// assert!(filter.admits("127.0.0.1:50000".parse().unwrap(), here).await);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct IpFilter {
    rules: Arc<IpRules>,
    names: HostNames,
}

impl IpFilter {
    /// By these rules.
    pub fn new(rules: IpRules, names: HostNames) -> Self {
        Self { rules: Arc::new(rules), names }
    }

    /// Whether `peer` is let in that came to `here`. Waits for a name when a rule asks for it, at most five
    /// seconds; then the address stands for it. Safe to cancel.
    pub async fn admits(&self, peer: SocketAddr, here: SocketAddr) -> bool {
        let (peer, here): (IpAddr, IpAddr) = (peer.ip(), here.ip());
        if let Some(verdict) = self.rules.decide(peer, here, None) {
            return verdict;
        }
        let name = self.names.name_of(peer).await;
        // With a name there is always a verdict.
        self.rules.decide(peer, here, Some(&name)).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_rule_for_names_has_the_name_looked_up() {
        let names = HostNames::with(|address| address.is_loopback().then(|| "box.example.com".to_owned()));
        let rules = "allow:name:*.example.com,allow:name:192.0.2.9,deny:name:*";
        let filter = IpFilter::new(rules.parse().unwrap(), names);
        let here = "192.0.2.1:1".parse().unwrap();
        for (peer, expected) in [("127.0.0.1:1", true), ("192.0.2.9:1", true), ("192.0.2.8:1", false)] {
            assert_eq!(filter.admits(peer.parse().unwrap(), here).await, expected, "{peer}");
        }
    }
}
