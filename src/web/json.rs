//! JSON from outside (RFC 8259). "The names within an object SHOULD be unique" (section 4): of a name that stands twice two
//! readers might take one value each, so that a check and what is done afterwards see different things. Nobody needs that,
//! and it is refused at every depth.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// Reads a JSON text that somebody sent. `None` for what is no JSON in UTF-8, is nested deeper than 128, has a name twice in one
/// object, or is not a `T`.
pub fn parse<T: DeserializeOwned>(text: impl AsRef<[u8]>) -> Option<T> {
    let Distinct(value) = serde_json::from_slice(text.as_ref()).ok()?;
    T::deserialize(value).ok()
}

/// A JSON value in which no object has a name twice.
struct Distinct(Value);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Distinct(value)) = access.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Distinct(value))) = access.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_once_in_an_object_at_every_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"a":null}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"a":1,"a":2}]"#,
            r#"{"x":{"y":[[{"a":{},"a":{}}]]}}"#,
        ] {
            assert_eq!(parse::<Value>(text), None, "{text}");
        }
        assert!(parse::<Value>(r#"{"a":{"a":[{"a":1},{"a":1}]},"A":1}"#).is_some());
    }

    #[test]
    fn everything_else_is_read_as_json_is() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "1.5",
            r#""\u00e4\n""#,
            "[]",
            r#" {"a":[1,-2,0.25,"x",null,false,{}]} "#,
        ] {
            assert_eq!(parse::<Value>(text), serde_json::from_str(text).ok(), "{text}");
        }
        for text in ["", "{", "{}{}", "nul", "'a'", "\u{feff}{}", "{\"a\":NaN}", "[1,]"] {
            assert_eq!(parse::<Value>(text), None, "{text}");
        }
        assert_eq!(parse::<Value>(b"\"\xff\""), None);
        assert_eq!(parse::<Value>("[".repeat(200) + &"]".repeat(200)), None, "too deep");
        assert_eq!(parse::<Vec<String>>(r#"["a"]"#), Some(vec!["a".to_owned()]));
        assert_eq!(parse::<Vec<String>>(r#"["a",1]"#), None);
    }

    /// Signatures and stored copies are over text, so a number must come out as it went in.
    #[test]
    fn a_number_with_a_fraction_is_the_same_after_each_reading() {
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = f64::from_bits((state >> 12) | 0x3FF0_0000_0000_0000) * 1e5;
            let text = serde_json::to_string(&number).unwrap();
            assert_eq!(parse::<f64>(&text), Some(number), "{text}");
        }
    }
}
