use super::error::PathTemplateError;

/// A piece of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Header(String),
    /// `%t`: as the header has it.
    Millis,
    /// Any other letter that needs the time.
    Time(char),
    Host(HostPart),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostPart {
    Name,
    Address,
}

const TIME_LETTERS: &str = "aAbBcdeDHkIljmnMpsSyYz";

/// The pieces of `path`. What looks like no escape is text; an escape that has no meaning is nothing.
pub(super) fn parts(path: &str) -> Result<Vec<Part>, PathTemplateError> {
    let (mut parts, mut rest) = (Vec::new(), path);
    while let Some((text, behind)) = rest.split_once('%') {
        push_text(&mut parts, text);
        rest = match escape(behind) {
            Some((Escape::Host(name), rest)) => {
                let at = path.chars().count() - behind.chars().count();
                parts.push(Part::Host(host(path, name, at)?));
                rest
            }
            Some((Escape::Part(part), rest)) => {
                parts.push(part);
                rest
            }
            Some((Escape::Text(text), rest)) => {
                push_text(&mut parts, text);
                rest
            }
            None => {
                push_text(&mut parts, "%");
                behind
            }
        };
    }
    push_text(&mut parts, rest);
    Ok(parts)
}

enum Escape<'a> {
    Part(Part),
    Host(&'a str),
    Text(&'a str),
}

/// What stands behind a percent sign, and what follows.
fn escape(text: &str) -> Option<(Escape<'_>, &str)> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix('{') {
        let (name, rest) = inner.split_once('}')?;
        let is_name = !name.is_empty() && name.chars().all(|c| word(c) || c == '.' || c == '-');
        return is_name.then(|| (Escape::Part(Part::Header(name.to_owned())), rest));
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (name, rest) = inner.split_once(']')?;
        return (!name.is_empty() && name.chars().all(word)).then_some((Escape::Host(name), rest));
    }
    let letter = text.chars().next()?;
    let rest = text.get(letter.len_utf8()..)?;
    let escape = match letter {
        '%' => Escape::Text("%"),
        't' => Escape::Part(Part::Millis),
        letter if TIME_LETTERS.contains(letter) => Escape::Part(Part::Time(letter)),
        letter if word(letter) => Escape::Text(""),
        _ => return None,
    };
    Some((escape, rest))
}

fn host(path: &str, name: &str, at: usize) -> Result<HostPart, PathTemplateError> {
    match name.to_ascii_lowercase().as_str() {
        "localhost" | "fqdn" => Ok(HostPart::Name),
        "ip" => Ok(HostPart::Address),
        _ => {
            let (path, name) = (path.to_owned(), name.to_owned());
            Err(PathTemplateError::UnknownHostEscape { path, name, at })
        }
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Text(text.to_owned())),
    }
}
