//! Rust source as words and signs, without comments and literals.

/// A word, a sign or `::`, and the line that it is on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    /// Whether it is a word: a name or a keyword.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// What stands for any literal.
const LITERAL: &str = "\"";

/// Cuts source into tokens. Source that does not end where it should gives the tokens up to there.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { chars: source.chars().collect(), at: 0, line: 1, found: Vec::new() };
    while lexer.at < lexer.chars.len() {
        lexer.next_token();
    }
    lexer.found
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    found: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn step(&mut self) {
        if self.peek(0) == '\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn steps(&mut self, count: usize) {
        (0..count).for_each(|_| self.step());
    }

    fn ended(&self) -> bool {
        self.at >= self.chars.len()
    }

    fn push(&mut self, text: impl Into<String>, line: usize) {
        self.found.push(Token { text: text.into(), line });
    }

    fn next_token(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.line_comment(),
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(),
            ('\'', _) => self.char_or_lifetime(),
            (':', ':') => {
                self.push("::", self.line);
                self.steps(2);
            }
            (c, _) if c.is_alphanumeric() || c == '_' => self.word(),
            (c, _) => {
                if !c.is_whitespace() {
                    self.push(c, self.line);
                }
                self.step();
            }
        }
    }

    fn line_comment(&mut self) {
        while !self.ended() && self.peek(0) != '\n' {
            self.step();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.ended() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.step();
                    continue;
                }
            }
            self.steps(2);
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.push(LITERAL, self.line);
        self.step();
        while !self.ended() && self.peek(0) != '"' {
            self.steps(if self.peek(0) == '\\' { 2 } else { 1 });
        }
        self.step();
    }

    fn raw_string(&mut self) {
        self.push(LITERAL, self.line);
        let hashes = self.chars[self.at..].iter().take_while(|&&c| c == '#').count();
        self.steps(hashes + 1);
        while !self.ended() {
            let closes = self.peek(0) == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == '#');
            self.step();
            if closes {
                return self.steps(hashes);
            }
        }
    }

    fn char_or_lifetime(&mut self) {
        if self.peek(1) != '\\' && self.peek(2) != '\'' {
            self.step();
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.step();
            }
            return;
        }
        self.push(LITERAL, self.line);
        self.step();
        // The character itself, which may be a quote behind a backslash.
        self.steps(if self.peek(0) == '\\' { 2 } else { 1 });
        while !self.ended() && self.peek(0) != '\'' {
            self.step();
        }
        self.step();
    }

    fn word(&mut self) {
        let (start, line) = (self.at, self.line);
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            self.step();
        }
        let word: String = self.chars[start..self.at].iter().collect();
        match (word.as_str(), self.peek(0), self.peek(1)) {
            ("r" | "br" | "cr", '"', _) | ("r" | "br" | "cr", '#', '"' | '#') => self.raw_string(),
            ("b" | "c", '"', _) => self.string(),
            ("b", '\'', _) => self.char_or_lifetime(),
            ("r", '#', _) => self.step(),
            _ => self.push(word, line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> String {
        tokens(source).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let source =
            "a // crate::x\n/* b /* crate::y */ */ c \"crate::\\\"z\" r#\"crate::\"w\"# b'\\'' '\"' d";
        assert_eq!(words(source), "a c \" \" \" \" d");
    }

    #[test]
    fn a_lifetime_is_not_the_start_of_a_character() {
        assert_eq!(words("fn f<'a>(x: &'a str) -> char { 'x' }"), "fn f < > ( x : & str ) - > char { \" }");
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let found = tokens("\"a\nb\" /*\n*/ x");
        assert_eq!(found.last(), Some(&Token { text: "x".to_owned(), line: 3 }));
    }

    #[test]
    fn source_that_breaks_off_is_no_panic() {
        for source in ["\"a", "/* a", "r#\"a", "'", "'\\", "b'", "r#", "\\"] {
            assert!(tokens(source).len() <= 2, "{source}");
        }
    }
}
