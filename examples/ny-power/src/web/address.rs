use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// The whole address of a websocket: `ws://` or `wss://`, a host, and if need be a port and a path. There is
/// no place for a user, a password, a query or a fragment: it stands in the page, where everybody reads it.
///
/// ```
/// use ny_power::web::WebSocketAddress;
///
/// let address: WebSocketAddress = "wss://grid.example.org:8443/mqtt".parse()?;
/// assert_eq!(address.to_string(), "wss://grid.example.org:8443/mqtt");
///
/// let error = "https://grid.example.org".parse::<WebSocketAddress>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "\"https://grid.example.org\" is not a websocket's address: it does not begin with ws:// or wss://"
/// );
/// # Ok::<(), ny_power::web::WebSocketAddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSocketAddress {
    text: String,
    /// What a policy allows for it.
    source: String,
}

/// A text that is not the address of a websocket.
#[derive(Debug, thiserror::Error)]
#[error("{address:?} is not a websocket's address: {reason}")]
pub struct WebSocketAddressError {
    /// What was given.
    pub address: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl WebSocketAddress {
    /// As a source of a content security policy. These have no notation for IPv6 literals: there the scheme,
    /// the port and the path are all that can be said.
    pub(super) fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Display for WebSocketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for WebSocketAddress {
    type Err = WebSocketAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match source(text) {
            Ok(source) => Ok(Self { text: text.to_owned(), source }),
            Err(reason) => Err(WebSocketAddressError { address: text.to_owned(), reason }),
        }
    }
}

fn source(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("ws://").or_else(|| text.strip_prefix("wss://"));
    let rest = rest.ok_or("it does not begin with ws:// or wss://")?;
    let scheme = &text[..text.len() - rest.len()];
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("a user or password would be there for everybody to read");
    }
    let (host, port) = split_port(authority);
    if let Some(port) = port {
        port.parse::<u16>().ok().filter(|port| *port > 0).ok_or("its port is not one from 1 to 65535")?;
    }
    if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte)) {
        return Err("its path has other characters than letters, digits and /-._~%");
    }
    let host = policy_host(host).ok_or("it has no host, or one that is no name and no address")?;
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}{host}{port}{path}"))
}

/// Host and port of an authority; the colons of an IPv6 literal belong to the host.
pub(super) fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// A host as a policy can say it; `None` when it is none.
pub(super) fn policy_host(host: &str) -> Option<&str> {
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(literal) = literal {
        return literal.parse::<Ipv6Addr>().is_ok().then_some("*");
    }
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    (plain && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_it_is_and_allowed_as_it_is() {
        for text in ["ws://127.0.0.1:9001", "wss://grid.example.org", "ws://broker/mqtt", "wss://a-b.c:443/"]
        {
            let address: WebSocketAddress = text.parse().unwrap();
            assert_eq!((address.to_string().as_str(), address.source()), (text, text));
        }
    }

    #[test]
    fn an_ipv6_literal_is_allowed_by_its_port_alone() {
        let address: WebSocketAddress = "ws://[::1]:9001/mqtt".parse().unwrap();
        assert_eq!(address.source(), "ws://*:9001/mqtt");
    }

    #[test]
    fn what_is_no_address_or_could_leave_its_place_in_page_and_policy_is_refused() {
        for text in [
            "",
            "broker:9001",
            "http://broker",
            "WS://broker",
            "ws://",
            "ws://:9001",
            "ws://broker:0",
            "ws://broker:65536",
            "ws://broker:",
            "ws://pump:secret@broker",
            "ws://broker; script-src *",
            "ws://broker/\"><script>",
            "ws://broker/a b",
            "ws://broker/?user=pump",
            "ws://broker/#top",
            "ws://*",
            "ws://[zz]:1",
            "ws://br\u{f6}ker",
        ] {
            let error = text.parse::<WebSocketAddress>().unwrap_err();
            assert!(error.to_string().contains("is not a websocket's address: "), "{text}");
        }
    }
}
