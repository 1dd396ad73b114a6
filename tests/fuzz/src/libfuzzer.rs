//! libFuzzer with the target that `FUZZ_TARGET` names.
//!
//! libFuzzer's own hook ends the process at any panic. sortd's hook is put back, so that panics which
//! are contained go on as they do in the program; one that is not ends the process in libFuzzer's hands.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use sortd_fuzz::Target;

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(init: begin(), |data: &[u8]| {
    (TARGET.get().expect("libFuzzer has begun").run)(data);
});

fn begin() {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let Some(target) = sortd_fuzz::target(&name) else {
        let known = sortd_fuzz::TARGETS.map(|target| target.name).join(", ");
        eprintln!("fuzz: FUZZ_TARGET={name} is none of: {known}");
        std::process::exit(2);
    };
    TARGET.get_or_init(|| target);
    sortd::report::install_logger(false);
    sortd::panics::install_hook();
}
