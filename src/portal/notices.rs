//! What was just done, said on the page a form leads to. It travels as a word in the query, and only
//! words that stand here are said.

/// The key of the sentence for a word.
pub(super) fn of(done: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|(word, _)| *word == done)
        .map(|(_, key)| *key)
}

const KNOWN: &[(&str, &str)] = &[
    ("again", "done.again"),
    ("signed-out", "done.signed-out"),
    ("recovery-used", "done.recovery-used"),
    ("factor-off", "done.factor-off"),
    ("renamed", "done.renamed"),
    ("bad-name", "done.bad-name"),
    ("revoked", "done.revoked"),
    ("revoked-all", "done.revoked-all"),
    ("passcode-shown", "done.passcode-shown"),
    ("resync", "done.resync"),
    ("blocked", "done.blocked"),
    ("allowed", "done.allowed"),
    ("quarantined", "done.quarantined"),
    ("undecided", "done.undecided"),
    ("removed", "done.removed"),
    ("wiping", "done.wiping"),
    ("wipe-cancelled", "done.wipe-cancelled"),
    ("restored", "done.restored"),
    ("restored-quietly", "done.restored-quietly"),
    ("others-ended", "done.others-ended"),
    ("distrusted", "done.distrusted"),
    ("saved", "done.saved"),
];
