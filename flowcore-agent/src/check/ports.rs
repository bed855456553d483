use super::checker::Checker;
use crate::diagnostic::{Diagnostic, Span};
use crate::keys::Transport;
use crate::model::{ComponentConfig, Group};

struct Listener<'a> {
    source: &'a ComponentConfig,
    transport: Transport,
    address: &'a str,
    port: u16,
    span: Span,
}

impl<'a> Checker<'a> {
    /// Two sources on one port: the second one cannot start.
    pub(super) fn ports(&mut self) {
        let listeners = self.listeners();
        for (at, listener) in listeners.iter().enumerate() {
            let Some(first) = listeners[..at].iter().find(|first| collide(first, listener)) else { continue };
            let message = format!(
                "port {} is taken by {} already",
                listener.port,
                if first.source.name == listener.source.name {
                    "this source".to_owned()
                } else {
                    first.source.title()
                }
            );
            let error = Diagnostic::error("port-taken", message).at(listener.span);
            self.say(listener.source, error.also(first.span, "the first one"));
        }
    }

    fn listeners(&self) -> Vec<Listener<'a>> {
        let mut found = Vec::new();
        for (source, kind) in self.typed(Group::Sources) {
            let Some(transport) = kind.listens else { continue };
            let address = source.value("bind").or(source.value("host")).unwrap_or("0.0.0.0");
            for setting in ["port", "ports"].into_iter().filter_map(|key| source.get(key)) {
                let ports =
                    setting.words().into_iter().filter_map(|(word, span)| Some((word.parse().ok()?, span)));
                found.extend(ports.map(|(port, span)| Listener { source, transport, address, port, span }));
            }
        }
        found
    }
}

/// Whether both cannot listen. Port 0 is a free one each time.
fn collide(a: &Listener<'_>, b: &Listener<'_>) -> bool {
    let is_any = |address: &str| matches!(address, "0.0.0.0" | "::" | "*");
    let is_same_address = a.address.eq_ignore_ascii_case(b.address) || is_any(a.address) || is_any(b.address);
    a.port != 0 && a.port == b.port && a.transport == b.transport && is_same_address
}
