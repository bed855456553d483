use super::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::model::{ComponentConfig, Setting};

impl<'a> Checker<'a> {
    /// Flume's default client sends to the first of its hosts alone. A thrift sink tries all of them here.
    pub(super) fn unused_hosts(&mut self, sink: &'a ComponentConfig) {
        let is_default =
            self.value(sink, "client.type").is_some_and(|kind| kind.eq_ignore_ascii_case("default"));
        let hosts = sink.get("hosts").filter(|_| is_default).map(Setting::words).unwrap_or_default();
        let [(first, _), (_, unused), ..] = hosts[..] else { return };
        let message =
            format!("{} sends to {first} alone: client.type default uses no other host", sink.title());
        let warning = Diagnostic::warning("unused-hosts", message).at(unused);
        self.say(sink, warning.help("set client.type to default_failover or default_loadbalance"));
    }
}
