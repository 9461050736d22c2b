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
    // SAFETY: the caller says so, and numbers in memory are never uninitialised here.
    let (packed, out) =
        unsafe { (slice::from_raw_parts(packed, length), slice::from_raw_parts_mut(out, size)) };
    crate::unpack(packed, out).is_some()
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    arch::wasm32::unreachable()
}
