use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::process::{RunningTopology, TopologyBuilder, for_each};
use flowcore_redis::{RedisConfig, SubscribeSourceConfig, SubscribeSpout};

use super::Failure;
use super::embedded::page_branches;
use crate::bucket::Bucketing;
use crate::queue::{LIVE_CHANNEL, PacketBoard, QueueBoard, Server};

/// The page's half: buckets out of a Redis, and a small topology that follows the live channel.
pub(super) async fn start(
    url: &str,
    bucketing: Bucketing,
    clock: &Clock,
) -> Result<(QueueBoard, RunningTopology), Failure> {
    let mut server = Server::new(url)?;
    let branches = page_branches(server.branches().await?);
    let packets = PacketBoard::new();
    let (redis, shown) = (RedisConfig::new(url), packets.clone());
    let mut topology = TopologyBuilder::new("page").clock(clock.clone());
    let messages = topology.spout("packets", move || {
        SubscribeSpout::new(SubscribeSourceConfig::new(redis.clone()).channel(LIVE_CHANNEL))
    });
    topology
        .bolt("show", move || {
            let packets = shown.clone();
            for_each(move |message: &Event| packets.receive(&message.body))
        })
        .global(&messages);
    let running = topology.build()?.start();
    Ok((QueueBoard::new(branches, bucketing, clock.clone(), server, packets), running))
}
