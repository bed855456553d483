use flowcore_rpc::Stream;

use super::deflate::DeflateStream;
use super::{Compression, LayerOrder};

/// What lies on a connection beside TLS.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Packing {
    pub(crate) compression: Compression,
    pub(crate) order: LayerOrder,
}

impl Packing {
    /// Compresses, if this is the place for it.
    pub(crate) fn pack(self, place: LayerOrder, stream: Stream) -> Stream {
        match self.compression {
            Compression::Deflate { level } if place == self.order => {
                Box::new(DeflateStream::new(stream, level))
            }
            _ => stream,
        }
    }
}
