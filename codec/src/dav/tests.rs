//! Known answers of servers and RFCs, and what hostile servers send.
