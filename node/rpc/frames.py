"""WebSocket frames from the server, whole and unmasked, so that one frame can serve many sockets.

Source: RFC 6455, section 5.2.
"""

FINAL_TEXT = 0x81
"""FIN bit and opcode 1."""


def text_frame(payload: bytes) -> bytes:
    """Wrap one text message."""
    size = len(payload)
    if size < 126:
        return bytes((FINAL_TEXT, size)) + payload
    if size < 1 << 16:
        return bytes((FINAL_TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((FINAL_TEXT, 127)) + size.to_bytes(8, "big") + payload
