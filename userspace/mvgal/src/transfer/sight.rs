// SPDX-License-Identifier: MIT OR Apache-2.0

//! What an error tells about whether an engine sees a buffer.

use nix::errno::Errno;

use crate::error::{Call, CallError, Error};
use crate::virgl;

/// What drivers answer to an import or to a submission that needs it, if they cannot have the
/// memory of another one where their GPU sees it:
///
/// - ENOMEM, ENOSPC: no room for it, in page tables, addresses or where it would have to move to;
/// - EBUSY: no addresses of the bus, from `dma_buf_ops.map_dma_buf` of amdgpu and xe;
/// - EOPNOTSUPP: it cannot move to where the other device reaches it, from that of xe;
/// - EREMOTEIO: no way on the bus between the two devices, from `dma_map_sgtable()`.
const UNSEEN: [Errno; 5] = [
    Errno::ENOMEM,
    Errno::ENOSPC,
    Errno::EBUSY,
    Errno::EOPNOTSUPP,
    Errno::EREMOTEIO,
];

/// What they answer besides to what they do not take at all.
const REFUSED: [Errno; 9] = [
    Errno::EINVAL,
    Errno::EACCES,
    Errno::EPERM,
    Errno::ENOSYS,
    Errno::ENOTTY,
    Errno::E2BIG,
    Errno::ERANGE,
    Errno::ENXIO,
    // ENOTSUPP, which is for the kernel itself and gets out.
    Errno::UnknownErrno,
];

fn refuses(errno: Errno) -> bool {
    UNSEEN.contains(&errno) || REFUSED.contains(&errno)
}

/// Whether an error says that a driver cannot let its GPU see a buffer, so that another way may
/// work. It does not if the GPU has failed or is gone, if the time is up, and if it is mvgal that
/// has no memory.
pub(super) fn is_refusal(error: &Error) -> bool {
    match error {
        Error::Call(CallError {
            call: Call::Driver(_) | Call::ExportDmabuf,
            errno,
            ..
        })
        | Error::Step { errno, .. } => refuses(*errno),
        Error::NoEngine(_) | Error::NotByCpu { .. } => true,
        Error::Virgl(error) => match &**error {
            // What has come from another driver is no device of virtio_gpu's.
            virgl::Error::Call {
                call: virgl::Call::Prime,
                errno: Errno::ENODEV,
                ..
            } => true,
            virgl::Error::Call { errno, .. } => refuses(*errno),
            virgl::Error::No3d { .. }
            | virgl::Error::NoCapset(_)
            | virgl::Error::Unsupported { .. } => true,
            _ => false,
        },
        _ => false,
    }
}

/// Whether an engine has failed because it has stopped to see a buffer: its driver could not map
/// it once more, and nothing was begun.
pub(super) fn is_lost_sight(error: &Error) -> bool {
    matches!(error, Error::Step { engine: Some(_), errno, .. } if UNSEEN.contains(errno))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NoEngine;
    use crate::member::MemberId;

    const REAL: [Errno; 10] = [
        Errno::EIO,
        Errno::ENODEV,
        Errno::ETIME,
        Errno::ECANCELED,
        Errno::EINTR,
        Errno::EFAULT,
        Errno::EMFILE,
        Errno::ENFILE,
        Errno::EBADF,
        Errno::EAGAIN,
    ];

    fn step(engine: Option<MemberId>, errno: Errno) -> Error {
        Error::Step {
            step: "copying".to_owned(),
            engine,
            errno,
        }
    }

    #[test]
    fn drivers_refuse_with_some_errors_alone() {
        let prime = Call::Driver("PRIME_FD_TO_HANDLE");
        let refusal = |call, errno| is_refusal(&Error::call(call, "a dma-buf", errno));
        for errno in UNSEEN.into_iter().chain(REFUSED) {
            assert!(refusal(prime, errno), "{errno}");
            assert!(is_refusal(&step(None, errno)), "{errno}");
        }
        for errno in REAL {
            assert!(!refusal(prime, errno), "{errno}");
            assert!(!refusal(Call::ExportDmabuf, errno), "{errno}");
            assert!(!is_refusal(&step(None, errno)), "{errno}");
        }
        assert!(refusal(Call::ExportDmabuf, Errno::EACCES));
        assert!(!refusal(Call::AllocMemory, Errno::ENOMEM));
        assert!(!refusal(Call::Mmap, Errno::ENOMEM));
        assert!(!refusal(Call::SubmitWorkload, Errno::EINVAL));
        assert!(is_refusal(&NoEngine::NoneThere.into()));
        assert!(!is_refusal(&Error::Unfinished));
        let what = String::new();
        assert!(!is_refusal(&Error::TimedOut { what }));
    }

    #[test]
    fn virgl_refuses_what_it_has_not_exported() {
        let refusal = |call, errno| {
            let error = virgl::Error::call(call, "a dma-buf", errno);
            is_refusal(&error.into())
        };
        assert!(refusal(virgl::Call::Prime, Errno::ENODEV));
        assert!(refusal(virgl::Call::Prime, Errno::EINVAL));
        assert!(!refusal(virgl::Call::ResourceInfo, Errno::ENODEV));
        assert!(!refusal(virgl::Call::ExecBuffer, Errno::EIO));
        assert!(!is_refusal(&virgl::Error::Lost.into()));
    }

    #[test]
    fn sight_is_lost_by_engines_and_by_few_errors() {
        let engine = Some(MemberId::new(3));
        for errno in UNSEEN {
            assert!(is_lost_sight(&step(engine, errno)), "{errno}");
            assert!(!is_lost_sight(&step(None, errno)), "{errno}");
        }
        for errno in REFUSED.into_iter().chain(REAL) {
            assert!(!is_lost_sight(&step(engine, errno)), "{errno}");
        }
        let submit = Error::call(Call::SubmitWorkload, "a batch", Errno::ENOMEM);
        assert!(!is_lost_sight(&submit));
    }
}
