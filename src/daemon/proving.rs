//! The model in force proves itself once more, because somebody wants to see it.

use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use super::beside::beside;
use super::plan_in_force::InForce;
use crate::control::To;
use crate::control::protocol::{Code, Proved, Refusal};
use crate::error::Result;
use crate::pipeline::proof::{self, Limits};

/// Has a child process prove the model on its golden cases, and tells what it comes to; `_place` is held until then.
pub(super) async fn prove(in_force: InForce, to: To<Proved>, _place: OwnedSemaphorePermit) {
    let passed = in_force.manifest.golden.cases.len();
    let prove = move || -> Result<Proved> {
        let begin = Instant::now();
        let threads = in_force.config.model.threads;
        let limits = Limits::beside_this_process();
        proof::prove(in_force.bundle().as_deref(), threads, &limits)?;
        let seconds = begin.elapsed().as_secs_f32();
        Ok(Proved { passed, seconds })
    };
    let failed = |text: String| {
        let advice = "the model in force goes on; if this stays so, install it anew";
        Refusal::new(Code::Unavailable, text, advice)
    };
    let proved = match beside("proof", prove) {
        Ok(done) => match done.await {
            Ok(proved) => proved.map_err(|error| failed(error.to_string())),
            Err(_) => Err(failed("proving the model stumbled over a defect".into())),
        },
        Err(error) => Err(failed(error.to_string())),
    };
    // Who asked may have gone.
    let _ = to.send(proved);
}
