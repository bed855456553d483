use super::noise::Noise;
use crate::fuel::Fuel;
use crate::stamp::Stamp;

/// What a fuel gives through a day, and how it strays.
#[derive(Debug)]
struct Curve {
    /// MW at each full hour of the wall clock.
    hours: [i64; 24],
    /// How far days differ, in thousandths, and how many seconds a weather lasts.
    weather: (i64, i64),
    /// How far it strays within hours, in thousandths.
    stray: i64,
    /// How far from one row to the next, in MW.
    jitter: i64,
    most: i64,
}

const DAY: i64 = 86_400;

/// Means and spreads are those of a real April.
static CURVES: [Curve; 7] = [
    Curve {
        hours: [
            2660, 2550, 2440, 2430, 2480, 2720, 3240, 3680, 3880, 4010, 4060, 4040, 4000, 3980, 3900, 3890,
            3950, 4070, 4120, 4240, 4440, 4170, 3550, 3070,
        ],
        weather: (280, 2 * DAY),
        stray: 40,
        jitter: 25,
        most: 6200,
    },
    Curve {
        hours: [
            2050, 2020, 1980, 1980, 2010, 2110, 2330, 2500, 2580, 2620, 2640, 2650, 2600, 2570, 2540, 2540,
            2560, 2580, 2600, 2630, 2680, 2590, 2390, 2240,
        ],
        weather: (250, 2 * DAY),
        stray: 30,
        jitter: 12,
        most: 3700,
    },
    Curve { hours: [3490; 24], weather: (240, 9 * DAY), stray: 0, jitter: 1, most: 5400 },
    Curve {
        hours: [
            26, 20, 20, 20, 22, 22, 23, 27, 30, 34, 42, 46, 43, 41, 46, 55, 62, 55, 55, 51, 49, 41, 32, 30,
        ],
        weather: (900, DAY),
        stray: 100,
        jitter: 1,
        most: 900,
    },
    Curve {
        hours: [
            277, 277, 276, 279, 280, 278, 277, 277, 283, 290, 292, 297, 297, 296, 295, 295, 291, 285, 278,
            276, 280, 280, 279, 279,
        ],
        weather: (150, 3 * DAY),
        stray: 20,
        jitter: 2,
        most: 400,
    },
    Curve {
        hours: [
            383, 370, 378, 375, 371, 362, 347, 344, 340, 332, 340, 346, 353, 367, 387, 393, 398, 378, 363,
            334, 310, 321, 336, 355,
        ],
        weather: (1100, DAY),
        stray: 350,
        jitter: 6,
        most: 1500,
    },
    Curve {
        hours: [
            2740, 2650, 2610, 2580, 2610, 2630, 2880, 3350, 3510, 3600, 3630, 3610, 3590, 3580, 3550, 3550,
            3560, 3590, 3580, 3640, 3790, 3620, 3340, 2950,
        ],
        weather: (120, 3 * DAY),
        stray: 30,
        jitter: 25,
        most: 4500,
    },
];

/// What a published fuel gives at an instant, in whole MW; never below zero.
pub(super) fn output(fuel: &Fuel, stamp: Stamp, seed: u64) -> i64 {
    let Some(curve) = fuel.published().and_then(|place| CURVES.get(place)) else {
        return 0;
    };
    let (noise, at) = (Noise::new(seed), stamp.at().as_second());
    let name = fuel.name();
    let weather = curve.weather.0 * noise.smooth(name, at, curve.weather.1) / 1000;
    let stray = curve.stray * noise.smooth(name, at, 7_200) / 1000;
    let jitter = noise.below(name, at, 2 * curve.jitter + 1) - curve.jitter;
    let mw = by_hour(&curve.hours, stamp) * (1000 + weather + stray) / 1000 + jitter;
    mw.clamp(0, curve.most)
}

/// Straight from one hour to the next.
fn by_hour(hours: &[i64; 24], stamp: Stamp) -> i64 {
    let time = stamp.local().time();
    let into = i64::from(time.minute()) * 60 + i64::from(time.second());
    let mut round = hours.iter().cycle().skip(usize::try_from(time.hour()).unwrap_or_default()).copied();
    let (Some(from), Some(to)) = (round.next(), round.next()) else { return 0 };
    (from * (3600 - into) + to * into) / 3600
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::Day;

    /// Least, mean and greatest output of a fuel in two months.
    fn spread(fuel: &Fuel) -> (i64, i64, i64) {
        let days = Day::new("2016-04-01".parse().unwrap(), 11).following(60);
        let outputs: Vec<i64> = days.flat_map(Day::stamps).map(|stamp| output(fuel, stamp, 11)).collect();
        let mean = outputs.iter().sum::<i64>() / i64::try_from(outputs.len()).unwrap();
        (*outputs.iter().min().unwrap(), mean, *outputs.iter().max().unwrap())
    }

    #[test]
    fn every_fuel_gives_about_what_it_gives_in_a_real_month() {
        for (fuel, mean) in Fuel::PUBLISHED.iter().zip([3568, 2417, 3492, 37, 284, 357, 3281]) {
            let (least, found, most) = spread(fuel);
            assert!((found - mean).abs() * 5 <= mean, "{fuel}: {found} instead of {mean}");
            assert!(least >= 0 && least < found && found < most, "{fuel}: {least} {found} {most}");
        }
    }

    #[test]
    fn the_evening_takes_more_than_the_night() {
        let at = |time: &str| Stamp::new(format!("2016-04-05T{time}Z").parse().unwrap()).unwrap();
        let total = |stamp| Fuel::PUBLISHED.iter().map(|fuel| output(fuel, stamp, 1)).sum::<i64>();
        assert!(total(at("00:30:00")) > total(at("07:30:00")) + 2_000);
    }
}
