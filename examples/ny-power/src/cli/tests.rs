use clap::CommandFactory;

use super::*;

fn parse(arguments: &[&str]) -> Result<AllOptions, clap::Error> {
    Cli::try_parse_from([&["ny-power"], arguments].concat()).map(|cli| cli.all)
}

#[test]
fn options_fit_together() {
    Cli::command().debug_assert();
}

#[test]
fn without_options_a_generated_day_is_replayed_on_this_machine_alone() {
    let all = parse(&[]).unwrap();
    assert_eq!(all.dir.dir, PathBuf::from("./ny-power-data"));
    assert!(!all.source.live && all.source.input.is_none() && !all.source.exit);
    assert_eq!(all.source.speed, Speed::Minutes(5.0));
    assert_eq!((all.broker, all.archive.archive), (None, None));
    assert_eq!(all.archive.window.to_string(), "20h");
    assert_eq!((all.listen.mqtt_port, all.listen.ws_port), (1883, 9001));
    assert_eq!(all.page.host.at(all.page.port), "127.0.0.1:5000".parse().unwrap());
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    for arguments in [
        &["--backlog", "3"][..],
        &["--live", "--input", "x"],
        &["--live", "--exit"],
        &["--live", "--speed", "max"],
        &["--live", "--seed", "1"],
        &["--input", "x", "--seed", "1"],
        &["--live", "--backlog", "0"],
        &["--window", "a day"],
        &["--speed", "0"],
        &["--password", "secret"],
    ] {
        assert!(parse(arguments).is_err(), "{arguments:?}");
    }
    assert_eq!(parse(&["--live", "--backlog", "3"]).unwrap().source.backlog, Some(3));
}

#[test]
fn every_option_is_explained() {
    let program = Cli::command();
    for command in std::iter::once(&program).chain(program.get_subcommands()) {
        for option in command.get_arguments() {
            let help = option.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.len() > 10, "{option}: {help}");
        }
    }
}
