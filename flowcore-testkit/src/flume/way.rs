/// One way into an agent of Flume's and one out of it: a source, a memory channel and a sink of one type.
///
/// ```
/// use flowcore_testkit::FlumeWay;
///
/// let way = FlumeWay::new("avro", "plain", 4545).input("compression-type = deflate").output(4546, "");
/// let configuration = FlumeWay::configuration(&[way]);
/// assert!(configuration.contains("a1.sources.plain.compression-type = deflate\n"));
/// assert!(configuration.contains("a1.sinks.plain.port = 4546\n"));
/// ```
#[derive(Debug, Clone)]
pub struct FlumeWay {
    kind: &'static str,
    name: &'static str,
    /// Where its source listens.
    pub port: u16,
    input: String,
    output: Option<(u16, String)>,
    capacity: usize,
}

impl FlumeWay {
    /// Into the agent at `port`, by a source of this type, and not out of it. Its channel has 10,000 events.
    pub fn new(kind: &'static str, name: &'static str, port: u16) -> Self {
        Self { kind, name, port, input: String::new(), output: None, capacity: 10_000 }
    }

    /// Keys of its source, one a line.
    #[must_use]
    pub fn input(mut self, keys: impl Into<String>) -> Self {
        self.input = keys.into();
        self
    }

    /// Out to this port, by a sink with these keys, one a line.
    #[must_use]
    pub fn output(mut self, port: u16, keys: impl Into<String>) -> Self {
        self.output = Some((port, keys.into()));
        self
    }

    /// How many events its channel has at most.
    #[must_use]
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    /// The agent `a1` with these ways.
    pub fn configuration(ways: &[Self]) -> String {
        let names =
            |ways: &mut dyn Iterator<Item = &Self>| ways.map(|way| way.name).collect::<Vec<_>>().join(" ");
        let all = names(&mut ways.iter());
        let leaving = names(&mut ways.iter().filter(|way| way.output.is_some()));
        let lists = format!("a1.sources = {all}\na1.channels = {all}\na1.sinks = {leaving}\n");
        lists + &ways.iter().map(Self::lines).collect::<String>()
    }

    fn lines(&self) -> String {
        let Self { kind, name, port, input, output, capacity } = self;
        let source = format!("type = {kind}\nbind = 127.0.0.1\nport = {port}\nchannels = {name}\n{input}");
        let limits = format!("capacity = {capacity}\ntransactionCapacity = {capacity}");
        let mut lines = keys(&format!("a1.sources.{name}"), &source)
            + &keys(&format!("a1.channels.{name}"), &format!("type = memory\nkeep-alive = 0\n{limits}"));
        if let Some((port, own)) = output {
            let to = format!("type = {kind}\nhostname = 127.0.0.1\nport = {port}\nchannel = {name}");
            lines += &keys(&format!("a1.sinks.{name}"), &format!("{to}\nbatch-size = 30\n{own}"));
        }
        lines
    }
}

fn keys(of: &str, text: &str) -> String {
    text.lines().flat_map(|line| [of, ".", line, "\n"]).collect()
}
