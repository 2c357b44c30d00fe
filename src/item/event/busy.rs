//! BusyStatus: TRANSP, STATUS and Microsoft's own word (REFERENCE.md 11.2.1).

use airgate_codec::vobject::{Component, ComponentId, Document, Gone};

/// By number.
const WORDS: [&str; 5] = ["FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"];
const MICROSOFT: &str = "X-MICROSOFT-CDO-BUSYSTATUS";

/// How an event shows among the user's own. Most clients only know TRANSP and leave Microsoft's word
/// behind as it was: where the two contradict each other TRANSP is the newer.
pub(super) fn read(event: &Component<'_>) -> u8 {
    let microsoft = WORDS
        .iter()
        .position(|known| says(event, MICROSOFT, known))
        .and_then(|at| u8::try_from(at).ok());
    let taken = says(event, "TRANSP", "OPAQUE");
    match microsoft {
        _ if says(event, "TRANSP", "TRANSPARENT") => 0,
        Some(0) if !taken => 0,
        Some(status @ 1..) => status,
        _ if says(event, "STATUS", "TENTATIVE") => 1,
        _ => 2,
    }
}

/// Makes it so.
pub(super) fn write(document: &mut Document, id: ComponentId, status: u8) -> Result<(), Gone> {
    let word = WORDS.get(usize::from(status)).copied().unwrap_or("BUSY");
    let event = document.find(id).ok_or(Gone)?;
    let own = event.property(MICROSOFT).is_some();
    let intended = event.property("X-MICROSOFT-CDO-INTENDEDSTATUS").is_some();
    let tentative = says(&event, "STATUS", "TENTATIVE");
    let mut raw = |name: &str, value: &str| document.set(id, name, |line| line.raw(value));
    raw("TRANSP", if status == 0 { "TRANSPARENT" } else { "OPAQUE" })?;
    if own || intended || tentative || matches!(status, 1 | 3 | 4) {
        raw(MICROSOFT, word)?;
    }
    if intended {
        raw("X-MICROSOFT-CDO-INTENDEDSTATUS", word)?;
    }
    Ok(())
}

fn says(event: &Component<'_>, name: &str, word: &str) -> bool {
    event
        .property(name)
        .is_some_and(|property| property.value().trim().eq_ignore_ascii_case(word))
}
