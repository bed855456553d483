use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::Timestamp;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};

use super::MultiportSyslogConfig;
use super::connection::{Parse, Reading};
use super::line::LineCutter;
use super::line_parser::LineParser;
use super::peer::{PeerHeaders, address_text};
use crate::listening::{Announce, Listener, acceptor, listen};
use crate::peer::HostNames;
use crate::put::PutRule;
use crate::tcp::{Connection, Intake, Server};
use crate::{Charset, ListenAddresses, NetError};

/// Puts messages of syslog that come over TCP to several ports into channels. See the [module](super) for its
/// guarantees.
///
/// A message is a line. One that is longer than [`MultiportSyslogConfig::event_size`] is given out in parts.
/// Headers: `Facility`, `Severity`, `Priority`, `timestamp` in milliseconds and `host`, and `Version` where
/// there is one; `-` for a stamp is the present, a wrong one of RFC 3164 is 0. A line that is not as it should
/// be has itself as the body, and of these only `flume.syslog.status` with `Invalid`; one that was cut has
/// `Incomplete` there.
///
/// ```
/// use flowcore_net::{MultiportSyslogConfig, MultiportSyslogSource};
///
/// let source = MultiportSyslogSource::new(MultiportSyslogConfig::new([5140, 5141]));
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct MultiportSyslogSource {
    config: MultiportSyslogConfig,
    parser: Arc<LineParser>,
    announce: Announce,
    listeners: Vec<Listener>,
    names: HostNames,
}

impl MultiportSyslogSource {
    /// Listens when it starts.
    pub fn new(config: MultiportSyslogConfig) -> Self {
        let parser = Arc::new(LineParser::new(config.keep_fields, config.timezone.0.clone()));
        let (announce, listeners, names) = (Announce::new(), Vec::new(), HostNames::new());
        Self { config, parser, announce, listeners, names }
    }

    /// Says where it listens.
    pub fn addresses(&self) -> ListenAddresses {
        self.announce.addresses()
    }

    async fn open(&mut self, name: &str) -> Result<(), NetError> {
        if !self.listeners.is_empty() {
            return Ok(());
        }
        let tls = acceptor(self.config.tls.as_ref())?;
        for port in &self.config.ports {
            match listen(&self.config.host, *port, tls.clone()).await {
                Ok(listener) => self.listeners.push(listener),
                Err(error) => {
                    let cause =
                        std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                    tracing::error!(source = %name, %error, %cause, "the other ports serve");
                }
            }
        }
        if self.listeners.is_empty() {
            let ports = self.config.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            return Err(NetError::NoPort { ports });
        }
        self.announce
            .tell(name, self.listeners.iter().filter_map(|own| own.socket.local_addr().ok()).collect());
        Ok(())
    }

    fn converse(
        &self,
        reading: Reading,
        connection: Connection,
        intake: Intake,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (address, port) = (connection.peer.ip(), connection.local_port);
        let peer = PeerHeaders::default()
            .with(self.config.client_ip_header.as_ref(), || address_text(address))
            .with(self.config.port_header.as_ref(), || Arc::from(port.to_string()));
        let cutter = LineCutter::new(self.config.event_size);
        let charset = self.config.charset_of(port);
        let (parser, names) = (self.parser.clone(), self.names.clone());
        let header = self.config.client_hostname_header.clone();
        async move {
            let peer = peer.with_name(header, &names, address).await;
            reading.converse(connection, Lines { cutter, parser, charset, peer }, intake).await;
        }
    }
}

struct Lines {
    cutter: LineCutter,
    parser: Arc<LineParser>,
    charset: Charset,
    peer: PeerHeaders,
}

impl Parse for Lines {
    fn parse(&mut self, bytes: &[u8], now: Timestamp, events: &mut Vec<Event>) {
        let Self { cutter, parser, charset, peer } = self;
        cutter.feed(bytes, |line, whole| {
            let mut event = parser.event(line, whole, *charset, now);
            peer.stamp(&mut event);
            events.push(event);
        });
    }
}

#[async_trait]
impl Source<Event> for MultiportSyslogSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        Ok(self.open(&context.name).await?)
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let ComponentContext { name, clock, .. } = out.context().clone();
        self.open(&name).await?;
        let listeners = std::mem::take(&mut self.listeners);
        let (buffer, batch) = (self.config.read_buffer_bytes, self.config.batch_size);
        let reading = Reading { source: name.to_string(), clock, buffer, batch };
        let server = Server { listeners, max_connections: self.config.max_connections, rule: PutRule::Wait };
        server.serve(out, |connection, intake| self.converse(reading.clone(), connection, intake)).await
    }
}
