//! The calendar's attendant.
