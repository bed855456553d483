use std::collections::HashMap;

use serde_json::{Map, Value};

use super::ContainerError;
use super::canonical::canonical;
use super::fingerprint::fingerprint;

/// A schema of Avro, as far as it is needed to tell where a datum ends and what the schema's fingerprint is.
#[derive(Debug, Clone)]
pub struct Schema {
    text: String,
    pub(super) types: Vec<Type>,
    pub(super) root: usize,
    /// Those that take no bytes.
    pub(super) empty: Vec<bool>,
}

/// One type; others are named by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Primitive(Primitive),
    Fixed {
        name: String,
        size: usize,
    },
    Enum {
        name: String,
        symbols: Vec<String>,
    },
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Record {
        name: String,
        fields: Vec<(String, usize)>,
        /// The types of those fields that take bytes.
        filled: Vec<usize>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
}

impl Primitive {
    const ALL: [Self; 8] = [
        Self::Null,
        Self::Boolean,
        Self::Int,
        Self::Long,
        Self::Float,
        Self::Double,
        Self::Bytes,
        Self::String,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
        }
    }
}

impl Schema {
    /// Understands the JSON of a schema.
    ///
    /// ```
    /// use flowcore_avro::container::Schema;
    /// let schema = Schema::parse("\"null\"")?;
    /// assert_eq!(schema.fingerprint(), 0x63dd_24e7_cc25_8f8a);
    /// # Ok::<(), flowcore_avro::container::ContainerError>(())
    /// ```
    ///
    /// # Errors
    /// [`ContainerError::Schema`].
    pub fn parse(text: &str) -> Result<Self, ContainerError> {
        let json: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut parser = Parser::default();
        let root = parser.any(&json, "")?;
        let Parser { types, empty, .. } = parser;
        Ok(Self { text: text.to_owned(), types, root, empty })
    }

    /// Its JSON, as it was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its CRC-64-AVRO: of what it says without its names for people, its defaults and its blanks.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(canonical(self).as_bytes())
    }
}

fn wrong(problem: impl Into<String>) -> ContainerError {
    ContainerError::Schema(problem.into())
}

#[derive(Default)]
struct Parser {
    types: Vec<Type>,
    /// One for each type. What has itself in it takes bytes, or has no end.
    empty: Vec<bool>,
    names: HashMap<String, usize>,
}

impl Type {
    /// Whether it takes no bytes: null, and what has nothing else in it.
    fn is_empty(&self) -> bool {
        match self {
            Self::Primitive(Primitive::Null) | Self::Fixed { size: 0, .. } => true,
            Self::Record { filled, .. } => filled.is_empty(),
            _ => false,
        }
    }
}

impl Parser {
    fn add(&mut self, kind: Type) -> usize {
        self.empty.push(kind.is_empty());
        self.types.push(kind);
        self.types.len() - 1
    }

    /// `space` is the namespace around it.
    fn any(&mut self, json: &Value, space: &str) -> Result<usize, ContainerError> {
        match json {
            Value::String(name) => self.named(name, space),
            Value::Array(branches) => {
                let branches: Result<_, _> = branches.iter().map(|branch| self.any(branch, space)).collect();
                Ok(self.add(Type::Union(branches?)))
            }
            Value::Object(object) => self.object(object, space),
            _ => Err(wrong("a type is neither a name, nor a list, nor an object")),
        }
    }

    fn named(&mut self, name: &str, space: &str) -> Result<usize, ContainerError> {
        if let Some(primitive) = Primitive::ALL.into_iter().find(|known| known.as_str() == name) {
            return Ok(self.add(Type::Primitive(primitive)));
        }
        let known = self.names.get(&full_name(name, space)).or_else(|| self.names.get(name));
        known.copied().ok_or_else(|| wrong(format!("there is no type {name}")))
    }

    fn object(&mut self, object: &Map<String, Value>, space: &str) -> Result<usize, ContainerError> {
        let member = |name: &str| object.get(name).ok_or_else(|| wrong(format!("a type has no {name}")));
        match member("type")? {
            Value::String(kind) => match kind.as_str() {
                "array" => {
                    let items = self.any(member("items")?, space)?;
                    Ok(self.add(Type::Array(items)))
                }
                "map" => {
                    let values = self.any(member("values")?, space)?;
                    Ok(self.add(Type::Map(values)))
                }
                "fixed" | "enum" | "record" | "error" => self.with_name(kind, object, space),
                name => self.named(name, space),
            },
            other => self.any(other, space),
        }
    }

    fn with_name(
        &mut self,
        kind: &str,
        object: &Map<String, Value>,
        space: &str,
    ) -> Result<usize, ContainerError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let short = text("name").ok_or_else(|| wrong(format!("a type {kind} has no name")))?;
        let name = full_name(short, text("namespace").unwrap_or(space));
        // It may be named inside of itself.
        let place = self.add(Type::Union(Vec::new()));
        if self.names.insert(name.clone(), place).is_some() {
            return Err(wrong(format!("there are two types {name}")));
        }
        let space = name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
        let made = match kind {
            "fixed" => Type::Fixed { size: size(object)?, name },
            "enum" => Type::Enum { symbols: symbols(object)?, name },
            _ => self.record(name, object, &space)?,
        };
        self.empty[place] = made.is_empty();
        self.types[place] = made;
        Ok(place)
    }

    fn record(
        &mut self,
        name: String,
        object: &Map<String, Value>,
        space: &str,
    ) -> Result<Type, ContainerError> {
        let fields = self.fields(object, space)?;
        let filled = fields.iter().map(|(_, kind)| *kind).filter(|kind| !self.empty[*kind]).collect();
        Ok(Type::Record { name, fields, filled })
    }

    fn fields(
        &mut self,
        object: &Map<String, Value>,
        space: &str,
    ) -> Result<Vec<(String, usize)>, ContainerError> {
        let fields = object.get("fields").and_then(Value::as_array);
        let fields = fields.ok_or_else(|| wrong("a record has no fields"))?;
        let mut made = Vec::with_capacity(fields.len());
        for field in fields {
            let name =
                field.get("name").and_then(Value::as_str).ok_or_else(|| wrong("a field has no name"))?;
            let kind = field.get("type").ok_or_else(|| wrong(format!("field {name} has no type")))?;
            made.push((name.to_owned(), self.any(kind, space)?));
        }
        Ok(made)
    }
}

fn full_name(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") }
}

fn size(object: &Map<String, Value>) -> Result<usize, ContainerError> {
    let size = object.get("size").and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| wrong("a fixed has no size"))
}

fn symbols(object: &Map<String, Value>) -> Result<Vec<String>, ContainerError> {
    let symbols = object.get("symbols").and_then(Value::as_array);
    let symbols = symbols.ok_or_else(|| wrong("an enum has no symbols"))?;
    let texts = symbols.iter().map(|symbol| symbol.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().ok_or_else(|| wrong("a symbol is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_schema_is_said() {
        for (text, problem) in [
            ("", "EOF"),
            ("7", "neither"),
            (r#""nobody""#, "there is no type nobody"),
            (r#"{"type":"array"}"#, "has no items"),
            (r#"{"type":"record","fields":[]}"#, "has no name"),
            (r#"{"type":"record","name":"R"}"#, "has no fields"),
            (r#"{"type":"record","name":"R","fields":[{"name":"f"}]}"#, "field f has no type"),
            (r#"{"type":"fixed","name":"F","size":-1}"#, "has no size"),
            (r#"{"type":"enum","name":"E","symbols":[1]}"#, "a symbol is no text"),
            (r#"[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":2}]"#, "two types F"),
        ] {
            let said = Schema::parse(text).unwrap_err().to_string();
            assert!(said.contains(problem), "{text}: {said}");
        }
    }

    #[test]
    fn only_what_has_nothing_in_it_takes_no_bytes() {
        let text = r#"{"type":"record","name":"R","fields":[
            {"name":"a","type":"null"},
            {"name":"b","type":{"type":"record","name":"Empty","fields":[{"name":"n","type":"null"}]}},
            {"name":"c","type":{"type":"array","items":"Empty"}}]}"#;
        let schema = Schema::parse(text).unwrap();
        let record = |name: &str| {
            let is_it = |kind: &Type| matches!(kind, Type::Record { name: own, .. } if own == name);
            schema.empty[schema.types.iter().position(is_it).unwrap()]
        };
        assert_eq!((record("R"), record("Empty")), (false, true));
    }

    /// Each has the one before in it, inside of another: whoever asks all of them for each is not done today.
    #[test]
    fn a_schema_of_many_records_takes_no_longer_than_its_bytes() {
        let mut text = r#"[{"type":"record","name":"R0","fields":[]}"#.to_owned();
        for at in 1..=30_000 {
            let before = at - 1;
            let inner =
                format!(r#"{{"type":"record","name":"S{at}","fields":[{{"name":"f","type":"R{before}"}}]}}"#);
            let outer =
                format!(r#",{{"type":"record","name":"R{at}","fields":[{{"name":"f","type":{inner}}}]}}"#);
            text.push_str(&outer);
        }
        text.push(']');
        let schema = Schema::parse(&text).unwrap();
        let empty = schema.empty.iter().filter(|empty| **empty).count();
        assert_eq!((schema.types.len(), empty), (60_002, 60_001), "all but the union");
    }

    #[test]
    fn what_has_itself_in_it_is_not_empty() {
        let text = r#"{"type":"record","name":"R","fields":[
            {"name":"n","type":"null"},
            {"name":"s","type":{"type":"record","name":"S","fields":[{"name":"r","type":"R"}]}}]}"#;
        let schema = Schema::parse(text).unwrap();
        assert_eq!(schema.empty, [false, true, false]);
    }
}
