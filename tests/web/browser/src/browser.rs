//! A browser with the page in it, by what a person sees and presses.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::time::sleep;
use url::{ParseError, Url};

use crate::Outcome;
use crate::driver::Driver;

/// What is to come comes within this time, on a slow machine that does other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// A screen.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// How it is called.
    pub name: &'static str,
    /// Its pixels, as a page counts them.
    pub size: (u32, u32),
    /// Whether it is dark.
    pub dark: bool,
}

/// A phone by day.
pub const PHONE: Screen = Screen {
    name: "phone",
    size: (390, 844),
    dark: false,
};
/// A desk at night.
pub const DESK: Screen = Screen {
    name: "desk",
    size: (1280, 800),
    dark: true,
};

/// Chromium.
pub struct Browser {
    client: Client,
    page: String,
    out: PathBuf,
}

impl Browser {
    /// Starts Chromium, with nothing open yet.
    pub async fn open(driver: &Driver, page: &str, out: &Path) -> Outcome<Self> {
        let quiet = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--lang=en",
        ];
        let options = json!({"args": quiet, "prefs": {"intl.accept_languages": "en"}});
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let Value::Object(wanted) = wanted else {
            return Err("no capabilities".into());
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&driver.address)
            .await?;
        Ok(Self {
            client,
            page: page.into(),
            out: out.into(),
        })
    }

    /// Ends it.
    pub async fn close(self) {
        let _ = self.client.close().await;
    }

    /// Loads a page anew, by its name in the address.
    pub async fn go(&self, name: &str) -> Outcome {
        // The same address with another fragment alone loads nothing.
        self.client.goto("about:blank").await?;
        Ok(self.client.goto(&format!("{}/#{name}", self.page)).await?)
    }

    /// Looks with another screen from now on.
    pub async fn look_with(&self, screen: Screen) -> Outcome {
        let (width, height) = screen.size;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.tools("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        let scheme = if screen.dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tools("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Outcome<Value> {
        Ok(self.client.execute(script, arguments).await?)
    }

    /// Runs a script that calls its last argument at its end.
    pub async fn run_long(&self, script: &str) -> Outcome<Value> {
        Ok(self.client.execute_async(script, Vec::new()).await?)
    }

    /// Waits until a script returns `true`.
    pub async fn want_that(&self, script: &str) -> Outcome {
        let end = Instant::now() + PATIENCE;
        while self.run(script, Vec::new()).await? != json!(true) {
            if Instant::now() > end {
                return Err(format!("this does not come true: {script}").into());
            }
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Drags what a selector finds by its middle: to the right, by a share of what it lies in.
    pub async fn drag(&self, selector: &str, share: f64) -> Outcome {
        let place = "const one = document.querySelector(arguments[0]);
            one.scrollIntoView({ block: 'center' });
            const { left, top, width, height } = one.getBoundingClientRect();
            return [left + width / 2, top + height / 2, one.parentNode.getBoundingClientRect().width]";
        let found = self.run(place, vec![json!(selector)]).await?;
        let [x, y, width]: [f64; 3] = serde_json::from_value(found)?;
        let to = |x: f64| PointerAction::MoveTo {
            duration: None,
            x,
            y,
        };
        let button = MOUSE_BUTTON_LEFT;
        let drag = MouseActions::new("mouse".to_owned())
            .then(to(x))
            .then(PointerAction::Down { button })
            .then(to(x + share * width))
            .then(PointerAction::Up { button });
        Ok(self.client.perform_actions(drag).await?)
    }

    /// All words that are seen.
    pub async fn text(&self) -> Outcome<String> {
        let text = self
            .run("return document.body.innerText", Vec::new())
            .await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until these words are seen.
    pub async fn want(&self, words: &str) -> Outcome {
        self.want_within(words, PATIENCE).await
    }

    /// The same with another patience.
    pub async fn want_within(&self, words: &str, patience: Duration) -> Outcome {
        let end = Instant::now() + patience;
        loop {
            let text = self.text().await?;
            if text.contains(words) {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("{words:?} is not seen, but this: {text}").into());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Presses what has these words on it.
    pub async fn press(&self, words: &str) -> Outcome {
        let find = "const one = [...document.querySelectorAll('button, summary, nav a')]
            .find((one) => one.checkVisibility() && one.innerText.trim() === arguments[0]);
            one?.scrollIntoView({ block: 'center' });
            return one ?? null";
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.run(find, vec![json!(words)]).await?;
            if !found.is_null() {
                self.run("arguments[0].focus(); arguments[0].click()", vec![found])
                    .await?;
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!(
                    "nothing with the words {words:?} can be pressed: {}",
                    self.text().await?
                )
                .into());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Types into the first element that a selector finds, in place of what is in it.
    pub async fn fill(&self, selector: &str, text: &str) -> Outcome {
        self.fill_nth(selector, 0, text).await
    }

    /// The same with another of them, counted from 0.
    pub async fn fill_nth(&self, selector: &str, number: usize, text: &str) -> Outcome {
        let set = "const one = document.querySelectorAll(arguments[0])[arguments[2]];
            one.value = arguments[1];
            for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind, { bubbles: true }))";
        self.run(set, vec![json!(selector), json!(text), json!(number)])
            .await?;
        Ok(())
    }

    /// Takes a picture of what is seen into the folder for them.
    pub async fn shoot(&self, name: &str) -> Outcome {
        let png = self.client.screenshot().await?;
        Ok(fs::write(self.out.join(format!("{name}.png")), png)?)
    }

    /// The same as a JPEG, for the documents.
    pub async fn shoot_jpeg(&self, file: &Path) -> Outcome {
        let told = self
            .tools(
                "Page.captureScreenshot",
                json!({"format": "jpeg", "quality": 80}),
            )
            .await?;
        let picture = told["data"].as_str().ok_or("no picture came")?;
        Ok(fs::write(file, BASE64.decode(picture)?)?)
    }

    /// What the browser itself complained of since it was asked last, of any weight.
    pub async fn complaints(&self) -> Outcome<Vec<String>> {
        let log = self
            .client
            .issue_cmd(Command {
                path: "se/log",
                body: json!({"type": "browser"}),
            })
            .await?;
        let of = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        Ok(log
            .as_array()
            .map(|log| log.iter().map(of).collect())
            .unwrap_or_default())
    }

    /// A call of the DevTools protocol.
    async fn tools(&self, call: &str, parameters: Value) -> Outcome<Value> {
        let body = json!({"cmd": call, "params": parameters});
        Ok(self
            .client
            .issue_cmd(Command {
                path: "goog/cdp/execute",
                body,
            })
            .await?)
    }
}

/// A command of ChromeDriver's own.
#[derive(Debug)]
struct Command {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
