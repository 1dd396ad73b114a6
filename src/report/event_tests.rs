//! The form in which programs read events.

use super::*;

#[test]
fn the_json_form_is_stable() {
    let recognised = Event::Recognised {
        label: "glass".into(),
        bin: "bottles".into(),
        confidence: 0.5,
    };
    let json = |event: &Event| serde_json::to_string(event).unwrap();
    assert_eq!(
        json(&recognised),
        r#"{"event":"recognised","label":"glass","bin":"bottles","confidence":0.5}"#
    );
    let off = Event::SignalOff {
        bin: "bottles".into(),
        cause: ReleaseName::TooLong,
    };
    assert_eq!(
        json(&off),
        r#"{"event":"signal-off","bin":"bottles","cause":"too-long"}"#
    );
}

#[test]
fn the_log_gets_the_fields_that_there_are() {
    let off = Event::SignalOff {
        bin: "bottles".into(),
        cause: ReleaseName::TooLong,
    };
    let fields = off.fields();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("SORTD_EVENT", "signal-off"),
            ("SORTD_BIN", "bottles"),
            ("SORTD_CAUSE", "too-long")
        ]
    );
}

#[test]
fn the_name_is_the_one_of_the_json_form() {
    for event in [
        Event::Blind,
        Event::RecordingEnded,
        Event::DroppingBegan,
        Event::DroppingEnded { dropped: 3 },
        Event::Stopping { cause: "x".into() },
    ] {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["event"], event.name());
    }
}
