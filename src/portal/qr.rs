//! QR codes as one SVG path, drawn in the page itself: the page's policy allows no pictures.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// What a template draws.
pub(super) struct Qr {
    /// Modules on a side, the quiet zone included.
    pub(super) side: usize,
    /// The dark modules.
    pub(super) path: String,
}

/// Light modules around the code (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

impl Qr {
    /// `None` for text that no code holds (over 2,331 octets).
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (row, colors) in code.to_colors().chunks(width).enumerate() {
            let mut column = 0;
            for run in colors.chunk_by(|one, next| one == next) {
                if run.first() == Some(&Color::Dark) {
                    let (x, y, length) = (column + QUIET, row + QUIET, run.len());
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
                }
                column += run.len();
            }
        }
        Some(Self {
            side: width + 2 * QUIET,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_path_of_rows_and_too_much_text_is_none() {
        let qr = Qr::of("otpauth://totp/x?secret=ABC").unwrap();
        assert!(qr.side > 29, "{}", qr.side);
        // The first finder pattern: seven dark modules behind the quiet zone.
        assert!(qr.path.starts_with("M4 4h7v1h-7z"), "{}", qr.path);
        assert!(Qr::of(&"x".repeat(3_000)).is_none());
    }
}
