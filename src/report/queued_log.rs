//! Log records on their way through a queue: whoever logs goes on at once, whatever the log's reader does.

use log::kv::{self, Key, Value, VisitSource};
use log::{Level, Log, Metadata, Record};

use super::backlog::{Backlog, Entry, Room};
use super::log_memory;
use super::logger::Destination;
use super::outbox::Outbox;
use crate::panics;

/// A logger in front of the one that may block.
pub(super) struct QueuedLog {
    records: Outbox<Backlog<Kept>>,
}

impl QueuedLog {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// The system gives us no thread.
    pub fn start() -> std::io::Result<Self> {
        let destination = Destination::default();
        let records = Outbox::start("log", Backlog::new(Room::USUAL), move |entry| {
            record_of(entry).write(&destination);
        })?;
        Ok(Self { records })
    }
}

impl Log for QueuedLog {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        log_memory::remember(record);
        let record = Kept::of(record);
        let bytes = record.bytes();
        self.records.put(|records| {
            if panics::is_being_told() {
                records.push_first(record, bytes)
            } else {
                records.push(record, bytes)
            }
        });
    }

    /// Does not wait; the end of the program does, for a bounded time.
    fn flush(&self) {}
}

/// What is written for an entry; a gap is a record as well.
fn record_of(entry: Entry<Kept>) -> Kept {
    match entry {
        Entry::Item(record) => record,
        Entry::DroppingBegan { .. } => {
            Kept::warning("the log is not read; from here on its records are dropped".into())
        }
        Entry::DroppingEnded { dropped, .. } => Kept::warning(format!(
            "the log is read again; {dropped} of its records were dropped"
        )),
    }
}

/// A record that outlives the call that logs it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    level: Level,
    target: String,
    text: String,
    module: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    fields: Vec<(String, String)>,
}

impl Kept {
    fn of(record: &Record<'_>) -> Self {
        let mut fields = Fields(Vec::new());
        // Collecting them cannot fail.
        let _ = record.key_values().visit(&mut fields);
        Self {
            level: record.level(),
            target: record.target().into(),
            text: record.args().to_string(),
            module: record.module_path().map(Into::into),
            file: record.file().map(Into::into),
            line: record.line(),
            fields: fields.0,
        }
    }

    fn warning(text: String) -> Self {
        Self {
            level: Level::Warn,
            target: "sortd".into(),
            text,
            module: None,
            file: None,
            line: None,
            fields: Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        let fields = self.fields.iter();
        size_of::<Self>() + self.text.len() + fields.map(|(k, v)| k.len() + v.len()).sum::<usize>()
    }

    fn write(&self, to: &dyn Log) {
        let fields: Vec<(&str, &str)> = self
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let record = &mut Record::builder();
        record
            .level(self.level)
            .target(&self.target)
            .module_path(self.module.as_deref())
            .file(self.file.as_deref())
            .line(self.line)
            .key_values(&fields);
        to.log(&record.args(format_args!("{}", self.text)).build());
    }
}

struct Fields(Vec<(String, String)>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        self.0.push((key.to_string(), value.to_string()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Keeps what it is given.
    #[derive(Default)]
    struct Memory(Mutex<Vec<Kept>>);

    impl Log for Memory {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &Record<'_>) {
            self.0.lock().unwrap().push(Kept::of(record));
        }

        fn flush(&self) {}
    }

    #[test]
    fn nothing_of_a_record_is_lost_on_its_way() {
        let fields: &[(&str, &str)] = &[("SORTD_EVENT", "blind"), ("SORTD_CAUSE", "a = b\nc")];
        let memory = Memory::default();
        let mut builder = Record::builder();
        builder
            .level(Level::Error)
            .target("sortd::finding")
            .module_path(Some("sortd::report"))
            .file(Some("src/report/mod.rs"))
            .line(Some(7))
            .key_values(&fields);
        Kept::of(&builder.args(format_args!("{} of {}", 2, 3)).build()).write(&memory);
        let expected = Kept {
            level: Level::Error,
            target: "sortd::finding".into(),
            text: "2 of 3".into(),
            module: Some("sortd::report".into()),
            file: Some("src/report/mod.rs".into()),
            line: Some(7),
            fields: vec![
                ("SORTD_EVENT".into(), "blind".into()),
                ("SORTD_CAUSE".into(), "a = b\nc".into()),
            ],
        };
        assert_eq!(*memory.0.lock().unwrap(), [expected]);
    }
}
