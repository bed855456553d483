use std::collections::HashMap;
use std::hash::Hasher;

use super::*;

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A key with one of `hashes` hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alike {
    number: u64,
    hashes: u64,
}

impl Hash for Alike {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.number % self.hashes).hash(state);
    }
}

/// Does the same to a table and to a map: now more comes, now more goes.
fn compare<K: Hash + Eq + Clone + Debug>(seed: u64, keys: u64, steps: u64, key: impl Fn(u64) -> K) {
    println!("seed {seed}, {keys} keys");
    let (mut table, mut map, mut random) = (KeyTable::default(), HashMap::new(), Random(seed));
    for step in 0..steps {
        let number = random.below(keys);
        let growing = (step / (4 * keys)).is_multiple_of(2);
        match random.below(8) {
            0 => assert_eq!(table.insert(key(number), step), map.insert(number, step)),
            1..3 if growing => assert_eq!(table.remove(&key(number)), map.remove(&number)),
            3.. if !growing => assert_eq!(table.remove(&key(number)), map.remove(&number)),
            1 => assert_eq!(table.get_mut(&key(number)).copied(), map.get(&number).copied()),
            _ => {
                *table.get_or_insert_with(key(number), || 1) += step;
                *map.entry(number).or_insert(1) += step;
            }
        }
        assert_eq!((table.len(), table.is_empty()), (map.len(), map.is_empty()));
    }
    assert!((0..keys).all(|number| table.get(&key(number)) == map.get(&number)));
    assert_eq!(table.iter().len(), map.len());
    let mut of_map: HashMap<_, _> = map.iter().map(|(number, value)| (number, *value)).collect();
    for (other, value) in table.clone() {
        let number = (0..keys).find(|number| key(*number) == other).unwrap();
        assert_eq!(of_map.remove(&number), Some(value));
    }
    assert!(of_map.is_empty());
}

#[test]
fn it_holds_what_a_map_holds_whatever_comes_and_goes() {
    for seed in 1..=30 {
        compare(seed, 1 + seed * 7, 5_000, |number| number);
        compare(seed, 300, 6_000, |number| number.to_string());
    }
    compare(31, 3_000, 100_000, |number| number);
}

#[test]
fn keys_with_equal_hashes_are_told_apart() {
    for seed in 1..=20 {
        compare(seed, 60, 3_000, |number| Alike { number, hashes: 1 });
        compare(seed, 200, 6_000, |number| Alike { number, hashes: 1 + seed });
    }
}

#[test]
fn a_search_ends_where_it_began_with_every_home_at_the_last_slot() {
    let mut slots = Slots::new();
    for number in 0..6 {
        let at = slots.find(NonZeroU32::MAX, |key| *key == number);
        assert_eq!(slots.get_or_fill(at, NonZeroU32::MAX, || (number, number)).value, number);
    }
    assert_eq!(slots.as_slice().len(), 8, "six of eight fit");
    let places: Vec<_> = (0..7).map(|number| slots.find(NonZeroU32::MAX, |key| *key == number)).collect();
    assert_eq!(places, [7, 0, 1, 2, 3, 4, 5], "the last one is free");
    slots.take(7);
    assert_eq!(slots.find(NonZeroU32::MAX, |key| *key == 1), 7, "those behind it move up");
    assert_eq!(slots.find(NonZeroU32::MAX, |key| *key == 0), 4);
}

#[test]
fn a_quarter_of_the_slots_stays_free_and_no_more_than_five_eighths_become_so() {
    let mut table = KeyTable::default();
    for number in 0..100_000_u64 {
        table.insert(number, ());
        let (keys, slots) = (table.len(), table.slots.as_slice().len());
        assert!(keys * 4 <= slots * 3, "{keys} keys in {slots} slots");
        assert!(slots == 8 || keys * 8 >= slots * 3, "{keys} keys in {slots} slots");
    }
}

#[test]
fn a_key_and_a_value_of_eight_bytes_take_a_slot_of_twenty_four() {
    assert_eq!(size_of::<Option<slots::Entry<u64, u64>>>(), 24);
    assert_eq!(size_of::<Option<slots::Entry<u32, u32>>>(), 12);
}

#[test]
fn to_look_ahead_is_worth_it_when_the_table_is_large_and_changes_nothing() {
    let mut table = KeyTable::default();
    assert!(!table.look_ahead("1"), "it is empty");
    for number in 0..30_000 {
        let key = number.to_string();
        assert_eq!(table.look_ahead(&*key), table.slots.as_slice().len() * 32 > 512 * 1024);
        table.insert(key, number);
    }
    assert!(table.look_ahead("29999") && table.look_ahead("no such key"));
    assert_eq!(table.len(), 30_000);
}

#[test]
fn a_maker_that_panics_leaves_no_entry() {
    let mut table = KeyTable::default();
    for key in 0..6 {
        table.insert(key, key);
    }
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        table.get_or_insert_with(6, || panic!("no value"));
    }));
    assert!(panicked.is_err());
    assert_eq!((table.len(), table.get(&6)), (6, None));
    assert!((0..6).all(|key| table.get(&key) == Some(&key)), "it has grown, and holds what it held");
}

#[test]
fn it_is_shown_as_a_map() {
    let mut table = KeyTable::default();
    table.insert("latte", 2);
    assert_eq!(format!("{table:?}"), r#"{"latte": 2}"#);
}
