use ny_power::input::{MAX_MEMBER_BYTES, MAX_MEMBERS, MAX_ZIP_BYTES};

use ny_power::interval::Interval;

use super::{day, read_file, zip_of};

/// Three days, each a member.
fn days() -> Vec<(String, Vec<u8>)> {
    day("2016-04-01", 9).following(3).map(|day| (day.file_name(), day.bytes())).collect()
}

fn intervals_of(members: &[(String, Vec<u8>)]) -> usize {
    members.iter().map(|(name, bytes)| read_file(name, bytes).intervals.len()).sum()
}

#[test]
fn members_are_read_by_name_whatever_their_order() {
    let mut members = days();
    let expected = intervals_of(&members);
    members.reverse();
    members.push(("readme.txt".to_owned(), b"not read".to_vec()));
    let found = read_file("month.zip", &zip_of(&members));
    assert_eq!((found.intervals.len(), found.refused.len()), (expected, 0));
    assert!(found.intervals.is_sorted_by_key(Interval::at));
    // By its content it is known without its name.
    assert_eq!(read_file("month.csv", &zip_of(&members)), found);
}

#[test]
fn a_zip_that_is_cut_off_anywhere_is_refused_whole() {
    let zip = zip_of(&days());
    for length in (0..zip.len()).step_by(97).chain([zip.len() - 1, zip.len() - 22]) {
        let found = read_file("month.zip", &zip[..length]);
        assert!(found.intervals.is_empty(), "{length}");
        let [why] = &found.refused[..] else { panic!("{length}: {:?}", found.refused) };
        assert!(why.starts_with("month.zip: it cannot be unpacked: "), "{length}: {why}");
    }
}

#[test]
fn a_member_that_is_damaged_is_refused_whole_and_the_others_are_read() {
    let members = days();
    let mut zip = zip_of(&members);
    let at = zip.len() / 2;
    zip[at] ^= 0x55;
    let found = read_file("month.zip", &zip);
    let others = [members[0].clone(), members[2].clone()];
    assert_eq!(found.intervals.len(), intervals_of(&others));
    let [why] = &found.refused[..] else { panic!("{:?}", found.refused) };
    assert!(why.starts_with("20160402rtfuelmix.csv: it cannot be unpacked: "), "{why}");
}

#[test]
fn a_member_that_unpacks_to_too_much_is_stopped_and_the_others_are_read() {
    let mut members = days();
    let expected = intervals_of(&members);
    members.push(("20160401bomb.csv".to_owned(), vec![b' '; 40 << 20]));
    let found = read_file("month.zip", &zip_of(&members));
    assert_eq!(found.intervals.len(), expected);
    assert_eq!(
        found.refused,
        [format!("20160401bomb.csv: it unpacks to more than {MAX_MEMBER_BYTES} bytes")]
    );
}

#[test]
fn a_member_that_grows_too_many_times_is_refused() {
    let mut members = days();
    let expected = intervals_of(&members);
    members[1].1.resize(2 << 20, b'\n');
    let found = read_file("month.zip", &zip_of(&members));
    assert!((1..expected).contains(&found.intervals.len()));
    assert_eq!(found.refused, ["20160402rtfuelmix.csv: it unpacks to more than 100 times its size"]);
}

#[test]
fn a_zip_that_unpacks_without_bound_is_stopped_at_the_limit() {
    let mut members = days();
    let expected = intervals_of(&members);
    let bomb = vec![b'\n'; 3 << 20];
    members.extend((0..24).map(|n| (format!("20160404bomb{n:02}.csv"), bomb.clone())));
    members.push(("20160501rtfuelmix.csv".to_owned(), day("2016-05-01", 9).bytes()));
    let found = read_file("month.zip", &zip_of(&members));
    assert_eq!(found.intervals.len(), expected, "what comes before is read");
    let last = found.refused.last().unwrap();
    assert_eq!(
        *last,
        "20160404bomb21.csv: the zip unpacks to more than 67108864 bytes: this member and all after it are left out"
    );
    assert_eq!(found.refused.len(), 22);
}

#[test]
fn a_size_that_the_zip_claims_is_not_believed() {
    let members = days();
    let zip = zip_of(&members);
    let expected = intervals_of(&members);
    let size = u32::try_from(members[1].1.len()).unwrap().to_le_bytes();
    for claimed in [0_u32, 10, u32::MAX - 1] {
        let mut zip = zip.clone();
        let places: Vec<usize> =
            zip.windows(4).enumerate().filter(|(_, bytes)| *bytes == size).map(|(at, _)| at).collect();
        assert!(places.len() >= 2, "{places:?}");
        for at in places {
            zip[at..at + 4].copy_from_slice(&claimed.to_le_bytes());
        }
        let found = read_file("month.zip", &zip);
        let others = expected - intervals_of(&members[1..2]);
        assert!(found.intervals.len() == expected || found.intervals.len() == others, "{:?}", found.refused);
        assert!(found.intervals.len() == expected || found.refused.len() == 1, "{:?}", found.refused);
    }
}

#[test]
fn too_many_members_none_that_counts_and_too_many_bytes_are_refused() {
    let many: Vec<_> = (0..=MAX_MEMBERS).map(|n| (format!("{n}.csv"), Vec::new())).collect();
    let refused = |bytes: &[u8]| read_file("x.zip", bytes).refused;
    assert_eq!(refused(&zip_of(&many)), ["x.zip: it has 401 members, more than 400"]);
    assert_eq!(refused(&zip_of(&[("readme.txt".to_owned(), Vec::new())])), ["x.zip: it has no .csv in it"]);
    let large = vec![0; usize::try_from(MAX_ZIP_BYTES).unwrap() + 1];
    assert_eq!(refused(&large), ["x.zip: it cannot be read: file too large"]);
}

#[test]
fn a_member_with_a_hostile_name_is_shown_safely() {
    let name = format!("\u{1b}[31m../../{}.csv", "x".repeat(300));
    let found = read_file("x.zip", &zip_of(&[(name, b"<html>".to_vec())]));
    let shown = format!("\\u{{1b}}[31m../../{}…", "x".repeat(109));
    assert_eq!(found.refused, [format!("{shown}: it is a web page, not a file of the fuel mix")]);
}
