//! The daemon from outside: the real program as its own process, on loopback, with an unrelated client.

#![expect(clippy::unwrap_used, reason = "tests")]

mod administration;
mod backup;
mod class;
mod client;
mod closed;
mod command_line;
mod knife;
mod lifecycle;
mod login;
mod memory;
mod messages;
mod migrate;
mod personal;
mod reload;
mod removal;
mod resumption;
mod rooms;
mod sasl2;
mod server;
mod upload;
mod web;
mod websocket;
