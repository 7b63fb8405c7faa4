//! What outlives a process: the audit trail.
