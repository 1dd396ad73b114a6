//! The files of the page, as browsers ask for them.

use super::stand_in_tests::Bench;

#[tokio::test]
async fn a_file_that_a_browser_has_is_not_sent_again() {
    let bench = Bench::running();
    let first = bench.send("GET", "/page/app.js", &[], "").await;
    assert_eq!(
        first.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    let tag = first.header("etag").to_owned();
    let weak = format!("\"x\", W/{tag}");
    for (known, status) in [(&*tag, 304), (&weak, 304), ("\"x\"", 200)] {
        let again = bench
            .send("GET", "/page/app.js", &[("if-none-match", known)], "")
            .await;
        assert_eq!(again.status.as_u16(), status, "{known}");
        assert_eq!(again.header("etag"), tag);
    }
    for path in [
        "/page/../Cargo.toml",
        "/page/%2e%2e/Cargo.toml",
        "/page/..%2fapp.js",
        "/page//app.js",
        "/page/app.js/",
        "/page/APP.JS",
        "/page/app.js%00",
        "//page/app.js",
        "/page/assets.rs",
    ] {
        let told = bench.send("GET", path, &[], "").await;
        assert_eq!(told.outcome(), (404, "not-found".into()), "{path}");
    }
}
