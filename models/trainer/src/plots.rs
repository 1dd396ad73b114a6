//! stub
use crate::run_folder::EpochRecord;
use sortd::error::Result;
use std::path::Path;
/// stub
pub fn learning_curves(_p: &Path, _h: &[EpochRecord], _best: usize) -> Result<()> {
    Ok(())
}
/// stub
pub fn confusion(_p: &Path, _e: &crate::evaluation::Evaluation) -> Result<()> {
    Ok(())
}
