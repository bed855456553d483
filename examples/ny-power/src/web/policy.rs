use super::WebSocket;
use super::address::{policy_host, split_port};

/// What a page may do: load its parts from here, and talk to the broker. `host` is what the page was asked
/// for under, the `Host` of the request.
pub(super) fn policy(websocket: &WebSocket, host: Option<&str>) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src {}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        connect(websocket, host)
    )
}

fn connect(websocket: &WebSocket, host: Option<&str>) -> String {
    match websocket {
        WebSocket::Address(address) => address.source().to_owned(),
        WebSocket::Port(port) => {
            let host = host.and_then(|host| policy_host(split_port(host).0)).unwrap_or("*");
            format!("ws://{host}:{port} wss://{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect_to(websocket: &WebSocket, host: Option<&str>) -> String {
        let policy = policy(websocket, host);
        let directive = policy.split("; ").find_map(|directive| directive.strip_prefix("connect-src "));
        directive.unwrap().to_owned()
    }

    #[test]
    fn a_port_is_allowed_on_the_host_that_the_page_came_from() {
        let port = WebSocket::Port(9001);
        assert_eq!(
            connect_to(&port, Some("grid.example:3000")),
            "ws://grid.example:9001 wss://grid.example:9001"
        );
        assert_eq!(connect_to(&port, Some("127.0.0.1")), "ws://127.0.0.1:9001 wss://127.0.0.1:9001");
    }

    #[test]
    fn a_host_that_no_policy_can_name_leaves_the_port() {
        for host in [Some("[::1]:3000"), Some("a; script-src *"), Some(""), None] {
            assert_eq!(connect_to(&WebSocket::Port(9001), host), "ws://*:9001 wss://*:9001", "{host:?}");
        }
    }

    #[test]
    fn an_address_is_allowed_alone() {
        let address = WebSocket::Address("wss://broker.example/mqtt".parse().unwrap());
        assert_eq!(connect_to(&address, Some("grid.example")), "wss://broker.example/mqtt");
    }
}
