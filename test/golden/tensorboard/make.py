#!/usr/bin/env python3
"""Golden bytes for src/report/tensorboard: an event file as google.protobuf and a CRC from its definition make it.

    python3 test/golden/tensorboard/make.py > test/golden/tensorboard/golden.json
    python3 test/golden/tensorboard/make.py FILE     prints the events of any event file, checksums checked

The messages are declared from tensorboard/compat/proto/{event,summary}.proto, the framing is that of
tensorflow/core/lib/io/record_writer.h.
"""
import json
import struct
import sys
import google.protobuf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

D = descriptor_pb2.FieldDescriptorProto
KINDS = dict(double=D.TYPE_DOUBLE, float=D.TYPE_FLOAT, int64=D.TYPE_INT64, int32=D.TYPE_INT32, string=D.TYPE_STRING, bytes=D.TYPE_BYTES)
MESSAGES = {
    "Image": [("height", 1, "int32"), ("width", 2, "int32"), ("colorspace", 3, "int32"), ("encoded_image_string", 4, "bytes")],
    "Value": [("tag", 1, "string"), ("simple_value", 2, "float", "value"), ("image", 4, "Image", "value")],
    "Summary": [("value", 1, "Value", None, True)],
    "SessionLog": [("status", 1, "int32")],
    "SourceMetadata": [("writer", 1, "string")],
    "Event": [("wall_time", 1, "double"), ("step", 2, "int64"), ("file_version", 3, "string", "what"), ("summary", 5, "Summary", "what"),
              ("session_log", 7, "SessionLog", "what"), ("source_metadata", 10, "SourceMetadata")],
}
file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="golden", syntax="proto3")
for name, fields in MESSAGES.items():
    message = file.message_type.add(name=name)
    for field, number, kind, *rest in fields:
        oneof, isRepeated = [*rest, None, None][:2]
        added = message.field.add(name=field, number=number, label=D.LABEL_REPEATED if isRepeated else D.LABEL_OPTIONAL)
        if kind in KINDS:
            added.type = KINDS[kind]
        else:
            added.type, added.type_name = D.TYPE_MESSAGE, f".golden.{kind}"
        if oneof:
            if not message.oneof_decl:
                message.oneof_decl.add(name=oneof)
            added.oneof_index = 0
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
Event = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("golden.Event"))


def crc32c(data):
    """Bit by bit, the reflected polynomial 0x82f63b78."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


# RFC 3720, B.4, whose bytes are little-endian.
VECTORS = [(bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E), (bytes(range(31, -1, -1)), 0x113FDB5C),
           (b"123456789", 0xE3069283)]
assert all(crc32c(data) == expected for data, expected in VECTORS)


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))


def events(data):
    while data:
        length = struct.unpack("<Q", data[:8])[0]
        body, end = data[12:12 + length], 12 + length
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8]), "length checksum"
        assert struct.unpack("<I", data[end:end + 4])[0] == masked(body), "data checksum"
        yield Event.FromString(body)
        data = data[end + 4:]


if len(sys.argv) > 1:
    for event in events(open(sys.argv[1], "rb").read()):
        for value in event.summary.value:
            if value.HasField("image"):
                value.image.encoded_image_string = b"%d bytes" % len(value.image.encoded_image_string)
        print(" ".join(str(event).split()))
    sys.exit()

SECONDS = 1700000000.25
made = [
    Event(wall_time=SECONDS, file_version="brain.Event:2", source_metadata=dict(writer="guided-attention")),
    Event(wall_time=SECONDS, step=301, session_log=dict(status=1)),
    Event(wall_time=SECONDS, step=320, summary=dict(value=[dict(tag="loss/total", simple_value=0.7310585975646973), dict(tag="val-AP/größe", simple_value=0.0)])),
    Event(wall_time=SECONDS, step=5_000_000_000, summary=dict(value=[dict(tag="attention/a", image=dict(height=2, width=300, colorspace=3, encoded_image_string=b"\x89PNG"))])),
]
encoded = [event.SerializeToString() for event in made]
print(json.dumps(dict(
    protobuf=google.protobuf.__version__,
    vectors=[dict(hex=data.hex(), crc=crc, masked=masked(data)) for data, crc in VECTORS],
    seconds=SECONDS, events=[data.hex() for data in encoded], records=[record(data).hex() for data in encoded]), indent=1))
