//! Notes in a mailbox.
