//! What an uploaded file is, told from its bytes: never from its name or from what its sender says.

use imagesize::{ImageSize, ImageType};

/// The largest upload in bytes: 30 MB, the most that any of our providers takes for an image.
pub const MAX_BYTES: usize = 30 * 1000 * 1000;

/// The longest side in pixels. Far beyond any ad; what is larger is a mistake or an attack on whoever opens it.
pub const MAX_SIDE: u32 = 20_000;

/// An image, as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// `image/jpeg`, `image/png`, `image/gif` or `image/webp`.
    pub media_type: &'static str,
    /// What its file name ends with.
    pub extension: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Why a file is not taken, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Too many bytes.
    #[error("the file has {bytes} bytes; at most {MAX_BYTES} are taken")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// Something else than an image we take.
    #[error("the file is no JPEG, PNG, GIF or WebP image")]
    OtherType,
    /// It begins like an image and does not go on like one.
    #[error("the file begins like {media_type} and is damaged: its size in pixels cannot be read")]
    Damaged {
        /// What it begins like.
        media_type: &'static str,
    },
    /// Its header says something no image is.
    #[error("the image is {width} × {height} pixels; sides of 1 to {MAX_SIDE} are taken")]
    Sides {
        /// Pixels.
        width: usize,
        /// Pixels.
        height: usize,
    },
    /// The sender says it is something else.
    #[error("the file was sent as {declared} and is {found}; send it as what it is")]
    Lies {
        /// What the sender says.
        declared: String,
        /// What it is.
        found: &'static str,
    },
}

/// What the file is. `declared` is the media type it was sent as, where the sender said one.
///
/// # Errors
/// [`NotTaken`] when it is no image we take, or not what it was sent as.
pub fn sniff(bytes: &[u8], declared: Option<&str>) -> Result<Image, NotTaken> {
    if bytes.is_empty() {
        return Err(NotTaken::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(NotTaken::TooLarge { bytes: bytes.len() });
    }
    let (media_type, extension) = match imagesize::image_type(bytes) {
        Ok(ImageType::Jpeg) => ("image/jpeg", "jpg"),
        Ok(ImageType::Png) => ("image/png", "png"),
        Ok(ImageType::Gif) => ("image/gif", "gif"),
        Ok(ImageType::Webp) => ("image/webp", "webp"),
        _ => return Err(NotTaken::OtherType),
    };
    // `octet-stream` claims nothing; `image/jpg` is a widespread slip for `image/jpeg`.
    let same = |declared: &str| {
        matches!(declared, "" | "application/octet-stream") || declared.replace("/jpg", "/jpeg") == media_type
    };
    if let Some(declared) = declared.filter(|declared| !same(declared)) {
        return Err(NotTaken::Lies { declared: declared.to_owned(), found: media_type });
    }
    let ImageSize { width, height } = imagesize::blob_size(bytes).map_err(|_| NotTaken::Damaged { media_type })?;
    let side = |pixels: usize| u32::try_from(pixels).ok().filter(|pixels| (1..=MAX_SIDE).contains(pixels));
    match (side(width), side(height)) {
        (Some(width), Some(height)) => Ok(Image { media_type, extension, width, height }),
        _ => Err(NotTaken::Sides { width, height }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Headers as the formats' specifications lay them out, 3 × 2 pixels.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x02\0\0\0");
        bytes
    }

    fn gif() -> Vec<u8> {
        b"GIF89a\x03\0\x02\0\x80\0\0;".to_vec()
    }

    fn jpeg() -> Vec<u8> {
        // SOI, an APP0 segment, a baseline frame of 2 lines with 3 samples each, EOI.
        let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        bytes.extend(b"\xff\xc0\0\x0b\x08\0\x02\0\x03\x01\x01\x11\0\xff\xd9");
        bytes
    }

    fn webp() -> Vec<u8> {
        // A lossless chunk: signature 0x2f, then width − 1 and height − 1 in 14 bits each.
        let mut bytes = b"RIFF\x1a\0\0\0WEBPVP8L\x05\0\0\0\x2f".to_vec();
        bytes.extend((2_u32 | (1 << 14)).to_le_bytes());
        bytes.extend([0; 16]);
        bytes
    }

    #[test]
    fn each_format_is_known_by_its_bytes() {
        for (bytes, media_type) in
            [(png(3, 2), "image/png"), (gif(), "image/gif"), (jpeg(), "image/jpeg"), (webp(), "image/webp")]
        {
            let image = sniff(&bytes, Some(media_type)).unwrap();
            assert_eq!((image.media_type, image.width, image.height), (media_type, 3, 2));
            assert_eq!(sniff(&bytes, None).unwrap(), image);
            assert_eq!(sniff(&bytes, Some("application/octet-stream")).unwrap(), image);
        }
        assert!(sniff(&jpeg(), Some("image/jpg")).is_ok());
    }

    #[test]
    fn a_file_that_lies_about_its_type_is_refused() {
        let lie = sniff(&gif(), Some("image/png")).unwrap_err();
        assert_eq!(lie.to_string(), "the file was sent as image/png and is image/gif; send it as what it is");
        for bytes in
            [&b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"[..], b"<html><script>", b"MZ\x90\0", b"BM\x3e\0\0\0"]
        {
            assert_eq!(sniff(bytes, Some("image/png")), Err(NotTaken::OtherType));
        }
        assert_eq!(sniff(b"", Some("image/png")), Err(NotTaken::Empty));
    }

    #[test]
    fn what_no_image_is_like_is_refused() {
        assert_eq!(sniff(&png(3, 2)[..18], None), Err(NotTaken::Damaged { media_type: "image/png" }));
        assert_eq!(sniff(&png(0, 2), None), Err(NotTaken::Sides { width: 0, height: 2 }));
        assert_eq!(sniff(&png(20_001, 2), None), Err(NotTaken::Sides { width: 20_001, height: 2 }));
        let mut large = png(3, 2);
        large.resize(MAX_BYTES + 1, 0);
        assert_eq!(sniff(&large, None), Err(NotTaken::TooLarge { bytes: MAX_BYTES + 1 }));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(
            start in prop::sample::select(vec![vec![], png(3, 2), gif(), jpeg(), webp()]),
            keep in 0..40_usize,
            tail in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut bytes = start;
            bytes.truncate(keep);
            bytes.extend(tail);
            if let Ok(image) = sniff(&bytes, None) {
                prop_assert!(image.width >= 1 && image.width <= MAX_SIDE);
            }
        }
    }
}
