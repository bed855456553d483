use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use smallvec::SmallVec;

/// A name in an order: borrowed from the line, unless it is written with escapes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'a>(Cow<'a, str>);

/// The coffee types of an order. Up to ten cups, which is what the generator writes, take no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cups<'a>(SmallVec<[Name<'a>; 10]>);

impl Name<'_> {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Name<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> Deref for Cups<'a> {
    type Target = [Name<'a>];
    fn deref(&self) -> &[Name<'a>] {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cups<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CupsVisitor(PhantomData))
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(text.to_owned())))
    }
}

struct CupsVisitor<'a>(PhantomData<Name<'a>>);

impl<'de: 'a, 'a> Visitor<'de> for CupsVisitor<'a> {
    type Value = Cups<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of coffee types")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cups<'a>, A::Error> {
        let mut cups = SmallVec::new();
        while let Some(name) = list.next_element()? {
            cups.push(name);
        }
        Ok(Cups(cups))
    }
}
