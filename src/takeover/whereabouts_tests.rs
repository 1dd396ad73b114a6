//! Tests of what the report says of the network.

use super::*;

fn open() -> Whereabouts {
    Whereabouts {
        addresses: vec!["192.168.1.23".parse().unwrap(), "fd00::7".parse().unwrap()],
        name: "sortd-1a2b".into(),
        page: Page::Open(80),
        code: Ok("012345".into()),
        picture: None,
        reader: Reader::Report,
    }
}

/// Reads the code in a text as a phone would read it from a screen.
fn scanned(section: &str) -> Vec<String> {
    const SCALE: usize = 4;
    let is_block = |c: char| "█▀▄ ".contains(c);
    let rows = section
        .lines()
        .filter(|line| line.contains(['█', '▀', '▄']));
    let rows: Vec<Vec<char>> = rows.map(|row| row.chars().collect()).collect();
    assert!(rows.iter().flatten().all(|c| is_block(*c)), "{section}");
    let width = rows.iter().map(Vec::len).max().unwrap_or(0) + 4;
    let height = rows.len() * 2 + 8;
    let dark = |x: usize, y: usize| {
        let block = (y / 2).checked_sub(2).and_then(|row| rows.get(row)?.get(x));
        match block {
            Some('█') => true,
            Some('▀') => y.is_multiple_of(2),
            Some('▄') => y % 2 == 1,
            _ => false,
        }
    };
    let mut screen =
        rqrr::PreparedImage::prepare_from_greyscale(width * SCALE, height * SCALE, |x, y| {
            if dark(x / SCALE, y / SCALE) { 0 } else { 255 }
        });
    let codes = screen.detect_grids();
    codes.iter().map(|code| code.decode().unwrap().1).collect()
}

#[test]
fn a_phone_reads_the_address_from_the_code() {
    assert_eq!(scanned(&open().section()), ["http://192.168.1.23"]);
    let elsewhere = Whereabouts {
        page: Page::IfEnabled(8080),
        ..open()
    };
    assert_eq!(scanned(&elsewhere.section()), ["http://192.168.1.23:8080"]);
    let six = Whereabouts {
        addresses: vec!["fd00:1:2::3:4".parse().unwrap()],
        ..open()
    };
    assert_eq!(scanned(&six.section()), ["http://[fd00:1:2::3:4]"]);
}

#[test]
fn who_has_a_shell_is_not_told_to_switch_the_machine_off() {
    assert!(open().section().contains("switch the machine off and on"));
    let shell = Whereabouts {
        reader: Reader::Shell,
        ..open()
    };
    let told = shell.section();
    assert!(
        told.contains("run `sortd tell` again") && !told.contains("switch"),
        "{told}"
    );
}

#[test]
fn an_address_that_the_page_does_not_answer_is_not_told_as_the_page() {
    let open = open();
    let public = ["203.0.113.7", "100.64.0.3", "2001:db8::7"].map(|text| text.parse().unwrap());
    let mixed = Whereabouts {
        addresses: public.into_iter().chain(open.addresses.clone()).collect(),
        ..open.clone()
    };
    assert_eq!(mixed.section(), open.section());
    let public = Whereabouts {
        addresses: public.into(),
        ..open
    };
    let section = public.section();
    assert!(section.contains("private networks alone"), "{section}");
    assert!(!section.contains("http"), "{section}");
}

#[test]
fn an_open_page_is_told_with_all_its_names_and_the_code() {
    let section = open().section();
    assert_eq!(section.lines().next(), Some(HEADING));
    for part in [
        "http://192.168.1.23\n",
        "http://[fd00::7]\n",
        "http://sortd-1a2b.local\n",
        "012345",
    ] {
        assert!(section.contains(part), "{part}: {section}");
    }
}

#[test]
fn a_closed_page_says_how_it_is_opened_and_tells_no_code() {
    let section = Whereabouts {
        page: Page::Closed,
        ..open()
    }
    .section();
    assert!(
        section.contains("192.168.1.23") && section.contains("[web]"),
        "{section}"
    );
    assert!(
        !section.contains("http") && !section.contains("012345"),
        "{section}"
    );
    assert!(scanned(&section).is_empty());
}

#[test]
fn without_an_address_or_a_daemon_it_says_what_to_look_at() {
    let lost = Whereabouts {
        addresses: Vec::new(),
        code: Err("the daemon does not run".into()),
        picture: Some("none: no camera".into()),
        ..open()
    };
    let section = lost.section();
    for part in ["wifi.txt", "the daemon does not run", "none: no camera"] {
        assert!(section.contains(part), "{part}: {section}");
    }
    assert!(scanned(&section).is_empty());
}

#[test]
fn what_comes_from_elsewhere_forges_no_line() {
    let forged = Whereabouts {
        name: "a\nIn the network".into(),
        code: Err("x\ny".into()),
        ..open()
    };
    let section = forged.section();
    assert_eq!(section.matches("\nIn the network").count(), 0, "{section}");
    assert!(!section.contains("\ny"), "{section}");
}
