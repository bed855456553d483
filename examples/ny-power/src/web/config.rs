use std::fmt;

use super::WebSocketAddress;

/// What the web server has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// Where pages find the broker.
    pub websocket: WebSocket,
}

/// Where pages find the broker's websocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebSocket {
    /// At this port of the host that the page was loaded from, by `wss:` where the page came by `https:`.
    Port(u16),
    /// At this address, wherever the page came from.
    Address(WebSocketAddress),
}

impl fmt::Display for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => port.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}
