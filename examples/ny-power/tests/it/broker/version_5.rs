//! What version 5 adds.

use mqtt_protocol_core::mqtt::packet::{
    MessageExpiryInterval, Packet, Property, Qos, SessionExpiryInterval, SubEntry, SubOpts,
    SubscriptionIdentifier, TopicAlias, UserProperty, WillDelayInterval, v5_0,
};

use super::client::{Client, Hello};
use super::running::{PASSWORD, Running};

/// Options of a subscription.
const NO_LOCAL: u8 = 0b100;
const AS_PUBLISHED: u8 = 0b1000;
const IF_NEW: u8 = 0b1_0000;
const NO_RETAINED: u8 = 0b10_0000;

#[tokio::test(flavor = "multi_thread")]
async fn no_local_and_retain_as_published_hold() {
    let (broker, _dir) = Running::start().await;
    let (mut client, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    client.subscribe("ny-power/#", 1 | NO_LOCAL | AS_PUBLISHED).await;
    client.deliver("ny-power/x", "own", 1, false).await;
    let (mut other, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    for retain in [true, false] {
        other.deliver("ny-power/x", "other", 1, retain).await;
        let message = client.message().await;
        assert_eq!((message.payload.as_str(), message.retain), ("other", retain));
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_come_as_the_subscription_says() {
    let (broker, _dir) = Running::start().await;
    let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    writer.deliver("ny-power/x", "kept", 1, true).await;
    let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    reader.subscribe("ny-power/#", NO_RETAINED).await;
    writer.deliver("ny-power/y", "1", 1, false).await;
    assert_eq!(reader.message().await.payload, "1");
    reader.subscribe("ny-power/#", IF_NEW).await;
    writer.deliver("ny-power/y", "2", 1, false).await;
    assert_eq!(reader.message().await.payload, "2", "it was not new");
    reader.subscribe("ny-power/+", IF_NEW).await;
    let kept = reader.message().await;
    assert_eq!((kept.payload.as_str(), kept.retain), ("kept", true));
    reader.subscribe("ny-power/+", 0).await;
    assert_eq!(reader.message().await.payload, "kept", "asked for again");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscription_identifiers_and_properties_travel() {
    let (broker, _dir) = Running::start().await;
    let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    for (id, filter) in [(1, "ny-power/#"), (300_000, "ny-power/+"), (3, "ny-power/other")] {
        let entry = SubEntry::new(filter, SubOpts::new()).unwrap();
        let identifier: Property = SubscriptionIdentifier::new(id).unwrap().into();
        let packet = v5_0::Subscribe::builder().packet_id(1).entries(vec![entry]).props(vec![identifier]);
        reader.send(&packet.build().unwrap().into()).await;
        assert_eq!(reader.raw().await.unwrap().packet_type(), 9);
    }
    let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    let own: Property = UserProperty::new("zone", "EDT").unwrap().into();
    let expiry: Property = MessageExpiryInterval::new(100).unwrap().into();
    let builder = v5_0::Publish::builder().topic_name("ny-power/x").unwrap().qos(Qos::AtMostOnce);
    writer.send(&builder.props(vec![expiry, own.clone()]).payload("1").build().unwrap().into()).await;
    let raw = reader.raw().await.unwrap();
    let mqtt_protocol_core::mqtt::connection::PacketData::Publish(data) = &raw.data else {
        panic!("{raw:?}")
    };
    let (message, _) = v5_0::Publish::parse(raw.flags(), data.clone()).unwrap();
    let mut identifiers = Vec::new();
    for property in message.props() {
        match property {
            Property::SubscriptionIdentifier(id) => identifiers.push(id.val()),
            Property::MessageExpiryInterval(left) => assert!((90..=100).contains(&left.val())),
            other => assert_eq!(*other, own),
        }
    }
    identifiers.sort_unstable();
    assert_eq!(identifiers, [1, 300_000]);
    assert_eq!(message.props().len(), 4);
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_alias_that_was_not_offered_ends_the_connection() {
    let (broker, _dir) = Running::start().await;
    let (mut writer, _) = Client::tcp(broker.port).await.hello(Hello::pump()).await;
    let alias: Property = TopicAlias::new(1).unwrap().into();
    let builder = v5_0::Publish::builder().topic_name("ny-power/x").unwrap().qos(Qos::AtMostOnce);
    writer.send(&builder.props(vec![alias]).payload("1").build().unwrap().into()).await;
    let farewell = writer.raw().await.unwrap();
    assert_eq!((farewell.packet_type(), farewell.data_as_slice()[0]), (14, 0x94));
    broker.stop().await;
}

fn mortal(payload: &str, delay: u32, expiry: u32) -> Packet {
    let delay: Property = WillDelayInterval::new(delay).unwrap().into();
    let expiry: Property = SessionExpiryInterval::new(expiry).unwrap().into();
    v5_0::Connect::builder()
        .client_id("mortal")
        .unwrap()
        .clean_start(false)
        .will_message("ny-power/will", payload, Qos::AtLeastOnce, false)
        .unwrap()
        .will_props(vec![delay])
        .props(vec![expiry])
        .user_name("pump")
        .unwrap()
        .password(PASSWORD)
        .unwrap()
        .build()
        .unwrap()
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_will_waits_for_its_delay_and_is_not_published_for_who_is_back() {
    let (broker, _dir) = Running::start().await;
    let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    reader.subscribe("ny-power/#", 1).await;
    for (payload, delay, expiry) in
        [("never", 1000, 1000), ("after a second", 1, 1000), ("at its end", 1000, 1)]
    {
        let mut client = Client::tcp(broker.port).await;
        client.send(&mortal(payload, delay, expiry)).await;
        assert_eq!(client.connack().await.0, 0);
        drop(client);
        if payload != "never" {
            assert_eq!(reader.message().await.payload, payload);
        }
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_time_is_over() {
    let (broker, _dir) = Running::start().await;
    let (mut reader, _) = Client::tcp(broker.port).await.hello(Hello::anonymous()).await;
    reader.subscribe("ny-power/#", 1).await;
    let mut client = Client::tcp(broker.port).await;
    client.send(&mortal("over", 1000, 1)).await;
    assert!(!client.connack().await.1);
    drop(client);
    // Its will comes at the end of the session.
    assert_eq!(reader.message().await.payload, "over");
    let mut client = Client::tcp(broker.port).await;
    client.send(&mortal("new", 1000, 0)).await;
    assert!(!client.connack().await.1, "there is no session any more");
    broker.stop().await;
}
