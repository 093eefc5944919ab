#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The module is loaded with a limit for the buffers of one client.
. "${0%/*}/lib"

drivers
unload
MVGAL_PARAMS=max_client_bytes=4194304
load
quietly "$e2e" client limited 4194304
unload
MVGAL_PARAMS=
load
