use ny_power::reading::{Ending, Reader, Reading};

use super::day;
use super::model::{Model, model};

/// A small random generator (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((bits ^ (bits >> 31)) % end as u64).unwrap()
    }
}

/// What is read of a file that comes in pieces of a random size.
fn read(bytes: &[u8], random: &mut Random) -> Model {
    let (mut reader, mut found) = (Reader::default(), Model::default());
    let mut out = |reading| match reading {
        Reading::Interval(interval) => {
            let outputs = interval.mw().iter().map(|(fuel, mw)| (fuel.name().to_owned(), *mw)).collect();
            found.intervals.push((interval.at(), outputs));
        }
        Reading::Refused(refusal) => {
            assert!(!refusal.reason.to_string().is_empty() && &*refusal.file == "f");
            found.refused.push(refusal.row);
        }
        Reading::UnknownFuel(_) => {}
    };
    reader.begin("f");
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + random.below(5_000)));
        reader.feed(piece, &mut out);
        rest = after;
    }
    reader.end(Ending::Final, &mut out);
    found.refused.sort_unstable();
    found
}

/// Does one thing to a file that happens to files.
fn corrupt(file: &mut Vec<u8>, bytes: &[u8], random: &mut Random) {
    let at = random.below(file.len());
    let byte = bytes[random.below(bytes.len())];
    match random.below(9) {
        0 | 1 => file[at] = byte,
        2 => file.insert(at, byte),
        3 => drop(file.remove(at)),
        4 => drop(file.drain(at..(at + random.below(200)).min(file.len()))),
        5 => drop(file.splice(at..at, vec![byte; random.below(1_500)])),
        6 => move_line(file, random, false),
        7 => move_line(file, random, true),
        _ if random.below(10) == 0 => file.truncate(at.max(1)),
        _ => file[at] ^= 1 << random.below(8),
    }
}

/// Puts a line elsewhere, and leaves the one there is or not.
fn move_line(file: &mut Vec<u8>, random: &mut Random, and_keep: bool) {
    let mut lines: Vec<&[u8]> = file.split_inclusive(|&byte| byte == b'\n').collect();
    let from = random.below(lines.len());
    let line = if and_keep { lines[from] } else { lines.remove(from) };
    let to = (from + random.below(20)).min(lines.len());
    lines.insert(to, line);
    *file = lines.concat();
}

fn check(seed: u64, bytes: &[u8], has_model: bool) {
    let mut random = Random(seed);
    let dates = ["2016-04-01", "2016-03-13", "2016-11-06", "2018-01-01"];
    let mut file = day(dates[random.below(4)], seed).bytes();
    for _ in 0..random.below(12) {
        corrupt(&mut file, bytes, &mut random);
    }
    let found = read(&file, &mut random);
    let expected = model(&file);
    if has_model && !file.contains(&b'"') {
        assert_eq!(found.refused, expected.refused, "seed {seed}");
        assert_eq!(found.intervals, expected.intervals, "seed {seed}");
    }
    assert!(found.refused.len() < 3_000, "seed {seed}");
}

#[test]
fn a_corrupted_file_loses_its_bad_rows_and_no_good_one() {
    for seed in 0..300 {
        check(seed, b"0123456789,.-:/ ETSD+#xN\r\n\t\xff\xc3", true);
    }
}

#[test]
fn a_file_without_corruption_is_read_whole() {
    for seed in 0..20 {
        let day = day("2016-11-06", seed);
        let found = read(&day.bytes(), &mut Random(seed));
        assert_eq!(found.intervals.len(), day.stamps().count(), "seed {seed}");
        assert_eq!(found.refused, [0_u64; 0], "seed {seed}");
    }
}

#[test]
fn no_bytes_at_all_make_the_reader_fail() {
    let all: Vec<u8> = (0..=255).collect();
    for seed in 1_000..1_100 {
        check(seed, &all, false);
        let mut random = Random(seed);
        let length = random.below(5_000);
        let noise: Vec<u8> = (0..length).map(|_| all[random.below(256)]).collect();
        assert_eq!(read(&noise, &mut random).intervals, [], "seed {seed}");
        let quotes: Vec<u8> = (0..length).map(|_| b"\",\n\rab"[random.below(6)]).collect();
        let file = [b"Time Stamp,Time Zone,Fuel Category,Gen MW\n", &quotes[..]].concat();
        assert_eq!(read(&file, &mut random).intervals, [], "seed {seed}");
    }
}
