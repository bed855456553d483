use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowcore::base::{Clock, LossKind, Receipts, TaskEnd, TaskSet, Token};
use flowcore::event::Event;
use flowcore::ingest::{ByteBudget, Channel, ChannelError, MemoryChannel, PutErrorKind, Take};

fn small() -> MemoryChannel<String> {
    MemoryChannel::builder().capacity(4).transaction(3).bytes(10).build("small")
}

fn lines(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

async fn put(channel: &MemoryChannel<String>, text: &str, token: Token) -> Result<(), PutErrorKind> {
    let mut put = channel.begin_put().await.map_err(|_| PutErrorKind::Closed)?;
    put.put(lines(text)).await.map_err(|error| {
        assert_eq!(error.refused, lines(text), "what is refused is given back");
        error.kind
    })?;
    put.commit(token).await.unwrap();
    Ok(())
}

/// A wake-up that was lost fails the test, and does not hang it.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_mins(1), future).await.unwrap()
}

async fn take(channel: &MemoryChannel<String>, max: usize) -> Take<String> {
    channel.take(max).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_put_is_visible_only_after_its_commit() {
    let channel = small();
    let mut put = channel.begin_put().await.unwrap();
    put.put(lines("a b")).await.unwrap();
    assert_eq!(channel.state().waiting, 0);
    put.commit(Token::untracked()).await.unwrap();
    assert_eq!(channel.state().waiting, 2);
    assert_eq!(take(&channel, 9).await.events(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_put_that_is_dropped_leaves_no_trace() {
    let channel = small();
    let mut put = channel.begin_put().await.unwrap();
    put.put(lines("aaa bbb ccc")).await.unwrap();
    assert_eq!(channel.state().bytes, 9);
    drop(put);
    assert_eq!((channel.state().waiting, channel.state().bytes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_put_into_a_full_channel_is_refused_after_keep_alive() {
    let channel = small();
    put(&channel, "a b c", Token::untracked()).await.unwrap();
    let watch = Clock::system().stopwatch();
    assert_eq!(put(&channel, "d e", Token::untracked()).await, Err(PutErrorKind::Full));
    assert_eq!(watch.elapsed().as_secs(), 3);
    put(&channel, "d", Token::untracked()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn bytes_are_a_limit_too() {
    let channel = small();
    put(&channel, "12345678", Token::untracked()).await.unwrap();
    assert_eq!(put(&channel, "abc", Token::untracked()).await, Err(PutErrorKind::Full));
    assert_eq!(put(&channel, "12345678901", Token::untracked()).await, Err(PutErrorKind::TooLarge));
    put(&channel, "ab", Token::untracked()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_batch_larger_than_a_transaction_is_refused_at_once() {
    let channel = small();
    let watch = Clock::system().stopwatch();
    assert_eq!(put(&channel, "a b c d", Token::untracked()).await, Err(PutErrorKind::TooLarge));
    assert_eq!(watch.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_acknowledged_with_the_last_of_its_events() {
    let (channel, receipts) = (small(), Receipts::new());
    put(&channel, "a b c", receipts.token(1)).await.unwrap();
    let (first, second) = (take(&channel, 1).await, take(&channel, 9).await);
    second.commit().await.unwrap();
    assert!(receipts.try_next().is_none(), "one event is still on its way");
    first.commit().await.unwrap();
    assert!(receipts.try_next().unwrap().outcome.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_empty_put_is_acknowledged_at_once() {
    let (channel, receipts) = (small(), Receipts::new());
    put(&channel, "", receipts.token(1)).await.unwrap();
    assert!(receipts.try_next().unwrap().outcome.is_ok());
}

#[tokio::test(start_paused = true)]
async fn takes_that_are_rolled_back_in_any_order_stand_in_the_old_order() {
    let channel = small();
    put(&channel, "a b c", Token::untracked()).await.unwrap();
    let (first, second) = (take(&channel, 1).await, take(&channel, 1).await);
    first.rollback();
    drop(second);
    assert_eq!(take(&channel, 9).await.events(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn handing_over_gives_the_tokens_and_frees_the_room() {
    let (channel, receipts) = (small(), Receipts::new());
    put(&channel, "a b", receipts.token(1)).await.unwrap();
    put(&channel, "c", receipts.token(2)).await.unwrap();
    let batches = take(&channel, 9).await.hand_over();
    assert!(channel.state().is_drained());
    assert_eq!(channel.state().bytes, 0);
    assert!(receipts.try_next().is_none());
    let events: Vec<_> = batches.iter().map(|batch| batch.events.clone()).collect();
    assert_eq!(events, [lines("a b"), lines("c")]);
    for batch in batches {
        batch.token.ack();
    }
    assert_eq!([receipts.try_next().unwrap().id, receipts.try_next().unwrap().id], [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_channel_gives_what_it_has_and_then_ends() {
    let channel = small();
    put(&channel, "a", Token::untracked()).await.unwrap();
    channel.close();
    assert_eq!(put(&channel, "b", Token::untracked()).await, Err(PutErrorKind::Closed));
    take(&channel, 1).await.commit().await.unwrap();
    let end = channel.take(1).await.unwrap_err();
    assert!(matches!(end, ChannelError::Closed { .. }));
    assert_eq!(end.to_string(), "channel small is closed");
}

#[tokio::test(start_paused = true)]
async fn a_closed_channel_does_not_end_while_a_take_may_come_back() {
    let channel = small();
    put(&channel, "a", Token::untracked()).await.unwrap();
    channel.close();
    let first = take(&channel, 1).await;
    let mut tasks = TaskSet::new();
    let other = channel.clone();
    tasks.spawn("taker", async move { other.take(1).await.map(|take| take.events().to_vec()) });
    Clock::system().sleep(Duration::from_mins(1)).await;
    assert_eq!(tasks.len(), 1);
    first.rollback();
    let (_, end) = soon(tasks.next()).await.unwrap();
    assert!(matches!(end, flowcore::base::TaskEnd::Done(Ok(events)) if events == ["a"]));
}

#[tokio::test(start_paused = true)]
async fn a_putter_that_waits_is_refused_when_the_channel_closes() {
    let channel = small();
    put(&channel, "a b c", Token::untracked()).await.unwrap();
    let mut tasks = TaskSet::new();
    let other = channel.clone();
    tasks.spawn("putter", async move { put(&other, "d e", Token::untracked()).await });
    Clock::system().sleep(Duration::from_millis(1)).await;
    channel.close();
    let (_, end) = soon(tasks.next()).await.unwrap();
    assert!(matches!(end, flowcore::base::TaskEnd::Done(Err(PutErrorKind::Closed))));
}

#[tokio::test(start_paused = true)]
async fn tokens_fail_when_the_channel_is_dropped_with_their_events() {
    let (channel, receipts) = (small(), Receipts::new());
    put(&channel, "a", receipts.token(1)).await.unwrap();
    drop(channel);
    let error = receipts.try_next().unwrap().outcome.unwrap_err();
    assert_eq!(error.kind(), LossKind::Dropped);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_use_the_channel_it_came_from() {
    let channel = small();
    let (other, seen) = (channel.clone(), Arc::new(AtomicUsize::new(9)));
    let told = seen.clone();
    let token = Token::new(move |_| told.store(other.state().taken, Ordering::Relaxed));
    put(&channel, "a", token).await.unwrap();
    take(&channel, 1).await.commit().await.unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 0);
}

#[test]
fn a_channel_and_its_transactions_may_move_between_threads() {
    fn sent<T: Send>() {}
    fn shared<T: Sync>() {}
    sent::<MemoryChannel<Event>>();
    shared::<MemoryChannel<Event>>();
    sent::<Take<Event>>();
    assert_eq!(MemoryChannel::<Event>::new("memory").state().capacity, 10_000);
}

/// So many bytes of text.
async fn put_bytes(channel: &MemoryChannel<String>, bytes: usize) -> Result<(), PutErrorKind> {
    let mut put = channel.begin_put().await.unwrap();
    put.put(vec!["x".repeat(bytes)]).await.map_err(|error| error.kind)?;
    put.commit(Token::untracked()).await.unwrap();
    Ok(())
}

#[expect(clippy::ptr_arg, reason = "what weighs a `String` takes it so")]
fn slots(line: &String, slot: usize) -> usize {
    line.len().max(1).next_multiple_of(slot)
}

#[tokio::test(start_paused = true)]
async fn what_was_counted_otherwise_before_is_given_back_as_it_was_counted() {
    let builder = |slot| MemoryChannel::<String>::builder().weigh_by(slot, slots).bytes(10_000);
    let channel = builder(1).build("lines");
    for _ in 0..4 {
        put_bytes(&channel, 10).await.unwrap();
    }
    let first = channel.take(2).await.unwrap();
    builder(500).resize(&channel);
    assert_eq!(channel.state().bytes, 40);
    put_bytes(&channel, 10).await.unwrap();
    assert_eq!(channel.state().bytes, 540);
    first.rollback();
    channel.take(5).await.unwrap().commit().await.unwrap();
    assert_eq!(channel.state().bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn channels_with_one_budget_never_have_more_together_and_wait_for_each_other() {
    let budget = ByteBudget::new(1_000);
    let builder = || MemoryChannel::<String>::builder().weigh_by(1, slots).budget(&budget);
    let (one, other) = (builder().build("one"), builder().build("other"));
    assert_eq!(put_bytes(&one, 1_001).await, Err(PutErrorKind::TooLarge));
    put_bytes(&one, 800).await.unwrap();
    assert_eq!(put_bytes(&other, 300).await, Err(PutErrorKind::Full));
    let mut waiting = TaskSet::new();
    let waiter = other.clone();
    waiting.spawn("waiter", async move { put_bytes(&waiter, 300).await });
    Clock::system().sleep(Duration::from_secs(1)).await;
    one.take(1).await.unwrap().commit().await.unwrap();
    assert!(matches!(waiting.next().await, Some((_, TaskEnd::Done(Ok(()))))));
    assert_eq!(budget.used(), 300);
    // One that has a budget of its own gives back what it had of this one.
    MemoryChannel::<String>::builder().weigh_by(1, slots).bytes(400).resize(&other);
    assert_eq!(budget.used(), 0);
    builder().resize(&other);
    assert_eq!(budget.used(), 300);
    drop(other);
    assert_eq!(budget.used(), 0);
}
