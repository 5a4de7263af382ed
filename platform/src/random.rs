//! Randomness from the runtime's `crypto.getRandomValues`.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(array: &js_sys::Uint8Array) -> js_sys::Uint8Array;
}

/// `N` unpredictable bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let array = js_sys::Uint8Array::new_with_length(u32::try_from(N).unwrap_or(u32::MAX));
    get_random_values(&array);
    let mut bytes = [0; N];
    array.copy_to(&mut bytes);
    bytes
}

/// A fresh UUIDv7.
#[must_use]
pub fn uuid() -> String {
    event::id::uuid_v7(crate::clock::now_ms(), bytes())
}
