// SPDX-License-Identifier: MIT OR Apache-2.0

//! What may be sent to other threads and shared with them: that is part of the interface, and
//! changes unnoticed with a field.

use mvgal::{
    Affinity, AffinityChange, Allocation, Attachment, Batch, Buffer, BufferFlags, Call, CallError,
    Capabilities, Capability, CopyEngine, Deadline, Device, DmaBuf, Error, Event, Exported,
    Features, Health, Image, Job, Mapping, Member, MemberDetails, MemberId, MemberNode, Members,
    NativeCommand, NoEngine, Operations, Outcome, P2p, Path, Pattern, Point, Policy, Priority,
    Reach, Refusal, Refusals, Report, Syncobj, SyncobjFd, Tier, Timeline, Traffic, Transfer,
    WaitMode, Waited, virgl,
};

macro_rules! shared {
    ($($type:ty),* $(,)?) => {
        $({
            fn is_shared<T: Send + Sync>() {}
            is_shared::<$type>();
        })*
    };
}

#[test]
fn all_that_owns_something() {
    shared!(
        Batch<'static>,
        Buffer,
        CopyEngine,
        Device,
        DmaBuf,
        Event,
        Image,
        Job<'static>,
        Mapping,
        MemberNode,
        NativeCommand<'static>,
        Syncobj,
        SyncobjFd,
        Timeline,
        Transfer<'static>,
        virgl::Context,
        virgl::Fence,
    );
}

#[test]
fn all_that_is_told() {
    shared!(
        Affinity,
        AffinityChange<'static>,
        Allocation,
        Attachment,
        BufferFlags,
        Call,
        CallError,
        Capabilities,
        Capability,
        Deadline,
        Error,
        Exported,
        Features,
        Health,
        Member,
        MemberDetails,
        MemberId,
        Members,
        NoEngine,
        Operations,
        Outcome,
        P2p,
        Path,
        Pattern,
        Point<'static>,
        Policy,
        Priority,
        Reach,
        Refusal,
        Refusals,
        Report,
        Tier,
        Traffic,
        WaitMode,
        Waited,
    );
}
