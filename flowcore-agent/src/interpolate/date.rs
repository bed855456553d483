/// A local time in a format of Java's `SimpleDateFormat`: the letters `y M d H h m s S E a`, and text in
/// single quotes.
///
/// # Errors
/// The letter that is not known.
///
/// ```
/// use flowcore_agent::interpolate::java_date;
/// let time = jiff::civil::date(2024, 3, 5).at(7, 8, 9, 12_000_000);
/// assert_eq!(java_date("yyyy-MM-dd'T'HH:mm:ss.SSS", time), Ok("2024-03-05T07:08:09.012".to_owned()));
/// ```
pub fn java_date(format: &str, time: jiff::civil::DateTime) -> Result<String, String> {
    let mut out = String::new();
    let chars: Vec<char> = format.chars().take(256).collect();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c == '\'' {
            let end = chars[at + 1..].iter().position(|c| *c == '\'').map_or(chars.len(), |end| at + 1 + end);
            if end == at + 1 {
                out.push('\'');
            } else {
                out.extend(&chars[at + 1..end]);
            }
            at = end + 1;
            continue;
        }
        let run = chars[at..].iter().take_while(|next| **next == c).count();
        if c.is_ascii_alphabetic() {
            out.push_str(&field(c, run, time)?);
        } else {
            out.extend(&chars[at..at + run]);
        }
        at += run;
    }
    Ok(out)
}

fn field(letter: char, width: usize, time: jiff::civil::DateTime) -> Result<String, String> {
    let named = |short: &str, long: &str| time.strftime(if width < 4 { short } else { long }).to_string();
    let number = match letter {
        'y' if width == 2 => return Ok(format!("{:02}", time.year().rem_euclid(100))),
        'y' => i64::from(time.year()),
        'M' if width > 2 => return Ok(named("%b", "%B")),
        'M' => i64::from(time.month()),
        'd' => i64::from(time.day()),
        'H' => i64::from(time.hour()),
        'h' => i64::from((time.hour() + 11) % 12 + 1),
        'm' => i64::from(time.minute()),
        's' => i64::from(time.second()),
        'S' => i64::from(time.millisecond()),
        'E' => return Ok(named("%a", "%A")),
        'a' => return Ok(if time.hour() < 12 { "AM" } else { "PM" }.to_owned()),
        other => return Err(format!("`{other}` is no letter of a date that is known here")),
    };
    Ok(format!("{number:0width$}", width = width.min(20)))
}
