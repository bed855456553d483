//! Every key of selectors and sink processors, by where events go.

use flowcore::event::Event;

use crate::embedded::{FRAME, Seen, run, with_prefix};

fn events(bodies: &[&str]) -> Vec<Event> {
    bodies.iter().map(|body| Event::new(body.to_string())).collect()
}

fn of_state(values: &[&str]) -> Vec<Event> {
    values.iter().map(|value| Event::new(value.to_string()).with_header("state", *value)).collect()
}

/// Three channels, each with a sink.
async fn selected(keys: &str, events: Vec<Event>) -> Seen {
    const CHANNEL: &str = "a1.channels.cN.type = memory\na1.channels.cN.capacity = 1000\n\
                           a1.sinks.kN.type = test.Record\na1.sinks.kN.channel = cN\n";
    let all = "a1.sources = r1\na1.channels = c1 c2 c3\na1.sinks = k1 k2 k3\na1.sources.r1.type = test.Script\n\
               a1.sources.r1.channels = c1 c2 c3\n";
    let parts: Vec<String> = ["1", "2", "3"].iter().map(|number| CHANNEL.replace('N', number)).collect();
    let conf = format!("{all}{}{}", parts.concat(), with_prefix("a1.sources.r1.selector.", keys));
    run(&conf, events).await
}

fn got(seen: &Seen) -> [usize; 3] {
    ["k1", "k2", "k3"].map(|sink| seen.by(sink).len())
}

#[tokio::test]
async fn a_replicating_selector_gives_all_to_all_and_an_optional_channel_goes_without() {
    assert_eq!(got(&selected("", events(&["a", "b"])).await), [2, 2, 2]);
    // A channel with room for none of them: the source has no trouble.
    let conf = FRAME.replace("channels = c1", "channels = c1 c2")
        + "a1.channels.c2.type = memory\na1.channels.c2.capacity = 1\na1.channels.c2.byteCapacity = 1\n\
           a1.sources.r1.selector.optional = c2\n";
    assert_eq!(run(&conf, events(&["a", "b", "c"])).await.by("k1").len(), 3);
}

#[tokio::test]
async fn a_multiplexing_selector_looks_at_its_header_mappings_default_and_optional_channels() {
    let keys = "type = multiplexing\nheader = state\nmapping.CZ = c1\nmapping.US = c2 c3\ndefault = c3";
    assert_eq!(got(&selected(keys, of_state(&["CZ", "CZ"])).await), [2, 0, 0]);
    assert_eq!(got(&selected(keys, of_state(&["US"])).await), [0, 1, 1]);
    assert_eq!(got(&selected(keys, of_state(&["cz", " ", "DE"])).await), [0, 0, 3]);
    let header = "type = multiplexing\nmapping.CZ = c1\ndefault = c2";
    let by_default = |value: &str| Event::new("x").with_header("flume.selector.header", value);
    assert_eq!(got(&selected(header, vec![by_default("CZ"), by_default("US")]).await), [1, 1, 0]);
    let optional = "type = multiplexing\nheader = state\nmapping.CZ = c1\noptional.CZ = c1 c2\noptional.US = c1\ndefault = c3";
    assert_eq!(got(&selected(optional, of_state(&["CZ", "US"])).await), [2, 1, 1]);
}

#[tokio::test]
async fn a_load_balancing_selector_gives_each_event_to_one_channel() {
    let class = "type = org.apache.flume.channel.LoadBalancingChannelSelector";
    let seen = selected(class, events(&["a", "b", "c", "d"])).await;
    assert_eq!((seen.by("k1"), seen.by("k2")), (vec!["{} a".into(), "{} d".into()], vec!["{} b".to_owned()]));
    let many: Vec<Event> = (0..300).map(|number| Event::new(number.to_string())).collect();
    let counts = got(&selected("type = load_balancing\npolicy = random", many).await);
    assert!(counts.iter().all(|count| *count > 40) && counts.iter().sum::<usize>() == 300, "{counts:?}");
}

/// Two sinks in a group, one event a batch.
async fn grouped(more: &str, count: usize) -> Seen {
    let conf = FRAME.replace("sinks = k1", "sinks = k1 k2")
        + "a1.channels.c1.transactionCapacity = 1\na1.sinks.k2.type = test.Record\na1.sinks.k2.channel = c1\n\
           a1.sinkgroups = g1\na1.sinkgroups.g1.sinks = k1 k2\n";
    let more: String = more
        .lines()
        .map(|line| match line.trim().strip_prefix("p.") {
            Some(key) => format!("a1.sinkgroups.g1.processor.{key}\n"),
            None => format!("{}\n", line.trim()),
        })
        .collect();
    run(&(conf + &more), (0..count).map(|number| Event::new(number.to_string())).collect()).await
}

#[tokio::test]
async fn a_failover_group_follows_its_priorities() {
    let seen = grouped("p.type = failover\np.priority.k1 = 5\np.priority.k2 = 10", 3).await;
    assert_eq!((seen.by("k1").len(), seen.by("k2").len()), (0, 3));
    let seen = grouped("p.type = failover", 3).await;
    assert_eq!((seen.by("k1").len(), seen.by("k2").len()), (3, 0), "in the order of the list");
}

#[tokio::test]
async fn a_sink_that_failed_rests_for_its_penalty_and_no_longer() {
    let keys = "p.type = failover\np.priority.k2 = 10\na1.sinks.k2.failures = 1\n";
    let seen = grouped(&format!("{keys}p.maxpenalty = 0"), 3).await;
    assert_eq!((seen.by("k1"), seen.by("k2").len()), (vec!["{} 0".to_owned()], 2));
    // Within two seconds the spare has delivered all.
    let seen = grouped(keys, 3).await;
    assert_eq!((seen.by("k1").len(), seen.tries("k2")), (3, 1));
}

#[tokio::test]
async fn a_load_balance_group_shares_its_batches() {
    let seen = grouped("p.type = load_balance", 4).await;
    assert_eq!(
        (seen.by("k1"), seen.by("k2")),
        (vec!["{} 0".into(), "{} 2".into()], vec!["{} 1".to_owned(), "{} 3".to_owned()])
    );
    let seen = grouped("p.type = load_balance\np.selector = RANDOM", 200).await;
    assert!(seen.by("k1").len() > 40 && seen.by("k2").len() > 40);
}

#[tokio::test]
async fn with_backoff_a_sink_that_failed_is_left_out() {
    let fails = "p.type = load_balance\na1.sinks.k1.failures = 1000\n";
    let seen = grouped(&format!("{fails}p.backoff = true"), 10).await;
    assert_eq!((seen.by("k2").len(), seen.tries("k1")), (10, 1));
    let seen = grouped(&format!("{fails}p.backoff = false"), 10).await;
    assert!(seen.by("k2").len() == 10 && seen.tries("k1") > 3, "{}", seen.tries("k1"));
    let seen = grouped(&format!("{fails}p.backoff = true\np.selector.maxTimeOut = 0"), 10).await;
    assert!(seen.by("k2").len() == 10 && seen.tries("k1") > 3, "{}", seen.tries("k1"));
}

#[tokio::test]
async fn a_group_of_one_sink_needs_no_processor() {
    let conf = format!("{FRAME}a1.sinkgroups = k1\na1.sinkgroups.k1.sinks = k1\n");
    assert_eq!(run(&conf, events(&["a"])).await.by("k1"), ["{} a"]);
    // A group may have the name of a sink.
    let conf = format!("{conf}a1.sinkgroups.k1.processor.type = failover\n");
    assert_eq!(run(&conf, events(&["a"])).await.by("k1"), ["{} a"]);
}
