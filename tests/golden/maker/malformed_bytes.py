"""Damage below the schema: cut files, foreign bytes, offsets and vector lengths that lie.

Each case is (name, bytes, what is wrong, words of which the refusal must hold one).
"""

import struct

from ai_edge_litert import schema_py_generated as schema

from maker import malformed_graphs

_BROKEN = ["damaged", "truncated", "malformed"]
_FOREIGN = ["not a TFLite file"]


def _with_u32(content, position, value):
    """The file with one little-endian 32-bit word replaced."""
    return content[:position] + struct.pack("<I", value & 0xFFFFFFFF) + content[position + 4:]


def _vector_at(table, slot):
    """Position of the length word of the vector in field number `slot` of a generated table."""
    offset = table._tab.Offset(4 + 2 * slot)
    if offset == 0:
        raise ValueError(f"field {slot} is absent")
    return table._tab.Vector(offset) - 4


def _vectors(content):
    """Name and position of the length word of vectors on every level of the file."""
    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    tensor, operator = graph.Tensors(0), graph.Operators(0)
    data = next(model.Buffers(index) for index in range(model.BuffersLength())
                if not model.Buffers(index).DataIsNone())
    return {
        "operator_codes": _vector_at(model, 1), "subgraphs": _vector_at(model, 2),
        "buffers": _vector_at(model, 4), "buffer_data": _vector_at(data, 0),
        "tensors": _vector_at(graph, 0), "graph_inputs": _vector_at(graph, 1),
        "operators": _vector_at(graph, 3), "operator_inputs": _vector_at(operator, 1),
        "shape": _vector_at(tensor, 0), "tensor_name": _vector_at(tensor, 3),
        "scales": _vector_at(tensor.Quantization(), 2),
    }


def cases():
    """All cases of this module."""
    content = malformed_graphs.sound().to_bytes()
    size = len(content)
    yield "empty", b"", "no bytes at all", _FOREIGN
    yield "four_bytes", content[:4], "only the root offset", _FOREIGN
    yield "eight_bytes", content[:8], "root offset and identifier, nothing behind them", _BROKEN + _FOREIGN
    yield "eight_zero_bytes", bytes(8), "eight zero bytes", _FOREIGN
    for name, end in (("at_12", 12), ("at_quarter", size // 4), ("at_half", size // 2),
                      ("at_three_quarters", size * 3 // 4), ("16_short", size - 16)):
        yield f"truncated_{name}", content[:end], f"cut after {end} of {size} bytes", _BROKEN
    yield ("wrong_magic", content[:4] + b"ONNX" + content[8:], "identifier is ONNX", _FOREIGN)
    swapped = b"".join(content[at:at + 4][::-1] for at in range(0, size, 4))
    yield "big_endian", swapped, "every 32-bit word has its bytes reversed", ["big-endian"]
    noise = bytes((index * 131 + (index >> 3) * 17 + 7) & 255 for index in range(256))
    yield "noise", noise, "256 meaningless bytes", _FOREIGN
    yield ("noise_behind_magic", content[:8] + noise, "identifier right, the rest meaningless",
           _BROKEN)
    yield "root_offset_far", _with_u32(content, 0, 0x7FFFFFF0), "root table beyond the end", _BROKEN
    yield "root_offset_zero", _with_u32(content, 0, 0), "root table is the root offset", _BROKEN
    yield ("root_offset_odd", _with_u32(content, 0, struct.unpack("<I", content[:4])[0] + 1),
           "root table at an odd position", _BROKEN)
    root = struct.unpack("<I", content[:4])[0]
    for name, value in (("far", 0x7FFFFFFF), ("back", 0x80000000)):
        yield (f"vtable_offset_{name}", _with_u32(content, root, value),
               "the root's vtable lies outside the file", _BROKEN)
    for name, position in _vectors(content).items():
        yield (f"length_of_{name}_huge", _with_u32(content, position, 0xFFFFFFFF),
               f"vector length of {name} is 2^32 - 1", _BROKEN)
    yield ("length_of_tensors_slightly_long",
           _with_u32(content, _vectors(content)["tensors"], 60),
           "the list of tensors runs into other tables", _BROKEN)
