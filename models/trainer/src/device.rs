//! Where tensors are computed.

use burn::tensor::Device;
use sortd::error::{Error, Result};

/// Whether it was said already that there is no card: a run opens its device once for each network.
#[cfg(feature = "tch")]
static SAID: std::sync::Once = std::sync::Once::new();

/// A kind of device that the command line can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DeviceKind {
    /// The processor (burn-flex).
    Cpu,
    /// An NVIDIA card; needs a build with `--features cuda`.
    Cuda,
    /// Any card with Vulkan, Metal or DirectX 12; needs a build with `--features wgpu`.
    Wgpu,
    /// PyTorch's library, on an NVIDIA card where it sees one; needs a build with `--features tch`.
    Tch,
}

impl DeviceKind {
    /// The device, without gradients.
    ///
    /// # Errors
    /// The program was built without it.
    #[cfg_attr(
        feature = "tch",
        allow(
            deprecated,
            reason = "burn will give LibTorch up once its own CUDA backend trains as fast"
        )
    )]
    pub fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            #[cfg(feature = "cuda")]
            Self::Cuda => Ok(Device::cuda(0)),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
            #[cfg(feature = "tch")]
            Self::Tch if tch::Cuda::is_available() => {
                // All batches of a run have one shape, so it pays to look for its fastest convolution.
                tch::Cuda::cudnn_set_benchmark(true);
                Ok(Device::libtorch_cuda(0))
            }
            #[cfg(feature = "tch")]
            Self::Tch => {
                SAID.call_once(|| {
                    eprintln!("trainer: PyTorch's library sees no NVIDIA card here and computes on the processor, where --device cpu is faster");
                });
                Ok(Device::libtorch())
            }
            #[allow(
                unreachable_patterns,
                reason = "with all features on, no kind is left over"
            )]
            missing => {
                let name = format!("{missing:?}").to_lowercase();
                Err(
                    Error::usage(format!("this trainer was built without {name}")).advice(format!(
                        "build it with `cargo build --release -p sortd-trainer --features {name}`; models/trainer/README.md says what that needs"
                    )),
                )
            }
        }
    }
}
