//! Projects actions onto the Model Context Protocol.
