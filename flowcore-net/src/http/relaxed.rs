//! JSON as people and scripts write it, and as Flume's reader takes it: raw line ends and tabs in texts, single
//! quotes, names and texts without quotes, comments, halves of surrogate pairs.

use std::fmt::Write;

/// How much longer strict JSON may be than what it stands for: a bound for what hostile bytes can take.
const GROWTH: usize = 2;

/// The same as strict JSON, if it can be read so. What is wrong beyond that stays wrong.
pub(super) fn strict(text: &str) -> Option<String> {
    let most = text.len().saturating_mul(GROWTH).saturating_add(64);
    let mut relaxed = Relaxed { rest: text, out: String::with_capacity(text.len()), most };
    while relaxed.step()? {}
    Some(relaxed.out)
}

struct Relaxed<'a> {
    rest: &'a str,
    out: String,
    most: usize,
}

impl<'a> Relaxed<'a> {
    /// One token. False at the end, nothing where the text cannot be read.
    fn step(&mut self) -> Option<bool> {
        let Some(first) = self.rest.chars().next() else { return Some(false) };
        match first {
            '"' | '\'' => self.quoted(first)?,
            '/' | '#' => self.comment()?,
            ';' => self.instead(1, ','),
            '=' => self.instead(if self.rest.starts_with("=>") { 2 } else { 1 }, ':'),
            '{' | '}' | '[' | ']' | ',' | ':' | ' ' | '\t' | '\r' | '\n' => self.instead(1, first),
            '\\' | '\u{c}' => return None,
            _ => self.word()?,
        }
        Some(true)
    }

    fn instead(&mut self, length: usize, strict: char) {
        self.take(length);
        self.out.push(strict);
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn comment(&mut self) -> Option<()> {
        if let Some(rest) = self.rest.strip_prefix("/*") {
            self.rest = &rest[rest.find("*/")? + 2..];
            return Some(());
        }
        if !self.rest.starts_with('#') && !self.rest.starts_with("//") {
            return None;
        }
        self.take(self.rest.find(['\n', '\r']).unwrap_or(self.rest.len()));
        Some(())
    }

    /// A number, `true`, `false` or `null`, else a text without quotes.
    fn word(&mut self) -> Option<()> {
        let ends = |c: char| "{}[]:,;=#/\\ \t\r\n\u{c}".contains(c);
        let word = self.take(self.rest.find(ends).unwrap_or(self.rest.len()));
        if matches!(word, "true" | "false" | "null") || word.parse::<serde_json::Number>().is_ok() {
            self.out.push_str(word);
        } else {
            self.out.push('"');
            word.chars().try_for_each(|c| self.push(c))?;
            self.out.push('"');
        }
        Some(())
    }

    fn quoted(&mut self, quote: char) -> Option<()> {
        self.take(1);
        self.out.push('"');
        loop {
            let plain = self.rest.find(|c: char| c == quote || c == '\\' || c == '"' || c < ' ')?;
            let taken = self.take(plain);
            self.out.push_str(taken);
            let special = self.rest.chars().next()?;
            if special == '\\' {
                self.escape()?;
                continue;
            }
            self.take(1);
            if special == quote {
                self.out.push('"');
                return Some(());
            }
            self.push(special)?;
        }
    }

    fn escape(&mut self) -> Option<()> {
        let escaped = self.rest[1..].chars().next()?;
        match escaped {
            'u' => return self.unit(),
            'b' | 'f' | 'n' | 'r' | 't' | '"' | '\\' | '/' => {
                let taken = self.take(2);
                self.out.push_str(taken);
            }
            '\'' | '\n' => {
                self.take(2);
                self.push(escaped)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// `\uXXXX`, or two of them that are one character. A half alone is what Java writes for it.
    fn unit(&mut self) -> Option<()> {
        let first = hex(self.rest)?;
        let second = self.rest.get(6..).and_then(hex);
        if let (0xD800..=0xDBFF, Some(0xDC00..=0xDFFF)) = (first, second) {
            let taken = self.take(12);
            self.out.push_str(taken);
        } else {
            let taken = self.take(6);
            self.out.push_str(if (0xD800..=0xDFFF).contains(&first) { "?" } else { taken });
        }
        Some(())
    }

    /// A character of a text. Nothing if it is one too many.
    fn push(&mut self, c: char) -> Option<()> {
        match c {
            '"' => self.out.push_str("\\\""),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            c if c < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(self.out, "\\u{:04x}", u32::from(c));
            }
            c => self.out.push(c),
        }
        (self.out.len() <= self.most).then_some(())
    }
}

fn hex(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hex { u16::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flume_takes_for_json_becomes_json() {
        let table = [
            ("[{'a':'b\"c\\'d'}]", r#"[{"a":"b\"c'd"}]"#),
            ("[{headers:{a:1},body:some-text}]", r#"[{"headers":{"a":1},"body":"some-text"}]"#),
            ("[{\"body\":\"one\ntwo\tthree\u{1}\"}]", "[{\"body\":\"one\\ntwo\\tthree\\u0001\"}]"),
            ("/* c */[ // d\n1 # e\n; 2]", "[ \n1 \n, 2]"),
            ("[{a=true;b=>null}]", r#"[{"a":true,"b":null}]"#),
            (r#"["\ud83d","\ude00x","\ud83d\ude00","\u00e4\n"]"#, r#"["?","?x","\ud83d\ude00","\u00e4\n"]"#),
            ("[{}", "[{}"),
        ];
        for (text, expected) in table {
            assert_eq!(strict(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["'", "\"a", "'\\x'", "'\\", "'\\u12'", "/", "/* ", "\\"] {
            assert_eq!(strict(text), None, "{text}");
        }
        let letters = vec!["a"; 1000].join(",");
        assert_eq!(strict(&letters).map(|json| json.len()), Some(letters.len() + 2000));
        let controls = "\u{1}".repeat(1000);
        for text in [format!("'{controls}'"), format!("[{controls}]")] {
            assert_eq!(strict(&text), None, "six bytes for one are too much");
        }
    }
}
