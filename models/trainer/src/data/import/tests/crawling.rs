//! The crawler against sites that are slow, broken, huge, lying, busy, or unwilling.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::super::collection::Collection;
use super::super::crawl::{Terms, crawl};
use super::super::journal::JOURNAL;
use super::super::visit::Guest;
use super::super::web::{Manners, Web};
use super::super::{Limits, Reason, Summary, list};
use super::server::{Page, Server};
use super::{PatientClock, jpeg, names, picture};

/// A guest who may ask this machine, and is easily bored.
fn manners() -> Manners {
    Manners {
        allow_local: true,
        silence: Duration::from_millis(300),
        whole: Duration::from_secs(3),
        ..Manners::default()
    }
}

/// Imports a list into `root`, and tells what came of it and what was said.
fn import_as(
    root: &Path,
    text: &str,
    manners: &Manners,
    clock: &PatientClock,
    terms: &Terms,
) -> (Summary, Vec<String>) {
    let (lines, bad) = list::parse(text);
    assert!(bad.is_empty(), "{bad:?}");
    let limits = Limits {
        most_bytes: 200_000,
        ..Limits::default()
    };
    let guest = Guest {
        web: &Web::new(manners).unwrap(),
        clock,
        delay: Duration::from_secs(1),
        limits: &limits,
    };
    let mut collection = Collection::open(root).unwrap();
    let mut said = Vec::new();
    let mut tell = |what| said.push(what);
    let summary = crawl(lines, &guest, &mut collection, terms, &mut tell).unwrap();
    collection.write_manifest().unwrap();
    (summary, said)
}

fn import(root: &Path, text: &str) -> (Summary, Vec<String>) {
    let clock = PatientClock::default();
    import_as(root, text, &manners(), &clock, &Terms::default())
}

/// What becomes of one page.
fn outcome(page: Page) -> (Summary, Vec<String>) {
    let server = Server::start(&[("/a.jpg", page)]);
    let folder = tempfile::tempdir().unwrap();
    let outcome = import(folder.path(), &format!("glass\t{}", server.url("/a.jpg")));
    for name in &names(folder.path(), "glass") {
        assert!(
            Path::new(name)
                .extension()
                .is_none_or(|ending| ending != "tmp"),
            "{name} is left behind"
        );
    }
    outcome
}

fn reason(page: Page) -> Reason {
    let (summary, said) = outcome(page);
    assert_eq!((summary.kept, said.len()), (0, 1), "{said:?}");
    *summary.left_out.keys().next().unwrap()
}

#[test]
fn a_picture_comes_in_with_its_origin_and_without_its_owner() {
    let server = Server::start(&[("/a,b.jpg", Page::of("image/jpeg", jpeg(1)))]);
    let folder = tempfile::tempdir().unwrap();
    let line = format!("glass\t{}\tCC-BY-4.0\tDoe, Jane\n", server.url("/a,b.jpg"));
    let (summary, said) = import(folder.path(), &line);
    assert_eq!(summary.kept, 1, "{said:?}");
    let [name] = &names(folder.path(), "glass")[..] else {
        panic!("one file is expected")
    };
    assert!(
        name.starts_with("glass-")
            && Path::new(name)
                .extension()
                .is_some_and(|ending| ending == "jpg"),
        "{name}"
    );
    let manifest = fs::read_to_string(folder.path().join("manifest.csv")).unwrap();
    let line = manifest.lines().nth(1).unwrap();
    assert!(
        line.starts_with(&format!("glass/{name},glass,http://127.0.0.1:")),
        "{line}"
    );
    assert!(line.contains("/a%2Cb.jpg,2026-11-25,90,80,"), "{line}");
    assert!(line.ends_with(",CC-BY-4.0,\"Doe, Jane\""), "{line}");
    assert_eq!(server.asked(), ["/robots.txt", "/a,b.jpg"]);
}

#[test]
fn the_bytes_decide_and_not_what_the_site_says() {
    let png = picture(2, image::ImageFormat::Png);
    for kind in ["image/jpeg", "application/octet-stream"] {
        let (summary, said) = outcome(Page::of(kind, png.clone()));
        assert_eq!(summary.kept, 1, "{said:?}");
    }
    let page = b"<!doctype html><title>No such picture</title>".to_vec();
    assert_eq!(
        reason(Page::of("image/jpeg", page.clone())),
        Reason::NotAPicture
    );
    assert_eq!(
        reason(Page::of("text/html; charset=utf-8", page)),
        Reason::NotAPicture
    );
}

#[test]
fn broken_and_slow_answers_leave_nothing_and_are_worth_another_try() {
    let half = jpeg(3)[..800].to_vec();
    for (page, expected) in [
        (Page::CutOff(half.clone()), Reason::CutOff),
        (Page::of("image/jpeg", half.clone()), Reason::CutOff),
        (Page::Stalling(half), Reason::Slow),
        (Page::status(500), Reason::Unreachable),
    ] {
        let said = format!("{page:?}");
        assert_eq!(reason(page), expected, "{said}");
        assert!(expected.passes());
    }
}

#[test]
fn a_huge_answer_is_hung_up_on() {
    assert_eq!(reason(Page::Endless), Reason::TooManyBytes);
    let lying = vec![("Content-Length", "90000000000".to_owned())];
    assert_eq!(
        reason(Page::Plain(200, lying, jpeg(4))),
        Reason::TooManyBytes
    );
}

#[test]
fn redirects_are_followed_a_few_times_and_to_the_web_only() {
    let server = Server::start(&[
        ("/old", Page::elsewhere("/new")),
        ("/new", Page::of("image/jpeg", jpeg(5))),
        ("/loop", Page::elsewhere("loop")),
        ("/file", Page::elsewhere("file:///etc/passwd")),
        ("/nowhere", Page::status(302)),
    ]);
    let lines: Vec<String> = ["/old", "/loop", "/file", "/nowhere", "/gone"]
        .map(|path| format!("glass\t{}", server.url(path)))
        .into();
    let folder = tempfile::tempdir().unwrap();
    let (summary, said) = import(folder.path(), &lines.join("\n"));
    assert_eq!(summary.kept, 1, "{said:?}");
    let expected = [
        (Reason::BadAddress, 1),
        (Reason::NotGiven, 2),
        (Reason::Redirects, 1),
    ];
    assert_eq!(summary.left_out.into_iter().collect::<Vec<_>>(), expected);
    let looped = server
        .asked()
        .iter()
        .filter(|path| *path == "/loop")
        .count();
    assert_eq!(looped, 6);
}

#[test]
fn a_private_network_is_not_asked_unless_it_may_be() {
    let server = Server::start(&[("/a.jpg", Page::of("image/jpeg", jpeg(6)))]);
    let folder = tempfile::tempdir().unwrap();
    let strict = Manners {
        allow_local: false,
        ..manners()
    };
    let line = format!("glass\t{}", server.url("/a.jpg"));
    let clock = PatientClock::default();
    let (summary, said) = import_as(folder.path(), &line, &strict, &clock, &Terms::default());
    assert_eq!(summary.left_out.get(&Reason::Private), Some(&1), "{said:?}");
    assert!(said[0].contains("--allow-local"), "{said:?}");
    assert!(server.asked().is_empty());
}

#[test]
fn what_robots_txt_forbids_is_not_fetched_wherever_it_is_linked_from() {
    let robots = "User-agent: *\nDisallow: /private/\nCrawl-delay: 7\n";
    let server = Server::start(&[
        ("/robots.txt", Page::of("text/plain", robots.into())),
        ("/private/a.jpg", Page::of("image/jpeg", jpeg(7))),
        ("/door", Page::elsewhere("/private/a.jpg")),
        ("/b.jpg", Page::of("image/jpeg", jpeg(8))),
    ]);
    let lines = ["/private/a.jpg", "/door", "/b.jpg"]
        .map(|path| format!("glass\t{}", server.url(path)))
        .join("\n");
    let folder = tempfile::tempdir().unwrap();
    let clock = PatientClock::default();
    let (summary, said) = import_as(folder.path(), &lines, &manners(), &clock, &Terms::default());
    assert_eq!(summary.kept, 1, "{said:?}");
    assert_eq!(
        summary.left_out.get(&Reason::Forbidden),
        Some(&2),
        "{said:?}"
    );
    assert!(!server.asked().contains(&"/private/a.jpg".to_owned()));
    let waited = clock.pauses.borrow().iter().copied().max();
    assert_eq!(waited, Some(Duration::from_secs(7)));
}

#[test]
fn a_site_whose_rules_cannot_be_read_is_left_alone_for_now() {
    let server = Server::start(&[
        ("/robots.txt", Page::status(500)),
        ("/a.jpg", Page::of("image/jpeg", jpeg(9))),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let (summary, _) = import(folder.path(), &format!("glass\t{}", server.url("/a.jpg")));
    assert_eq!(summary.worth_another_try(), 1);
    assert_eq!(server.asked(), ["/robots.txt"]);
}

#[test]
fn a_busy_site_rests_as_long_as_it_asks() {
    let busy = |wait: &str| Page::Plain(429, vec![("Retry-After", wait.to_owned())], Vec::new());
    let fine = Page::of("image/jpeg", jpeg(10));
    let server = Server::start(&[
        ("/once", Page::Then(vec![busy("120"), fine])),
        ("/always", busy("3")),
        ("/tomorrow", busy("86400")),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let clock = PatientClock::default();
    let lines = ["/once", "/always", "/tomorrow"]
        .map(|path| format!("glass\t{}", server.url(path)))
        .join("\n");
    let (summary, said) = import_as(folder.path(), &lines, &manners(), &clock, &Terms::default());
    assert_eq!(summary.kept, 1, "{said:?}");
    assert_eq!(summary.left_out.get(&Reason::Busy), Some(&2), "{said:?}");
    let times = |path: &str| server.asked().iter().filter(|asked| *asked == path).count();
    assert_eq!(
        (times("/once"), times("/always"), times("/tomorrow")),
        (2, 3, 1)
    );
    assert!(clock.pauses.borrow().contains(&Duration::from_secs(120)));
}

#[test]
fn between_two_requests_to_a_site_there_is_a_pause() {
    let pages: Vec<(String, Page)> = (0..4)
        .map(|number| {
            (
                format!("/{number}.jpg"),
                Page::of("image/jpeg", jpeg(20 + number)),
            )
        })
        .collect();
    let pages: Vec<(&str, Page)> = pages
        .iter()
        .map(|(path, page)| (path.as_str(), page.clone()))
        .collect();
    let server = Server::start(&pages);
    let lines: Vec<String> = pages
        .iter()
        .map(|(path, _)| format!("glass\t{}", server.url(path)))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let clock = PatientClock::default();
    let (summary, _) = import_as(
        folder.path(),
        &lines.join("\n"),
        &manners(),
        &clock,
        &Terms::default(),
    );
    assert_eq!(summary.kept, 4);
    assert_eq!(*clock.pauses.borrow(), [Duration::from_secs(1); 4]);
}

#[test]
fn a_site_that_fails_again_and_again_is_given_up() {
    // Nobody listens at a port that was just given back.
    let address = Server::start(&[]).url("");
    let lines: Vec<String> = (0..9)
        .map(|number| format!("glass\t{address}/{number}"))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let (summary, said) = import(folder.path(), &lines.join("\n"));
    assert_eq!(summary.left_out.get(&Reason::Unreachable), Some(&9));
    let vain = said
        .iter()
        .filter(|what| what.contains("too often"))
        .count();
    assert_eq!(vain, 4, "{said:?}");
}

#[test]
fn an_interrupted_import_goes_on_where_it_was() {
    let half = jpeg(30)[..500].to_vec();
    let server = Server::start(&[
        ("/a.jpg", Page::of("image/jpeg", jpeg(31))),
        (
            "/b.jpg",
            Page::Then(vec![Page::CutOff(half), Page::of("image/jpeg", jpeg(30))]),
        ),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let lines = ["/a.jpg", "/b.jpg", "/gone.jpg"]
        .map(|path| format!("glass\t{}", server.url(path)))
        .join("\n");
    let (first, _) = import(root, &lines);
    assert_eq!((first.kept, first.worth_another_try()), (1, 1));

    // A crash in the middle of a line of the journal, and in the middle of a file.
    let mut journal = fs::read(root.join(JOURNAL)).unwrap();
    journal.extend_from_slice(b"{\"outcome\":\"kept\",\"key\":\"gl");
    fs::write(root.join(JOURNAL), journal).unwrap();
    fs::write(root.join("glass/glass-0123456789ab.jpg.tmp"), b"half").unwrap();

    let (second, said) = import(root, &lines);
    assert_eq!(
        (second.kept, second.there_before, second.left_out_before),
        (1, 1, 1),
        "{said:?}"
    );
    let times = |path: &str| server.asked().iter().filter(|asked| *asked == path).count();
    assert_eq!(
        (times("/a.jpg"), times("/b.jpg"), times("/gone.jpg")),
        (1, 2, 1)
    );
    assert_eq!(names(root, "glass").len(), 2);

    let again = Terms {
        retry: true,
        ..Terms::default()
    };
    let clock = PatientClock::default();
    let (third, _) = import_as(root, &lines, &manners(), &clock, &again);
    assert_eq!(
        (third.there_before, third.left_out.get(&Reason::NotGiven)),
        (2, Some(&1))
    );
}

#[test]
fn the_same_picture_comes_in_once_and_in_one_class() {
    let page = Page::of("image/jpeg", jpeg(40));
    let server = Server::start(&[("/a.jpg", page.clone()), ("/b.jpg", page)]);
    let text = format!(
        "glass\t{a}\nglass\t{b}\npaper\t{b}\nglass\t{a}\n",
        a = server.url("/a.jpg"),
        b = server.url("/b.jpg")
    );
    let folder = tempfile::tempdir().unwrap();
    let (summary, said) = import(folder.path(), &text);
    assert_eq!(summary.kept, 1, "{said:?}");
    assert_eq!(summary.left_out.get(&Reason::Duplicate), Some(&2));
    assert_eq!(summary.left_out.get(&Reason::Contradiction), Some(&1));
    assert!(names(folder.path(), "paper").is_empty());
}
