package io.meristem.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.meristem.data.image.Fit;
import io.meristem.data.image.Preprocess;

/**
 * {@link Preprocess} as nodes: photos of any size to normalised images.
 *
 * <p>Scaling is a product with a matrix per axis, whose rows are the shares of a triangle filter as {@link io.meristem.data.image.Resampler} has them, made in the graph
 * from the photo's own size. ONNX's Resize is not used: its antialiasing is another at the edges (up to 5 grey levels on photos, 13 on noise, in ONNX Runtime
 * 1.32), and came with operator set 18 only.
 */
final class PhotoGraph {

    private final Nodes nodes;
    private final Preprocess preprocess;

    private PhotoGraph(Nodes nodes, Preprocess preprocess) {
        this.nodes = nodes;
        this.preprocess = preprocess;
    }

    /**
     * @param photos uint8 (N, H, W, 3)
     * @return float32 (N, 3, size, size), normalised
     */
    static String images(Nodes nodes, String photos, Preprocess preprocess) {
        return new PhotoGraph(nodes, preprocess).images(photos);
    }

    private String images(String photos) {
        String shape = nodes.op("Shape", photos).as("photo.shape");
        String height = nodes.op("Gather", shape, nodes.scalar(1L)).as("photo.height");
        String width = nodes.op("Gather", shape, nodes.scalar(2L)).as("photo.width");
        String box = photos;
        Axis rows;
        Axis columns;
        if (preprocess.fit() == Fit.SQUASH) {
            rows = new Axis(height, nodes.scalar((long) preprocess.size()));
            columns = new Axis(width, nodes.scalar((long) preprocess.size()));
        } else {
            String boxHeight = atMost(height, width);
            String boxWidth = atMost(width, height);
            box = centre(photos, height, boxHeight, 1);
            box = centre(box, width, boxWidth, 2);
            rows = new Axis(boxHeight, scaled(boxHeight, boxWidth));
            columns = new Axis(boxWidth, scaled(boxWidth, boxHeight));
        }
        String planes = nodes.op("Transpose", box).with("perm", 0, 3, 1, 2).as("photo.planes");
        String levels =
                nodes.op("Cast", planes).with("to", DataType.FLOAT.getNumber()).as("photo.levels");
        String fewRows = nodes.op("MatMul", shares(rows, false), levels).as("photo.rows");
        String square = nodes.op("MatMul", fewRows, shares(columns, true)).as("photo.square");
        String whole = nodes.op("Round", square).as("photo.rounded");
        String unit = nodes.op("Div", whole, nodes.scalar(255f)).as("photo.unit");
        String centred = nodes.op("Sub", unit, nodes.constant("photo.mean", preprocess.mean(), 3, 1, 1))
                .as("photo.centred");
        return nodes.op("Div", centred, nodes.constant("photo.std", preprocess.std(), 3, 1, 1))
                .as("photo.normalised");
    }

    /** Scalars of int64: the length of what is scaled, and its length afterwards. */
    private record Axis(String in, String out) {}

    /** A side, no longer than so many times the other. */
    private String atMost(String side, String other) {
        String most = nodes.op("Mul", other, nodes.scalar((long) Preprocess.MAX_ASPECT))
                .add();
        return nodes.op("Min", side, most).add();
    }

    /** The middle {@code length} of {@code whole} along an axis. */
    private String centre(String x, String whole, String length, int axis) {
        String rest = nodes.op("Sub", whole, length).add();
        String from = nodes.op("Div", rest, nodes.scalar(2L)).add();
        String to = nodes.op("Add", from, length).add();
        return nodes.op("Slice", x, listed(from), listed(to), nodes.vector(axis))
                .add();
    }

    private String listed(String scalar) {
        return nodes.op("Unsqueeze", scalar, nodes.vector(0)).add();
    }

    /** What a side becomes when the short one becomes {@link Preprocess#shortSide}. */
    private String scaled(String side, String other) {
        String shortSide = nodes.scalar((long) preprocess.shortSide());
        String product = nodes.op("Mul", side, shortSide).add();
        String quotient = nodes.op("Div", product, other).add(); // both are positive, so this rounds down
        return nodes.op("Max", quotient, shortSide).add();
    }

    /**
     * The centre's rows of the axis's filter: share (i, j) is what pixel j adds to the square's pixel i.
     *
     * @return float32 (size, in), or its transpose
     */
    private String shares(Axis axis, boolean transposed) {
        String in = toDouble(axis.in);
        String out = toDouble(axis.out);
        double size = preprocess.size();
        String margin = nodes.op("Sub", out, nodes.scalar(size)).add();
        // Halves go to even, as in Preprocess.cropStart.
        String start = nodes.op(
                        "Round", nodes.op("Mul", margin, nodes.scalar(0.5)).add())
                .add();
        String scale = nodes.op("Div", in, out).add();
        String support = nodes.op("Max", scale, nodes.scalar(1.0)).add();
        String targets = nodes.op("Add", middles(nodes.scalar(size)), start).add();
        String centres = nodes.op("Mul", targets, scale).add();
        String sources = middles(in);
        String targetAxis = nodes.vector(transposed ? 1 : 0);
        String sourceAxis = nodes.vector(transposed ? 0 : 1);
        String difference = nodes.op(
                        "Sub",
                        nodes.op("Unsqueeze", sources, targetAxis).add(),
                        nodes.op("Unsqueeze", centres, sourceAxis).add())
                .add();
        String distance =
                nodes.op("Div", nodes.op("Abs", difference).add(), support).add();
        String triangle = nodes.op("Sub", nodes.scalar(1.0), distance).add();
        String raw = nodes.op("Max", triangle, nodes.scalar(0.0)).add();
        String total =
                nodes.op("ReduceSum", raw, sourceAxis).with("keepdims", 1).add();
        String shares = nodes.op("Div", raw, total).add();
        return nodes.op("Cast", shares)
                .with("to", DataType.FLOAT.getNumber())
                .as(transposed ? "photo.column_shares" : "photo.row_shares");
    }

    private String toDouble(String scalar) {
        return nodes.op("Cast", scalar).with("to", DataType.DOUBLE.getNumber()).add();
    }

    /** 0.5, 1.5 and so on, so many. */
    private String middles(String count) {
        String numbers =
                nodes.op("Range", nodes.scalar(0.0), count, nodes.scalar(1.0)).add();
        return nodes.op("Add", numbers, nodes.scalar(0.5)).add();
    }
}
