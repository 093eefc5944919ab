#!/bin/bash
# A GPU that does not wake up any more: what its driver has for mvgal is freed all the same.
# vm: --gpus none --vendors amdgpu --modprobe vgem
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

driver=/sys/bus/platform/drivers/mvgal_fake_vendors
quietly "$e2e" client drowsy amdgpu
# The kernel does not try to wake it again before it was bound anew.
quietly "$e2e" client members
echo fake-amdgpu.0 >$driver/unbind
echo fake-amdgpu.0 >$driver/bind
quietly "$e2e" client exercise amdgpu
