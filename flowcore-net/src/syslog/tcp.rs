use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::Timestamp;
use flowcore::event::Event;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};

use super::SyslogTcpConfig;
use super::connection::{Parse, Reading};
use super::message::MessageParser;
use super::octets::MessageCutter;
use super::peer::{PeerHeaders, address_text};
use crate::listening::{Announce, Listener, acceptor, listen};
use crate::peer::HostNames;
use crate::put::PutRule;
use crate::tcp::{Connection, Intake, Server};
use crate::{ListenAddresses, NetError};

/// What is read at once.
const READ: usize = 4 * 1024;
/// Events that are put at once.
const BATCH: usize = 100;

/// Puts messages of syslog that come over TCP into channels. See the [module](super) for its guarantees.
///
/// A message goes to its newline. One that is longer than [`SyslogTcpConfig::event_size`] is given out there,
/// and its rest is the next message. Headers: `Facility` and `Severity` always (0 if it begins with no
/// priority); when it has one of the two forms, `priority`, and where it has them `version`, `timestamp` in
/// milliseconds and `host`; `flume.syslog.status` with `Invalid` or `Incomplete` when something is not as it
/// should be. The body is what follows the header, or the whole message when it has none of the forms.
///
/// ```
/// use flowcore_net::{SyslogTcpConfig, SyslogTcpSource};
///
/// let source = SyslogTcpSource::new(SyslogTcpConfig::new(5140));
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct SyslogTcpSource {
    config: SyslogTcpConfig,
    parser: Arc<MessageParser>,
    announce: Announce,
    listener: Option<Listener>,
    names: HostNames,
}

impl SyslogTcpSource {
    /// Listens when it starts.
    pub fn new(config: SyslogTcpConfig) -> Self {
        let parser = MessageParser::new(config.keep_fields, config.timezone.0.clone());
        let parser = Arc::new(parser.own_format(config.own_format.clone()));
        Self { config, parser, announce: Announce::new(), listener: None, names: HostNames::new() }
    }

    /// Says where it listens.
    pub fn addresses(&self) -> ListenAddresses {
        self.announce.addresses()
    }

    async fn open(&mut self, name: &str) -> Result<Listener, NetError> {
        if let Some(listener) = self.listener.take() {
            return Ok(listener);
        }
        let listener =
            listen(&self.config.host, self.config.port, acceptor(self.config.tls.as_ref())?).await?;
        self.announce.tell(name, listener.socket.local_addr().into_iter().collect());
        Ok(listener)
    }

    fn converse(
        &self,
        reading: Reading,
        connection: Connection,
        intake: Intake,
    ) -> impl Future<Output = ()> + Send + 'static {
        let address = connection.peer.ip();
        let peer =
            PeerHeaders::default().with(self.config.client_ip_header.as_ref(), || address_text(address));
        let cutter = MessageCutter::new(self.config.event_size, self.config.framing);
        let (parser, names) = (self.parser.clone(), self.names.clone());
        let header = self.config.client_hostname_header.clone();
        async move {
            let peer = peer.with_name(header, &names, address).await;
            reading.converse(connection, Messages { cutter, parser, peer }, intake).await;
        }
    }
}

struct Messages {
    cutter: MessageCutter,
    parser: Arc<MessageParser>,
    peer: PeerHeaders,
}

impl Parse for Messages {
    fn parse(&mut self, bytes: &[u8], now: Timestamp, events: &mut Vec<Event>) {
        let Self { cutter, parser, peer } = self;
        cutter.feed(bytes, |message, status| {
            let mut event = parser.event(message, status, now);
            peer.stamp(&mut event);
            events.push(event);
        });
    }
}

#[async_trait]
impl Source<Event> for SyslogTcpSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.listener = Some(self.open(&context.name).await?);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let ComponentContext { name, clock, .. } = out.context().clone();
        let listeners = vec![self.open(&name).await?];
        let reading = Reading { source: name.to_string(), clock, buffer: READ, batch: BATCH };
        let server = Server { listeners, max_connections: self.config.max_connections, rule: PutRule::Wait };
        server.serve(out, |connection, intake| self.converse(reading.clone(), connection, intake)).await
    }
}
