use bytes::BytesMut;
use flowcore::event::Event;
use flowcore_rpc::protocol::{Answer, Exchange, Outcome, Session, Step};
use flowcore_rpc::{ClientProtocol, ConnectConfig, Decoder, Layers, ListenConfig, ServerProtocol};

/// A call is a line of words, each an event; its answer is a line too.
#[derive(Debug, Clone)]
pub(crate) struct Lines<C> {
    pub(crate) config: C,
    pub(crate) longest: usize,
}

pub(crate) type LinesSource = flowcore_rpc::RpcSource<Lines<ListenConfig>>;
pub(crate) type LinesSink = flowcore_rpc::RpcSink<Lines<ConnectConfig>>;

#[derive(Debug)]
pub(crate) struct LineDecoder {
    input: BytesMut,
    longest: usize,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line has more than {0} bytes")]
pub(crate) struct TooLong(usize);

impl<C> Lines<C> {
    pub(crate) fn new(config: C) -> Self {
        Self { config, longest: 1000 }
    }

    fn decoder(&self) -> LineDecoder {
        LineDecoder { input: BytesMut::new(), longest: self.longest }
    }
}

impl Decoder for LineDecoder {
    type Frame = String;
    type Error = TooLong;

    fn frame_bytes(&self) -> usize {
        self.longest
    }

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn is_between_frames(&self) -> bool {
        self.input.is_empty()
    }

    fn held(&self) -> usize {
        self.input.len()
    }

    fn worth_reserving(&self) -> usize {
        self.input.len().max(1 << 10)
    }

    fn next_frame(&mut self) -> Result<Option<String>, TooLong> {
        let end = self.input.iter().position(|byte| *byte == b'\n');
        if end.unwrap_or(self.input.len()) > self.longest {
            return Err(TooLong(self.longest));
        }
        let Some(end) = end else { return Ok(None) };
        let line = self.input.split_to(end + 1);
        Ok(Some(String::from_utf8_lossy(&line[..end]).into_owned()))
    }
}

impl<C> Layers for Lines<C> {}

#[derive(Debug)]
pub(crate) struct Talk(Lines<()>);

impl ServerProtocol for Lines<ListenConfig> {
    const NAME: &'static str = "lines";
    type Status = String;
    type Session = Talk;

    fn listen(&self) -> &ListenConfig {
        &self.config
    }

    fn session(&self) -> Talk {
        Talk(Lines { config: (), longest: self.longest })
    }
}

impl Session for Talk {
    type Decoder = LineDecoder;
    type Call = ();
    type Error = TooLong;

    fn decoder(&self) -> LineDecoder {
        self.0.decoder()
    }

    fn read(&mut self, line: &String, out: &mut Vec<u8>) -> Result<Step<()>, TooLong> {
        if line == "ping" {
            out.extend_from_slice(b"pong\n");
            return Ok(Step::Answered);
        }
        Ok(Step::Put((), line.split_whitespace().map(|word| Event::new(word.to_owned())).collect()))
    }

    fn answer(&mut self, (): &(), outcome: Outcome, out: &mut Vec<u8>) -> Result<(), TooLong> {
        out.extend_from_slice(match outcome {
            Outcome::Committed => b"taken\n",
            Outcome::Refused => b"refused\n",
        });
        Ok(())
    }
}

impl ClientProtocol for Lines<ConnectConfig> {
    type Exchange = Talk;

    fn connect(&self) -> &ConnectConfig {
        &self.config
    }

    fn exchange(&self) -> Talk {
        Talk(Lines { config: (), longest: self.longest })
    }

    /// As many as have a short line.
    fn fitting(&self, events: &[Event]) -> usize {
        let mut bytes = 0;
        let fits = |event: &&Event| {
            bytes += event.body.len() + 1;
            bytes <= self.longest
        };
        events.iter().take_while(fits).count()
    }
}

impl Exchange for Talk {
    type Decoder = LineDecoder;
    type Status = String;
    type Error = TooLong;

    fn decoder(&self) -> LineDecoder {
        self.0.decoder()
    }

    fn ask(&mut self, events: &[Event], out: &mut Vec<u8>) -> Result<(), TooLong> {
        for event in events {
            out.extend_from_slice(&event.body);
            out.push(b' ');
        }
        out.push(b'\n');
        Ok(())
    }

    fn hear(&mut self, line: &String) -> Result<Answer<String>, TooLong> {
        Ok(match line.as_str() {
            "taken" => Answer::Taken,
            "refused" => Answer::NotTaken(line.clone()),
            "again" => Answer::Again,
            "stray" => Answer::Stray,
            "stranger" => Answer::Stranger,
            other => Answer::Error(other.to_owned()),
        })
    }
}
