use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Backoff;

use crate::Publish;

/// Which broker, who we are there, and how long to wait for it.
///
/// The address is `mqtt://[user[:password]@]host[:port]`, or `mqtts://…` for TLS; the ports are 1883 and 8883.
/// User and password may be percent-encoded. The certificate of a TLS broker must be signed by an authority
/// that the system trusts, or by [`root_certificate`](Self::root_certificate).
///
/// ```
/// use flowcore_mqtt::{MqttConfig, Publish};
/// use std::time::Duration;
///
/// let config = MqttConfig::new("mqtts://pump:secret@broker.example")
///     .client_id("pump-1")
///     .last_will(Publish::new("pumps/1/state", "gone").retained())
///     .patience(Duration::from_secs(5));
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct MqttConfig {
    pub(crate) address: String,
    pub(crate) login: Option<(String, String)>,
    pub(crate) root_certificate: Option<Vec<u8>>,
    pub(crate) version: Version,
    pub(crate) client_id: Option<String>,
    pub(crate) session: Session,
    pub(crate) last_will: Option<Arc<Publish>>,
    pub(crate) keep_alive: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_packet_size: u32,
    pub(crate) max_in_flight: u16,
    pub(crate) patience: Option<Duration>,
    pub(crate) backoff: Backoff,
}

/// Which protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// MQTT 3.1.1. A refused publish is not told: the broker acknowledges or disconnects.
    V3_1_1,
    /// MQTT 5.
    #[default]
    V5,
}

/// What the broker remembers of a client that is not connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Session {
    /// Nothing from before the component started and nothing after it has ended. With MQTT 5 it lives for a
    /// minute while the connection is broken; with 3.1.1 it ends with each connection.
    #[default]
    Clean,
    /// What was subscribed and not acknowledged, for this long; needs a client id of its own. With 3.1.1 the
    /// broker decides how long.
    Persistent(Duration),
}

impl MqttConfig {
    /// The broker at `address`. Whether it can be used is said when a component starts.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            login: None,
            root_certificate: None,
            version: Version::default(),
            client_id: None,
            session: Session::default(),
            last_will: None,
            keep_alive: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_packet_size: 1 << 20,
            max_in_flight: 1000,
            patience: None,
            backoff: Backoff::new(Duration::from_millis(50), Duration::from_secs(2)),
        }
    }

    /// User and password, instead of those in the address.
    #[must_use]
    pub fn login(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some((user.into(), password.into()));
        self
    }

    /// Trust brokers whose certificate is signed by this authority (PEM), and no others.
    #[must_use]
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificate = Some(pem.into());
        self
    }

    /// Default [`Version::V5`].
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// The name under which the broker knows us. Two clients of one name throw each other out, so each
    /// component and each of its tasks needs its own. Default: a random one for each component.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }

    /// Default [`Session::Clean`].
    #[must_use]
    pub fn session(mut self, session: Session) -> Self {
        self.session = session;
        self
    }

    /// What the broker publishes when the connection breaks without a farewell.
    #[must_use]
    pub fn last_will(mut self, publish: Publish) -> Self {
        self.last_will = Some(Arc::new(publish));
        self
    }

    /// The longest silence: then a ping is sent, and a broker that does not answer it for half as long counts
    /// as away. At least 1 s, at most 18 hours. Default 30 s.
    #[must_use]
    pub fn keep_alive(mut self, time: Duration) -> Self {
        self.keep_alive = time.clamp(Duration::from_secs(1), Duration::from_secs(u64::from(u16::MAX)));
        self
    }

    /// How long one attempt to connect may take, with TLS and login. Default 5 s.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// The largest packet that is sent or taken, in bytes. A broker that sends a larger one breaks the
    /// protocol with MQTT 5, which tells it; with 3.1.1 it cannot know. Default 1 MiB.
    #[must_use]
    pub fn max_packet_size(mut self, bytes: u32) -> Self {
        self.max_packet_size = bytes.clamp(256, 256 << 20);
        self
    }

    /// The most messages under way without an answer, in each direction: those published and not answered by
    /// the broker, and those received and not settled by the topology or channel. At least 1. Default 1,000.
    #[must_use]
    pub fn max_in_flight(mut self, messages: u16) -> Self {
        self.max_in_flight = messages.max(1);
        self
    }

    /// How long messages wait for a broker that is away before they fail with an error that may pass. Default:
    /// 60 s in sinks and in the client, for ever in bolts. Sources and spouts go on for ever in any case.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = Some(time);
        self
    }

    /// The pauses between attempts to connect. Default 50 ms doubling to 2 s.
    #[must_use]
    pub fn backoff(mut self, first: Duration, largest: Duration) -> Self {
        self.backoff = Backoff::new(first, largest);
        self
    }
}

impl fmt::Debug for MqttConfig {
    /// Without address and login: they hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttConfig")
            .field("version", &self.version)
            .field("client_id", &self.client_id)
            .field("session", &self.session)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
