package io.meristem.onnx;

/** What an ONNX file of ours takes. */
public enum OnnxInput {
    /**
     * Input {@code images}, float32 (N, 3, size, size), prepared and normalised by the caller; output {@code logits} (N, classes).
     */
    IMAGES("images"),
    /**
     * Input {@code photos}, uint8 (N, H, W, 3) of upright RGB photos, H and W free; outputs {@code probabilities} and {@code logits} (N, classes), and
     * {@code images} as above. Scaling, cropping and normalisation are in the graph.
     */
    PHOTOS("photos");

    private final String label;

    OnnxInput(String label) {
        this.label = label;
    }

    /** The name of the input in the file. */
    public String label() {
        return label;
    }
}
