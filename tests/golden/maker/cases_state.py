"""CALL_ONCE, VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE: state that outlives a step."""

from maker.builder import Model

_SCALE, _ZERO = 0.05, -7


def _handle(model, name):
    """A VAR_HANDLE of the variable `name` in the current subgraph; returns the resource tensor."""
    resource = model.tensor((), "resource")
    model.add("VAR_HANDLE", [], [resource], "VarHandleOptions", sharedName=name, container=b"")
    return resource


def _initialiser(model, variables):
    """The subgraph CALL_ONCE runs: assigns each (name, int8 array) once."""
    index = model.add_subgraph()
    for name, data in variables:
        resource = _handle(model, name)
        value = model.constant(data, "int8", _SCALE, _ZERO)
        model.add("ASSIGN_VARIABLE", [resource, value], [], "AssignVariableOptions")
    return index


def ring_case():
    """A sliding window: read, append the new row, give the window out, keep its newest rows."""
    model = Model("variable_i8_sliding_window", "VAR_HANDLE")
    model.add("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    source = model.input((1, 1, 4), scale=_SCALE, zero_point=_ZERO)
    resource = _handle(model, b"window")
    held = model.tensor((1, 3, 4), scale=_SCALE, zero_point=_ZERO)
    model.add("READ_VARIABLE", [resource], [held], "ReadVariableOptions")
    joined = model.output((1, 4, 4), scale=_SCALE, zero_point=_ZERO)
    model.add("CONCATENATION", [held, source], [joined], "ConcatenationOptions", axis=1)
    begin, end, strides = (model.constant(v, "int32") for v in ((0, 1, 0), (1, 4, 4), (1, 1, 1)))
    newest = model.tensor((1, 3, 4), scale=_SCALE, zero_point=_ZERO)
    model.add("STRIDED_SLICE", [joined, begin, end, strides], [newest], "StridedSliceOptions",
              beginMask=5, endMask=5)
    model.add("ASSIGN_VARIABLE", [resource, newest], [], "AssignVariableOptions")
    _initialiser(model, [(b"window", model.weights((1, 3, 4)))])
    return model


def accumulator_case():
    """Two variables: a running maximum and the previous input."""
    model = Model("variable_i8_two_variables", "VAR_HANDLE")
    model.add("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    source = model.input((1, 12), scale=_SCALE, zero_point=_ZERO)
    highest, previous = _handle(model, b"highest"), _handle(model, b"previous")
    held = [model.tensor((1, 12), scale=_SCALE, zero_point=_ZERO) for _ in range(2)]
    model.add("READ_VARIABLE", [highest], [held[0]], "ReadVariableOptions")
    model.add("READ_VARIABLE", [previous], [held[1]], "ReadVariableOptions")
    grown = model.output((1, 12), scale=_SCALE, zero_point=_ZERO)
    model.add("MAXIMUM", [held[0], source], [grown], "MaximumMinimumOptions")
    moved = model.output((1, 12), scale=0.08, zero_point=2)
    model.add("ADD", [held[1], source], [moved], "AddOptions")
    model.add("ASSIGN_VARIABLE", [highest, grown], [], "AssignVariableOptions")
    model.add("ASSIGN_VARIABLE", [previous, source], [], "AssignVariableOptions")
    _initialiser(model, [(b"highest", model.weights((1, 12))), (b"previous", model.weights((1, 12)))])
    return model


def cases():
    """All models of this module."""
    yield ring_case()
    yield accumulator_case()
