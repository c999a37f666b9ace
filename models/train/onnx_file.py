"""The network as an ONNX graph of eight kinds of operators, with notes that say what it is for."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import mlp

OPSET = 17
IR_VERSION = 8


def build(network, schema, notes):
    """The model file's bytes."""
    constants, nodes = [], []

    def constant(name, values):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype=np.float32), name))
        return name

    def node(operator, inputs, output, **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    x = node("Add", ["rows", constant("shift", network.shift)], "shifted")
    x = node("Mul", [x, constant("scale", network.scale)], "scaled")
    x = node("Max", [x, constant("least", [-mlp.CLIP])], "above")
    inputs = x = node("Min", [x, constant("most", [mlp.CLIP])], "within")
    for layer in "12":
        x = node("MatMul", [x, constant(f"w{layer}", network.weights[f"w{layer}"])], f"product{layer}")
        x = node("Add", [x, constant(f"b{layer}", network.weights[f"b{layer}"])], f"sum{layer}")
        x = node("Relu", [x], f"layer{layer}")
    x = node("Concat", [x, inputs], "known", axis=1)
    last = np.concatenate([network.weights["w3"], network.weights["skip"]])
    heads = []
    for name, columns, is_positive in network.heads.parts:
        head = node("MatMul", [x, constant(f"w_{name}", last[:, columns])], f"product_{name}")
        head = node("Add", [head, constant(f"b_{name}", network.weights["b3"][columns])], name)
        heads.append(node("Softplus", [head], f"positive_{name}") if is_positive else head)
    x = node("Concat", heads, "joined", axis=1) if len(heads) > 1 else heads[0]
    x = node("Max", [x, constant("least_answer", network.heads.least)], "not_below")
    node("Min", [x, constant("most_answer", network.heads.most)], "answers")

    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["N", len(schema.inputs)])
    answers = helper.make_tensor_value_info("answers", TensorProto.FLOAT, ["N", len(schema.outputs)])
    graph = helper.make_graph(nodes, schema.kind, [rows], [answers], constants)
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="p2c2r")
    # What a reader needs comes last, so that no part of the file reads like the whole.
    helper.set_model_props(model, notes | _notes(schema))
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def _notes(schema):
    return {
        "kind": schema.kind,
        "schema": str(schema.version),
        "inputs": ",".join(schema.inputs),
        "outputs": ",".join(schema.outputs),
    }
