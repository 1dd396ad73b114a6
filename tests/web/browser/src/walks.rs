//! What people do on the page, one after the other, before one daemon.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use crate::Outcome;
use crate::browser::{Browser, DESK, PHONE, Screen};
use crate::demo::Demo;

/// All pages, by their names in the address, with words that stand on each once it is there.
const PAGES: [(&str, &str); 9] = [
    ("now", "Running for"),
    ("history", "By bin"),
    ("bins", "See light and lid work"),
    ("aim", "Sharpness"),
    ("settings", "Generations"),
    ("log", "What to show"),
    ("model", "Self-test"),
    ("privacy", "Processed"),
    ("access", "Paired devices"),
];

/// A trial ends by itself after two minutes.
const TRIAL: Duration = Duration::from_secs(150);

/// Photographs come and go in front of the demonstration's camera; between two of them a bin may be tested.
const TRIES: usize = 20;

/// Walks all ways.
pub async fn all(browser: &Browser, demo: &Demo, axe: &str, picture: Option<&Path>) -> Outcome {
    browser.look_with(PHONE).await?;
    step("first paint", paints(browser)).await?;
    step("pairing", pairs(browser, &demo.code)).await?;
    if let Some(file) = picture {
        step("the documents' picture", portrays(browser, file)).await?;
    }
    step("a wrong configuration", refuses(browser)).await?;
    step("a trial is kept", keeps(browser)).await?;
    step("aiming", aims(browser)).await?;
    // What is tried comes to its end while the pages are looked at.
    step("a trial begins", tries(browser)).await?;
    let begun = Instant::now();
    for screen in [
        PHONE,
        Screen {
            dark: true,
            ..PHONE
        },
        DESK,
        Screen {
            dark: false,
            ..DESK
        },
    ] {
        step("axe-core", is_for_everybody(browser, axe, screen)).await?;
    }
    browser.look_with(PHONE).await?;
    step("the trial is over", falls_back(browser, begun)).await?;
    step("a bin is tested", tests_a_bin(browser)).await?;
    step("the model is tested", tests_the_model(browser)).await?;
    step("history", remembers(browser)).await?;
    step("leaving", leaves(browser)).await
}

/// Tells how long it took, or what it was that failed.
async fn step(name: &str, walk: impl Future<Output = Outcome>) -> Outcome {
    let began = Instant::now();
    walk.await.map_err(|error| format!("{name}: {error}"))?;
    println!(
        "browser-test: {name}: {:.1} s",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

async fn paints(browser: &Browser) -> Outcome {
    browser.go("now").await?;
    browser.want("Pair this device").await?;
    let script = "const done = arguments[arguments.length - 1];
        new PerformanceObserver((list) => done(list.getEntriesByName('first-contentful-paint')[0].startTime))
            .observe({ type: 'paint', buffered: true })";
    let painted = browser.run_long(script).await?;
    println!(
        "browser-test: first contentful paint after {:.0} ms",
        painted.as_f64().unwrap_or(f64::NAN)
    );
    Ok(())
}

async fn pairs(browser: &Browser, code: &str) -> Outcome {
    browser.fill("#code", "12").await?;
    browser.press("Pair").await?;
    browser.want("The code has six digits.").await?;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    browser.fill("#code", wrong).await?;
    browser.press("Pair").await?;
    browser.want("That is not the code.").await?;
    let refusals = browser.complaints().await?;
    browser.fill("#code", code).await?;
    browser.press("Pair").await?;
    browser.want("Running for").await?;
    // A refused code is an error to the browser, too.
    if refusals.len() != 1 {
        return Err(format!("the browser complains: {refusals:?}").into());
    }
    Ok(())
}

/// An item whose light is on, on a phone.
async fn portrays(browser: &Browser, file: &Path) -> Outcome {
    browser.go("now").await?;
    browser.want("The light is on: glass").await?;
    browser.shoot_jpeg(file).await
}

const TEXT: &str = "textarea";

async fn text_of(browser: &Browser) -> Outcome<String> {
    browser.go("settings").await?;
    browser.want("Generations").await?;
    let text = browser
        .run(
            "return document.querySelector('textarea').value",
            Vec::new(),
        )
        .await?;
    Ok(text.as_str().ok_or("no configuration is shown")?.to_owned())
}

/// The configuration with another hold, which is right.
fn holding(text: &str, millis: u32) -> Outcome<String> {
    let line = text
        .lines()
        .find(|line| line.starts_with("hold-ms"))
        .ok_or("no hold-ms to change")?;
    Ok(text.replace(line, &format!("hold-ms = {millis}")))
}

async fn refuses(browser: &Browser) -> Outcome {
    let text = text_of(browser).await?;
    browser
        .fill(TEXT, &text.replace("fps = ", "fsp = "))
        .await?;
    browser.want("Not tried yet.").await?;
    browser.press("Check").await?;
    browser.want("did you mean `fps`?").await?;
    browser.shoot("settings-wrong").await?;
    browser.press("Try for two minutes").await?;
    browser.want("what was in force goes on").await?;
    browser.press("Discard changes").await?;
    let kept = browser
        .run(
            "return document.querySelector('textarea').value",
            Vec::new(),
        )
        .await?;
    if kept != json!(text) {
        return Err("what was discarded is still there".into());
    }
    let _ = browser.complaints().await?;
    Ok(())
}

async fn tries(browser: &Browser) -> Outcome {
    let text = holding(&text_of(browser).await?, 800)?;
    browser.fill(TEXT, &text).await?;
    browser.press("Try for two minutes").await?;
    browser.want("Tried for another").await
}

async fn keeps(browser: &Browser) -> Outcome {
    let text = holding(&text_of(browser).await?, 700)?;
    browser.fill(TEXT, &text).await?;
    browser.press("Try for two minutes").await?;
    browser.want("Tried for another").await?;
    browser.press("Keep").await?;
    browser.want("Kept.").await?;
    browser.want("Generation 1").await
}

async fn aims(browser: &Browser) -> Outcome {
    browser.go("aim").await?;
    browser.want("Sharpness").await?;
    // What differs from the empty zone is shaded, in a colour, while a photograph shows an item.
    browser
        .want_that(
            "const at = document.querySelector('.differs');
            return (at?.getAttribute('d') ?? '') !== '' && getComputedStyle(at).fill !== 'none'",
        )
        .await?;
    browser.shoot("aim-item").await?;
    // It can be moved once it is narrower than the picture.
    let width = 2;
    browser.fill_nth(".edges input", width, "80").await?;
    browser.drag(".box.drop", 0.1).await?;
    browser.press("Try these").await?;
    browser.want("Tried for another").await?;
    let text = text_of(browser).await?;
    let left = text.split("zone = { left = ").nth(1);
    let left = left.and_then(|rest| rest.split(',').next()?.parse::<f32>().ok());
    // A pixel of the picture is a third of a hundredth.
    if !left.is_some_and(|left| (left - 0.1).abs() < 0.005) {
        return Err(format!("the drop zone did not move: {text}").into());
    }
    browser.press("Undo").await?;
    browser.want("The former settings are in force.").await
}

async fn falls_back(browser: &Browser, begun: Instant) -> Outcome {
    browser.go("settings").await?;
    browser.want("Generations").await?;
    let end = begun + TRIAL;
    loop {
        browser.go("settings").await?;
        browser.want("Generations").await?;
        sleep(Duration::from_secs(1)).await;
        let text = browser.text().await?;
        if !text.contains("Tried for another") && !text.contains("On trial") {
            break;
        }
        if Instant::now() > end {
            return Err("a trial does not end".into());
        }
    }
    if !text_of(browser).await?.contains("hold-ms = 700") {
        return Err("what was kept is not in force again".into());
    }
    Ok(())
}

async fn tests_a_bin(browser: &Browser) -> Outcome {
    browser.go("bins").await?;
    for _ in 0..TRIES {
        browser.press("Test").await?;
        browser.press("Hands are away").await?;
        if browser
            .want_within("Watch the light and the lid", Duration::from_secs(8))
            .await
            .is_ok()
        {
            return browser.want("Done. If nothing lit up").await;
        }
        browser.go("bins").await?;
    }
    Err(format!("no bin could be tested: {}", browser.text().await?).into())
}

async fn tests_the_model(browser: &Browser) -> Outcome {
    browser.go("model").await?;
    browser.press("Test the model").await?;
    browser.want("Passed: ").await
}

async fn remembers(browser: &Browser) -> Outcome {
    browser.go("history").await?;
    browser.press("As a table").await?;
    // What was counted while all this went on: bins with their shares.
    browser.want("packaging").await?;
    browser.shoot("history").await
}

async fn leaves(browser: &Browser) -> Outcome {
    browser.go("now").await?;
    browser.press("More").await?;
    browser.press("Log out").await?;
    browser.want("Pair this device").await
}

/// No page has what axe-core finds to keep people out, none is wider than the screen, and the browser has nothing to complain of.
async fn is_for_everybody(browser: &Browser, axe: &str, screen: Screen) -> Outcome {
    let scheme = if screen.dark { "dark" } else { "light" };
    browser.look_with(screen).await?;
    let _ = browser.complaints().await?;
    for (page, words) in PAGES {
        browser.go(page).await?;
        browser.want(words).await?;
        browser
            .shoot(&format!("{page}-{}-{scheme}", screen.name))
            .await?;
        let wider = browser
            .run(
                "return document.documentElement.scrollWidth > innerWidth",
                Vec::new(),
            )
            .await?;
        if wider != json!(false) {
            return Err(format!("{page} is wider than the {}", screen.name).into());
        }
        browser.run(axe, Vec::new()).await?;
        let violations = browser.run_long(VIOLATIONS).await?;
        if violations != json!([]) {
            return Err(format!("{page}, {} {scheme}: {violations:#}", screen.name).into());
        }
        let complaints = browser.complaints().await?;
        if !complaints.is_empty() {
            return Err(format!("{page}: the browser complains: {complaints:?}").into());
        }
    }
    Ok(())
}

const VIOLATIONS: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        done(violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.failureSummary + ' ' + node.html.slice(0, 200))])))";
