//! The page as people use it: the real program, Chromium on a phone and on a desk, and axe-core, which looks for what keeps people out.
//!
//!     browser-test PROGRAM AXE OUT [PICTURE]
//!
//! `PROGRAM` is sortd, `AXE` the file axe.min.js, `OUT` a folder for pictures of each page, and `PICTURE` the file of the picture that
//! the documents show. `tests/web/run` calls it.

mod browser;
mod demo;
mod driver;
mod walks;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use browser::Browser;
use demo::Demo;
use driver::Driver;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What is asked for on the command line.
struct Asked {
    program: PathBuf,
    axe: PathBuf,
    out: PathBuf,
    picture: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(program), Some(axe), Some(out)) = (words.next(), words.next(), words.next()) else {
        eprintln!("usage: browser-test PROGRAM AXE OUT [PICTURE]");
        return ExitCode::from(2);
    };
    let picture = words.next();
    match run(&Asked {
        program,
        axe,
        out,
        picture,
    })
    .await
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("browser-test: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(asked: &Asked) -> Outcome {
    std::fs::create_dir_all(&asked.out)?;
    let axe = std::fs::read_to_string(&asked.axe)
        .map_err(|error| format!("{}: {error}", asked.axe.display()))?;
    let began = Instant::now();
    let demo = Demo::start(&asked.program)?;
    let driver = Driver::start()?;
    let browser = Browser::open(&driver, &demo.page, &asked.out).await?;
    let walked = walks::all(&browser, &demo, &axe, asked.picture.as_deref()).await;
    if walked.is_err() {
        // What it looked like says more than what was missing.
        let _ = browser.shoot("failed").await;
    }
    browser.close().await;
    walked?;
    println!(
        "browser-test: all walks in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}
