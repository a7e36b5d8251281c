"""Writes the ONNX files that hostile files are tested with: one that is sound, one that names another file, one that never ends.

    python bench/peers/hostile_onnx.py
"""

from pathlib import Path

from onnx import TensorProto, helper

TO = Path(__file__).parents[2] / "onnx/src/test/resources/io/meristem/onnx/OnnxFuzzTestInputs/guard"
INFO = (
    '{"model":"alexnet","classes":["a","b"],"input":{"size":8,"crop_fraction":1.0,"fit":"crop",'
    '"mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]},"origin":{"meristem":"1","method":"lora","seed":1,"epoch":2,'
    '"rank":null,"base_sha256":null,"data_fingerprint":"a","synthetic":false}}'
)


def save(name, weight, *first):
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, 8, 8])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 2])
    nodes = [*first, helper.make_node("Flatten", ["images"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["logits"])]
    graph = helper.make_graph(nodes, "g", [images], [logits], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"meristem": INFO, "meristem.input": "images"})
    (TO / name).write_bytes(model.SerializeToString())


plain = helper.make_tensor("w", TensorProto.FLOAT, [192, 2], [0.0] * 384)
save("sound.onnx", plain)
elsewhere = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[192, 2], data_location=TensorProto.EXTERNAL)
for key, value in (("location", "../../../../etc/passwd"), ("offset", "0"), ("length", "1536")):
    elsewhere.external_data.add(key=key, value=value)
save("external.onnx", elsewhere)
body = helper.make_graph(
    [helper.make_node("Identity", ["c"], ["more"])],
    "body",
    [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, [])],
    [helper.make_tensor_value_info("more", TensorProto.BOOL, [])],
)
save("loop.onnx", plain, helper.make_node("Loop", ["", ""], [], body=body))
