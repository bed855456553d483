//! Bad input is left out, counted and shown; everything else is published.

use ny_power::fuel::Fuel;

use super::messages::Message;
use super::replay::until_status;
use super::site::{BOTH, Site};
use crate::broker::tool::Subscriber;

const HEADER: &str = "Time Stamp,Time Zone,Fuel Category,Gen MW\r\n";

fn interval(minute: u32) -> String {
    let row = |fuel| {
        format!(
            "04/01/2016 00:{minute:02}:00,EDT,{fuel},100.0
"
        )
    };
    Fuel::PUBLISHED.iter().map(row).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn what_is_refused_is_published_with_file_row_and_reason_and_nothing_else_is_lost() {
    for kind in BOTH {
        let site = Site::start(kind).await;
        let input = site.dir().join("input");
        std::fs::create_dir(&input).unwrap();
        let rows = [
            &interval(5),
            "04/01/2016 00:10:00,EDT,Wind,-5\r\n04/01/2016 00:10:00,XYZ,Hydro,5\r\nhalf a ro\r\n",
            &interval(15),
            "03/13/2016 02:30:00,EDT,Wind,5\r\n",
            &interval(20),
        ];
        std::fs::write(input.join("a.csv"), [HEADER, &rows.concat()].concat()).unwrap();
        std::fs::write(input.join("b.csv"), "<!DOCTYPE html><html>not found</html>").unwrap();
        std::fs::write(input.join("c.zip"), b"PK\x03\x04 and no more").unwrap();
        std::fs::write(input.join("d.csv"), [HEADER, &interval(25)].concat()).unwrap();

        let mut everything: Subscriber = site.subscribe("ny-power/#", &[]).await;
        let mut pump = site.role("pump", &["--input", input.to_str().unwrap(), "--speed", "max"]);
        let last = "2016-04-01T04:25:00Z".parse().unwrap();
        let messages = until_status(&mut everything, last).await;
        assert!(pump.end().await.success(), "{}", pump.said());

        let statuses = messages.iter().filter(|message| message.is_status());
        let minutes: Vec<String> = statuses.map(|message| message.at().to_string()).collect();
        assert_eq!(minutes, [5, 15, 20, 25].map(|minute| format!("2016-04-01T04:{minute:02}:00Z")));
        let is_refusal = |message: &&Message| message.topic.ends_with("/rejected");
        let refused: Vec<&Message> = messages.iter().filter(is_refusal).collect();
        let places: Vec<(String, u64)> = refused
            .iter()
            .map(|message| {
                (
                    message.payload["file"].as_str().unwrap().to_owned(),
                    message.payload["row"].as_u64().unwrap(),
                )
            })
            .collect();
        let at = |file: &str, row| (file.to_owned(), row);
        assert_eq!(
            places,
            [
                at("a.csv", 9),
                at("a.csv", 10),
                at("a.csv", 11),
                at("a.csv", 19),
                at("b.csv", 0),
                at("c.zip", 0)
            ]
        );
        for (count, message) in (1..).zip(&refused) {
            assert!(!message.retained);
            assert_eq!(message.payload["count"], count);
            assert!(!message.payload["reason"].as_str().unwrap().is_empty());
        }
        let said = pump.said();
        assert!(said.contains("the output -5 is negative") && said.contains("does not exist"), "{said}");
        assert!(said.contains("refused 6"), "{said}");
    }
}
