use std::ffi::OsString;
use std::path::Path;
use std::{fs, io};

use super::LocalDisk;

fn names(folder: &Path) -> Vec<OsString> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

#[test]
fn what_cannot_be_made_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let half = |new: &Path| {
        fs::write(new, "ha")?;
        Err(io::Error::other("out of milk"))
    };
    let error = LocalDisk.create_whole(&folder.path().join("a"), half).unwrap_err();
    assert_eq!((error.to_string().as_str(), names(folder.path())), ("out of milk", vec![]));
}

#[test]
fn of_two_that_make_it_at_once_the_first_ones_stays_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let outer = |new: &Path| {
        LocalDisk.create_whole(&path, |new| fs::write(new, "faster"))?;
        fs::write(new, "slower")
    };
    LocalDisk.create_whole(&path, outer).unwrap();
    assert_eq!(
        (fs::read_to_string(&path).unwrap().as_str(), names(folder.path())),
        ("faster", vec!["a".into()])
    );
}
