//! The command line verbs that are no server: each is a function of its input that returns what to
//! print, so that tests call what the operator calls.

pub mod wbxml_view;
