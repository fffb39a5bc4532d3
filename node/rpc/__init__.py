"""JSON-RPC over HTTP and WebSocket on one port, in the dialect that Substrate clients speak."""
