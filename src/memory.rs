//! What an isolate remembers between requests: at most so many values by their names, some of them for a time only. It is lost with
//! the isolate, so nothing rests on it.

use std::{cell::RefCell, collections::HashMap};

use crate::time::{Lifetime, UnixTime};

/// Values by their names. Beyond `most` of them all are forgotten.
pub struct Memory<T> {
    most: usize,
    values: RefCell<HashMap<String, T>>,
}

impl<T: Clone> Memory<T> {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            values: RefCell::default(),
        }
    }

    pub fn get(&self, name: &str) -> Option<T> {
        self.values.borrow().get(name).cloned()
    }

    pub fn put(&self, name: &str, value: T) {
        let mut values = self.values.borrow_mut();
        if let Some(known) = values.get_mut(name) {
            *known = value;
            return;
        }
        if values.len() >= self.most {
            values.clear();
        }
        values.insert(name.to_owned(), value);
    }

    pub fn forget(&self, name: &str) {
        self.values.borrow_mut().remove(name);
    }

    pub fn forget_all(&self) {
        self.values.borrow_mut().clear();
    }

    /// The names of all values.
    pub fn names(&self) -> Vec<String> {
        self.values.borrow().keys().cloned().collect()
    }

    /// Whether there is a value for which `holds` does.
    pub fn any(&self, holds: impl Fn(&T) -> bool) -> bool {
        self.values.borrow().values().any(holds)
    }
}

/// Values that count for a time.
pub struct ShortMemory<T> {
    span: Lifetime,
    values: Memory<(UnixTime, T)>,
}

impl<T: Clone> ShortMemory<T> {
    pub fn new(most: usize, span: Lifetime) -> Self {
        Self {
            span,
            values: Memory::new(most),
        }
    }

    /// The value, if it was put less than the span ago. A clock that went back must not make it count for longer.
    pub fn get(&self, name: &str, now: UnixTime) -> Option<T> {
        let (since, value) = self.values.get(name)?;
        let is_recent = (0..self.span.seconds()).contains(&now.since(since).seconds());
        is_recent.then_some(value)
    }

    pub fn put(&self, name: &str, value: T, now: UnixTime) {
        self.values.put(name, (now, value));
    }

    pub fn forget(&self, name: &str) {
        self.values.forget(name);
    }

    pub fn forget_all(&self) {
        self.values.forget_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_too_many_forgets_all_others() {
        let memory = Memory::new(2);
        memory.put("a", 1);
        memory.put("b", 2);
        memory.put("b", 3);
        assert_eq!((memory.get("a"), memory.get("b")), (Some(1), Some(3)), "replaced");
        assert!(memory.any(|value| *value == 3) && !memory.any(|value| *value == 2));
        memory.put("c", 4);
        assert_eq!(memory.names(), ["c"]);
        memory.forget("c");
        assert_eq!(memory.get("c"), None);
    }

    #[test]
    fn a_value_counts_for_its_time_and_not_before_it_was_put() {
        let memory = ShortMemory::new(2, Lifetime(30));
        memory.put("a", 1, UnixTime(1_000));
        let at = |now| memory.get("a", UnixTime(now));
        assert_eq!((at(1_000), at(1_029)), (Some(1), Some(1)));
        assert_eq!((at(1_030), at(999)), (None, None));
        memory.forget("a");
        assert_eq!(memory.get("a", UnixTime(1_000)), None);
    }
}
