"""Google's Tink, with keys and segments as the portal's: what it writes and reads is the format."""

import io
from uuid import UUID

import tink
from tink import cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from portal_core.files.content_ports import ContentKey

streaming_aead.register()


def encrypted(key: ContentKey, object_id: UUID, plain: bytes, segment_bytes: int) -> bytes:
    """The content as Tink stores it."""
    stored = io.BytesIO()
    stored.close = lambda: None  # type: ignore[method-assign]  # Tink closes it, and it is still to be read
    with _tink(key, segment_bytes).new_encrypting_stream(stored, _associated_data(object_id)) as stream:
        stream.write(plain)
    return stored.getvalue()


def decrypted(key: ContentKey, object_id: UUID, stored: bytes, segment_bytes: int) -> bytes:
    """What Tink reads.

    Raises:
        tink.TinkError: it is of another key or object, or altered.
    """
    with _tink(key, segment_bytes).new_decrypting_stream(io.BytesIO(stored), _associated_data(object_id)) as stream:
        return bytes(stream.read())


def _associated_data(object_id: UUID) -> bytes:
    return f"files.content/{object_id}".encode()


def _tink(key: ContentKey, segment_bytes: int) -> streaming_aead.StreamingAead:
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=segment_bytes, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    tink_key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, params=parameters, key_value=key.value)
    keyset = tink_pb2.Keyset(
        primary_key_id=1,
        key=[
            tink_pb2.Keyset.Key(
                key_data=tink_pb2.KeyData(
                    type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
                    value=tink_key.SerializeToString(),
                    key_material_type=tink_pb2.KeyData.SYMMETRIC,
                ),
                status=tink_pb2.ENABLED,
                key_id=1,
                output_prefix_type=tink_pb2.RAW,
            )
        ],
    )
    handle = cleartext_keyset_handle.read(tink.BinaryKeysetReader(keyset.SerializeToString()))
    return handle.primitive(streaming_aead.StreamingAead)
