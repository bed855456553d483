use std::fmt::Write;

use super::error::{PatternError, PatternErrorKind};

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r" \t\n\x0B\x0C\r";
const HORIZONTAL: &str = r" \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const VERTICAL: &str = r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}";
const LINE_END: &str = r"(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])";
/// Names of ASCII classes in Java, and here.
const POSIX: [(&str, &str); 13] = [
    ("Lower", "lower"),
    ("Upper", "upper"),
    ("ASCII", "ascii"),
    ("Alpha", "alpha"),
    ("Digit", "digit"),
    ("Alnum", "alnum"),
    ("Punct", "punct"),
    ("Graph", "graph"),
    ("Print", "print"),
    ("Blank", "blank"),
    ("Cntrl", "cntrl"),
    ("XDigit", "xdigit"),
    ("Space", "space"),
];

/// What `$` matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end of the text, or the line end before it.
    WithLineEnd,
    /// The end of the text.
    OfText,
}

/// Java's syntax in that of the engine.
pub(super) fn translate(pattern: &str, end: End) -> Result<String, PatternError> {
    let mut translator = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        flags: Flags::default(),
        groups: Vec::new(),
        classes: 0,
        quantified: false,
        end,
    };
    translator.run().map_err(|(at, kind)| PatternError { pattern: pattern.to_owned(), at: at + 1, kind })?;
    Ok(translator.out)
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    flags: Flags,
    /// The flags outside of each open group.
    groups: Vec<Flags>,
    /// Open character classes.
    classes: usize,
    /// The last thing was a quantifier.
    quantified: bool,
    end: End,
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    dot_all: bool,
    multi_line: bool,
}

type Step = Result<(), (usize, PatternErrorKind)>;

impl Translator {
    fn run(&mut self) -> Step {
        while let Some(next) = self.peek(0) {
            let quantified = std::mem::take(&mut self.quantified);
            match next {
                '\\' => self.escape()?,
                _ if self.classes > 0 => self.in_class(next),
                '[' => self.open_class(),
                '(' => self.group()?,
                '+' if quantified => return self.unsupported("a possessive quantifier"),
                _ => self.outside(next, quantified),
            }
        }
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn unsupported(&self, what: &'static str) -> Step {
        Err((self.at, PatternErrorKind::Unsupported(what)))
    }

    fn wrong(&self, what: &str) -> (usize, PatternErrorKind) {
        (self.at, PatternErrorKind::Syntax(what.to_owned()))
    }

    fn put(&mut self, text: &str, taken: usize) {
        self.out.push_str(text);
        self.at += taken;
    }

    fn outside(&mut self, next: char, quantified: bool) {
        match next {
            '.' if self.flags.dot_all => self.put("(?s:.)", 1),
            '.' => self.put(r"[^\n\r\x{85}\x{2028}\x{2029}]", 1),
            '$' if !self.flags.multi_line => self.text_end(1),
            ')' => {
                self.flags = self.groups.pop().unwrap_or_default();
                self.put(")", 1);
            }
            _ => {
                self.quantified = matches!(next, '*' | '+' | '}') || next == '?' && !quantified;
                self.out.push(next);
                self.at += 1;
            }
        }
    }

    fn text_end(&mut self, taken: usize) {
        match self.end {
            End::WithLineEnd => {
                self.put(LINE_END, 0);
                self.put(r"?\z", taken);
            }
            End::OfText => self.put(r"\z", taken),
        }
    }

    fn open_class(&mut self) {
        self.classes += 1;
        self.put("[", 1);
        if self.peek(0) == Some('^') {
            self.put("^", 1);
        }
        if self.peek(0) == Some(']') {
            self.put(r"\]", 1);
        }
    }

    fn in_class(&mut self, next: char) {
        match (next, self.peek(1)) {
            ('[', _) => self.open_class(),
            (']', _) => {
                self.classes -= 1;
                self.put("]", 1);
            }
            // Differences of classes in the engine, plain characters in Java.
            ('-', Some('-')) => self.put(r"\-", 1),
            ('~', _) => self.put(r"\~", 1),
            _ => {
                self.out.push(next);
                self.at += 1;
            }
        }
    }

    fn group(&mut self) -> Step {
        self.groups.push(self.flags);
        if self.peek(1) != Some('?') {
            self.put("(", 1);
            return Ok(());
        }
        match (self.peek(2), self.peek(3)) {
            (Some('=' | '!'), _) => self.unsupported("look-ahead"),
            (Some('<'), Some('=' | '!')) => self.unsupported("look-behind"),
            (Some('>'), _) => self.unsupported("an atomic group"),
            (Some('<'), _) => {
                self.put("(?<", 3);
                Ok(())
            }
            _ => self.flags(),
        }
    }

    /// `(?:`, `(?i)`, `(?i-s:` and so on. `u` is always on, and left out.
    fn flags(&mut self) -> Step {
        self.put("(?", 2);
        let (mut on, mut minus) = (true, "");
        while let Some(flag) = self.peek(0) {
            match flag {
                '-' => (on, minus) = (false, "-"),
                'i' | 'x' | 's' | 'm' => {
                    self.out.push_str(std::mem::take(&mut minus));
                    self.out.push(flag);
                    match flag {
                        's' => self.flags.dot_all = on,
                        'm' => self.flags.multi_line = on,
                        _ => {}
                    }
                }
                'u' => {}
                ':' => {
                    self.put(":", 1);
                    return Ok(());
                }
                ')' => {
                    self.groups.pop();
                    let empty = self.out.ends_with("(?");
                    self.put(if empty { ":)" } else { ")" }, 1);
                    return Ok(());
                }
                'd' | 'U' => return self.unsupported("flag d or U"),
                _ => return Err(self.wrong("unknown inline flag")),
            }
            self.at += 1;
        }
        Err(self.wrong("unclosed group"))
    }

    fn escape(&mut self) -> Step {
        let Some(next) = self.peek(1) else { return Err(self.wrong("a backslash at the end")) };
        match next {
            'Q' => self.quote(),
            'd' => self.class("[", DIGIT),
            'D' => self.class("[^", DIGIT),
            'w' => self.class("[", WORD),
            'W' => self.class("[^", WORD),
            's' => self.class("[", SPACE),
            'S' => self.class("[^", SPACE),
            'h' => self.class("[", HORIZONTAL),
            'H' => self.class("[^", HORIZONTAL),
            'v' => self.class("[", VERTICAL),
            'V' => self.class("[^", VERTICAL),
            't' | 'n' | 'r' | 'f' | 'a' | 'A' | 'z' => {
                self.put("\\", 2);
                self.out.push(next);
            }
            'b' if self.classes == 0 => self.put(r"(?-u:\b)", 2),
            'B' if self.classes == 0 => self.put(r"(?-u:\B)", 2),
            'Z' => self.text_end(2),
            'R' => self.put(r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])", 2),
            'e' => self.character(Some(0x1B), 2)?,
            'p' | 'P' => self.property(next == 'P')?,
            '1'..='9' | 'k' => return self.unsupported("a back-reference"),
            'G' | 'X' => return self.unsupported(r"\G or \X"),
            '0' | 'x' | 'u' | 'c' => self.coded(next)?,
            _ if next.is_ascii_alphabetic() => return Err(self.wrong("unknown escape")),
            _ => self.literal(next, 2),
        }
        Ok(())
    }

    fn class(&mut self, open: &str, members: &str) {
        self.put(open, 0);
        self.put(members, 2);
        self.out.push(']');
    }

    fn literal(&mut self, character: char, taken: usize) {
        self.put(&regex::escape(character.encode_utf8(&mut [0; 4])), taken);
    }

    /// From `\Q` up to `\E` or the end.
    fn quote(&mut self) {
        self.at += 2;
        while let Some(next) = self.peek(0) {
            if next == '\\' && self.peek(1) == Some('E') {
                self.at += 2;
                return;
            }
            self.literal(next, 1);
        }
    }

    fn character(&mut self, code: Option<u32>, taken: usize) -> Step {
        let code = code.filter(|code| char::from_u32(*code).is_some());
        let code = code.ok_or_else(|| self.wrong("no such character"))?;
        // A write into a string does not fail.
        let _ = write!(self.out, r"\x{{{code:X}}}");
        self.at += taken;
        Ok(())
    }

    fn coded(&mut self, kind: char) -> Step {
        match (kind, self.peek(2)) {
            ('c', Some(letter)) => self.character(Some(u32::from(letter) ^ 64), 3),
            ('x', Some('{')) => {
                let rest = self.chars.get(self.at + 3..).unwrap_or_default();
                let len = rest.iter().position(|&c| c == '}').ok_or_else(|| self.wrong("unclosed \\x{"))?;
                self.character(self.number(3, len.min(8), 16), len + 4)
            }
            ('x', _) => self.character(self.number(2, 2, 16), 4),
            ('u', _) => self.utf16(),
            _ => {
                let most = if self.peek(2).is_some_and(|digit| digit <= '3') { 3 } else { 2 };
                let digits = (0..most).take_while(|at| self.peek(2 + at).is_some_and(|c| c.is_digit(8)));
                let len = digits.count();
                self.character(self.number(2, len, 8), 2 + len)
            }
        }
    }

    fn utf16(&mut self) -> Step {
        let first = self.number(2, 4, 16);
        let pair = first.is_some_and(|code| (0xD800..0xDC00).contains(&code));
        if !pair || self.peek(6) != Some('\\') || self.peek(7) != Some('u') {
            return self.character(first, 6);
        }
        let low = self.number(8, 4, 16).filter(|code| (0xDC00..0xE000).contains(code));
        let code = first.zip(low).map(|(high, low)| 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
        self.character(code, 12)
    }

    fn number(&self, ahead: usize, len: usize, radix: u32) -> Option<u32> {
        let digits = self.chars.get(self.at + ahead..self.at + ahead + len)?;
        let digits: Option<Vec<u32>> = digits.iter().map(|digit| digit.to_digit(radix)).collect();
        digits.filter(|digits| !digits.is_empty()).map(|digits| {
            digits.iter().fold(0_u32, |number, digit| number.saturating_mul(radix).saturating_add(*digit))
        })
    }

    /// `\p{Alpha}`, `\pL`, `\p{IsGreek}` and so on.
    fn property(&mut self, negated: bool) -> Step {
        let rest = self.chars.get(self.at + 2..).unwrap_or_default();
        let (name, taken): (String, usize) = match rest.first() {
            Some('{') => {
                let name: String = rest.iter().skip(1).take_while(|&&c| c != '}').collect();
                let taken = name.chars().count() + 4;
                (name, taken)
            }
            Some(letter) => (letter.to_string(), 3),
            None => return Err(self.wrong("unknown escape")),
        };
        if name.starts_with("java") || name.starts_with("In") {
            return self.unsupported("a class of Java or a Unicode block");
        }
        let posix = POSIX.iter().find(|(java, _)| *java == name).map(|(_, ours)| *ours);
        let (caret, letter) = if negated { ("^", 'P') } else { ("", 'p') };
        let class = match posix {
            Some(ours) => format!("[[:{caret}{ours}:]]"),
            None => format!(r"\{letter}{{{}}}", name.strip_prefix("Is").unwrap_or(&name)),
        };
        self.put(&class, taken);
        Ok(())
    }
}

#[cfg(test)]
#[path = "translate_tests.rs"]
mod tests;
