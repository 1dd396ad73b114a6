//! stub
use std::path::Path;
use sortd::error::Result;
use crate::run_folder::EpochRecord;
/// stub
pub fn learning_curves(_p: &Path, _h: &[EpochRecord], _best: usize) -> Result<()> { Ok(()) }
/// stub
pub fn confusion(_p: &Path, _e: &crate::evaluation::Evaluation) -> Result<()> { Ok(()) }
