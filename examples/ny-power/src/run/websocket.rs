use super::Failure;
use crate::web::{WebSocket, WebSocketAddress};

/// Where browsers find the websocket of a broker that somebody else runs: at the same host, unless it was said.
pub(super) fn beside(broker: &str, port: u16, said: Option<&WebSocketAddress>) -> Result<WebSocket, Failure> {
    if let Some(address) = said {
        return Ok(WebSocket::Address(address.clone()));
    }
    let authority = broker.split_once("://").map_or(broker, |(_, rest)| rest);
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, _)) => format!("[{ip}]"),
        None => host_and_port.split([':', '/']).next().unwrap_or_default().to_owned(),
    };
    Ok(WebSocket::Address(format!("ws://{host}:{port}").parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_websocket_is_at_the_brokers_host_without_its_password() {
        let of = |broker: &str| beside(broker, 9001, None).unwrap().to_string();
        assert_eq!(of("mqtt://pump:se@cret@grid.example:1884"), "ws://grid.example:9001");
        assert_eq!(of("mqtts://grid.example"), "ws://grid.example:9001");
        assert_eq!(of("mqtt://pump@[::1]:1883"), "ws://[::1]:9001");
    }

    #[test]
    fn what_was_said_wins() {
        let said = "wss://other.example/mqtt".parse().unwrap();
        let address = beside("mqtt://grid.example", 9001, Some(&said)).unwrap();
        assert_eq!(address.to_string(), "wss://other.example/mqtt");
    }
}
