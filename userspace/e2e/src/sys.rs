// SPDX-License-Identifier: MIT OR Apache-2.0

//! The bindings of `uapi/mvgal_drm.h`, under the names tests read best.

pub use mvgal::sys::DRM_MVGAL_MEMBER_ANY as ANY;
pub use mvgal::sys::DRM_MVGAL_MEMBER_HOST as HOST;
pub use mvgal::sys::*;
