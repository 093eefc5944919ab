// SPDX-License-Identifier: GPL-2.0

//! The vendors' drivers behind one trait, one file a vendor.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
