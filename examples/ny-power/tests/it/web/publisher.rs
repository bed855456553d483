//! What the pump and the archiver would publish, over a bare connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ny_power::messages::{ARCHIVE, COMPUTED, FUEL_MIX, INTENSITY_UNITS, POWER_UNITS, UPDATED};
use serde_json::{Value, json};

/// As the operator's file has them.
pub(crate) const FILE_ORDER: [&str; 7] =
    ["Dual Fuel", "Natural Gas", "Nuclear", "Other Fossil Fuels", "Other Renewables", "Wind", "Hydro"];
const TONNES_PER_MWH: [f64; 7] = [0.491_117_147, 0.473_035_727, 0.0, 1.212_018_384, 0.0, 0.0, 0.0];

/// A publisher at `QoS` 1: what `publish` returns from, the broker has.
pub(crate) struct Publisher {
    stream: TcpStream,
}

impl Publisher {
    pub(crate) fn connect(broker: SocketAddr) -> Self {
        Self::greet(broker, b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04pump")
    }

    /// As the user `pump`.
    pub(crate) fn login(broker: SocketAddr, password: &str) -> Self {
        let length = u8::try_from(password.len()).unwrap();
        let head = [
            &[0x10, 24 + length][..],
            b"\x00\x04MQTT\x04\xc2\x00\x00\x00\x04pump\x00\x04pump\x00",
            &[length],
        ];
        Self::greet(broker, &[&head.concat(), password.as_bytes()].concat())
    }

    fn greet(broker: SocketAddr, connect: &[u8]) -> Self {
        let mut stream = TcpStream::connect(broker).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(connect).unwrap();
        let mut publisher = Self { stream };
        assert_eq!(publisher.read::<4>(), *b"\x20\x02\x00\x00");
        publisher
    }

    fn read<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: impl AsRef<[u8]>, retain: bool) {
        self.stream.write_all(&publish(topic, payload.as_ref(), 1, retain)).unwrap();
        assert_eq!(self.read::<4>(), *b"\x40\x02\x00\x01");
    }

    /// Handed over twice, as the highest quality has it.
    pub(crate) fn publish_once(&mut self, topic: &str, payload: impl AsRef<[u8]>) {
        self.stream.write_all(&publish(topic, payload.as_ref(), 2, false)).unwrap();
        assert_eq!(self.read::<4>(), *b"\x50\x02\x00\x01");
        self.stream.write_all(b"\x62\x02\x00\x01").unwrap();
        assert_eq!(self.read::<4>(), *b"\x70\x02\x00\x01");
    }

    pub(crate) fn fuel(&mut self, interval: &Interval, fuel: &str, megawatts: f64) {
        let message = interval.message(megawatts, POWER_UNITS);
        self.publish(&format!("{FUEL_MIX}{fuel}"), message.to_string(), true);
    }

    /// All of an interval, in the pump's order.
    pub(crate) fn interval(&mut self, interval: &Interval) {
        for (fuel, megawatts) in FILE_ORDER.into_iter().zip(interval.megawatts) {
            self.fuel(interval, fuel, megawatts);
        }
        self.computed(interval);
        self.publish(UPDATED, interval.stamp().to_string(), true);
    }

    pub(crate) fn computed(&mut self, interval: &Interval) {
        self.publish(COMPUTED, interval.message(interval.intensity(), INTENSITY_UNITS).to_string(), true);
    }

    /// A window of the archive.
    pub(crate) fn window(&mut self, name: &str, points: &[(Timestamp, f64)]) {
        let (ts, values): (Vec<_>, Vec<_>) = points.iter().copied().unzip();
        let message = json!({"units": INTENSITY_UNITS, "ts": ts, "values": values});
        self.publish(&format!("{ARCHIVE}{name}"), message.to_string(), true);
    }
}

/// A PUBLISH with packet id 1, if it has one.
pub(crate) fn publish(topic: &str, payload: &[u8], qos: u8, retain: bool) -> Vec<u8> {
    let id: &[u8] = if qos > 0 { &[0, 1] } else { &[] };
    let name = u16::try_from(topic.len()).unwrap().to_be_bytes();
    let body = [&name, topic.as_bytes(), id, payload].concat();
    let mut packet = vec![0x30 | qos << 1 | u8::from(retain)];
    let mut left = body.len();
    while left > 127 {
        packet.push(u8::try_from(left % 128).unwrap() | 128);
        left /= 128;
    }
    packet.push(u8::try_from(left).unwrap());
    [packet, body].concat()
}

/// Five minutes of the grid.
#[derive(Clone, Copy)]
pub(crate) struct Interval {
    pub(crate) at: Timestamp,
    /// In the file's order.
    pub(crate) megawatts: [f64; 7],
}

impl Interval {
    /// Of the acceptance: Nuclear 2427, Hydro 2648, Natural Gas 3084, Dual Fuel 3545, Wind 537, Other
    /// Renewables 824, no Other Fossil Fuels; 245 g / kWh.
    pub(crate) fn of_september(at: Timestamp) -> Self {
        Self { at, megawatts: [3545.0, 3084.0, 2427.0, 0.0, 824.0, 537.0, 2648.0] }
    }

    fn message(&self, value: f64, units: &str) -> Value {
        let mut message = self.stamp();
        message["value"] = json!(value);
        message["units"] = json!(units);
        message
    }

    fn stamp(&self) -> Value {
        let wall = self.at.to_zoned(TimeZone::get("America/New_York").unwrap());
        let (ts, zone) = (wall.strftime("%m/%d/%Y %H:%M:%S").to_string(), wall.strftime("%Z").to_string());
        json!({"ts": ts, "zone": zone, "at": self.at})
    }

    pub(crate) fn intensity(&self) -> f64 {
        let tonnes: f64 = self.megawatts.iter().zip(TONNES_PER_MWH).map(|(megawatts, t)| megawatts * t).sum();
        1000.0 * tonnes / self.megawatts.iter().sum::<f64>()
    }
}

/// Now, at the end of an interval.
pub(crate) fn this_interval() -> Timestamp {
    let now = Timestamp::now().as_second();
    Timestamp::from_second(now - now % 300).unwrap()
}

/// A point each five minutes of `hours` up to `end`, with a morning and an evening in it.
pub(crate) fn wave(end: Timestamp, hours: u32) -> Vec<(Timestamp, f64)> {
    let count = hours * 12;
    let point = |index: u32| {
        let back = SignedDuration::from_mins(5 * i64::from(count - 1 - index));
        let turn = f64::from(count - 1 - index) / 144.0 * std::f64::consts::TAU;
        (end - back, 206.0 + 32.0 * turn.cos() + 9.0 * (3.1 * turn).cos() + f64::from(index * 7 % 5) / 2.0)
    };
    (0..count).map(point).collect()
}
