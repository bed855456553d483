//! The archive in a real InfluxDB.

use std::time::Duration;

use flowcore::base::Clock;
use ny_power::archive::{self, Archive, ArchiveError, InfluxArchive, Series};

use super::influx_server::InfluxServer;
use super::suite::{at, everything, fuel, intensity};
use super::{month, suite};

async fn archive(address: &str) -> Box<dyn Archive> {
    archive::open(address, std::path::Path::new("/nowhere")).await.unwrap()
}

#[tokio::test]
async fn it_holds_what_every_archive_holds() {
    let server = InfluxServer::start().await;
    suite::holds(&*archive(&server.address("", "")).await).await;
}

#[tokio::test]
async fn the_windows_of_a_month_have_the_points_of_the_real_one() {
    let server = InfluxServer::start().await;
    month::windows_have_the_points_of_the_recording(&server.archive()).await;
}

#[tokio::test]
async fn measurements_tags_and_fields_are_those_that_others_read() {
    let server = InfluxServer::start().await;
    server.archive().store(&[intensity(0, 164.5), fuel("Natural Gas", 0, 1638.0)]).await.unwrap();
    let stored = server.query("SELECT * FROM \"co2_computed\", \"fuel-mix\"").await;
    let time = at(0).as_millisecond();
    for part in [
        r#""name":"co2_computed","columns":["time","type","units","value"]"#,
        &format!(r#"[{time},null,"g / kWh",164.5]"#),
        &format!(r#"[{time},"Natural Gas","MW",1638]"#),
    ] {
        assert!(stored.contains(part), "{part} in {stored}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_nothing_is_doubled() {
    let mut server = InfluxServer::start().await;
    for run in 0..3u8 {
        let archive = server.archive();
        let points = [intensity(i64::from(run), f64::from(run)), intensity(100, 100.0)];
        archive.store(&points).await.unwrap();
        server.kill();
        server.start_again().await;
        assert_eq!(everything(&archive, &Series::Intensity).await.len(), usize::from(run) + 2);
    }
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_is_waited_for() {
    let mut server = InfluxServer::start().await;
    let archive = server.archive();
    server.kill();
    let points = [intensity(0, 1.0)];
    let away = async {
        Clock::system().sleep(Duration::from_secs(1)).await;
        server.start_again().await;
    };
    let (stored, read, ()) =
        tokio::join!(archive.store(&points), everything(&archive, &Series::Intensity), away);
    stored.unwrap();
    assert!(read.is_empty() || read == [(at(0), 1.0)], "{read:?}");
    assert_eq!(everything(&archive, &Series::Intensity).await, [(at(0), 1.0)]);
}

#[tokio::test]
async fn a_server_that_stays_away_is_a_retriable_error_without_the_password() {
    let mut server = InfluxServer::start().await;
    server.kill();
    let address = server.address("pump:hunter2@", "");
    let archive = InfluxArchive::new(address.parse().unwrap()).patience(Duration::from_millis(300));
    let shown = address.replace("pump:hunter2@", "") + "/ny-power";
    let error = archive.store(&[intensity(0, 1.0)]).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot write the archive {shown}"));
    assert!(error.is_retriable());
    let error = archive.range(&Series::Intensity, at(0), at(1)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read the archive {shown}"));
    assert!(error.is_retriable());
    assert!(!format!("{error:?} {archive:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_database_that_is_missing_is_made_also_when_it_was_dropped() {
    let server = InfluxServer::start().await;
    let archive = archive(&server.address("", "/Power%20%2B%20light")).await;
    assert_eq!(everything(&*archive, &Series::Intensity).await, []);
    archive.store(&[intensity(0, 1.0)]).await.unwrap();
    assert!(server.query("SHOW DATABASES").await.contains("[\"Power + light\"]"));
    server.query("DROP DATABASE \"Power %2B light\"").await;
    assert_eq!(everything(&*archive, &Series::Intensity).await, []);
    archive.store(&[intensity(0, 2.0)]).await.unwrap();
    assert_eq!(everything(&*archive, &Series::Intensity).await, [(at(0), 2.0)]);
}

#[tokio::test]
async fn a_user_without_the_password_or_the_rights_is_refused_at_once() {
    let server = InfluxServer::with_users(true).await;
    let made = server.query("CREATE USER admin WITH PASSWORD 'p@ss:w/rd' WITH ALL PRIVILEGES").await;
    assert!(!made.contains("error"), "{made}");
    let admin = archive(&server.address("admin:p%40ss%3Aw%2Frd@", "")).await;
    admin.store(&[intensity(0, 1.0)]).await.unwrap();
    assert_eq!(everything(&*admin, &Series::Intensity).await, [(at(0), 1.0)]);

    for (user, status) in [("admin:wrong@", "401 Unauthorized"), ("", "401 Unauthorized")] {
        let refused = archive(&server.address(user, "")).await;
        let store = refused.store(&[intensity(0, 2.0)]).await.unwrap_err();
        let range = refused.range(&Series::Intensity, at(-1), at(0)).await.unwrap_err();
        for error in [store, range] {
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.starts_with(&format!("it answered {status}: ")), "{cause}");
            assert!(!error.is_retriable());
        }
    }
    assert_eq!(everything(&*admin, &Series::Intensity).await, [(at(0), 1.0)]);
}

#[tokio::test]
async fn points_that_the_server_refuses_are_named_and_the_others_are_kept() {
    let server = InfluxServer::start().await;
    let archive = server.archive();
    archive.store(&[intensity(0, 1.0)]).await.unwrap();
    // Somebody wrote whole numbers for a week in which ours would be broken ones.
    server.write(&format!("fuel-mix,type=Wind,units=MW value=1i {}", at(0).as_millisecond())).await;
    let week = 7 * 24 * 60;
    let points = [
        intensity(1, 2.0),
        fuel("Hydro", 5 * week, 1.0),
        fuel("Hydro", 1, 1.0),
        fuel("Wind", 2, 1.0),
        intensity(3, 3.0),
    ];
    let error = archive.store(&points).await.unwrap_err();
    assert!(!error.is_retriable());
    let ArchiveError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!((refusal.point, refusal.count), (points[2].clone(), 2));
    assert!(refusal.reason.contains("field type conflict"), "{}", refusal.reason);
    let expected = [(at(0), 1.0), (at(1), 2.0), (at(3), 3.0)];
    assert_eq!(everything(&archive, &Series::Intensity).await, expected);
    assert_eq!(everything(&archive, &Series::Fuel("Hydro".to_owned())).await, [(at(5 * week), 1.0)]);
}
