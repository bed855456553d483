use std::collections::HashSet;
use std::fmt::{Arguments, Write};

use super::schema::{Schema, Type};

/// Avro's parsing canonical form: names in full, no blanks, and nothing that does not matter to a reader.
pub(super) fn canonical(schema: &Schema) -> String {
    let mut canonical = Canonical { schema, written: HashSet::new(), out: String::new() };
    canonical.write(schema.root);
    canonical.out
}

struct Canonical<'a> {
    schema: &'a Schema,
    /// Names are explained once.
    written: HashSet<&'a str>,
    out: String,
}

impl<'a> Canonical<'a> {
    fn write(&mut self, place: usize) {
        match &self.schema.types[place] {
            Type::Primitive(primitive) => self.text(primitive.as_str()),
            Type::Array(items) => self.around("array", "items", *items),
            Type::Map(values) => self.around("map", "values", *values),
            Type::Union(branches) => {
                self.out.push('[');
                self.each(branches.iter(), |writer, branch| writer.write(*branch));
                self.out.push(']');
            }
            Type::Fixed { name, size } => {
                if self.begins(name, "fixed") {
                    self.put(format_args!(",\"size\":{size}}}"));
                }
            }
            Type::Enum { name, symbols } => {
                if self.begins(name, "enum") {
                    self.out.push_str(",\"symbols\":[");
                    self.each(symbols.iter(), |writer, symbol| writer.text(symbol));
                    self.out.push_str("]}");
                }
            }
            Type::Record { name, fields, .. } => {
                if self.begins(name, "record") {
                    self.out.push_str(",\"fields\":[");
                    self.each(fields.iter(), |writer, (name, kind)| writer.field(name, *kind));
                    self.out.push_str("]}");
                }
            }
        }
    }

    fn around(&mut self, kind: &str, member: &str, inside: usize) {
        self.put(format_args!("{{\"type\":\"{kind}\",\"{member}\":"));
        self.write(inside);
        self.out.push('}');
    }

    /// Returns whether it is to be explained.
    fn begins(&mut self, name: &'a str, kind: &str) -> bool {
        if !self.written.insert(name) {
            self.text(name);
            return false;
        }
        self.put(format_args!("{{\"name\":\"{name}\",\"type\":\"{kind}\""));
        true
    }

    fn field(&mut self, name: &str, kind: usize) {
        self.put(format_args!("{{\"name\":\"{name}\",\"type\":"));
        self.write(kind);
        self.out.push('}');
    }

    fn put(&mut self, text: Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = self.out.write_fmt(text);
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        self.out.push_str(text);
        self.out.push('"');
    }

    fn each<T>(&mut self, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            write(self, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_to_a_reader_is_left() {
        for (text, expected) in [
            (r#"{ "type" : "string" }"#, r#""string""#),
            (r#"{"type":{"type":"array","items":"int","doc":"x"}}"#, r#"{"type":"array","items":"int"}"#),
            (r#"["null", {"type":"map","values":"long"}]"#, r#"["null",{"type":"map","values":"long"}]"#),
            (
                r#"{"type":"record","namespace":"n.s","name":"R","doc":"d","aliases":["Q"],"fields":[
                    {"name":"a","doc":"d","default":1,"type":{"type":"fixed","size":4,"name":"F"}},
                    {"type":["null","F","R"],"name":"b"},
                    {"name":"c","type":{"type":"enum","name":"x.E","symbols":["A","B"]}},
                    {"name":"d","type":"x.E"}]}"#,
                concat!(
                    r#"{"name":"n.s.R","type":"record","fields":["#,
                    r#"{"name":"a","type":{"name":"n.s.F","type":"fixed","size":4}},"#,
                    r#"{"name":"b","type":["null","n.s.F","n.s.R"]},"#,
                    r#"{"name":"c","type":{"name":"x.E","type":"enum","symbols":["A","B"]}},"#,
                    r#"{"name":"d","type":"x.E"}]}"#
                ),
            ),
        ] {
            assert_eq!(canonical(&Schema::parse(text).unwrap()), expected);
        }
    }
}
