"""The chainHead_v1 namespace of the new JSON-RPC specification.

Source: https://paritytech.github.io/json-rpc-interface-spec/api/chainHead.html
"""
