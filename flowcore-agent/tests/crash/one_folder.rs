//! Two agents with the same folder.

use crate::process::{Running, configure};

const CONF: &str = "\
a1.sources = r1
a1.channels = c1
a1.sources.r1.type = seq
a1.sources.r1.totalEvents = 10
a1.sources.r1.channels = c1
a1.channels.c1.type = file
a1.channels.c1.dataDirs = {dir}/data
a1.channels.c1.checkpointDir = {dir}/checkpoint
a1.channels.c1.minimumRequiredSpace = 1048576
";

#[test]
fn a_second_agent_with_the_data_folder_of_the_first_ends_with_1_and_names_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    configure(folder, "first", CONF);
    configure(folder, "second", CONF);
    let mut first = Running::start(folder, "first");
    first.until_it_runs();
    let mut second = Running::start(folder, "second");
    let status = second.wait();
    assert_eq!(status.code(), Some(1), "{}", second.log());
    let data = folder.join("data");
    assert!(second.log().contains(data.to_str().unwrap()), "{}", second.log());
    assert!(first.is_running(), "{}", first.log());
    first.stop();
    // Nobody has it now.
    let mut second = Running::start(folder, "second");
    second.until_it_runs();
    second.stop();
}
