//! A strict JSON value whose texts borrow from the document.
//!
//! Whatever is read from outside starts as one: [`super::parse_strict`] turns it into a [`Value`], derived readers take
//! it as it is ([`Deserializer`] below). Unlike serde_json's values it hands every text out as `&str`, so that a typed
//! reading of a document owns nothing, and it reads a struct from an object alone, never from a list of its members.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::{Error, Map, Number, Value};

use super::canonical::member_order;
use super::{MAX_DEPTH, TOO_DEEP, checked_number};

/// One value.
#[derive(Clone, Debug)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Members<'a>),
}

/// The members of an object, as they stand in the document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members<'a> {
    members: Vec<(Cow<'a, str>, Node<'a>)>,
    /// They already stand in canonical order, and so none stands twice.
    in_order: bool,
}

impl<'a> Node<'a> {
    /// Reads one value, strictly, and nothing after it.
    pub(super) fn parse(text: &'a str) -> Result<Self, Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let node = Strict { depth: 0 }.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(node)
    }

    /// The member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(object) => object.members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The member of an object, if it is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Self::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The member of an object, if it is a number without sign and fraction.
    pub(crate) fn whole_number(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(Self::Number(number)) => number.as_u64(),
            _ => None,
        }
    }

    /// The same as an owned value.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.as_ref().to_owned()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(object) => {
                let members = object.members.iter();
                Value::Object(
                    members.map(|(name, value)| (name.as_ref().to_owned(), value.to_value())).collect::<Map<_, _>>(),
                )
            }
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Number(_) => Unexpected::Other("a number"),
            Self::Text(text) => Unexpected::Str(text),
            Self::List(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        }
    }
}

impl<'a> From<&'a Value> for Node<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(object) => {
                let mut members = Members::of_about(object.len());
                object.iter().for_each(|(name, value)| members.push(Cow::Borrowed(name), value.into()));
                Self::Object(members)
            }
        }
    }
}

impl<'a> Members<'a> {
    fn of_about(count: usize) -> Self {
        Self { members: Vec::with_capacity(count), in_order: true }
    }

    fn push(&mut self, name: Cow<'a, str>, value: Node<'a>) {
        self.in_order &= self.members.last().is_none_or(|(last, _)| member_order(last, &name).is_lt());
        self.members.push((name, value));
    }

    /// A name that stands twice.
    fn duplicate(&self) -> Option<&str> {
        if self.in_order {
            return None;
        }
        let mut names: Vec<&str> = self.members.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// Calls `write` with each member in canonical order.
    pub(super) fn in_canonical_order<'s>(&'s self, mut write: impl FnMut(&'s str, &'s Node<'a>)) {
        if self.in_order {
            return self.members.iter().for_each(|(name, value)| write(name, value));
        }
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by(|(one, _), (other, _)| member_order(one, other));
        members.into_iter().for_each(|(name, value)| write(name, value));
    }
}

/// Builds a [`Node`] while refusing what serde_json would let pass.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Strict { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node<'de>, E> {
        checked_number(value.into()).map(Node::Number).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node<'de>, E> {
        checked_number(value.into()).map(Node::Number).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node<'de>, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom(super::BEYOND))?;
        checked_number(number).map(Node::Number).map_err(E::custom)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members = Members::of_about(8);
        while let Some(name) = map.next_key_seed(Name)? {
            members.push(name, map.next_value_seed(inner)?);
        }
        match members.duplicate() {
            Some(name) => Err(de::Error::custom(format_args!("duplicate member {name:?}"))),
            None => Ok(Node::Object(members)),
        }
    }
}

/// Reads a member's name, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Node<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Number(number) => number.deserialize_any(visitor),
            Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::List(items) => {
                let mut items = SeqDeserializer::new(items.iter());
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Node::Object(object) => {
                let mut members =
                    MapDeserializer::new(object.members.iter().map(|(name, value)| (name.as_ref(), value)));
                let value = visitor.visit_map(&mut members)?;
                members.end().map(|()| value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Node::Object(_) => self.deserialize_any(visitor),
            other => Err(de::Error::invalid_type(other.unexpected(), &"an object")),
        }
    }

    /// Variants are words: no object names one.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Node::Text(word) => visitor.visit_enum(word.as_ref().into_deserializer()),
            other => Err(de::Error::invalid_type(other.unexpected(), &"a text")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}
