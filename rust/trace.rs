// SPDX-License-Identifier: GPL-2.0

//! The tracepoints of mvgal, which are described in `rust/trace/mvgal.h`.
//!
//! One that is disabled costs a jump that is not taken. They may be used in any context.
//!
//! C header: [`include/linux/tracepoint.h`](srctree/include/linux/tracepoint.h)

/// Defines a function for each tracepoint of that name.
macro_rules! tracepoints {
    ($($(#[$doc:meta])* fn $name:ident => $event:ident ($($arg:ident: $type:ty),* $(,)?);)*) => {$(
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "they are the fields of the event")]
        #[inline(always)]
        pub fn $name($($arg: $type),*) {
            #[cfg(CONFIG_TRACEPOINTS)]
            kernel::macros::paste! {
                #[allow(improper_ctypes, reason = "one of its fields points at an empty struct")]
                extern "C" {
                    static [<__tracepoint_ $event>]: crate::bindings::tracepoint;
                    fn [<rust_do_trace_ $event>]($($arg: $type),*);
                }

                // SAFETY: The key is that of a tracepoint, defined by C; the function takes just
                // these arguments.
                unsafe {
                    if kernel::jump_label::static_branch_unlikely!(
                        [<__tracepoint_ $event>],
                        crate::bindings::tracepoint,
                        key
                    ) {
                        [<rust_do_trace_ $event>]($($arg),*);
                    }
                }
            }
            #[cfg(not(CONFIG_TRACEPOINTS))]
            {
                $(let _ = $arg;)*
            }
        }
    )*};
}

tracepoints! {
    /// A job was taken from its client.
    fn job_submit => mvgal_job_submit(
        client: u64,
        job: u64,
        kind: u32,
        priority: u32,
        member: u32,
        timeout_ns: u64,
    );

    /// The in-syncs of a job have signalled, and it enters the run queue.
    fn job_ready => mvgal_job_ready(client: u64, job: u64, member: u32, priority: u32);

    /// A job starts, or is handed to its member's driver.
    fn job_dispatch => mvgal_job_dispatch(
        client: u64,
        job: u64,
        member: u32,
        priority: u32,
        sequence: u64,
    );

    /// A job that was dispatched is over; `error` is 0 or a negative errno.
    fn job_complete => mvgal_job_complete(
        client: u64,
        job: u64,
        member: u32,
        priority: u32,
        kind: u32,
        started_ns: u64,
        finished_ns: u64,
        error: i32,
    );

    /// A job ended that was never dispatched; `error` is a negative errno.
    fn job_cancel => mvgal_job_cancel(
        client: u64,
        job: u64,
        member: u32,
        priority: u32,
        error: i32,
    );

    /// It was settled how a member gets at a buffer. `tried` says whether that was tried now, and
    /// not remembered or plain; `error` is 0, or the negative errno with which a better way was
    /// refused.
    fn buffer_reach => mvgal_buffer_reach(
        client: u64,
        exporter: u32,
        importer: u32,
        reach: u32,
        limit: u32,
        tried: bool,
        error: i32,
    );
}
