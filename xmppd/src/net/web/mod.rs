//! HTTPS on a port of its own: WebSocket, discovery, shared files.

pub(super) mod websocket;
