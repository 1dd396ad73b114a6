//! Files as people write them, and that nothing of them is repeated in a message.

use super::*;
use proptest::prelude::*;

fn refusal(text: &str) -> String {
    parse(text, Path::new("wifi.txt"))
        .expect_err("it is wrong")
        .to_string()
}

#[test]
fn what_a_person_writes_becomes_an_access() {
    let text = "# the workshop's\r\ncountry = DE\r\nnetwork = Werk \"statt\" #2\r\npassword = a \"b\" c = d\r\n";
    let (wifi, notes) = parse(text, Path::new("wifi.txt")).expect("it is right");
    assert_eq!(
        notes.map(|notes| notes.to_string()).as_deref(),
        Some(
            "wifi.txt:3:1: network: taken as it stands, with its quotes; if that is right, write \" before and behind \
             all of it; then this is told no more\n\
             wifi.txt:4:1: password: taken as it stands, with its quotes; if that is right, write \" before and behind \
             all of it; then this is told no more"
        )
    );
    assert_eq!(
        wifi.for_wpa_supplicant(),
        "# Written by `sortd takeover` from wifi.txt.\nctrl_interface=/run/wpa_supplicant\ncountry=DE\n\
         network={\n\tssid=5765726b2022737461747422202332\n\tpsk=\"a \"b\" c = d\"\n}\n"
    );
}

#[test]
fn an_open_network_needs_no_password_and_a_hidden_one_is_asked_for() {
    let (wifi, notes) = parse(
        "country=US\nnetwork=\"Café\"\nhidden=yes",
        Path::new("wifi.txt"),
    )
    .expect("it is right");
    assert_eq!(notes, None);
    assert!(
        wifi.for_wpa_supplicant()
            .contains("ssid=436166c3a9\n\tscan_ssid=1\n\tkey_mgmt=NONE\n")
    );
}

#[test]
fn every_problem_is_told_with_its_line() {
    assert_eq!(
        refusal(
            "country = Germany\nnetwrk = a\npassword = short\nhello\nhidden = 1\nhidden = no\n"
        ),
        "wifi.txt:1:1: country: it is no country; write two capital letters, such as DE or US\n\
         wifi.txt:2:1: unknown key; did you mean `network`?\n\
         wifi.txt:3:1: password: the password cannot be one; it has 8 to 63 letters, digits and signs of an English \
         keyboard; leave the line out for an open network\n\
         wifi.txt:4:1: no `=` in this line; write `key = value`, or # before a remark\n\
         wifi.txt:5:1: hidden: it is neither yes nor no; write yes if the network hides its name\n\
         wifi.txt:6:1: hidden: stands there twice; keep one of the lines\n\
         wifi.txt:7:1: network: is missing; add a line `network = NAME`"
    );
}

#[test]
fn what_may_be_meant_in_two_ways_is_refused_with_how_to_write_it() {
    assert_eq!(
        refusal(
            "country = UK\nnetwork = Workshop # upstairs\npassword = \"secret1234\nhidden = “yes"
        ),
        "wifi.txt:1:1: country: `UK` is no country; write GB\n\
         wifi.txt:2:1: network: what stands behind # may be a remark; write remarks on lines of their own; if the # \
         belongs to it, write \" before and behind all of it\n\
         wifi.txt:3:1: password: a quote stands at one end only; write \" at both ends or at none; if the sign belongs \
         to it, write \" before and behind all of it\n\
         wifi.txt:4:1: hidden: a quote stands at one end only; write \" at both ends or at none; if the sign belongs \
         to it, write \" before and behind all of it"
    );
}

#[test]
fn lines_may_end_with_a_carriage_return_alone() {
    let (wifi, notes) = parse(
        "country = DE\rnetwork = Workshop\r\rpassword = secret1234\r",
        Path::new("wifi.txt"),
    )
    .expect("it is right");
    assert_eq!(notes, None);
    assert_eq!(wifi.password.as_deref(), Some("secret1234"));
    assert_eq!(
        refusal("country = DE\rnetwork = n\rhello\r"),
        "wifi.txt:3:1: no `=` in this line; write `key = value`, or # before a remark"
    );
}

#[test]
fn several_settings_in_one_line_are_refused() {
    for line in [
        "network = n; password = topsecret99",
        "network = n, password=topsecret99",
        "network = n password = topsecret99",
        "network = \"n\"; password = \"topsecret99\"",
        "network = 'n', Password: topsecret99",
    ] {
        let told = refusal(&format!("country = DE\n{line}\n"));
        assert!(told.contains("2:1: network: "), "{line}: {told}");
        assert!(
            told.contains("lines of their own") || told.contains("each setting"),
            "{line}: {told}"
        );
    }
    let told = refusal("country = DE, network = n, password = topsecret99\n");
    assert!(told.contains("1:1: country: another setting"), "{told}");
}

#[test]
fn the_length_of_what_is_written_is_not_told() {
    let told = |password: &str| refusal(&format!("country = DE\npassword = {password}"));
    assert_eq!(told("topsecret99"), told("topsecret99 and more"));
    let long = |name: usize| refusal(&format!("country = DE\nnetwork = {}", "n".repeat(name)));
    assert_eq!(long(33), long(63));
}

/// The lines of the settings in their order, and the name and the password in them.
fn told_to_the_radio(wifi: &Wifi) -> (Vec<u8>, Option<String>) {
    let text = wifi.for_wpa_supplicant();
    let mut lines = text.lines().skip(2);
    assert_eq!(
        lines.next(),
        Some(format!("country={}", wifi.country).as_str())
    );
    assert_eq!(lines.next(), Some("network={"));
    let name = lines
        .next()
        .and_then(|line| line.strip_prefix("\tssid="))
        .expect("a name");
    let name = (0..name.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&name[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    let mut next = lines.next();
    if next == Some("\tscan_ssid=1") {
        next = lines.next();
    }
    // It reads up to the last quote of the line.
    let password = next
        .and_then(|line| line.strip_prefix("\tpsk=\""))
        .and_then(|rest| rest.strip_suffix('"'))
        .map(str::to_owned);
    assert!(
        password.is_some() || next == Some("\tkey_mgmt=NONE"),
        "{text}"
    );
    assert_eq!((lines.next(), lines.next()), (Some("}"), None), "{text}");
    (name, password)
}

proptest! {
    /// What is accepted gets to the radio as it was written, and adds no line to its settings.
    #[test]
    fn what_stands_between_plain_quotes_is_taken_as_it_stands(
        name in "[^\\r\\n\"]{1,8}",
        password in "[ -~]{8,63}",
    ) {
        let text = format!("country = DE\nnetwork = \"{name}\"\npassword = \"{password}\"");
        if let Ok((wifi, notes)) = parse(&text, Path::new("wifi.txt")) {
            prop_assert_eq!(notes, None);
            prop_assert_eq!(told_to_the_radio(&wifi), (name.into_bytes(), Some(password)));
        } else {
            // A # behind a quote, as where a remark has quotes of its own.
            prop_assert!(password.split('"').skip(1).any(|rest| rest.trim_start().starts_with('#')));
        }
    }

    /// Without quotes, what is accepted in silence is what was written; where something was left out,
    /// that is told.
    #[test]
    fn nothing_is_changed_in_silence(
        name in "[“”„'\"`#; a-zé]{1,10}",
        password in "['\"`#; -~]{8,63}",
    ) {
        let text = format!("country = DE\nnetwork = {name}\npassword = {password}");
        if let Ok((wifi, notes)) = parse(&text, Path::new("wifi.txt")) {
            let (told_name, told_password) = told_to_the_radio(&wifi);
            let told = notes.map(|notes| notes.to_string()).unwrap_or_default();
            let plain = |value: &str| {
                let value = value.trim();
                let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                inner.unwrap_or(value).to_owned()
            };
            if !told.contains("network: taken without") && !told.contains("network: what stands behind #") {
                prop_assert_eq!(told_name, plain(&name).into_bytes());
            }
            if !told.contains("password: taken without") && !told.contains("password: what stands behind #") {
                prop_assert_eq!(told_password, Some(plain(&password)).filter(|password| !password.is_empty()));
            }
            let odd = |value: &str| value.contains(['“', '”', '„', '`', '#']) && !value.trim().starts_with('"');
            prop_assert!(!odd(&name) || told.contains("network: "), "{}", text);
            prop_assert!(!odd(&password) || told.contains("password: "), "{}", text);
        }
    }

    /// No value can add a line of its own to the settings of the radio.
    #[test]
    fn nothing_breaks_out_of_its_place(text in "(country|network|password|hidden)?[ =]{0,2}[^x]{0,40}") {
        if let Ok((wifi, _)) = parse(&format!("country = DE\nnetwork = n\n{text}"), Path::new("wifi.txt")) {
            told_to_the_radio(&wifi);
        }
    }

    /// Wherever a password was written by mistake, no message repeats it.
    #[test]
    fn no_message_says_what_is_written(
        before in "(country|network|password|passwort|hidden|DE|yes|[ =,;:#\"'“”‹\r\n\t]|[a-z]){0,24}",
        marker in "Q[0-9]{7}X",
        behind in "(country|network|password|hidden|DE|yes|[ =,;:#\"'“”›\r\n\t]|[a-z]){0,24}",
        rest in prop::sample::select(vec!["", "country = DE\nnetwork = n\n", "\rcountry = DE\rnetwork = n\r", ", country = DE, network = n"]),
    ) {
        for text in [format!("{before}{marker}{behind}{rest}"), format!("{rest}\n{before}{marker}{behind}")] {
            let told = match parse(&text, Path::new("wifi.txt")) {
                Ok((_, notes)) => notes.map(|notes| notes.to_string()).unwrap_or_default(),
                Err(report) => report.to_string(),
            };
            let hidden = marker.to_lowercase();
            prop_assert!(!told.to_lowercase().contains(&hidden), "{}: {}", text, told);
        }
    }

    /// The same for the value of any key, as short as a word.
    #[test]
    fn no_message_says_a_value(
        key in "(country|network|password|hidden|ssid|[a-z]{1,8})",
        value in "[B-Z0-9]{5,40}",
    ) {
        let told = |value: &str| {
            parse(&format!("{key} = {value}"), Path::new("wifi.txt")).err().map(|report| report.to_string())
        };
        prop_assert!(!told(&value).unwrap_or_default().contains(&value));
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = parse(&text, Path::new("wifi.txt"));
    }
}
