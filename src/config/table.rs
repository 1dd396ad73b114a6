//! Reads values out of a TOML table and collects every problem instead of stopping at the first.
//!
//! Each getter registers its key, reports a value of the wrong type or out of range, and answers
//! with the default then, so that reading goes on. [`Table::finish`] reports the keys that nobody
//! asked for.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::place::Position;
use super::problem::{Located, Problem};
use super::suggest::{article, suggestion};

/// One table of the file; a table that is absent reads as an empty one.
pub(super) struct Table<'d> {
    document: &'d Document<'d>,
    entries: Option<&'d DeTable<'d>>,
    path: String,
    position: Position,
    known: RefCell<Vec<&'static str>>,
}

type Value<'d> = Spanned<DeValue<'d>>;

impl<'d> Table<'d> {
    pub(super) fn root(document: &'d Document<'d>, entries: &'d DeTable<'d>) -> Self {
        Self::new(document, Some(entries), String::new(), Position::START)
    }

    fn new(
        document: &'d Document<'d>,
        entries: Option<&'d DeTable<'d>>,
        path: String,
        position: Position,
    ) -> Self {
        Self {
            document,
            entries,
            path,
            position,
            known: RefCell::default(),
        }
    }

    /// The text of the whole file.
    pub(super) fn file_text(&self) -> &'d str {
        self.document.places.text()
    }

    /// Where the table stands.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Whether the file has this table.
    pub(super) fn is_present(&self) -> bool {
        self.entries.is_some()
    }

    /// Whether the table has this key, of whatever type.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// Whether the key is missing, or an empty list.
    pub(super) fn lacks(&self, key: &'static str) -> bool {
        let list = self.get(key).map(|value| value.get_ref().as_array());
        list.is_none_or(|list| list.is_some_and(|list| list.is_empty()))
    }

    fn get(&self, key: &'static str) -> Option<&'d Value<'d>> {
        if !self.known.borrow().contains(&key) {
            self.known.borrow_mut().push(key);
        }
        self.entries?.get(key)
    }

    fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn locate<T>(&self, key: &str, at: &Value<'d>, value: T) -> Located<T> {
        let position = self.document.places.at(at.span().start);
        Located {
            value,
            key: self.key_path(key),
            position,
        }
    }

    /// Reports a problem with `key`, at its value where there is one, else at the table.
    pub(super) fn problem(
        &self,
        key: &'static str,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) {
        let position = self.get(key).map_or(self.position, |value| {
            self.document.places.at(value.span().start)
        });
        self.document.report(Problem {
            position,
            key: self.key_path(key),
            what: what.into(),
            todo: todo.into(),
        });
    }

    fn wrong_type(&self, key: &str, value: &Value<'d>, wanted: &str) {
        self.wrong_type_at(|| key.to_owned(), value, wanted);
    }

    fn wrong_type_at(&self, key: impl FnOnce() -> String, value: &Value<'d>, wanted: &str) {
        self.document.report_at(value.span().start, |position| {
            let found = value.get_ref().type_str();
            Problem {
                position,
                key: self.key_path(&key()),
                what: format!("is {} {found}", article(found)),
                todo: format!("write {wanted}"),
            }
        });
    }

    /// A whole number.
    fn whole(&self, key: &'static str, example: &str) -> Option<Located<i64>> {
        let value = self.get(key)?;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(
                key,
                value,
                &format!("a whole number, such as {key} = {example}"),
            );
            return None;
        };
        let digits = integer.as_str().replace('_', "");
        let Ok(number) = i64::from_str_radix(&digits, integer.radix()) else {
            let todo = format!("correct it, for example {key} = {example}");
            self.problem(key, format!("{digits} is out of range"), todo);
            return None;
        };
        Some(self.locate(key, value, number))
    }

    /// A whole number within `range`.
    pub(super) fn integer(
        &self,
        key: &'static str,
        default: i64,
        range: RangeInclusive<i64>,
    ) -> i64 {
        match self.whole(key, &default.to_string()) {
            None => default,
            Some(found) if range.contains(&found.value) => found.value,
            Some(found) => {
                self.out_of_range(&found, &range);
                default
            }
        }
    }

    fn out_of_range<T: Display>(&self, found: &Located<T>, range: &RangeInclusive<T>) {
        let (low, high) = (range.start(), range.end());
        self.document.report(found.problem(
            format!("{} is out of range", found.value),
            format!("choose a value from {low} to {high}"),
        ));
    }

    /// A duration in milliseconds.
    pub(super) fn millis(
        &self,
        key: &'static str,
        default: i64,
        range: RangeInclusive<i64>,
    ) -> Duration {
        Duration::from_millis(self.integer(key, default, range).unsigned_abs())
    }

    /// A quantity made from a whole number by `make`, whose error text says what is wrong.
    pub(super) fn quantity<T>(
        &self,
        key: &'static str,
        example: &str,
        make: impl Fn(i64) -> Result<T, String>,
    ) -> Option<Located<T>> {
        let found = self.whole(key, example)?;
        self.checked(&found, example, make(found.value))
    }

    /// A quantity made from a number with or without a decimal point.
    pub(super) fn measure<T>(
        &self,
        key: &'static str,
        example: &str,
        make: impl Fn(f64) -> Result<T, String>,
    ) -> Option<Located<T>> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().replace('_', "").parse().ok(),
            // `whole` has said what is wrong when it gives nothing.
            DeValue::Integer(_) => Some(self.whole(key, example)?.value as f64),
            _ => None,
        };
        let Some(number) = number else {
            self.wrong_type(key, value, &format!("a number, such as {key} = {example}"));
            return None;
        };
        let found = self.locate(key, value, number);
        self.checked(&found, example, make(number))
    }

    fn checked<S, T>(
        &self,
        found: &Located<S>,
        example: &str,
        made: Result<T, String>,
    ) -> Option<Located<T>> {
        match made {
            Ok(value) => Some(Located {
                value,
                key: found.key.clone(),
                position: found.position,
            }),
            Err(what) => {
                let name = found.key.rsplit('.').next().unwrap_or_default();
                self.document.report(
                    found.problem(what, format!("correct it, for example {name} = {example}")),
                );
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.get(key) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, value, "true or false, without quotes");
            default
        })
    }

    /// A text; an empty one is a problem.
    pub(super) fn text(&self, key: &'static str) -> Option<Located<String>> {
        let value = self.get(key)?;
        self.text_of(|| key.to_owned(), value)
    }

    /// A text; its key is put into words where it is needed, since a list may hold very many.
    fn text_of(&self, key: impl Fn() -> String, value: &Value<'d>) -> Option<Located<String>> {
        match value.get_ref().as_str() {
            None => {
                self.wrong_type_at(key, value, "a text in quotes");
                None
            }
            Some(text) if text.trim().is_empty() => {
                self.document.report_at(value.span().start, |_| {
                    self.locate(&key(), value, ())
                        .problem("is empty", "write a text or leave the key out")
                });
                None
            }
            Some(text) => Some(self.locate(&key(), value, text.to_owned())),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Located<String>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, &format!("a list, such as {key} = [\"glass\"]"));
            return Vec::new();
        };
        let path = |index: usize| format!("{key}[{}]", index + 1);
        array
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.text_of(|| path(index), item))
            .collect()
    }

    /// One of several words.
    pub(super) fn choice<T: Clone>(
        &self,
        key: &'static str,
        default: T,
        choices: &[(&str, T)],
    ) -> T {
        let Some(found) = self.text(key) else {
            return default;
        };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == found.value) {
            return choice.clone();
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.document.report(found.problem(
            format!("\"{}\" is not known", found.value),
            suggestion(&found.value, &words),
        ));
        default
    }

    /// A table within this one.
    pub(super) fn table(&self, key: &'static str) -> Table<'d> {
        let absent = || Table::new(self.document, None, self.key_path(key), self.position);
        let Some(value) = self.get(key) else {
            return absent();
        };
        if !value.get_ref().is_table() {
            self.wrong_type(key, value, &format!("a table, [{}]", self.key_path(key)));
            return absent();
        }
        self.subtable(key, value)
    }

    /// A list of tables, `[[key]]`.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'d>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(key, value, &format!("[[{key}]] with double brackets"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        let wanted = format!("[[{key}]] with double brackets");
        for (index, item) in array.iter().enumerate() {
            let path = || format!("{key}[{}]", index + 1);
            if item.get_ref().is_table() {
                tables.push(self.subtable(&path(), item));
            } else {
                self.wrong_type_at(path, item, &wanted);
            }
        }
        tables
    }

    fn subtable(&self, key: &str, value: &'d Value<'d>) -> Table<'d> {
        let position = self.document.places.at(value.span().start);
        Table::new(
            self.document,
            value.get_ref().as_table(),
            self.key_path(key),
            position,
        )
    }

    /// Reports every key that no getter asked for, with the nearest one that exists.
    pub(super) fn finish(&self) {
        let known = self.known.borrow();
        let keys = self.entries.into_iter().flatten().map(|(key, _)| key);
        let mut unknown: Vec<_> = keys
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .collect();
        // In the order of the file, so that the first that are told are the first that are put into words.
        unknown.sort_by_key(|key| key.span().start);
        for key in unknown {
            let name = key.get_ref().as_ref();
            self.document
                .report_at(key.span().start, |position| Problem {
                    position,
                    key: self.key_path(name),
                    what: "unknown key".into(),
                    todo: suggestion(name, &known),
                });
        }
    }
}
