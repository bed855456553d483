//! Every key that Flume 1.11 has is in the tables: `flume_keys.txt` lists them, and where the description
//! of Flume lies beside the checkout, the list is held against it.

use std::fmt::Write;
use std::path::PathBuf;

use flowcore_agent::keys::{ComponentType, Key, Kind, Ours, Section, Tier, all, find};

const LIST: &str = include_str!("flume_keys.txt");

/// A row: kind, type, key, default (`–` for none), `required` or `optional`, what becomes of it here.
fn problem(row: &str) -> Option<String> {
    let cells: Vec<&str> = row.split('\t').collect();
    let [kind, name, key, default, required, ours] = cells[..] else { return Some(format!("no row: {row}")) };
    let section = SECTIONS.iter().find(|(word, _)| *word == kind).map(|(_, section)| *section)?;
    let Some(found) = find(section, name) else { return Some(format!("no {kind} {name}")) };
    let Some(known) = key_of(found.component, key) else {
        return Some(format!("{kind} {name} has no key {key}"));
    };
    let is_default = default == "–" || known.default.unwrap_or("–").eq_ignore_ascii_case(default);
    let stands_in =
        found.component.all_keys().any(|other| other.or_instead == Some(key) && other.is_required);
    // The extractor's pattern is needed by one of its types alone.
    let is_required = match required {
        "required" => known.is_required || stands_in,
        _ => !known.is_required || known.name == "pattern",
    };
    let is_ours = match ours {
        "W" => matches!(known.ours, Ours::NoEffect(_) | Ours::OldName(_)),
        "D" => matches!(known.ours, Ours::Refused(_) | Ours::RefusedIfTrue(_)),
        "new" => known.ours == Ours::New,
        "=" if is_of_key_store(key) => matches!(known.ours, Ours::NoEffect(_)),
        "=" => !matches!(known.ours, Ours::Refused(_) | Ours::NoEffect(_)),
        _ => true,
    };
    let wrong = [(is_default, "default"), (is_required, "required"), (is_ours, "ours")];
    let wrong: Vec<&str> = wrong.iter().filter(|(holds, _)| !holds).map(|(_, what)| *what).collect();
    (!wrong.is_empty()).then(|| format!("{row}: {} differs: {known:?}", wrong.join(", ")))
}

/// The key store of Java that `JCEKSFILE` names is not read, so they are known and do nothing.
fn is_of_key_store(key: &str) -> bool {
    key.starts_with("encryption.keyProvider.keyStore") || key.ends_with(".passwordFile")
}

/// A key of a type, or of one of its parts.
fn key_of(component: &'static ComponentType, name: &str) -> Option<&'static Key> {
    component.key(name).or_else(|| component.all_keys().find_map(|key| key_of_part(key, name)))
}

fn key_of_part(key: &'static Key, name: &str) -> Option<&'static Key> {
    let (section, is_named) = match key.kind {
        Kind::Type(section) => (section, false),
        Kind::Named(section) => (section, true),
        _ => return None,
    };
    let rest = name.strip_prefix(key.name.trim_end_matches(".type"))?.strip_prefix('.')?;
    let rest = if is_named { rest.split_once('.')?.1 } else { rest };
    if rest == "*" { Some(key) } else { all(section).find_map(|part| part.key(rest)) }
}

const SECTIONS: [(&str, Section); 6] = [
    ("source", Section::Source),
    ("channel", Section::Channel),
    ("sink", Section::Sink),
    ("selector", Section::Selector),
    ("processor", Section::SinkProcessor),
    ("interceptor", Section::Interceptor),
];

#[test]
fn every_key_of_flume_is_in_the_tables() {
    let rows: Vec<&str> = LIST.lines().filter(|row| !row.starts_with('#')).collect();
    assert!(rows.len() > 300, "{} rows", rows.len());
    let problems: Vec<String> = rows.iter().filter_map(|row| problem(row)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

const DIFFERENCES: &str = include_str!("../../../docs/flume-differences.md");

#[test]
fn every_key_of_our_own_is_in_the_documents_with_its_default() {
    let section = DIFFERENCES.split("## Keys of our own").nth(1).unwrap().split("## ").next().unwrap();
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| ")).collect();
    let sections =
        [Section::Source, Section::Channel, Section::Sink, Section::Deserializer, Section::Serializer];
    let types = sections.into_iter().flat_map(all).filter(|of| of.tier == Tier::First);
    let keys = types.flat_map(|of| of.keys.iter().copied().flatten().map(move |key| (of.name, key)));
    let ours: Vec<_> = keys.filter(|(_, key)| key.ours == Ours::New).collect();
    assert!(ours.len() > 20, "{} keys", ours.len());
    let missing = ours.iter().filter(|(of, key)| {
        let default = key.default.map_or("| – |".to_owned(), |default| format!("| `{default}` |"));
        let is_it = |row: &&&str| {
            row.contains(&format!("`{of}`")) && row.contains(&format!("| `{}` {default}", key.name))
        };
        !rows.iter().any(|row| is_it(&row))
    });
    let missing: Vec<String> = missing.map(|(of, key)| format!("{of} {}", key.name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_list_of_keys_is_that_of_the_description_of_flume() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the crate is"));
    let Ok(text) = std::fs::read_to_string(root.join("../../shared/specs/flume.md")) else {
        println!("the description of Flume is not there: the committed list stands for it");
        return every_key_of_flume_is_in_the_tables();
    };
    let mut list = String::from("# kind, type, key, default, required, ours\n");
    let mut tables = Tables::default();
    text.lines().for_each(|line| tables.line(line, &mut list));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        return std::fs::write(root.join("tests/it/flume_keys.txt"), list).unwrap();
    }
    assert_eq!(list, LIST);
}

/// Reads the tables of the description.
#[derive(Default)]
struct Tables {
    /// Kind and types that the section at hand is about.
    about: Vec<(&'static str, &'static str)>,
    /// The first cell, for tables that leave it empty in further rows.
    owner: String,
    has_owner: bool,
    key_at: usize,
    is_table: bool,
}

const HEADINGS: &[(&str, &[(&str, &str)])] = &[
    ("## 7.", &[("selector", "")]),
    ("## 8.", &[("processor", "")]),
    ("## 9.", &[("interceptor", "")]),
    (
        "### 12.1",
        &[
            ("source", "avro"),
            ("source", "thrift"),
            ("source", "syslogtcp"),
            ("source", "multiport_syslogtcp"),
            ("source", "http"),
        ],
    ),
    ("### 12.2", &[("sink", "avro"), ("sink", "thrift")]),
    ("### 15.4 ", &[("sink", "avro"), ("sink", "thrift")]),
    ("### 13.1 ", &[("source", "avro")]),
    ("### 13.2 ", &[("source", "thrift")]),
    ("### 13.3 ", &[("source", "exec")]),
    ("### 13.4 ", &[("source", "spooldir")]),
    ("### 13.5 ", &[("source", "taildir")]),
    ("### 13.6 ", &[("source", "kafka")]),
    ("### 13.7 ", &[("source", "netcat")]),
    ("### 13.8 ", &[("source", "netcatudp")]),
    ("### 13.9 ", &[("source", "seq")]),
    ("### 13.10 ", &[("source", "stress")]),
    ("### 13.12 ", &[("source", "http")]),
    ("### 14.1 ", &[("channel", "memory")]),
    ("### 14.2 ", &[("channel", "file")]),
    ("### 14.3 ", &[("channel", "spillablememory")]),
    ("### 14.5 ", &[("channel", "kafka")]),
    ("### 15.2 ", &[("sink", "logger")]),
    ("### 15.3 ", &[("sink", "file_roll")]),
    ("### 15.5 ", &[("sink", "http")]),
    ("### 15.6 ", &[("sink", "hdfs")]),
    ("### 15.7 ", &[("sink", "kafka")]),
    ("### 15.8 ", &[("sink", "")]),
    ("### 13.13 ", &[("source", "")]),
];

impl Tables {
    fn line(&mut self, line: &str, list: &mut String) {
        if line.starts_with('#') {
            let known = HEADINGS.iter().find(|(heading, _)| line.starts_with(heading));
            self.about = known.map(|(_, about)| about.to_vec()).unwrap_or_default();
            return;
        }
        let Some(row) = line.strip_prefix('|') else {
            self.is_table = false;
            return;
        };
        let row = row.replace("\\|", "¦");
        let cells: Vec<&str> = row.trim_end().trim_end_matches('|').split('|').map(str::trim).collect();
        if let Some(at) = cells.iter().position(|cell| matches!(*cell, "Key" | "Keys (default)")) {
            (self.key_at, self.has_owner, self.is_table) = (at, at > 0, true);
            return;
        }
        if self.about.is_empty()
            || !self.is_table
            || cells[0].starts_with("--")
            || cells.iter().any(|cell| cell.starts_with("---"))
        {
            return;
        }
        if self.has_owner && !cells[0].is_empty() {
            cells[0].clone_into(&mut self.owner);
        }
        self.row(&cells, list);
    }

    fn row(&self, cells: &[&str], list: &mut String) {
        let keys = cells.get(self.key_at).copied().unwrap_or("");
        let is_prose = self.has_owner && cells.len() == 2;
        let pairs = if is_prose {
            prose(keys)
        } else {
            pairs(keys, cells.get(self.key_at + 1).copied().unwrap_or("–"))
        };
        let ours = cells.get(self.key_at + 3).copied().unwrap_or("–");
        let ours = match ours {
            _ if keys.contains("[ours]") => "new",
            "= with W" => "W",
            "–" => "–",
            ours if ours.contains("others W") && !keys.contains("old") => "others W",
            ours if ours == "W" || ours.starts_with("W ") => "W",
            ours if ours.starts_with('D') => "D",
            _ => "=",
        };
        let meaning = cells.get(self.key_at + 2).copied().unwrap_or("");
        let is_for_other = |name: &str| {
            (name == "thrift" && (meaning.starts_with("avro") || keys.starts_with("compression")))
                || (name == "avro" && meaning.starts_with("thrift"))
        };
        for (kind, name) in self.about.iter().filter(|(kind, name)| *kind != "sink" || !is_for_other(name)) {
            let names: Vec<&str> =
                if name.is_empty() { self.owner.split(", ").collect() } else { vec![*name] };
            for name in names.into_iter().filter(|name| find_kind(kind, name)) {
                for (key, default, required) in &pairs {
                    let required = if *required { "required" } else { "optional" };
                    writeln!(list, "{kind}\t{name}\t{key}\t{default}\t{required}\t{ours}").unwrap();
                }
            }
        }
    }
}

/// Rows about all types of a kind are no rows of one.
fn find_kind(kind: &str, name: &str) -> bool {
    SECTIONS.iter().any(|(word, section)| *word == kind && find(*section, name).is_some())
}

/// `a, b` or `a / b` with their defaults.
fn pairs(keys: &str, defaults: &str) -> Vec<(String, String, bool)> {
    let keys =
        keys.replace(" [ours]", "").replace('\\', "").replace(" or ", ", ").replace("BLOBHandler: ", "");
    let keys = keys.replace(" / ", ", ");
    let keys: Vec<&str> = keys.split(", ").map(str::trim).filter(|key| is_key(key)).collect();
    let defaults = defaults.trim_matches('`');
    let defaults = defaults.replace(" / ", ", ");
    let split: Vec<&str> = defaults.split(", ").map(str::trim).collect();
    let mut before = "";
    let mut found = Vec::new();
    for (at, written) in keys.iter().enumerate() {
        let bare = written.trim_matches('*').trim_end_matches(' ');
        let bare = if written.ends_with(".*") { *written } else { bare };
        let name = match bare.strip_prefix('.') {
            Some(rest) => format!("{}.{rest}", before.rsplit_once('.').map_or("", |(parent, _)| parent)),
            None => bare.to_owned(),
        };
        let default =
            if keys.len() == 1 { defaults.as_str() } else { split.get(at).copied().unwrap_or("–") };
        let is_plain =
            !default.contains(' ') && !default.contains("…") && !matches!(default, "empty" | "local" | "");
        let default = if is_plain && keys.len().max(1) == split.len().min(keys.len()) {
            default.trim_matches('`').trim_start_matches("**").trim_end_matches("**")
        } else {
            "–"
        };
        found.push((name, default.to_owned(), written.starts_with("**")));
        before = if bare.starts_with('.') { before } else { bare };
    }
    found
}

/// `**a**, b (default), c`
fn prose(text: &str) -> Vec<(String, String, bool)> {
    let mut depth = 0_usize;
    let items = text.split(|c: char| {
        depth = match c {
            '(' | '[' => depth + 1,
            ')' | ']' => depth.saturating_sub(1),
            _ => depth,
        };
        c == ',' && depth == 0
    });
    let items: Vec<&str> = items.map(str::trim).collect();
    items
        .iter()
        .filter_map(|item| {
            let name = item.split(' ').next()?;
            let is_required = name.starts_with("**");
            let name = if is_required { name.trim_matches('*') } else { name };
            (is_key(name) && !item.contains("JVM") && name != "serializer")
                .then(|| (name.to_owned(), "–".to_owned(), is_required))
        })
        .collect()
}

fn is_key(text: &str) -> bool {
    let name = text.trim_matches('*');
    let is_word = |c: char| c.is_ascii_alphanumeric() || ".-_<>* ".contains(c);
    name.len() > 1
        && name.chars().all(is_word)
        && !name.trim().contains(' ')
        && !text.contains('…')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
}
