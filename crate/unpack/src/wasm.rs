//! What JavaScript calls: www/unpack.js.

use core::panic::PanicInfo;
use core::{arch, slice};

/// Undoes LZMA in memory that the caller has added behind ours: `length` bytes at `packed`, to `size` bytes at `out`;
/// whether that went well.
///
/// # Safety
/// Both ranges lie in memory, apart from each other and from what was there when the module started.
#[expect(unsafe_code, reason = "JavaScript can hand over bytes only as numbers")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unpack(packed: *const u8, length: usize, out: *mut u8, size: usize) -> bool {
    // SAFETY: the caller says so.
    let (packed, out) = unsafe { ranges(packed, length, out, size) };
    crate::unpack(packed, out).is_some()
}

/// Joins a wasm module, in the same way.
///
/// # Safety
/// As of [`unpack`].
#[expect(unsafe_code, reason = "JavaScript can hand over bytes only as numbers")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn join(apart: *const u8, length: usize, out: *mut u8, size: usize) -> bool {
    // SAFETY: the caller says so.
    let (apart, out) = unsafe { ranges(apart, length, out, size) };
    crate::apart::join(apart, out).is_some()
}

/// # Safety
/// As of [`unpack`].
#[expect(unsafe_code, reason = "JavaScript can hand over bytes only as numbers")]
unsafe fn ranges<'a>(from: *const u8, length: usize, to: *mut u8, size: usize) -> (&'a [u8], &'a mut [u8]) {
    // SAFETY: the caller says so, and numbers in memory are never uninitialised here.
    unsafe { (slice::from_raw_parts(from, length), slice::from_raw_parts_mut(to, size)) }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    arch::wasm32::unreachable()
}
