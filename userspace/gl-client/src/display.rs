// SPDX-License-Identifier: MIT OR Apache-2.0

//! An OpenGL ES 2 context on the GPU of a render node, without a window.

use std::ffi::{CStr, c_char, c_void};
use std::fs::canonicalize;
use std::path::{Path, PathBuf};

use khronos_egl as egl;

use crate::Result;

type Egl = egl::DynamicInstance<egl::EGL1_5>;

// Of EGL_EXT_device_enumeration, EGL_EXT_device_drm_render_node and
// EGL_EXT_platform_device, eglext.h.
const DRM_RENDER_NODE_FILE_EXT: egl::Int = 0x3377;
const PLATFORM_DEVICE_EXT: egl::Enum = 0x313f;
type Device = *mut c_void;
type QueryDevices = unsafe extern "system" fn(egl::Int, *mut Device, *mut egl::Int) -> egl::Boolean;
type QueryDeviceString = unsafe extern "system" fn(Device, egl::Int) -> *const c_char;

/// More GPUs than a machine has.
const MOST_DEVICES: usize = 64;

/// The current context of this thread.
pub struct Display {
    egl: Egl,
    display: egl::Display,
}

impl Display {
    /// Makes a context on the GPU and has it be the current one of this thread.
    pub fn open(node: &Path) -> Result<Self> {
        // SAFETY: It is the system's EGL library, which has no constructors that
        // would do harm in a program of one thread.
        let egl = unsafe { Egl::load_required() }
            .map_err(|error| format!("cannot load EGL (Debian: libegl1, libegl-mesa0): {error}"))?;
        let device = find(&egl, node)?;
        // SAFETY: The device is one that EGL has just named.
        let display =
            unsafe { egl.get_platform_display(PLATFORM_DEVICE_EXT, device, &[egl::ATTRIB_NONE]) }
                .map_err(|error| format!("eglGetPlatformDisplay: {error}"))?;
        egl.initialize(display)
            .map_err(|error| format!("eglInitialize: {error}"))?;
        egl.bind_api(egl::OPENGL_ES_API)
            .map_err(|error| format!("eglBindAPI: {error}"))?;
        let wanted = [
            egl::RENDERABLE_TYPE,
            egl::OPENGL_ES2_BIT,
            egl::SURFACE_TYPE,
            egl::PBUFFER_BIT,
            egl::NONE,
        ];
        let config = egl
            .choose_first_config(display, &wanted)
            .map_err(|error| format!("eglChooseConfig: {error}"))?
            .ok_or("it has no configuration for OpenGL ES 2")?;
        let version = [egl::CONTEXT_CLIENT_VERSION, 2, egl::NONE];
        let context = egl
            .create_context(display, config, None, &version)
            .map_err(|error| format!("eglCreateContext: {error}"))?;
        egl.make_current(display, None, None, Some(context))
            .map_err(|error| format!("eglMakeCurrent: {error}"))?;
        Ok(Self { egl, display })
    }

    /// The functions of OpenGL ES.
    pub fn gl(&self) -> glow::Context {
        let address = |name: &str| {
            self.egl
                .get_proc_address(name)
                .map_or(std::ptr::null(), |function| function as *const c_void)
        };
        // SAFETY: The functions are those of the current context.
        unsafe { glow::Context::from_loader_function(address) }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // The process ends with it, so there is nobody to tell.
        let _ = self.egl.make_current(self.display, None, None, None);
        let _ = self.egl.terminate(self.display);
    }
}

/// EGL's name for the GPU of a render node.
fn find(egl: &Egl, node: &Path) -> Result<Device> {
    let wanted = canonicalize(node).map_err(|error| error.to_string())?;
    let (Some(devices), Some(string)) = (
        egl.get_proc_address("eglQueryDevicesEXT"),
        egl.get_proc_address("eglQueryDeviceStringEXT"),
    ) else {
        return Err("this EGL cannot name GPUs (EGL_EXT_device_enumeration)".into());
    };
    // SAFETY: The extension's specification gives the function this type.
    let query_devices =
        unsafe { std::mem::transmute::<extern "system" fn(), QueryDevices>(devices) };
    // SAFETY: As above.
    let query_string =
        unsafe { std::mem::transmute::<extern "system" fn(), QueryDeviceString>(string) };

    let mut devices = [std::ptr::null_mut(); MOST_DEVICES];
    let mut count = 0;
    // SAFETY: There is room for as many as it is told.
    let done = unsafe { query_devices(MOST_DEVICES as egl::Int, devices.as_mut_ptr(), &mut count) };
    if done != egl::TRUE {
        return Err("eglQueryDevicesEXT fails".into());
    }
    let mut seen = Vec::new();
    for &device in devices.iter().take(usize::try_from(count)?) {
        // SAFETY: The device is one that EGL has just named.
        let name = unsafe { query_string(device, DRM_RENDER_NODE_FILE_EXT) };
        if name.is_null() {
            // A processor that renders, or a GPU that only displays.
            continue;
        }
        // SAFETY: EGL keeps the string for as long as it is loaded.
        let name = PathBuf::from(unsafe { CStr::from_ptr(name) }.to_str()?);
        if canonicalize(&name).is_ok_and(|name| name == wanted) {
            return Ok(device);
        }
        seen.push(name.display().to_string());
    }
    Err(format!("EGL knows no such GPU; it has: {}", seen.join(" ")).into())
}
